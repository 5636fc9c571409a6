"""How a part of a file is read, wherever that is, and what is told of it, a message a page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from hunmin.bulk.ledger import Failure, Part
from hunmin.bulk.shards import Row, page_row
from hunmin.documents.document import Document
from hunmin.documents.reader import Reader
from hunmin.errors import ImageError, InputError
from hunmin.text.printable import printable


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
class Lost:
    """The process that was at a part is gone."""

    failure: Failure


Message: TypeAlias = Ready | Opened | PageDone | PartDone | Lost


def read_part(reader: Reader, folder: Path, part: Part, options: ReadOptions) -> Iterator[Message]:
    """Read a part of a file in `folder`: `Opened`, a `PageDone` a page, and `PartDone`."""
    failure = None
    try:
        yield from _read(reader, folder, part, options)
    except InputError as error:
        failure = Failure(error.code if isinstance(error, ImageError) else "unreadable", printable(error))
    yield PartDone(failure)


def _read(reader: Reader, folder: Path, part: Part, options: ReadOptions) -> Iterator[Message]:
    document = _opened(reader, folder / part.path, part.first, options)
    num_pages = document.source.num_pages
    yield Opened(num_pages)
    for page in islice(document, part.last - part.first + 1):
        failure = Failure(page.error.code, printable(page.error)) if page.error else None
        yield PageDone(page.number, page_row(part.path, num_pages, page), failure)


def _opened(reader: Reader, path: Path, first: int, options: ReadOptions) -> Document:
    """A document from its page `first` on; the password is for encrypted ones alone."""
    pages: Sequence[int] | str = f"{first}-"
    try:
        return reader.read_document(path, pages=pages, dpi=options.dpi, force=options.force)
    except ImageError as error:
        if error.code != "encrypted" or options.password is None:
            raise
    return reader.read_document(path, pages=pages, dpi=options.dpi, force=options.force, password=options.password)
