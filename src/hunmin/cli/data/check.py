"""`hunmin data check`: what do training, validation and test share?"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hunmin.cli.console import Quiet, plain, progress
from hunmin.errors import InputError, require_extra
from hunmin.text.printable import printable

if TYPE_CHECKING:
    from hunmin.data.store.lmdb_store import Store

QUICK_PICTURES = 100_000
"""How many pictures `check --quick` decodes."""


def check(
    stores: Annotated[list[Path], typer.Argument(help="Folders of two stores or more: training, validation, test.")],
    quick: Annotated[
        bool, typer.Option("--quick", help=f"Look at about {QUICK_PICTURES:,} pictures, chosen by label, not at all.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Find what stores share with one another; exit code 1 if they share anything.

    Compared are pictures (also when they were saved, scaled or cut out anew), labels, ids, and the document, page or
    writer that a crop is from.
    """
    require_extra("data", ("lmdb",))
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    from hunmin.data.inspect.leaks import Reason, find_shared
    from hunmin.data.store.lmdb_store import open_store

    if len({path.resolve() for path in stores}) < max(2, len(stores)):
        raise InputError("hunmin data check compares stores with one another; give two folders or more, each once")
    opened = [open_store(path) for path in stores]
    with progress(quiet=quiet) as steps:

        def report(store: "Store", num_read: int) -> None:
            steps.update(str(store.path), num_read, len(store))

        found = find_shared(opened, max_pictures=QUICK_PICTURES if quick else None, report=report)

    for overlap in found.overlaps:
        first, second = overlap.first, overlap.second
        title = plain(f"{first.path} and {second.path}")
        table = Table("shared", "of the first", "of the second", Column("for example", overflow="fold"), title=title)
        for reason, shared in overlap.shared.items():
            pairs = [plain(f"{one + 1} and {other + 1}: {first.note(one).text}") for one, other in shared.examples]
            counts = [f"{shared.num_first:,} of {len(first):,}", f"{shared.num_second:,} of {len(second):,}"]
            table.add_row(reason.value, *counts, Text("\n").join(pairs))
        if overlap.shared:
            Console().print(table)
        else:
            print(f"{printable(first.path)} and {printable(second.path)} share nothing")
    for path, num in found.num_unreadable.items():
        print(f"{printable(path)}: {num:,} pictures cannot be decoded and were not compared", file=sys.stderr)
    if any(Reason.NEAR in overlap.shared for overlap in found.overlaps):
        told = (
            "prints of one text in one typeface count as nearly the same, too; of those, look at rare and long labels"
        )
        print(told, file=sys.stderr)
    if found.one_in > 1:
        print(f"pictures of one in {found.one_in} labels were compared, ids and documents of all", file=sys.stderr)
    if found.leaks:
        raise typer.Exit(1)
