"""What many lines have in common: a fault, its name, and the way out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from hunmin.data.audit.judge import Judged, Kind
from hunmin.data.audit.losses import AT_ONE_LENGTH_BY_CHANCE, FALSE_SPACES, FEWEST, LOSSES, NEARLY_ALL, cut_length
from hunmin.data.audit.rows import chance_agreement
from hunmin.data.audit.share import READERS_MISTAKES, Share, is_more_than_chance, share_of
from hunmin.data.turns import Turn

DEALT_OUT: Final = 0.15
"""Share of lines that may have their own label, beyond what chance gives them, in a store whose labels are shuffled."""
LEFT_OVER: Final = 0.2
"""Share of the commonest fault's lines below which another explanation is what that one left over."""
MOSTLY: Final = 0.5
"""Share of the lines in doubt from which on one explanation names the fault."""

FaultKind: TypeAlias = Literal[
    "shifted",
    "shuffled",
    "backwards",
    "words backwards",
    "turned",
    "cut",
    "stripped",
    "another language",
    "unknown characters",
    "noise",
    "not NFC",
]


@dataclass(frozen=True)
class Fault:
    """Something that is wrong with many lines of a store."""

    kind: FaultKind
    share: Share
    """Of the lines that were judged; for `stripped`, of those that had something to lose."""
    told: str
    """What is wrong, in a sentence without a full stop."""
    change: str
    """The way out."""


def find_faults(
    judged: Sequence[Judged], labels: Mapping[int, str], num_lines: int, steps: Sequence[int], wrong: Share
) -> list[Fault]:
    """Name what is wrong with more lines than the model's own mistakes explain.

    Args:
        judged: the lines that were read.
        labels: of the store, by row; all, or some of a large one.
        num_lines: of the store.
        steps: by how many rows labels stand too late, see `rows.shifts`.
        wrong: how many labels are wrong.
    """
    decided = [one for one in judged if one.is_decided]
    counts = Counter[Kind](one.kind for one in decided)
    texts = sum(counts[kind] for kind in ("another row's", "another text", "another language"))
    is_language = counts["another language"] > MOSTLY * texts
    most = max((num for kind, num in counts.items() if kind != "fits"), default=0)

    def share(num: int) -> Share:
        return share_of(num, len(decided), num_lines)

    def is_fault(num: int, rate: float = READERS_MISTAKES) -> bool:
        # What a fault leaves over, such as a mirrored word that reads the same backwards, is no other fault.
        return num >= LEFT_OVER * most and is_more_than_chance(num, len(decided), rate)

    found: list[Fault] = []
    if is_fault(counts["shifted"]):
        found.append(_shifted(share(counts["shifted"]), [one for one in decided if one.kind == "shifted"], steps))
    for kind in ("backwards", "words backwards"):
        if is_fault(counts[kind]):
            found.append(_backwards(kind, share(counts[kind])))
    if is_fault(counts["turned"]):
        turns = Counter(one.turn for one in decided if one.turn)
        found.append(_turned(share(counts["turned"]), turns.most_common(1)[0][0]))
    longest = max(map(len, labels.values()), default=0)
    length = cut_length([one.line for one in decided if one.kind == "cut"], longest)
    if is_fault(counts["cut"], AT_ONE_LENGTH_BY_CHANCE if length else READERS_MISTAKES):
        found.append(_cut(share(counts["cut"]), length))
    found += _stripped(judged, num_lines)
    num_unknown = sum(one.kind == "unknown characters" for one in judged)
    if num_unknown > MOSTLY * len(judged):
        found.append(_unknown_characters(share_of(num_unknown, len(judged), num_lines)))
    if is_fault(texts) and is_language:
        found.append(_another_language(share(texts)))
    elif is_fault(texts) and not _names(found, "Hangul"):
        own, of_rows = counts["fits"] / len(decided), counts["another row's"] / texts
        dealt_out = own <= chance_agreement(labels) + DEALT_OUT and of_rows >= MOSTLY
        found.append(_shuffled(share(texts)) if dealt_out else _noise(wrong, of_rows))
    return found


def _names(faults: Sequence[Fault], what: str) -> bool:
    return any(what in fault.told for fault in faults)


def _shifted(share: Share, shifted: Sequence[Judged], steps: Sequence[int]) -> Fault:
    rows = [one.line.row + 1 for one in shifted]
    first = steps[0]
    way = "later" if first > 0 else "earlier"
    more = f", others by {', '.join(f'{step:+}' for step in steps[1:])}" if steps[1:] else ""
    told = (
        f"labels stand {abs(first)} row{'s' * (abs(first) > 1)} {way} than their pictures{more}: {share} of the lines, between "
        f"rows {min(rows):,} and {max(rows):,}"
    )
    change = (
        f"Look at the list around row {min(rows):,}, where a picture or a label is missing or there twice; pair them by name, "
        "not by order, and import again."
    )
    return Fault("shifted", share, told, change)


def _backwards(kind: Literal["backwards", "words backwards"], share: Share) -> Fault:
    what = "characters" if kind == "backwards" else "words"
    told = f"labels have their {what} in reversed order: {share} of the lines"
    return Fault(kind, share, told, f"Put the {what} of each label into reading order, and import again.")


_STANDING: Final[dict[Turn, tuple[str, str]]] = {
    "180": ("upside down", "Turn them by 180°"),
    "left": ("on their right side", "Turn them a quarter to the left"),
    "right": ("on their left side", "Turn them a quarter to the right"),
    "mirror": ("mirrored, left for right", "Mirror them back"),
    "flip": ("mirrored, top for bottom", "Mirror them back"),
}


def _turned(share: Share, turn: Turn) -> Fault:
    standing, change = _STANDING[turn]
    told = f"pictures are {standing} in {share} of the lines: put right, they say what their labels say"
    return Fault("turned", share, told, f"{change}, and import again.")


def _cut(share: Share, length: int) -> Fault:
    where = f"at {length} character{'s' * (length > 1)}" if length else "before their lines end"
    told = f"labels are cut {where}: {share} of the lines go on where their label stops"
    return Fault("cut", share, told, "Import the labels again from their source, uncut; hunmin drops what is too long.")


def _stripped(judged: Sequence[Judged], num_lines: int) -> list[Fault]:
    """What nearly all labels lack that have something of it in their pictures."""
    found = []
    for what in LOSSES:
        lost = sum(what in one.lost for one in judged)
        kept = sum(what in one.kept for one in judged)
        rate = FALSE_SPACES if what == "spaces" else READERS_MISTAKES
        enough = lost >= FEWEST and is_more_than_chance(lost, len(judged), rate)
        if enough and lost >= NEARLY_ALL * (lost + kept):
            share = share_of(lost, lost + kept, num_lines)
            told = f"labels lost their {what}: {lost} of {lost + kept} lines that show some have none in the label"
            change = "Import the labels again from their source, without any normalisation but NFC."
            found.append(Fault("stripped", share, told, change))
    # Without Hangul a label has no syllables either; without letters no capitals.
    return [one for one in found if "Hangul" in one.told] or found


def _unknown_characters(share: Share) -> Fault:
    told = f"labels are written in characters that the model does not know: {share} of the lines, which it cannot judge"
    return Fault("unknown characters", share, told, "Give --model one that knows them, or leave these lines out.")


def _another_language(share: Share) -> Fault:
    told = f"labels are in another script than their pictures: {share} of the lines"
    return Fault("another language", share, told, "Take the labels in the language of the pictures: not a translation.")


def _shuffled(share: Share) -> Fault:
    told = f"labels are shuffled: {share} of the lines have another line's label"
    change = "Pair pictures and labels by name: a sort that puts 10 before 2 on one side does this. Then import again."
    return Fault("shuffled", share, told, change)


def _noise(wrong: Share, of_rows: float) -> Fault:
    whose = f"; {of_rows:.0%} of these are another line's label" if of_rows > MOSTLY else ""
    told = f"label noise: labels say something else than their pictures in {wrong} of the lines{whose}"
    return Fault(
        "noise", wrong, told, "Look through the suspicious lines, worst first; correct them or leave them out."
    )


def stored_in_another_form(num: int, num_read: int, num_lines: int) -> list[Fault]:
    """Whether labels are stored as jamo that make up syllables, which hunmin puts together and other programs do not."""
    if not is_more_than_chance(num, num_read):
        return []
    share = share_of(num, num_read, num_lines)
    told = (
        f"labels are stored in another Unicode form than NFC: {share} of the lines, which other programs read as jamo"
    )
    return [Fault("not NFC", share, told, "hunmin reads them as NFC; hunmin data import lmdb STORE TO writes them so.")]
