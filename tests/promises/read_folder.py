"""A folder that is read in a process of its own, so that it can be killed; says on its output how far it is."""

import sys
from pathlib import Path

from hunmin.bulk.ledger import Counts
from hunmin.bulk.read_folder import read_folder
from tests.bulk.folders import run_of


def report(counts: Counts) -> None:
    sys.stdout.write(f"{counts.num_rows}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    read_folder(
        run_of(Path(sys.argv[1]), Path(sys.argv[2]), num_workers=int(sys.argv[3]), rows_per_shard=20), report=report
    )
