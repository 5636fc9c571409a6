"""Several stores in one."""

import hashlib
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hunmin.data.clean import Ledger
from hunmin.data.inspect.duplicates import repeated
from hunmin.data.store.assemble import Part, check_room, finish, join, unfinished
from hunmin.data.store.lmdb_store import Store, open_store
from hunmin.data.store.manifest import Manifest
from hunmin.errors import InputError


def merge_stores(paths: Sequence[Path], out: Path, *, report: Callable[[int], None] = lambda _num: None) -> Manifest:
    """Write one store with the samples of several, in order, and their ledgers added up.

    Images and labels stay byte for byte. An id that an earlier sample has gets the sample's number in the new store
    added: `page#3` becomes `page#3@1207`.

    Args:
        paths: two or more stores, also published sets.
        out: the folder to make.
        report: called with the number of samples that are stored.

    Raises:
        InputError: `out` exists, the disk is full, or a store is given twice.
        StoreError: one of them is no store, is damaged or of a later version.
    """
    twice = [path for number, path in enumerate(paths) if path.resolve() in [one.resolve() for one in paths[:number]]]
    if twice:
        raise InputError(f"{twice[0]}: is given twice; name each store once")
    stores = [open_store(path) for path in paths]
    needed = sum((path / "data.mdb").stat().st_size for path in paths)
    ledger = Ledger()
    for store in stores:
        ledger.add(_ledger(store))
    with unfinished(out, {"merge": [str(path.resolve()) for path in paths]}) as partial:
        try:
            check_room(partial, needed)
            parts = [Part(store, new_ids=ids) for store, ids in zip(stores, _new_ids(stores), strict=True)]
            manifest = join(parts, partial / "store", needed=needed, ledger=ledger, report=report)
            finish(partial, out)
        finally:
            # Half a copy is of no use: the next attempt begins anew. Gone already if all went well.
            shutil.rmtree(partial, ignore_errors=True)
    return manifest


def _ledger(store: Store) -> Ledger:
    if store.manifest is None:
        return Ledger(seen=len(store), kept=len(store))
    return store.manifest.ledger


def _new_ids(stores: Sequence[Store]) -> list[dict[int, str]]:
    """For each store, index → the id in place of one that was there before."""
    hashes = [np.array([_hash(_id(store, index)) for index in range(len(store))], dtype=np.uint64) for store in stores]
    flags = repeated(lambda: hashes, sum(map(len, hashes)))
    taken = np.sort(np.concatenate(hashes))
    found: list[dict[int, str]] = []
    start = 0
    for store in stores:
        mine: dict[int, str] = {}
        for index in np.flatnonzero(flags[start : start + len(store)]).tolist():
            new = f"{_id(store, index)}@{start + index + 1}"
            while _is_among(new, taken):
                new += "'"
            mine[index] = new
        found.append(mine)
        start += len(store)
    return found


def _id(store: Store, index: int) -> str:
    """As `Store.sample` gives it, without decoding the image."""
    return store.note(index).id or f"{store.name}/{index + 1:09d}"


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8])


def _is_among(text: str, hashes: NDArray[np.uint64]) -> bool:
    place = int(np.searchsorted(hashes, np.uint64(_hash(text))))
    return place < len(hashes) and int(hashes[place]) == _hash(text)
