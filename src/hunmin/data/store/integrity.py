"""What can be known about a store's `data.mdb` without LMDB.

LMDB maps the file into memory: reading past the end of a truncated one kills the process with SIGBUS, and pages with
wrong pointers can do the same. So these checks come before LMDB opens the file.
"""

import struct
from pathlib import Path

import numpy as np

from hunmin.data.store.manifest import BLOCK_BYTES, Manifest, block_hash
from hunmin.errors import StoreError, reason_of

BLOCKS_CHECKED_ON_OPENING = 32
"""256 MiB, a quarter of a second: a store up to that size is checked whole, a larger one in evenly spread samples."""

_META_MAGIC = 0xBEEFC0DE
_META_VERSION = 1
_META_PAGE = struct.Struct("<16x II 16x I 92x QQ")
"""LMDB's MDB_meta after its page header: magic, version, page size, last page, transaction (mdb.c, LMDB 0.9)."""


def data_file(store: Path) -> Path:
    """The file of a store that LMDB opens.

    Raises:
        StoreError: `store` is no folder, or one without that file.
    """
    data = store / "data.mdb"
    if data.is_file():
        return data
    wanted = "give the folder that data.mdb lies in"
    if not store.exists():
        raise StoreError(f"{store}: there is no such folder; {wanted}")
    if not store.is_dir():
        raise StoreError(f"{store}: is a file, and a store is a folder; {wanted}")
    raise StoreError(f"{store}: holds no data.mdb, so it is not a store; {wanted}")


def check_pages(data: Path) -> None:
    """Check from the two meta pages that the file holds every page that LMDB would read.

    Raises:
        StoreError: not an LMDB file, or cut short.
    """
    try:
        with data.open("rb") as file:
            first = file.read(_META_PAGE.size).ljust(_META_PAGE.size, b"\0")
            page_bytes = _META_PAGE.unpack(first)[2]
            file.seek(page_bytes)
            second = file.read(_META_PAGE.size).ljust(_META_PAGE.size, b"\0")
        size = data.stat().st_size
    except OSError as error:
        raise StoreError(f"{data}: cannot be read ({reason_of(error)})") from error
    metas = [_META_PAGE.unpack(first), _META_PAGE.unpack(second)]
    if any(meta[:3] != (_META_MAGIC, _META_VERSION, page_bytes) for meta in metas):
        raise StoreError(f"{data}: its first pages are not those of an LMDB file; copy the store again")
    *_, last_page, _ = max(metas, key=lambda meta: meta[-1])  # LMDB takes the later transaction, too.
    wanted = (last_page + 1) * page_bytes
    if size < wanted:
        raise StoreError(f"{data}: cut short, {size} bytes instead of at least {wanted}; copy the store again")


def check_size(data: Path, manifest: Manifest) -> None:
    """Compare the file's size with the manifest.

    Raises:
        StoreError: they differ.
    """
    size = data.stat().st_size
    if size != manifest.file.num_bytes:
        raise StoreError(f"{data}: has {size} bytes, its manifest says {manifest.file.num_bytes}; copy the store again")


def check_some_blocks(data: Path, manifest: Manifest) -> None:
    """Compare the hashes of the first, the last and evenly spread blocks with the manifest.

    Raises:
        StoreError: a hash differs.
    """
    spread = np.linspace(0, len(manifest.file.blocks) - 1, BLOCKS_CHECKED_ON_OPENING).astype(int)
    for number in np.unique(spread).tolist():
        if block_hash(data, number) != manifest.file.blocks[number]:
            start = number * BLOCK_BYTES
            raise StoreError(
                f"{data}: bytes {start} to {start + BLOCK_BYTES} differ from what was written; copy the store again"
            )
