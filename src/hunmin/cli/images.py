"""Images that were named on the command line: files, folders, or standard input; and what of them is left out."""

import os
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hunmin.cli.console import error_line
from hunmin.errors import InputError
from hunmin.text.printable import printable

STANDARD_INPUT = Path("-")
SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif", ".heic", ".heif"}
)
"""Of what is taken for an image without a look into it."""
OVERLAY = ".overlay.png"
"""The end of the name of a picture that `hunmin read --overlay` drew; in a folder it is no page."""
SHOWN_KINDS = 8
PDF = ".pdf"

# Files that people keep pages in, and what to do about them. They are named one by one, other files only counted.
_DOCUMENTS = {
    PDF: "make an image of each page: pdftoppm -r 200 -png",
    **dict.fromkeys((".hwp", ".hwpx", ".doc", ".docx", ".odt", ".ppt", ".pptx", ".xps"), "print it to images first"),
    **dict.fromkeys((".djvu", ".psd", ".svg", ".jp2", ".j2k", ".jxl", ".eps", ".ico"), "save it as PNG or JPEG"),
    **dict.fromkeys((".dng", ".cr2", ".cr3", ".nef", ".arw", ".raw"), "develop it as JPEG"),
    **dict.fromkeys((".zip", ".cbz", ".7z", ".rar", ".tar", ".gz", ".tgz"), "unpack it first"),
}
_FIRST_BYTES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"GIF8")
_ADDRESS = re.compile(r"(https?|ftp|s3|gs):/+(.*)", re.IGNORECASE)


@dataclass
class Found:
    """What the paths of a command line come to."""

    images: list["Named"] = field(default_factory=list)
    """To be read, in this order."""
    problems: list[str] = field(default_factory=list)
    """One line for each thing that was asked for and cannot be read: a missing path, a document in a folder."""
    passed_over: Counter[str] = field(default_factory=Counter)
    """Kind → files in folders that nobody would take for a page."""

    def tell(self, *, quiet: bool) -> None:
        """Print on the output of errors what is left out; `quiet` leaves out what nobody would miss."""
        for problem in self.problems:
            print(error_line(InputError(problem)), file=sys.stderr)
        if self.passed_over and not quiet:
            print(f"hunmin: passed over, being no images: {printable(_shown(self.passed_over))}", file=sys.stderr)


@dataclass(frozen=True)
class Named:
    """An image, and what it is called in its folder."""

    path: Path
    name: Path
    """Relative to the folder that was given; of a file that was given itself, its name."""


def find_images(paths: Iterable[Path], *, documents: bool = False) -> Found:
    """The files named, and the images of the folders named, each folder with those below it, in order of name.

    Numbers in names count as numbers, so that page 10 comes after page 9. Whatever cannot be read is told in `problems`, and
    stops nothing.

    Args:
        paths: as they were given.
        documents: whether the PDFs of a folder are read, too.
    """
    found = Found()
    for path in paths:
        address = _ADDRESS.fullmatch(str(path))
        if path == STANDARD_INPUT:
            found.images.append(Named(path, Path("standard-input")))
        elif os.path.isdir(path):  # noqa: PTH112 - that of Path raises where a name is too long
            inside = Found()
            _look_into(path, inside, documents=documents)
            if not inside.images and not inside.problems:
                others = f", only {_shown(inside.passed_over)}" if inside.passed_over else ""
                inside.problems.append(f"{path}: has no images in it{others}; give another folder")
            found.images += inside.images
            found.problems += inside.problems
            found.passed_over += inside.passed_over
        elif address:
            # A Path keeps one of the two slashes.
            whole = f"{address[1]}://{address[2]}"
            found.problems.append(f"{whole}: addresses are not fetched; download it first: curl -L -O {whole}")
        elif os.path.exists(path):  # noqa: PTH110
            found.images.append(Named(path, Path(path.name)))
        else:
            found.problems.append(f"{path}: no such file or folder")
    return found


def source_of(path: Path) -> Path | bytes:
    """What to decode: the file, or all of standard input where `path` is `-`."""
    return sys.stdin.buffer.read() if path == STANDARD_INPUT else path


@contextmanager
def file_of(path: Path) -> Iterator[Path]:
    """The file to open: `path`, or a passing copy of standard input where that is `-`."""
    if path != STANDARD_INPUT:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "standard-input")
        with copy.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield copy


def tell_count(num_read: int, num_failed: int, num_pages_failed: int = 0) -> None:
    """Say on the output of errors how many were read and how many were not, unless one alone was asked for."""
    if num_read + num_failed > 1 or num_pages_failed:
        pages = f" but for {num_pages_failed:,} page{'s' if num_pages_failed != 1 else ''}" if num_pages_failed else ""
        print(f"hunmin: {num_read:,} read{pages}, {num_failed:,} not", file=sys.stderr)


def natural_order(name: str) -> tuple[tuple[int, int | str], ...]:
    """A key to sort names by, with numbers as numbers."""
    parts = re.split(r"([0-9]+)", name)
    return tuple((0, int(part)) if part[:1].isdigit() and part.isascii() else (1, part) for part in parts if part)


def _shown(kinds: Counter[str]) -> str:
    shown = [f"{kind} {num:,}" for kind, num in kinds.most_common(SHOWN_KINDS)]
    return ", ".join([*shown, "…"] if len(kinds) > SHOWN_KINDS else shown)


def _look_into(folder: Path, found: Found, *, documents: bool) -> None:
    def told(error: OSError) -> None:
        found.problems.append(f"{error.filename}: cannot be read ({error.strerror})")

    for here, folders, files in os.walk(folder, onerror=told):
        folders.sort(key=natural_order)
        for name in [*folders]:
            if _is_hidden(name):
                folders.remove(name)
                found.passed_over["hidden folders"] += 1
            elif Path(here, name).is_symlink():
                # os.walk does not follow it either: it may lead back here.
                found.problems.append(
                    f"{Path(here, name)}: a link to a folder, which is not followed inside a folder; give the link itself"
                )
        for name in sorted(files, key=natural_order):
            path = Path(here, name)
            problem, kind = _what_is(path, documents=documents)
            if problem:
                found.problems.append(f"{path}: {problem}")
            elif kind:
                found.passed_over[kind] += 1
            else:
                found.images.append(Named(path, path.relative_to(folder)))


def _what_is(path: Path, *, documents: bool) -> tuple[str, str]:
    """Why a file of a folder is not read, or what kind it is passed over as; both empty for an image."""
    suffix = path.suffix.lower()
    problem = kind = ""
    if _is_hidden(path.name):
        kind = "hidden files"
    elif path.name.lower().endswith(OVERLAY):
        kind = OVERLAY
    elif suffix in _DOCUMENTS and not (documents and suffix == PDF):
        problem = f"skipped, {suffix} files are not read; {_DOCUMENTS[suffix]}"
    elif path.is_symlink() and not path.exists():
        problem = "a link to nowhere"
    elif not path.is_file():
        kind = "pipes and devices"
    elif suffix not in SUFFIXES and suffix != PDF:
        try:
            with path.open("rb") as file:
                head = file.read(16)
        except OSError as error:
            problem = f"cannot be read ({error.strerror})"
        else:
            kind = "" if _begins_as_image(head) else suffix or "files without an ending"
    return problem, kind


def _begins_as_image(head: bytes) -> bool:
    """Whether the first 16 bytes of a file are those of an image; two letters alone, BM, may begin a text as well."""
    is_bitmap = head[:2] == b"BM" and head[6:10] == bytes(4)
    return head.startswith(_FIRST_BYTES) or is_bitmap or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def _is_hidden(name: str) -> bool:
    """Whether a name is one of those that systems keep for themselves, such as a Mac's `._page.png`."""
    return name.startswith(".") or name == "__MACOSX"


def overlay_names(images: Iterable[Named]) -> Iterator[Path]:
    """For every image the path of its overlay, relative to their folder: no two are the same, and none is a page's."""
    taken: set[str] = set()
    for image in images:
        number = 1
        while True:
            more = f".{number}" if number > 1 else ""
            name = image.name.with_name(f"{image.name.stem}{more}{OVERLAY}")
            # Some systems take names for the same that differ only in their case.
            if str(name).casefold() not in taken:
                break
            number += 1
        taken.add(str(name).casefold())
        yield name
