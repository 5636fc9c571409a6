"""What a folder holds: pages to read, files that somebody may have meant as such, and others."""

import os
import re
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from hunmin.errors import ImageError
from hunmin.opening import not_opened

SUFFIXES: Final = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif", ".heic", ".heif"}
)
"""Of what is taken for an image without a look into it."""
OVERLAY: Final = ".overlay.png"
"""The end of the name of a picture that `hunmin read --overlay` drew; in a folder it is no page."""
PDF: Final = ".pdf"
SHOWN_KINDS: Final = 8

# Files that people keep pages in, and what to do about them. They are named one by one, other files only counted.
_DOCUMENTS: Final = {
    PDF: "make an image of each page: pdftoppm -r 200 -png",
    **dict.fromkeys((".hwp", ".hwpx", ".doc", ".docx", ".odt", ".ppt", ".pptx", ".xps"), "print it to images first"),
    **dict.fromkeys((".djvu", ".psd", ".svg", ".jp2", ".j2k", ".jxl", ".eps", ".ico"), "save it as PNG or JPEG"),
    **dict.fromkeys((".dng", ".cr2", ".cr3", ".nef", ".arw", ".raw"), "develop it as JPEG"),
    **dict.fromkeys((".zip", ".cbz", ".7z", ".rar", ".tar", ".gz", ".tgz"), "unpack it first"),
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


def walk(folder: Path, *, documents: bool, in_order: bool = False, left_out: Path | None = None) -> Iterator[Entry]:
    """Everything in a folder and those below it, found when it is asked for; nothing is opened but files without an ending.

    Args:
        folder: where to begin; links to folders inside it are not followed, for they may lead back.
        documents: whether PDFs are to be read.
        in_order: in order of name, numbers as numbers, the files of a folder before the folders in it. Otherwise in
            the order of the file system, which takes no memory however many files a folder has.
        left_out: a folder that is not looked into.
    """
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


def _file(path: Path, *, documents: bool) -> Entry:
    """Whether a file of a folder is read, and why not."""
    suffix = path.suffix.lower()
    problem, kind = None, ""
    if _is_hidden(path.name):
        kind = "hidden files"
    elif path.name.lower().endswith(OVERLAY):
        kind = OVERLAY
    elif suffix in _DOCUMENTS and not (documents and suffix == PDF):
        problem = _skipped(path, f"skipped, {suffix} files are not read; {_DOCUMENTS[suffix]}")
    elif path.is_symlink() and not path.exists():
        problem = _skipped(path, "a link to nowhere")
    elif not path.is_file():
        kind = "pipes and devices"
    elif suffix not in SUFFIXES and suffix != PDF:
        try:
            with path.open("rb") as file:
                head = file.read(16)
        except OSError as error:
            problem = not_opened(str(path), error)
        else:
            kind = "" if _begins_as_image(head) else suffix or "files without an ending"
    return Entry(path, problem, kind)


def _skipped(path: Path | str, why: str) -> ImageError:
    return ImageError("skipped", f"{path}: {why}")


def _begins_as_image(head: bytes) -> bool:
    """Whether the first 16 bytes of a file are those of an image; two letters alone, BM, may begin a text as well."""
    is_bitmap = head[:2] == b"BM" and head[6:10] == bytes(4)
    return head.startswith(_FIRST_BYTES) or is_bitmap or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def _is_hidden(name: str) -> bool:
    """Whether a name is one of those that systems keep for themselves, such as a Mac's `._page.png`."""
    return name.startswith(".") or name == "__MACOSX"
