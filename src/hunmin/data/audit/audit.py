"""The audit of a store: some of its lines are read, each is judged, and what many of them have in common is a fault."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from hunmin.data.audit.faults import Fault, find_faults, stored_in_another_form
from hunmin.data.audit.judge import RIGHT, WRONG, Judged, Reread, judge_lines
from hunmin.data.audit.lines import ReadCrops, ReadLine, Report, choose_rows, images_of, read_lines
from hunmin.data.audit.rows import compared_labels, variety
from hunmin.data.audit.share import Evidence, Share, wrong_share
from hunmin.data.store.lmdb_store import Store
from hunmin.data.turns import Turn, turned
from hunmin.recognize.recognizer import Reading

NUM_LINES: Final = 1_000
"""Lines that are read: a share of 50 % is then known to 3 points."""
FEWEST_JUDGED: Final = 10
"""Lines from which a store, or a document in it, is judged at all."""


@dataclass(frozen=True)
class Audit:
    """What a reader says of a store's labels."""

    num_lines: int
    """Of the store."""
    judged: tuple[Judged, ...]
    """The lines that were read."""
    wrong: Share
    """Lines of the store whose label is another text than their picture's, whatever the reason: an estimate."""
    groups: Mapping[str, Share]
    """The same by document, page or writer, the worst first; those with enough lines, and none where there is only one."""
    faults: tuple[Fault, ...]
    shifts: tuple[int, ...] = ()
    """By how many rows labels stand too late, one number for each stretch of rows."""
    num_unreadable: int = 0
    """Lines whose picture cannot be decoded."""

    @property
    def num_decided(self) -> int:
        """Lines that say something about the store."""
        return sum(one.is_decided for one in self.judged)

    @property
    def says_nothing(self) -> bool:
        """Whether the model is sure of too few lines to tell."""
        return not self.faults and self.num_decided < min(FEWEST_JUDGED, self.num_lines)

    @property
    def suspicious(self) -> list[Judged]:
        """The lines whose label or picture is wrong, the surest first."""
        wrong = [one for one in self.judged if one.is_decided and one.kind != "fits"]
        return sorted(wrong, key=lambda one: (-one.line.distance, -one.line.confidence))


def audit_store(
    store: Store,
    read: ReadCrops,
    known: Collection[str],
    *,
    num: int = NUM_LINES,
    seed: int = 0,
    report: Report = lambda _done, _total: None,
) -> Audit:
    """Read some lines of a store and judge its labels.

    Args:
        store: with labels.
        read: crops → readings, such as `Recognizer().recognize`.
        known: the characters that the reader can write.
        num: lines that are read, by lot; 0 = all.
        seed: of the choice; the same seed gives the same lines.
        report: told how many are read.
    """
    rows = choose_rows(len(store), num, seed)
    lines, unreadable = read_lines(store, rows, read, report)

    def reread(some: Sequence[ReadLine], turn: Turn) -> list[Reading]:
        return read([turned(image, turn) for image in images_of(store, [line.row for line in some])])

    num_taken_apart = sum(_is_taken_apart(store, row) for row in rows)
    labels = compared_labels(store, rows, seed)
    audit = judge(lines, labels, len(store), known, reread, seed=seed, num_taken_apart=num_taken_apart)
    return replace(audit, num_unreadable=len(unreadable))


def judge(
    lines: Sequence[ReadLine],
    labels: Mapping[int, str],
    num_lines: int,
    known: Collection[str],
    reread: Reread,
    *,
    seed: int = 0,
    num_taken_apart: int = 0,
) -> Audit:
    """The audit of lines that are read already.

    Args:
        lines: by lot, or all.
        labels: that readings are held against, by row.
        num_lines: of the store.
        known: the characters that the reader can write.
        reread: for lines that may be turned.
        seed: of what is drawn by lot.
        num_taken_apart: lines whose label is not stored as NFC.
    """
    found = variety(labels, seed)
    judged, steps = judge_lines(lines, labels, known, reread, found.limits)
    sure = [one.line.is_sure(found.limits) for one in judged]
    wrong = _wrong_share(judged, sure, num_lines, found.told_apart)
    faults = find_faults(judged, labels, num_lines, steps, wrong)
    faults += stored_in_another_form(num_taken_apart, len(lines), num_lines)
    groups = _by_group(judged, sure, found.told_apart)
    return Audit(num_lines, tuple(judged), wrong, groups, tuple(faults), tuple(steps))


def _wrong_share(judged: Sequence[Judged], sure: Sequence[bool], num_lines: int, told_apart: float) -> Share:
    counts = Counter[tuple[str, bool]]()
    for one, is_sure in zip(judged, sure, strict=True):
        outcome = "right" if one.kind in RIGHT else "wrong" if one.kind in WRONG else one.kind
        counts[outcome, is_sure] += 1
    seen = Evidence(
        sure_right=counts["right", True],
        sure_wrong=counts["wrong", True],
        unsure_right=counts["right", False],
        unsure_wrong=counts["wrong", False],
        unsure=counts["unsure", False],
    )
    # Lines in unknown characters and turned ones say nothing about the others' labels.
    return wrong_share(seen, num_lines - (len(judged) - seen.num), told_apart)


def _by_group(judged: Sequence[Judged], sure: Sequence[bool], told_apart: float) -> dict[str, Share]:
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(judged):
        places[one.line.group].append(place)
    if len(places) == 1:
        return {}
    shares = {
        name: _wrong_share([judged[i] for i in members], [sure[i] for i in members], len(members), told_apart)
        for name, members in places.items()
        if name and len(members) >= FEWEST_JUDGED
    }
    return dict(sorted(shares.items(), key=lambda item: (-item[1].low, -item[1].share)))


def _is_taken_apart(store: Store, row: int) -> bool:
    label = store.raw(row)[1] or b""
    return not unicodedata.is_normalized("NFC", label.decode(errors="replace"))
