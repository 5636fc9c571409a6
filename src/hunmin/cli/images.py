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

from hunmin.bulk.walk import OVERLAY, has_no_pages, is_archive, shown_kinds, walk
from hunmin.cli.console import error_line
from hunmin.errors import InputError
from hunmin.opening import not_opened
from hunmin.text.printable import printable

STANDARD_INPUT = Path("-")
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
            print(f"hunmin: passed over, being no images: {printable(shown_kinds(self.passed_over))}", file=sys.stderr)


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
                inside.problems.append(has_no_pages(path, inside.passed_over))
            found.images += inside.images
            found.problems += inside.problems
            found.passed_over += inside.passed_over
        elif address:
            # A Path keeps one of the two slashes.
            whole = f"{address[1]}://{address[2]}"
            found.problems.append(f"{whole}: addresses are not fetched; download it first: curl -L -O {whole}")
        elif is_archive(path):
            found.problems.append(f"{path}: is an archive, whose pages go into shards: hunmin read {path} -o FOLDER")
        elif problem := _why_missing(path):
            found.problems.append(problem)
        else:
            found.images.append(Named(path, Path(path.name)))
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


def _why_missing(path: Path) -> str:
    """Why there is nothing of that name, as far as this user can see; empty where there is something."""
    try:
        path.stat()
    except OSError as error:
        return str(not_opened(str(path), error))
    except ValueError:  # a null character, or one that file names cannot have
        return f"{path}: no such file or folder"
    return ""


def _look_into(folder: Path, found: Found, *, documents: bool) -> None:
    for entry in walk(folder, documents=documents, in_order=True):
        if entry.problem:
            found.problems.append(str(entry.problem))
        elif entry.passed_over:
            found.passed_over[entry.passed_over] += 1
        else:
            found.images.append(Named(entry.path, entry.path.relative_to(folder)))


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
