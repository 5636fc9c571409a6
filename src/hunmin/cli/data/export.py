"""`hunmin data export`: a store in a form that other programs read."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from hunmin.cli.console import Quiet, interruptible, progress
from hunmin.errors import require_extra
from hunmin.text.printable import printable


def export(
    store: Annotated[Path, typer.Argument(help="A store's folder.")],
    to: Annotated[Path, typer.Argument(metavar="TO", help="The folder to make.")],
    form: Annotated[Literal["tsv", "parquet"], typer.Option("--format", help="Which form.")] = "tsv",
    quiet: Quiet = False,
) -> None:
    """Write a store as labels.tsv and image files, or as parquet, with a data card."""
    require_extra("data", ("lmdb",))
    from hunmin.data.store.export import export_store
    from hunmin.data.store.lmdb_store import open_store

    opened = open_store(store)
    with interruptible(f"{to}: interrupted; nothing was written"), progress(quiet=quiet) as steps:
        export_store(opened, to, form, report=lambda num: steps.update("writing", num, len(opened)))
    print(f"{printable(to)}: {len(opened):,} lines; fill in what README.md leaves open before you pass it on")
