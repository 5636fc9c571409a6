"""Files in folders, found without following a link out of them."""

import os
import stat
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from hunmin.archives.zip_file import decode_name, is_system_file
from hunmin.errors import InputError
from hunmin.opening import MAX_FILE_BYTES

_CHUNK_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder on the disk."""

    label: str
    """How messages call it; empty = by the paths in it alone."""
    root: str


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A file in a folder. Small and picklable."""

    folder: Folder
    path: str
    """NFC, with `/` between its parts."""
    disk_path: str | None = None
    """As the disk has it, where that differs."""

    @property
    def name(self) -> str:
        """How messages call it."""
        return self.location

    @property
    def location(self) -> str:
        """The folder and the path in it."""
        return f"{self.folder.label}/{self.path}" if self.folder.label else self.path

    @property
    def disk_location(self) -> str:
        """Its path on the disk."""
        return str(self._path)

    @property
    def num_bytes(self) -> int:
        """Its size."""
        return self._path.stat().st_size

    def read(self, max_bytes: int = MAX_FILE_BYTES) -> bytes:
        """Its content.

        Raises:
            InputError: it cannot be read or has more than `max_bytes`.
        """
        return b"".join(self.chunks(max_bytes))

    def chunks(self, max_bytes: int) -> Iterator[bytes]:
        """Its content in pieces, for what is too large to hold.

        Raises:
            InputError: as for `read`.
        """
        num_bytes = 0
        try:
            with self._path.open("rb") as file:
                while chunk := file.read(_CHUNK_BYTES):
                    num_bytes += len(chunk)
                    if num_bytes > max_bytes:
                        raise InputError(f"{self.name}: has more than {max_bytes:,} bytes, which is the limit")
                    yield chunk
        except OSError as error:
            raise InputError(f"{self.name}: cannot be read ({error.strerror})") from error

    @property
    def _path(self) -> Path:
        return Path(self.folder.root, self.path if self.disk_path is None else self.disk_path)


def walk(folder: Folder, skipped: Counter[str]) -> Iterator[FolderFile]:
    """All files below a folder, sorted by name in each. Links and devices are counted in `skipped`.

    Raises:
        InputError: a folder cannot be read.
    """
    pending = [""]
    while pending:
        inside = pending.pop()
        try:
            with os.scandir(os.path.join(folder.root, inside)) as scan:  # noqa: PTH118 - for millions of names
                found = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            raise InputError(f"{folder.root}/{inside}: cannot be read ({error.strerror})") from error
        folders = []
        for entry in found:
            disk_path = f"{inside}/{entry.name}" if inside else entry.name
            if entry.is_symlink():
                skipped["link"] += 1
            elif entry.is_dir(follow_symlinks=False):
                folders.append(disk_path)
            elif not entry.is_file(follow_symlinks=False):
                skipped["device"] += 1
            elif is_system_file(disk_path):
                skipped["system file"] += 1
            else:
                path = _clean_name(disk_path)
                yield FolderFile(folder, path, None if path == disk_path else disk_path)
        pending += reversed(folders)


def file_below(folder: Folder, path: str) -> FolderFile | None:
    """The file at `path`, which a list names; None if there is none, or it lies outside the folder."""
    root = Path(folder.root).resolve()
    try:
        target = (root / path).resolve()
        if not target.is_relative_to(root) or not stat.S_ISREG(target.stat().st_mode):
            return None
    except (OSError, ValueError, RuntimeError):  # Not there; a null character; a loop of links.
        return None
    inside = PurePosixPath(target.relative_to(root)).as_posix()
    cleaned = _clean_name(inside)
    return FolderFile(folder, cleaned, None if cleaned == inside else inside)


def _clean_name(disk_path: str) -> str:
    """NFC; and bytes that are no UTF-8, as `unzip` leaves the names of a Korean archive, read as CP949."""
    try:
        disk_path.encode()
    except UnicodeEncodeError:
        return decode_name(os.fsencode(disk_path))
    return unicodedata.normalize("NFC", disk_path)
