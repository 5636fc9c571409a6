"""How a part of a file is read, wherever that is, and what is told of it, a message a page."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

from hunmin.bulk.ledger import Failure, Part
from hunmin.bulk.shards import Row, page_row
from hunmin.documents.document import Document
from hunmin.documents.reader import Reader
from hunmin.errors import ImageError, InputError, reason_of
from hunmin.text.printable import printable

MOST_UNPACKED_BYTES: Final = 2 << 30
"""Of a file in an archive."""


@dataclass(frozen=True)
class ReadOptions:
    """How documents are read, as `Reader.read_document` takes it."""

    dpi: float
    force: bool = False
    password: str | None = None


@dataclass(frozen=True)
class Ready:
    """The model is loaded, or `error` says why it cannot be."""

    error: str = ""


@dataclass(frozen=True)
class Opened:
    """The file is open."""

    num_pages: int


@dataclass(frozen=True)
class PageDone:
    """A page was read, or `failure` says why not."""

    number: int
    row: Row
    failure: Failure | None


@dataclass(frozen=True)
class PartDone:
    """There is no more of a part; `failure` says why if it ended early."""

    failure: Failure | None = None


@dataclass(frozen=True)
class NoRoom:
    """A part in an archive cannot be unpacked for want of room, and `error` says so; the next ones would fail as well."""

    error: str


@dataclass(frozen=True)
class Lost:
    """The process that was at a part is gone."""

    failure: Failure


Message: TypeAlias = Ready | Opened | PageDone | PartDone | NoRoom | Lost


class _NoRoomError(InputError):
    """Nothing can be written where temporary files go."""


def read_part(reader: Reader, folder: Path, part: Part, options: ReadOptions) -> Iterator[Message]:
    """Read a part of a file in `folder`: `Opened`, a `PageDone` a page, and `PartDone`; `NoRoom` in place of all of them."""
    failure = None
    try:
        with _on_disk(folder, part) as path:
            yield from _read(reader, path, folder / part.path, part, options)
    except _NoRoomError as error:
        yield NoRoom(printable(error))
        return
    except InputError as error:
        failure = Failure(error.code if isinstance(error, ImageError) else "unreadable", printable(error))
    yield PartDone(failure)


@contextmanager
def _on_disk(folder: Path, part: Part) -> Iterator[Path]:
    """The file of a part; unpacked, for as long as it is read, where it lies in an archive."""
    if part.archived is None:
        yield folder / part.path
        return
    with ExitStack() as opened:
        with _telling_of_room():
            path = Path(opened.enter_context(TemporaryDirectory(prefix="hunmin-")), "archived")
            path.touch()
        for chunk in part.archived.chunks(MOST_UNPACKED_BYTES):
            with _telling_of_room(), path.open("ab") as file:
                file.write(chunk)
        yield path


@contextmanager
def _telling_of_room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _NoRoomError(
            f"an archive cannot be unpacked where temporary files go ({reason_of(error)}); make room there, or name another "
            "folder with TMPDIR, and the same command goes on"
        ) from error


def _read(reader: Reader, path: Path, named: Path, part: Part, options: ReadOptions) -> Iterator[Message]:
    """Read the file at `path`, which messages call `named`."""
    try:
        document = _opened(reader, path, part.first, options)
        num_pages = document.source.num_pages
        yield Opened(num_pages)
        for page in islice(document, part.last - part.first + 1):
            why = page.error and _renamed(page.error, path, named)
            failure = Failure(why.code, printable(why)) if why else None
            yield PageDone(page.number, page_row(part.path, num_pages, replace(page, error=why)), failure)
    except ImageError as error:
        raise _renamed(error, path, named) from error


def _renamed(error: ImageError, path: Path, named: Path) -> ImageError:
    return ImageError(error.code, str(error).replace(str(path), str(named)))


def _opened(reader: Reader, path: Path, first: int, options: ReadOptions) -> Document:
    """A document from its page `first` on; the password is for encrypted ones alone."""
    pages: Sequence[int] | str = f"{first}-"
    try:
        return reader.read_document(path, pages=pages, dpi=options.dpi, force=options.force)
    except ImageError as error:
        if error.code != "encrypted" or options.password is None:
            raise
    return reader.read_document(path, pages=pages, dpi=options.dpi, force=options.force, password=options.password)
