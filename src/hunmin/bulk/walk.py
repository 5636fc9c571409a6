"""What a folder or an archive holds: pages to read, files that somebody may have meant as such, and others."""

import errno
import os
import re
import stat
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from hunmin.archives.volumes import Volumes
from hunmin.archives.zip_file import Archive, ArchivedFile, archived_files
from hunmin.errors import ImageError, InputError
from hunmin.opening import HEIF_BRANDS, not_opened

SUFFIXES: Final = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif", ".heic", ".heif"}
)
"""Of what is taken for an image without a look into it."""
OVERLAY: Final = ".overlay.png"
"""The end of the name of a picture that `hunmin read --overlay` drew; in a folder it is no page."""
PDF: Final = ".pdf"
ARCHIVES: Final = (".zip", ".cbz")
SHOWN_KINDS: Final = 8

# Files that people keep pages in, and what to do about them. They are named one by one, other files only counted.
_DOCUMENTS: Final = {
    PDF: "make an image of each page: pdftoppm -r 200 -png",
    **dict.fromkeys((".hwp", ".hwpx", ".doc", ".docx", ".odt", ".ppt", ".pptx", ".xps"), "save it as PDF first"),
    **dict.fromkeys((".djvu", ".psd", ".svg", ".jp2", ".j2k", ".jxl", ".eps", ".ico"), "save it as PNG or JPEG"),
    **dict.fromkeys((".dng", ".cr2", ".cr3", ".nef", ".arw", ".raw"), "develop it as JPEG"),
    **dict.fromkeys((".zip", ".cbz"), "unpack it first, or read it into shards: hunmin read ARCHIVE -o FOLDER"),
    **dict.fromkeys((".7z", ".rar", ".tar", ".gz", ".tgz"), "unpack it first"),
}
_LINK_TO_A_FOLDER: Final = "a link to a folder, which is not followed inside a folder; give the link itself"
_FIRST_BYTES: Final = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"GIF8")

_Entries: TypeAlias = "Generator[os.DirEntry[str], None, None]"


@dataclass(frozen=True)
class Entry:
    """A file of a folder, or a folder that is not looked into; to be read where nothing says otherwise."""

    path: Path
    problem: ImageError | None = None
    """Why it is not read, although somebody may have meant it to be; its code is `skipped`, or one of `not_opened`."""
    passed_over: str = ""
    """What kind of thing it is that nobody would take for a page."""
    archived: ArchivedFile | None = None
    """Where its content lies, for a file in an archive; `path` goes through the archive as if that were a folder."""


def walk(
    folder: Path,
    *,
    documents: bool,
    archives: bool = False,
    in_order: bool = False,
    left_out: Path | None = None,
) -> Iterator[Entry]:
    """Everything in a folder and those below it, found when it is asked for; of files no more is opened than it takes.

    Args:
        folder: where to begin, or a ZIP archive; links to folders inside a folder are not followed, for they may lead back.
        documents: whether PDFs are to be read.
        archives: whether ZIP archives are gone through like folders.
        in_order: in order of name, numbers as numbers, the files of a folder before the folders in it. Otherwise in
            the order of the file system, which takes no memory however many files a folder has.
        left_out: a folder that is not looked into.
    """
    if archives and is_archive(folder):
        yield from _archived(folder, documents=documents)
        return
    left_out = left_out and left_out.resolve()
    # A folder stays open while those below it are walked, so as many are open as the longest path has names.
    opened = [_entries(str(folder), in_order=in_order)]
    try:
        while opened:
            try:
                entry = next(opened[-1], None)
            except OSError as error:
                entry = None
                named = error.filename or folder
                yield Entry(Path(named), not_opened(str(named), error))
            if entry is None:
                opened.pop()
            elif archives and is_archive(entry.path) and not _is_hidden(entry.name):
                yield from _archived(Path(entry.path), documents=documents)
            elif not _is_folder(entry):
                yield _file(Path(entry.path), documents=documents)
            elif _is_hidden(entry.name):
                yield Entry(Path(entry.path), passed_over="hidden folders")
            elif entry.is_symlink():
                yield Entry(Path(entry.path), _skipped(entry.path, _LINK_TO_A_FOLDER))
            elif left_out is None or Path(entry.path).resolve() != left_out:
                opened.append(_entries(entry.path, in_order=in_order))
    finally:
        for entries in opened:
            entries.close()


def is_archive(path: Path | str) -> bool:
    """Whether a path names a file that can be gone through like a folder."""
    return str(path).lower().endswith(ARCHIVES) and os.path.isfile(path)  # noqa: PTH113 - that of Path raises


def shown_kinds(kinds: Mapping[str, int]) -> str:
    """Kinds of files with their numbers, the commonest first."""
    shown = [f"{kind} {num:,}" for kind, num in Counter(kinds).most_common(SHOWN_KINDS)]
    return ", ".join([*shown, "…"] if len(kinds) > SHOWN_KINDS else shown)


def has_no_pages(folder: Path, passed_over: Mapping[str, int]) -> str:
    """What to say of a folder in which there is nothing to read."""
    others = f", only {shown_kinds(passed_over)}" if passed_over else ""
    return f"{folder}: has no images in it{others}; give another folder"


def natural_order(name: str) -> tuple[tuple[int, int | str], ...]:
    """A key to sort names by, with numbers as numbers."""
    parts = re.split(r"([0-9]+)", name)
    return tuple((0, int(part)) if part[:1].isdigit() and part.isascii() else (1, part) for part in parts if part)


def _entries(folder: str, *, in_order: bool) -> _Entries:
    with os.scandir(folder) as entries:
        yield from (
            sorted(entries, key=lambda entry: (_rank(entry), natural_order(entry.name))) if in_order else entries
        )


def _rank(entry: "os.DirEntry[str]") -> int:
    """Links to folders before files, for they are only told, and folders after them."""
    return 1 if not _is_folder(entry) else 0 if entry.is_symlink() else 2


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle
        return False


def _archived(archive: Path, *, documents: bool) -> Iterator[Entry]:
    """What a ZIP archive holds, in the order of its table of contents."""
    not_unpacked: Counter[str] = Counter()
    try:
        volumes = Volumes.of([str(archive.absolute())])
        for file in archived_files(Archive(str(archive), volumes), not_unpacked):
            path = archive / file.path
            problem, kind = _by_name(path, documents=documents, is_archived=True)
            if any(_is_hidden(part) for part in file.path.split("/")):
                problem, kind = None, "hidden files"
            elif not problem and path.suffix.lower() not in {*SUFFIXES, PDF}:
                kind = path.suffix.lower() or "files without an ending"
            yield Entry(path, problem, kind, None if problem or kind else file)
    except InputError as error:
        yield Entry(archive, ImageError("unreadable", str(error)))
        return
    system_files = not_unpacked.pop("system file", 0)
    for _ in range(system_files):
        yield Entry(archive, passed_over="hidden files")
    if not_unpacked:
        told = f"of what is in it, was left out: {shown_kinds(not_unpacked)}; unpack it first"
        yield Entry(archive, _skipped(archive, told))


def _file(path: Path, *, documents: bool) -> Entry:
    """Whether a file of a folder is read, and why not."""
    suffix = path.suffix.lower()
    problem, kind = _by_name(path, documents=documents)
    if problem or kind:
        return Entry(path, problem, kind)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            kind = "pipes and devices"
        elif suffix not in SUFFIXES and suffix != PDF:
            with path.open("rb") as file:
                head = file.read(16)
            is_page = _begins_as_image(head) or (documents and head.startswith(b"%PDF-"))
            kind = "" if is_page else suffix or "files without an ending"
    except OSError as error:
        leads_nowhere = error.errno in (errno.ENOENT, errno.ELOOP) and os.path.islink(path)  # noqa: PTH114 - may raise
        problem = _skipped(path, "a link to nowhere") if leads_nowhere else not_opened(str(path), error)
    return Entry(path, problem, kind)


def _by_name(path: Path, *, documents: bool, is_archived: bool = False) -> tuple[ImageError | None, str]:
    """`Entry.problem` and `Entry.passed_over` of a file, as far as its name says."""
    suffix = path.suffix.lower()
    if is_archived and suffix in ARCHIVES:
        return _skipped(path, "an archive inside an archive is not read; unpack it first"), ""
    if _is_hidden(path.name):
        return None, "hidden files"
    if path.name.lower().endswith(OVERLAY):
        return None, OVERLAY
    if suffix in _DOCUMENTS and not (documents and suffix == PDF):
        return _skipped(path, f"skipped, {suffix} files are not read; {_DOCUMENTS[suffix]}"), ""
    return None, ""


def _skipped(path: Path | str, why: str) -> ImageError:
    return ImageError("skipped", f"{path}: {why}")


def _begins_as_image(head: bytes) -> bool:
    """Whether the first 16 bytes of a file are those of an image; two letters alone, BM, may begin a text as well."""
    is_bitmap = head[:2] == b"BM" and head[6:10] == bytes(4)
    is_webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    is_heif = head[4:8] == b"ftyp" and head[8:12] in HEIF_BRANDS
    return head.startswith(_FIRST_BYTES) or is_bitmap or is_webp or is_heif


def _is_hidden(name: str) -> bool:
    """Whether a name is one of those that systems keep for themselves, such as a Mac's `._page.png`."""
    return name.startswith(".") or name == "__MACOSX"
