"""`hunmin data audit`: do the labels of a store say what its pictures show?"""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hunmin.cli.console import AsJson, Quiet, progress, tsv_row
from hunmin.errors import require_extra
from hunmin.files import check_target, write_text
from hunmin.text.printable import json_text, printable

if TYPE_CHECKING:
    from hunmin.data.audit.audit import Audit
    from hunmin.data.audit.share import Share

NUM_SHOWN = 12
"""Suspicious lines that are printed."""
NUM_GROUPS = 5


def audit(
    store: Annotated[Path, typer.Argument(help="A store's folder.")],
    model: Annotated[str, typer.Option(help="Who reads: bundled, bundled-int8, or a model's file.")] = "bundled",
    lines: Annotated[int, typer.Option(min=0, help="Lines that are read, by lot; 0 = all.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Of the lot.")] = 0,
    html: Annotated[Path | None, typer.Option(help="Write a page with the suspicious lines here, worst first.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the suspicious lines here, for data import corrections=FILE.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Read some lines and hold their labels against what is there; exit code 1 if something is wrong with them.

    Found are labels that are shuffled, shifted by some rows, backwards, cut, stripped of spaces or signs, or of another
    language; pictures that stand upside down or are mirrored; and the share of wrong labels.
    """
    require_extra("data", ("lmdb",))
    from hunmin.data.audit.audit import audit_store
    from hunmin.data.audit.corrections import corrections_list
    from hunmin.data.audit.page import MOST_LINES, audit_page
    from hunmin.data.store.lmdb_store import open_store
    from hunmin.evaluation.predict import load_recognizer

    for path in filter(None, (html, out)):
        check_target(path)
    opened = open_store(store)
    reader = load_recognizer(model)
    with progress(quiet=quiet) as steps:
        found = audit_store(
            opened,
            reader.recognize,
            set(reader.spec.characters),
            num=lines,
            seed=seed,
            report=lambda done, total: steps.update("reading", done, total),
        )
    if out:
        write_text(out, corrections_list(found, opened))
    if html:
        pictures = {one.line.row: opened.sample(one.line.row).image for one in found.suspicious[:MOST_LINES]}
        write_text(html, audit_page(opened.name, found, pictures, _way_out(store, out) if found.suspicious else ""))
    if as_json:
        print(json_text(_values(found), indent=1))
    else:
        _print(store, found)
    for path in filter(None, (html, out)):
        print(printable(path), file=sys.stderr if as_json else sys.stdout)
    if found.faults:
        raise typer.Exit(1)


def _print(path: Path, found: "Audit") -> None:
    read = f"{len(found.judged):,} of {found.num_lines:,} lines read, {found.num_decided:,} could be judged"
    print(f"{printable(path)}: {read}")
    if found.num_unreadable:
        print(f"  {found.num_unreadable:,} pictures cannot be decoded; hunmin data verify lists them")
    if found.says_nothing:
        print("  the model is sure of too few lines to say anything; --model takes another one")
        return
    print(f"  wrong labels: {found.wrong} of the store, as far as the model can tell")
    for fault in found.faults:
        print(f"  {printable(fault.told)}\n    {printable(fault.change)}")
    if not found.faults:
        print("  no fault found: no more lines disagree than the model's own mistakes explain")
    worst = [(name, share) for name, share in found.groups.items() if share.num][:NUM_GROUPS]
    if worst and found.faults:
        print("  by document: " + ", ".join(f"{printable(name)} {share.share:.0%}" for name, share in worst))
    _print_lines(found)


def _print_lines(found: "Audit") -> None:
    from hunmin.data.audit.page import what_is_wrong

    suspicious = found.suspicious
    if not suspicious:
        return
    print(tsv_row(("row", "label", "reading", "sure", "")))
    for one in suspicious[:NUM_SHOWN]:
        print(
            tsv_row((one.line.row + 1, one.line.label, one.line.text, f"{one.line.confidence:.2f}", what_is_wrong(one)))
        )
    if len(suspicious) > NUM_SHOWN:
        print(f"and {len(suspicious) - NUM_SHOWN:,} more; --html shows them, --out lists them")


def _way_out(store: Path, out: Path | None) -> str:
    """Commands to paste."""
    whole = store.absolute() if not store.name else store
    listed = out or whole.with_name(f"{whole.name}_suspicious.tsv")
    first = [] if out else [["hunmin", "data", "audit", str(store), "--lines", "0", "--out", str(listed)]]
    fixed = str(whole.with_name(f"{whole.name}_corrected"))
    unsplit = ["split.validation=0", "split.test=0"]
    second = ["hunmin", "data", "import", "lmdb", str(store), fixed, f"corrections={listed}", *unsplit]
    return "\n".join(shlex.join(command) for command in (*first, second))


def _values(found: "Audit") -> dict[str, Any]:
    def share(one: "Share") -> dict[str, float]:
        return {"share": round(one.share, 6), "low": round(one.low, 6), "high": round(one.high, 6), "lines": one.judged}

    return {
        "lines": found.num_lines,
        "read": len(found.judged),
        "judged": found.num_decided,
        "unreadable": found.num_unreadable,
        "says_nothing": found.says_nothing,
        "wrong": share(found.wrong),
        "faults": [
            {"kind": one.kind, **share(one.share), "told": one.told, "change": one.change} for one in found.faults
        ],
        "documents": {name: share(one) for name, one in found.groups.items()},
        "suspicious": [
            {
                "row": one.line.row + 1,
                "id": one.line.id,
                "kind": one.kind,
                "label": one.line.label,
                "reading": one.line.text,
                "confidence": round(one.line.confidence, 6),
                "like_row": None if one.row is None else one.row + 1,
                "turn": one.turn,
            }
            for one in found.suspicious
        ],
    }
