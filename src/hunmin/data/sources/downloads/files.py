"""One view over what was downloaded: folders, zip files and zip files in volumes, none of them unpacked.

Nothing is ever written. A path is NFC whatever the disk or the archive has, so that labels and images meet.
"""

import os
import posixpath
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Final, TypeAlias

from hunmin.archives.volumes import Volumes
from hunmin.archives.zip_file import Archive, ArchivedFile, archived_files
from hunmin.data.sources.downloads.folder import Folder, FolderFile, file_below, walk
from hunmin.errors import InputError

File: TypeAlias = ArchivedFile | FolderFile
"""A file in the view; it is an `EncodedImage`."""

IMAGE_SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp", ".gif")
_VOLUME = re.compile(r"(.+\.zip)\.part(\d+)", re.IGNORECASE)
_MOST_VOLUMES: Final = 10_000
_DRIVE = re.compile(r"[A-Za-z]:/")
_DIGITS = re.compile(r"(\d+)")


class Files:
    """The files that were given; get them from `open_files`. Their order is the same in every run."""

    def __init__(
        self, given: str, files: list[File], loose: list[FolderFile], labels: list[str], skipped: Counter[str]
    ) -> None:
        """Keep what `open_files` found; `labels` are those of the folders and archives that paths may count from."""
        self.given = given
        """What was given, for messages."""
        self.skipped = skipped
        """Reason → entries passed over: `link`, `device`, `unsafe name`, `encrypted` …"""
        self._files = files
        self._loose = frozenset(file.folder for file in loose)
        self._by_location: dict[str, File] | None = None
        self._labels = labels
        self._kinds: frozenset[tuple[str, str]] = frozenset()
        self._roots: list[str] = []

    def __len__(self) -> int:
        return len(self._files)

    def __iter__(self) -> Iterator[File]:
        return iter(self._files)

    def with_suffix(self, *suffixes: str) -> Iterator[File]:
        """The files whose names end so, in small or large letters."""
        return (file for file in self._files if file.path.lower().endswith(suffixes))

    def named_by(self, list_file: File, path: str) -> File | None:
        """The file that a list calls `path`: from the list's own folder or from the root of anything given.

        Or from the folder above the list's own, as PPOCRLabel writes it. None if there is no such file among those given;
        a list that was given alone may name what lies below its folder.
        """
        if self._by_location is None:
            self._by_location = {file.location: file for file in self._files}
            self._kinds = frozenset(map(_kind, self._by_location))
            folders = {file.folder: None for file in self._files if isinstance(file, FolderFile)}
            self._roots = [unicodedata.normalize("NFC", f"{folder.root}/") for folder in folders]
        plain = plain_path(path)
        for root in self._roots:
            # An absolute path, as some tools write it, of something that was given.
            plain = plain.removeprefix(root) if plain.startswith("/") else plain
        own = posixpath.dirname(list_file.location)
        has_neighbours = _kind(posixpath.join(own, plain)) in self._kinds
        for label in (own, *self._labels, posixpath.dirname(own)):
            namesake = posixpath.normpath(posixpath.join(label, list_file.path))
            if has_neighbours and namesake != list_file.location and namesake in self._by_location:
                continue  # another set, with such a list of its own: what that calls by this name is another image
            found = self._by_location.get(posixpath.normpath(posixpath.join(label, plain)))
            if found is not None:
                return found
        if plain.startswith("/") or _DRIVE.match(plain):
            # An absolute path of another machine: the longest end of it that is here.
            for end in _ends(plain):
                found = self._by_location.get(posixpath.join(own, end))
                if found is not None:
                    return found
        if isinstance(list_file, FolderFile) and list_file.folder in self._loose:
            # On the disk it may have another form than in the list.
            forms = dict.fromkeys((path, plain, unicodedata.normalize("NFD", plain)))
            above = f"{posixpath.basename(list_file.folder.root)}/"
            forms |= dict.fromkeys(form.removeprefix(above) for form in list(forms))
            return next(filter(None, (file_below(list_file.folder, form) for form in forms)), None)
        return None

    def contents(self) -> str:
        """What is in it, for messages: `120 files (.jpg 80, .json 40), 2 skipped (link 2)`."""
        suffixes = Counter(PurePosixPath(file.path).suffix.lower() or "no suffix" for file in self._files)
        listed = ", ".join(f"{suffix} {num:,}" for suffix, num in suffixes.most_common(5))
        text = f"{len(self):,} file{'s' * (len(self) != 1)}" + (f" ({listed})" if listed else "")
        if self.skipped:
            reasons = ", ".join(f"{reason} {num:,}" for reason, num in self.skipped.most_common())
            text += f", {self.skipped.total():,} skipped ({reasons})"
        return text


def open_files(paths: Sequence[Path]) -> Files:
    """The files in folders and archives, as one view.

    Args:
        paths: folders, which may hold archives, too; zip files; one volume of a `.zip.part0`, `.part1` … set, which
            stands for all; or single files, such as a list.

    Raises:
        InputError: a path does not exist, or there is no file in any; a zip file is damaged or cut short, or misses a
            volume.
    """
    files: list[File] = []
    loose: list[FolderFile] = []
    skipped = Counter[str]()
    # Absolute, but not resolved: a folder that is a link keeps its name.
    roots = list(dict.fromkeys(Path(os.path.abspath(path)) for path in paths))  # noqa: PTH100
    base = Path(os.path.commonpath([root.parent for root in roots]))
    archives: dict[Path, None] = {}
    labels = []
    for root in roots:
        label = unicodedata.normalize("NFC", root.relative_to(base).as_posix())
        labels.append(label)
        if any(other in root.parents and other.is_dir() for other in roots):
            continue  # It comes with the other.
        if root.is_dir():
            for file in walk(Folder(label, str(root)), skipped):
                if _is_archive(file.path):
                    archives[_whole(root / (file.disk_path or file.path))] = None
                else:
                    files.append(file)
        elif not root.is_file():
            raise InputError(f"{root}: there is no such file or folder")
        elif _is_archive(root.name):
            archives[_whole(root)] = None
        else:
            parent = label.rpartition("/")[0]
            loose.append(FolderFile(Folder(parent, str(root.parent)), root.name))
    files += loose
    for path in sorted(archives, key=lambda path: natural_key(str(path))):
        label = unicodedata.normalize("NFC", path.relative_to(base).as_posix())
        labels.append(label)
        files += archived_files(Archive(label, Volumes.of(_volumes(path))), skipped)
    given = ", ".join(str(path) for path in paths)
    if not files and not skipped:
        raise InputError(f"{given}: holds no file at all; give the folder or the archives that hold the data")
    return Files(given, files, loose, labels, skipped)


def _kind(location: str) -> tuple[str, str]:
    """The folder and the suffix of a file."""
    folder, name = posixpath.split(posixpath.normpath(location))
    return folder, posixpath.splitext(name)[1].lower()


def _ends(path: str) -> Iterator[str]:
    """Of `/a/b/c` the ends `b/c` and `c`."""
    parts = path.strip("/").split("/")
    return ("/".join(parts[start:]) for start in range(1, len(parts)))


def plain_path(path: str) -> str:
    """A path as a list has it in the form of this view: NFC, which a list made on a Mac is not, and `/` between its parts."""
    path = unicodedata.normalize("NFC", path).replace("\\", "/")
    return posixpath.normpath(path) if path else path


def natural_key(text: str) -> tuple[str | int, ...]:
    """Sorts `part2` before `part10`."""
    # Every second piece is digits, so numbers meet numbers.
    return tuple(int(piece) if piece.isdecimal() else piece for piece in _DIGITS.split(text))


def _is_archive(path: str) -> bool:
    return path.lower().endswith(".zip") or _VOLUME.fullmatch(path.rpartition("/")[2]) is not None


def _whole(path: Path) -> Path:
    """The archive that a volume belongs to; an archive is its own."""
    volume = _VOLUME.fullmatch(path.name)
    return path.with_name(volume[1]) if volume else path


def _volumes(archive: Path) -> list[str]:
    """The files that make up an archive: itself where it lies there joined, else its volumes in order.

    Raises:
        InputError: a volume is missing.
    """
    if archive.is_file():
        return [str(archive)]
    numbered = {}
    for path in archive.parent.iterdir():
        volume = _VOLUME.fullmatch(path.name)
        if volume and volume[1] == archive.name:
            numbered[int(volume[2])] = path
    numbers = sorted(numbered)
    # Some downloads number volumes by their first byte; a gap among those shows when the table of contents is found.
    if numbers[-1] < _MOST_VOLUMES:
        missing = sorted(set(range(min(numbers[0], 1), numbers[-1])) - set(numbers))
        if missing:
            raise InputError(f"{archive}.part{missing[0]}: this volume is missing; download it again")
    return [str(numbered[number]) for number in numbers]
