"""What is read for what: characters and the parts of syllables, counted over aligned labels and predictions."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from hunmin.metrics import Column
from hunmin.text.hangul import CHO, JONG, JUNG, decompose, is_syllable

NUM_EXAMPLES = 3

EditKind = Literal["substitution", "deletion", "insertion"]
Part = Literal["", "cho", "jung", "jong"]
_Mistake = tuple[str, str, Part]


@dataclass(frozen=True)
class AlignedLine:
    """A label and a prediction side by side, in the form in which they were compared."""

    label: str
    prediction: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Example:
    """A line with a mistake, and where in it."""

    line: AlignedLine
    column: int
    """Index into `line.columns`."""


@dataclass(frozen=True)
class Confusion:
    """One mistake and how often it was made."""

    wanted: str
    """What stands there; empty if nothing does."""
    read: str
    """What was read; empty if nothing was."""
    count: int
    examples: tuple[Example, ...]
    """At most `NUM_EXAMPLES` lines that have it, those with the fewest other mistakes: there the alignment is surest."""
    part: Part = ""
    """Where in the syllable, for a confusion of jamo: leading consonant (cho), vowel (jung) or trailing consonant (jong)."""

    @property
    def kind(self) -> EditKind:
        """Substitution, deletion (missing in the prediction) or insertion (too much in it)."""
        if not self.read:
            return "deletion"
        return "substitution" if self.wanted else "insertion"


def character_confusions(lines: Iterable[AlignedLine]) -> tuple[Confusion, ...]:
    """Every mistake by character, the most frequent first."""
    return _counted(lines, _character_mistakes)


def jamo_confusions(lines: Iterable[AlignedLine]) -> tuple[Confusion, ...]:
    """Every mistake by jamo where one syllable was read for another, the most frequent first.

    한 read as 힘 is one confusion, ㅏ as ㅣ in the middle (jung), and another, ㄴ as ㅁ at the end (jong). A trailing consonant
    that is missing or too much has an empty `read` or `wanted`.
    """
    return _counted(lines, _jamo_mistakes)


def _character_mistakes(column: Column) -> list[_Mistake]:
    return [(column.wanted, column.read, "")] if column.wanted != column.read else []


def _jamo_mistakes(column: Column) -> list[_Mistake]:
    if not (is_syllable(column.wanted) and is_syllable(column.read)):
        return []
    parts: Sequence[Part] = ("cho", "jung", "jong")
    return [
        (tables[one].strip(), tables[other].strip(), part)
        for one, other, tables, part in zip(
            decompose(column.wanted), decompose(column.read), (CHO, JUNG, JONG), parts, strict=True
        )
        if one != other
    ]


def _counted(lines: Iterable[AlignedLine], mistakes_of: Callable[[Column], list[_Mistake]]) -> tuple[Confusion, ...]:
    counts: Counter[_Mistake] = Counter()
    examples: dict[_Mistake, list[Example]] = defaultdict(list)
    for line in sorted(lines, key=_num_wrong):
        for index, column in enumerate(line.columns):
            for mistake in mistakes_of(column):
                counts[mistake] += 1
                seen = examples[mistake]
                if len(seen) < NUM_EXAMPLES and (not seen or seen[-1].line is not line):
                    seen.append(Example(line, index))
    return tuple(
        Confusion(wanted, read, count, tuple(examples[wanted, read, part]), part)
        for (wanted, read, part), count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


def _num_wrong(line: AlignedLine) -> int:
    return sum(column.wanted != column.read for column in line.columns)
