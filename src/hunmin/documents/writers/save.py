"""A document read once and written in several formats, each file whole or not at all."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Final, Protocol

from hunmin.documents.page import DocumentPage
from hunmin.documents.running_heads import with_roles
from hunmin.documents.source.open_source import Source
from hunmin.documents.writers.alto import ALTO
from hunmin.documents.writers.hocr import HOCR
from hunmin.documents.writers.json_file import JSON
from hunmin.documents.writers.markdown import MARKDOWN
from hunmin.documents.writers.page_xml import PAGE_XML
from hunmin.documents.writers.pdf.searchable import SearchablePdf, check_installed
from hunmin.documents.writers.plain_text import PLAIN_TEXT
from hunmin.documents.writers.text_format import TextFormat
from hunmin.documents.writers.tsv import TSV
from hunmin.errors import InputError
from hunmin.files import check_target, new_file

TEXT_FORMATS: Final = {
    "text": PLAIN_TEXT,
    "json": JSON,
    "tsv": TSV,
    "markdown": MARKDOWN,
    "hocr": HOCR,
    "alto": ALTO,
    "page": PAGE_XML,
}
"""By the names of the command line."""
PDF: Final = "pdf"
SUFFIXES: Final = {PDF: ".searchable.pdf", **{name: kind.suffix for name, kind in TEXT_FORMATS.items()}}
"""What the name of a file in each format ends in. That of a searchable PDF never is the name of its original."""


class _Sink(Protocol):
    """What takes the pages of a document as they are read."""

    def add(self, page: DocumentPage) -> None: ...


def save(
    source: Source, numbers: tuple[int, ...], pages: Iterable[DocumentPage], targets: Sequence[Path]
) -> list[Path]:
    """Write a document to every target while its pages are read; see `Document.save`.

    Args:
        source: the file that it is of.
        numbers: of the pages, from 1.
        pages: those, in this order.
        targets: files to be.
    """
    for target in targets:
        check(source, target)
    written: list[Path] = []
    with ExitStack() as files:
        sinks: list[_Sink] = []
        pdfs: list[tuple[SearchablePdf, Path]] = []
        for target in targets:
            kind = format_of(target)
            if kind == PDF:
                pdf = SearchablePdf(source, numbers)
                files.callback(pdf.close)
                pdfs.append((pdf, files.enter_context(new_file(target))))
                sinks.append(pdf)
            elif TEXT_FORMATS[kind].has_page_a_file:
                sinks.append(_FileAPage(TEXT_FORMATS[kind], target, files, written, is_numbered=len(numbers) > 1))
                continue
            else:
                head = TEXT_FORMATS[kind].begin(source, len(numbers))
                sinks.append(_TextFile(head, TEXT_FORMATS[kind], files.enter_context(new_file(target)), files))
            written.append(target)
        for page in with_roles(pages):
            for sink in sinks:
                sink.add(page)
        for sink in sinks:
            if isinstance(sink, _TextFile):
                sink.end()
        for pdf, partial in pdfs:
            pdf.write(partial)
    return written


def save_page(page: DocumentPage, target: Path) -> None:
    """Write one page of a file; see `DocumentPage.save`."""
    assert page.source
    save(page.source, (page.number,), [page], [target])


def chunks(source: Source, numbers: tuple[int, ...], pages: Iterable[DocumentPage], kind: TextFormat) -> Iterator[str]:
    """A document in a text format, page by page; the arguments are those of `save`."""
    yield kind.begin(source, len(numbers))
    for index, page in enumerate(with_roles(pages)):
        yield (kind.between if index else "") + kind.page(page)
    yield kind.end


def format_of(target: Path) -> str:
    """The format that the name of a file ends in, as a name of the command line.

    Raises:
        InputError: no format ends in it.
    """
    name = target.name.lower()
    for kind, suffix in SUFFIXES.items():
        if name.endswith(".pdf" if kind == PDF else suffix):
            return kind
    endings = ", ".join([*(kind.suffix for kind in TEXT_FORMATS.values()), ".pdf"])
    raise InputError(f"{target}: no format has this ending; give a name that ends in one of {endings}")


def check(source: Source, target: Path) -> None:
    """Find out before anything is read that a target cannot be written.

    Raises:
        InputError: it has no format, is the document itself, or cannot be written.
        ExtraMissingError: a searchable PDF, and pikepdf is missing.
    """
    if format_of(target) == PDF:
        check_installed()
    check_target(target)
    if target.exists() and target.samefile(source.path):
        raise InputError(f"{target}: is the document itself; give another name")


class _TextFile:
    """A file in one text format."""

    def __init__(self, head: str, kind: TextFormat, partial: Path, files: ExitStack) -> None:
        self._kind, self._num_pages = kind, 0
        self._file: IO[str] = files.enter_context(partial.open("w", encoding="utf-8", newline="\n"))
        self._file.write(head)

    def add(self, page: DocumentPage) -> None:
        self._file.write((self._kind.between if self._num_pages else "") + self._kind.page(page))
        self._num_pages += 1

    def end(self) -> None:
        self._file.write(self._kind.end)


class _FileAPage:
    """A file for each page, with the page's number in its name where the document has several."""

    def __init__(
        self, kind: TextFormat, target: Path, files: ExitStack, written: list[Path], *, is_numbered: bool
    ) -> None:
        self._kind, self._target, self._files, self._written = kind, target, files, written
        self._is_numbered = is_numbered

    def add(self, page: DocumentPage) -> None:
        target = self._target
        if self._is_numbered:
            stem = target.name[: -len(self._kind.suffix)]
            target = target.with_name(f"{stem}.{page.number:04d}{self._kind.suffix}")
        partial = self._files.enter_context(new_file(target))
        partial.write_text(self._kind.page(page), encoding="utf-8", newline="\n")
        self._written.append(target)
