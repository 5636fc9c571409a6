"""`hunmin data verify`: is a store as it was written?"""

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from hunmin.cli.console import Quiet, progress
from hunmin.errors import require_extra
from hunmin.text.printable import printable


def verify(store: Annotated[Path, typer.Argument(help="A store's folder.")], quiet: Quiet = False) -> None:
    """Check every byte and every sample of a store; exit code 1 if anything is damaged."""
    require_extra("data", ("lmdb",))
    from hunmin.data.store.verify import verify_store

    with progress(quiet=quiet) as steps:
        damage = verify_store(store, steps.update)
    for one in damage:
        print(f"{printable(one.where)}: {printable(one.problem)}")
    if damage:
        kinds = Counter(one.kind for one in damage).most_common()
        told = ", ".join(f"{kind} {num:,}" for kind, num in kinds)
        print(f"{printable(store)}: {len(damage):,} damaged ({told})", file=sys.stderr)
        raise typer.Exit(1)
    print(f"{printable(store)}: sound")
