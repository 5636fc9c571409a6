"""Open, verify and read every store in a folder: a program of its own, so that a test outlives what may kill it."""

import sys
from pathlib import Path

from hunmin.data.store.lmdb_store import open_store
from hunmin.data.store.verify import verify_store
from hunmin.errors import StoreError


def report(folder: Path) -> None:
    """Print for each store in `folder` whether damage is found and whether it is read or refused."""
    for path in sorted(folder.iterdir()):
        found = "found" if verify_store(path) else "sound"
        try:
            store = open_store(path)
            verdict = "read" if [store.sample(index) for index in range(len(store))] else "empty"
        except StoreError as error:
            verdict = "refused" if "\n" not in str(error) else "refused in several lines"
        sys.stdout.write(f"{path.name} {found} {verdict}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    report(Path(sys.argv[1]))
