"""`hunmin data merge`: several stores become one."""

from pathlib import Path
from typing import Annotated

import typer

from hunmin.cli.console import Quiet, interruptible, progress
from hunmin.errors import InputError, require_extra
from hunmin.text.printable import printable


def merge(
    stores: Annotated[
        list[Path], typer.Argument(metavar="STORE STORE… TO", help="Two or more stores, then the new one.")
    ],
    quiet: Quiet = False,
) -> None:
    """Put stores together: all samples in order, byte for byte, and their drop ledgers added up.

    Samples that two stores share stay in twice; `hunmin data check` finds them.
    """
    require_extra("data", ("lmdb",))
    *paths, out = stores
    if len(paths) < 2:  # noqa: PLR2004 - one store is copied, not merged
        raise InputError("hunmin data merge takes two or more stores, and the new one")
    from hunmin.data.store.merge import merge_stores

    with interruptible(f"{out}: interrupted; nothing was written"), progress(quiet=quiet) as steps:
        manifest = merge_stores(paths, out, report=lambda num: steps.update("storing", num))
    print(
        f"{printable(out)}: {manifest.num_samples:,} samples of {len(paths)} stores; digest {manifest.content_digest[:16]}"
    )
