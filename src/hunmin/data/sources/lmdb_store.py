"""LMDB folders in the field's layout, hunmin's own stores among them."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hunmin.data.sources.attempts import Attempt, after_a_good_one, unreadable_page
from hunmin.data.sources.downloads.files import Files
from hunmin.data.sources.downloads.folder import FolderFile
from hunmin.data.sources.labels import finite_numbers, optional_text, parse_json
from hunmin.data.sources.page import Page, Region, content_key
from hunmin.errors import InputError, require_extra

if TYPE_CHECKING:
    from hunmin.data.store.lmdb_store import Store


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An image in an LMDB folder. Every process opens the folder for itself, once."""

    path: str
    """The folder."""
    index: int
    """From 0."""

    @property
    def name(self) -> str:
        """Folder and key."""
        return f"{self.path}, image-{self.index + 1:09d}"

    def read(self) -> bytes:
        """The image's file as it was stored.

        Raises:
            InputError: it is not there any more.
        """
        image = _store(self.path, os.getpid()).raw(self.index)[0]
        if image is None:
            raise InputError(f"{self.name}: is missing; copy the store again")
        return image


def read_lmdb(files: Files) -> Iterator[Page]:
    """A page for every number up to `num-samples`, also where its image or label is missing.

    Raises:
        InputError: there is no LMDB folder, or one that is damaged.
    """
    require_extra("data", ("lmdb",))
    found = [file for file in files.with_suffix("data.mdb") if file.path.rpartition("/")[2] == "data.mdb"]
    folders = [file for file in found if isinstance(file, FolderFile)]
    if not folders:
        archived = f"; {found[0].name} must be unpacked first" if found else ""
        raise InputError(f"{files.given}: this is no lmdb data: it has no data.mdb, only {files.contents()}{archived}")
    for file in folders:
        # Opened here: a store that is damaged or newer says so, and is no other kind of data.
        store = _store(os.path.dirname(file.disk_location), os.getpid())  # noqa: PTH120 - a text goes into every image
        # Two stores may use one id for different samples.
        attempts = _attempts(file, store, keeps_ids=len(folders) == 1)
        yield from after_a_good_one(attempts, f"{files.given}: this is no lmdb data")


def _attempts(file: FolderFile, store: "Store", *, keeps_ids: bool) -> Iterator[Attempt]:
    path, label = str(store.path), file.location.rpartition("/")[0]
    for index in range(len(store)):
        name = f"{label}/{index + 1:09d}"
        image, text, meta = store.raw(index)
        stored = None if image is None else StoredImage(path, index)
        try:
            values = parse_json((meta or b"{}").decode(errors="replace"), name)
        except InputError:
            values = None  # Another program's key of that name.
        try:
            region = Region(None if text is None else text.decode(), boxes=_boxes(values))
        except UnicodeDecodeError:
            error = InputError(f"{path}, label-{index + 1:09d}: is no UTF-8 text")
            yield Attempt(unreadable_page(name, error, stored), error)
            continue
        kind, group = optional_text(values, "kind"), optional_text(values, "group")
        id_ = (keeps_ids and optional_text(values, "id")) or name
        yield Attempt(Page(id_, stored, (region,), group, kind, key=name if image is None else content_key(image)))


def _boxes(values: Any) -> tuple[tuple[float, ...], ...] | None:
    """The boxes of a sample's metadata, or None where it has none or they are no boxes."""
    listed = values.get("boxes") if isinstance(values, dict) else None
    boxes = [finite_numbers(box, 4) for box in listed] if isinstance(listed, list) else []
    found = tuple(tuple(box) for box in boxes if box)
    return found if found and len(found) == len(boxes) else None


@lru_cache(maxsize=16)
def _store(path: str, pid: int) -> "Store":
    """The store at `path`; `pid` parts the processes, for what is checked on opening may change meanwhile."""
    from pathlib import Path

    from hunmin.data.store.lmdb_store import open_store

    return open_store(Path(path))
