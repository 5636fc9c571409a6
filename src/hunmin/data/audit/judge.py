"""What is the matter with each line: its label fits, or another explanation fits much better, or nothing can be said.

A reading that is far from its label is no proof against the label: readers read badly what is hard to read. A line counts as
wrong where another explanation fits what was read (another row's label, the label backwards, the picture turned), or where the
reader is sure.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from hunmin.data.audit.distance import FEWEST_JAMO, Limits, comparable, distance
from hunmin.data.audit.lines import ReadLine
from hunmin.data.audit.losses import LOSSES, has_lost, is_cut, main_script
from hunmin.data.audit.rows import fitting_rows, shifts
from hunmin.data.turns import TURNS, Turn
from hunmin.recognize.recognizer import Reading
from hunmin.text.normalize import fold_for_comparison

Kind: TypeAlias = Literal[
    "fits",
    "shifted",
    "another row's",
    "backwards",
    "words backwards",
    "turned",
    "cut",
    "stripped",
    "another language",
    "another text",
    "unknown characters",
    "unsure",
]
"""`unknown characters`: the reader has no such character. `unsure`: it reads something else, and is not sure of it."""

RIGHT: Final = frozenset[Kind](("fits", "cut", "stripped"))
"""The label is of its picture, if not all of it."""
WRONG: Final = frozenset[Kind](
    ("shifted", "another row's", "backwards", "words backwards", "another language", "another text")
)
"""It is not."""
TRIED_FIRST: Final = 24
"""Lines that are read turned; the others only where one of these then fits."""
Reread: TypeAlias = Callable[[Sequence[ReadLine], Turn], list[Reading]]
"""Reads the pictures of lines again, turned."""


@dataclass(frozen=True)
class Judged:
    """A line and what is the matter with it."""

    line: ReadLine
    kind: Kind
    text: str = ""
    """What the label should be, as far as it follows; empty = nobody knows."""
    row: int | None = None
    """Whose label it is, from 0."""
    turn: Turn | None = None
    """What puts its picture right."""
    lost: tuple[str, ...] = ()
    """What the label lacks, keys of `LOSSES`; also where it fits."""
    kept: tuple[str, ...] = ()
    """What it has of what was read, likewise."""

    @property
    def is_decided(self) -> bool:
        """Whether the line says anything about the store."""
        return self.kind in RIGHT or self.kind in WRONG or self.kind == "turned"


def judge_lines(
    lines: Sequence[ReadLine], labels: Mapping[int, str], known: Collection[str], reread: Reread, limits: Limits
) -> tuple[list[Judged], list[int]]:
    """Judge every line.

    Args:
        lines: that were read.
        labels: of other rows, by row.
        known: the characters that the reader can write.
        reread: for the lines that nothing else explains.
        limits: that suit the labels, see `rows.variety`.

    Returns:
        A verdict for each line, in order; and by how many rows labels stand too late, as `rows.shifts` says.
    """
    fitting = fitting_rows(lines, labels, limits)
    steps = shifts(lines, fitting)
    judged = [_by_text(line, rows, steps, labels, known, limits) for line, rows in zip(lines, fitting, strict=True)]
    open_places = [
        place
        for place, one in enumerate(judged)
        if one.kind in ("unsure", "another text", "another language") and len(one.line.label_key) >= FEWEST_JAMO
    ]
    for place, found in _turned([lines[place] for place in open_places], reread, limits).items():
        judged[open_places[place]] = found
    return judged, steps


def _by_text(
    line: ReadLine,
    rows: Sequence[int],
    steps: Sequence[int],
    labels: Mapping[int, str],
    known: Collection[str],
    limits: Limits,
) -> Judged:
    is_sure = line.is_sure(limits)
    told = {what: has_lost(line, what) for what in LOSSES} if is_sure else {}
    lost = tuple(what for what, is_lost in told.items() if is_lost)
    if line.distance <= limits.disagrees:
        if is_sure and not lost and is_cut(line):
            return Judged(line, "cut", line.text)
        return Judged(line, "fits", lost=lost, kept=tuple(what for what, is_lost in told.items() if is_lost is False))
    if any(one not in known for one in fold_for_comparison(line.label)):
        return Judged(line, "unknown characters")
    found = _of_another_row(line, rows, steps, labels) or _backwards(line, limits)
    if not found and rows:
        found = Judged(line, "another row's", labels[rows[0]], rows[0])
    if not found and lost:
        found = Judged(line, "stripped", line.text, lost=lost)
    return found or (_contradicted(line) if is_sure else Judged(line, "unsure"))


def _of_another_row(
    line: ReadLine, rows: Sequence[int], steps: Sequence[int], labels: Mapping[int, str]
) -> Judged | None:
    """Whether it is the label of a row as far away as others' are."""
    row = next((line.row + step for step in steps if line.row + step in rows), None)
    return None if row is None else Judged(line, "shifted", labels[row], row)


def _backwards(line: ReadLine, limits: Limits) -> Judged | None:
    others: list[tuple[Kind, str]] = [
        ("backwards", line.label[::-1]),
        ("words backwards", " ".join(reversed(line.label.split()))),
    ]
    for kind, text in others:
        if len(line.label_key) >= FEWEST_JAMO and distance(line.text_key, comparable(text)) <= limits.fits:
            return Judged(line, kind, text)
    return None


def _contradicted(line: ReadLine) -> Judged:
    if is_cut(line):
        return Judged(line, "cut", line.text)
    scripts = main_script(line.label), main_script(line.text)
    return Judged(line, "another language" if all(scripts) and len(set(scripts)) > 1 else "another text")


def _turned(lines: Sequence[ReadLine], reread: Reread, limits: Limits) -> dict[int, Judged]:
    """The lines, by place, whose pictures say what their labels say once they are turned."""
    found = _fit_turned(lines[:TRIED_FIRST], list(TURNS), reread, limits)
    if found and len(lines) > TRIED_FIRST:
        # The commonest turn puts all of them right, or a second one does.
        turns = [turn for turn, _ in Counter(one.turn for one in found.values() if one.turn).most_common(2)]
        rest = _fit_turned(lines[TRIED_FIRST:], turns, reread, limits)
        found |= {TRIED_FIRST + place: one for place, one in rest.items()}
    return found


def _fit_turned(lines: Sequence[ReadLine], turns: Sequence[Turn], reread: Reread, limits: Limits) -> dict[int, Judged]:
    found: dict[int, Judged] = {}
    for turn in turns:
        left = [place for place in range(len(lines)) if place not in found]
        readings = reread([lines[place] for place in left], turn) if left else []
        for place, reading in zip(left, readings, strict=True):
            line = lines[place]
            if distance(comparable(reading.text), line.label_key) <= limits.fits:
                found[place] = Judged(line, "turned", line.label, turn=turn)
    return found
