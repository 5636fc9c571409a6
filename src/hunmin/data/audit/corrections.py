"""Suspicious lines as a list that `hunmin data import` takes: what to write in place of which label, and what to leave out."""

from collections.abc import Iterator
from typing import Final

from hunmin.data.audit.audit import Audit
from hunmin.data.audit.judge import Judged
from hunmin.data.audit.losses import NEARLY_ALL
from hunmin.data.corrections import COLUMNS
from hunmin.data.store.lmdb_store import Store
from hunmin.data.tab_separated import tsv_line

MORE_COLUMNS: Final = ("row", "kind", "label", "reading", "confidence")
"""For who looks through the list; an import reads `corrections.COLUMNS` alone."""


def corrections_list(audit: Audit, store: Store) -> str:
    """The list as tab-separated text, worst first.

    A line has the text that its label should be, or none where nobody knows: an import then leaves the line out. Where all lines
    are shifted by as many rows, backwards or turned, all rows of the store are in it, not only those that were read.
    """
    rows = _of_all_rows(audit, store) or map(_row, audit.suspicious)
    return "".join(map(tsv_line, [(*COLUMNS, *MORE_COLUMNS), *rows]))


def _row(one: Judged) -> list[str]:
    line = one.line
    text = line.label if one.turn else one.text
    about = (str(line.row + 1), one.kind, line.label, line.text, f"{line.confidence:.3f}")
    return [line.id, text, one.turn or "", *about]


def _of_all_rows(audit: Audit, store: Store) -> Iterator[list[str]] | None:
    """The same correction for every row, where it is nearly every line's that was read."""
    if len(audit.faults) != 1 or audit.faults[0].share.share < NEARLY_ALL:
        return None
    fault = audit.faults[0].kind
    if fault == "shifted" and len(audit.shifts) == 1:
        return _shifted_back(store, audit.shifts[0])
    if fault == "backwards":
        return (_of_row(store, row, store.note(row).text[::-1], fault) for row in range(len(store)))
    if fault == "words backwards":
        return (
            _of_row(store, row, " ".join(reversed(store.note(row).text.split())), fault) for row in range(len(store))
        )
    turns = {one.turn for one in audit.judged if one.turn}
    if fault == "turned" and len(turns) == 1:
        turn = turns.pop() or ""
        return (_of_row(store, row, store.note(row).text, fault, turn) for row in range(len(store)))
    return None


def _shifted_back(store: Store, step: int) -> Iterator[list[str]]:
    for row in range(len(store)):
        whose = row + step
        text = store.note(whose).text if 0 <= whose < len(store) else ""
        yield _of_row(store, row, text, "shifted")


def _of_row(store: Store, row: int, text: str, kind: str, turn: str = "") -> list[str]:
    note = store.note(row)
    return [note.id or f"{store.name}/{row + 1:09d}", text, turn, str(row + 1), kind, note.text, "", ""]
