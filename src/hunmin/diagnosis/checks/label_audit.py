"""Checks by a reader: do the labels of the stores say what their pictures show, and do the pictures stand upright?

`case.audits` is what the bundled model says of them. What labels lost on their way is the business of the checks in `labels`.
"""

import shlex
from collections.abc import Collection
from pathlib import Path
from typing import Final

import numpy as np

from hunmin.data.audit.audit import Audit
from hunmin.data.audit.faults import Fault, FaultKind
from hunmin.data.audit.judge import Judged
from hunmin.data.audit.page import what_is_wrong
from hunmin.data.store.lmdb_store import open_store
from hunmin.diagnosis.case import Case
from hunmin.diagnosis.findings import MANY, Finding, Picture, Status

NUM_SHOWN = 8
"""Lines that a finding shows."""
WRONG: Final[frozenset[FaultKind]] = frozenset(
    ("shifted", "shuffled", "backwards", "words backwards", "another language", "noise")
)


def wrong_labels(case: Case) -> Finding:
    """Labels say something else than their pictures.

    Nothing else ruins a training so surely and so quietly: labels that were paired with the wrong pictures, by a list that was
    sorted otherwise or has a line too many, labels written backwards, a translation, or simply mistakes. The loss falls to the
    entropy of the labels or a little below it, and every other check passes. So a reader reads some lines: the bundled model,
    which need not read them well. A line counts as wrong only where another explanation fits what was read much better than the
    label does, such as the label of the next row, or where the reader is sure; that it reads a hand badly proves nothing.

    `hunmin data audit` shows the lines, and writes a list of corrections that `hunmin data import` takes.
    """
    return _finding(case, "wrong_labels", WRONG, "labels that say what their pictures show")


def turned_images(case: Case) -> Finding:
    """Pictures stand upside down, on a side, or are mirrored.

    Scanners, phones and libraries that disagree about rows and columns do it. A model can learn to read upside down, and then
    reads nothing else. Lines that cannot be read as they stand are read turned by 180° and by 90°, and mirrored; if they then say
    what their labels say, they stand wrong.
    """
    return _finding(case, "turned_images", {"turned"}, "upright pictures")


def audited_fault(case: Case, kinds: Collection[FaultKind], words: str = "") -> tuple[Path, Audit, Fault] | None:
    """The worst fault of some kinds in any store, and where; `words` must be in what it says."""
    found = [
        (path, audit, fault)
        for path, audit in case.audits.items()
        for fault in audit.faults
        if fault.kind in kinds and words in fault.told
    ]
    return max(found, key=lambda one: one[2].share.share, default=None)


def _finding(case: Case, name: str, kinds: Collection[FaultKind], expected: str) -> Finding:
    audits = case.audits
    if not audits:
        return Finding(name, "passed", "generated lines: their labels are what was drawn", expected)
    worst = audited_fault(case, kinds)
    if worst is None:
        num_read, decided = (
            sum(values) for values in zip(*((len(one.judged), one.num_decided) for one in audits.values()), strict=True)
        )
        measured = f"{decided} of {num_read} lines read could be judged, none too many wrong"
        status: Status = "skipped" if all(one.says_nothing for one in audits.values()) else "passed"
        if status == "skipped":
            measured = f"the reader is sure of {decided} of {num_read} lines, too few to tell"
        return Finding(name, status, measured, expected, figures={"read": num_read, "judged": decided})
    path, audit, fault = worst
    share = fault.share
    measured = f"{share} of the lines of {path.name!r}, of {len(audit.judged)} read"
    figures = {"share": share.share, "low": share.low, "high": share.high, "read": len(audit.judged)}
    status = "failed" if share.share > MANY else "warning"
    pictures, command = _pictures(path, audit), audit_command(path)
    return Finding(name, status, measured, expected, fault.told, fault.change, figures, pictures, command)


def audit_command(path: Path) -> str:
    """What shows the lines of a store that are wrong."""
    return shlex.join(["hunmin", "data", "audit", str(path), "--html", "audit.html", "--out", "suspicious.tsv"])


def _pictures(path: Path, audit: Audit) -> tuple[Picture, ...]:
    store = open_store(path)
    return tuple(
        Picture(_caption(one), np.asarray(store.sample(one.line.row).image)) for one in audit.suspicious[:NUM_SHOWN]
    )


def _caption(one: Judged) -> str:
    return f"row {one.line.row + 1}: label {one.line.label}, read {one.line.text}: {what_is_wrong(one)}"
