"""A document: its pages, read one after the other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hunmin.documents.source.open_source import Source, page_picture
from hunmin.documents.tables.table import Table
from hunmin.documents.words import Word
from hunmin.errors import ImageError, InputError
from hunmin.image import ImageSource
from hunmin.pages.page import Page

Role: TypeAlias = Literal["body", "header", "footer", "page_number"]
"""What a line is there for: to be read, or to say on every page where one is."""


@dataclass(frozen=True, repr=False)
class DocumentPage(Page):
    """What a page of a document says."""

    number: int = 1
    """From 1, in the file."""
    dpi: float | None = None
    """Pixels an inch: of the rendered page, or as the image says; None where it does not."""
    from_text_layer: bool = False
    """Whether the text is the PDF's own, and was not read."""
    words: tuple[tuple[Word, ...], ...] = ()
    """Those of each line, in the order of `lines`."""
    tables: tuple[Table, ...] = ()
    """The ruled tables, from top to bottom; their cells name the lines that stand in them."""
    roles: tuple[Role, ...] = ()
    """That of each line; none where pages were not compared, as `Document.with_roles` does, or none of them has running heads."""

    error: ImageError | None = None
    """Why the page could not be read; it has no lines then, and its width and height are 0."""
    source: Source | None = field(default=None, repr=False, compare=False)
    """The file that it is a page of."""

    @property
    def text(self) -> str:
        """The lines, joined with line ends, and in their place the rows of tables, with tabs between the cells."""
        return "\n".join("\t".join(row) for row in self.text_rows())

    def text_rows(self) -> Iterator[list[str]]:
        """What `text` is made of: a row a line, and those of tables, in which a cell over several places stands in the first."""
        first_lines = {min(table.lines): table for table in self.tables if table.lines}
        in_tables = {index for table in self.tables for index in table.lines}
        for index, line in enumerate(self.lines):
            if index in first_lines:
                for row in first_lines[index].rows():
                    yield [" ".join(cell.text.split("\n")) if cell else "" for cell in row]
            elif index not in in_tables and line.text:
                yield [line.text]

    def picture(self) -> NDArray[np.uint8]:
        """The page as it looks, decoded or rendered once more: (height_px, width_px, 3) uint8 RGB.

        Raises:
            ImageError: it cannot be decoded or rendered.
            InputError: it is no page of a file.
        """
        return page_picture(self._of_file(), self.number, self.dpi)

    def show(self, image: ImageSource | None = None) -> None:
        """As `Page.show`, of pages of PDFs and TIFFs, too."""
        super().show(self.picture() if image is None else image)

    def save(self, path: Path | str) -> None:
        """Write the page alone into a file, in the formats of `Document.save`.

        Args:
            path: where to; its ending is the format.

        Raises:
            InputError: as `Document.save`, or it is no page of a file.
            ExtraMissingError: as `Document.save`.
        """
        Document(self._of_file(), (self.number,), lambda: iter((self,))).save(path)

    def _of_file(self) -> Source:
        if self.source is None:
            raise InputError("this page is of no file; `Reader.read_document` gives pages that are")
        return self.source

    def to_dict(self, *, characters: bool = False) -> dict[str, Any]:
        """As `Page.to_dict` without `path`, with `number`, `dpi`, `from_text_layer` and `tables`.

        Each line has its `words`, too, and its `role` where that is not the body. A page that could not be read has an `error`
        with a `code` and a `message`.
        """
        values = super().to_dict(characters=characters)
        del values["path"]
        for line, words in zip(values["lines"], self.words, strict=True):
            line["words"] = [
                {
                    "text": word.text,
                    "confidence": round(word.confidence, 4),
                    "box": [list(corner) for corner in word.box],
                }
                for word in words
            ]
        for line, role in zip(values["lines"], self.roles, strict=False):
            if role != "body":
                line["role"] = role
        dpi = self.dpi and round(self.dpi, 2)
        error = {"error": {"code": self.error.code, "message": str(self.error)}} if self.error else {}
        tables = [table.to_dict() for table in self.tables]
        return {
            "number": self.number,
            "dpi": dpi,
            "from_text_layer": self.from_text_layer,
            **error,
            **values,
            "tables": tables,
        }


class Document:
    """The pages of a file, each read when it is asked for and then forgotten: a document of any length fits into memory.

    Going through it again reads it again.

    Example:
        >>> for page in Reader().read_document("scan.pdf", pages="1-3"):
        ...     print(page.number, page.text)
    """

    def __init__(
        self,
        source: Source,
        numbers: tuple[int, ...],
        read: Callable[[], Iterator[DocumentPage]],
    ) -> None:
        """Put a document together; `Reader.read_document` does.

        Args:
            source: the file.
            numbers: of the pages that were asked for, from 1.
            read: reads them.
        """
        self.source = source
        self.page_numbers = numbers
        self.errors: dict[int, ImageError] = {}
        """Number of each page that could not be read, and why; of the pages that were last gone through."""
        self._read = read

    @property
    def path(self) -> Path:
        """The file."""
        return self.source.path

    def __len__(self) -> int:
        """How many pages were asked for; nothing is read to know it."""
        return len(self.page_numbers)

    def __iter__(self) -> Iterator[DocumentPage]:
        """Read the pages, one at a time; one that cannot be read says why in its `error`, and the next one follows.

        Raises:
            ImageError: the file has one page, and that cannot be read.
        """
        self.errors.clear()
        for page in self._read():
            if page.error:
                self.errors[page.number] = page.error
            yield page

    def with_roles(self) -> Iterator[DocumentPage]:
        """Read the pages and compare them: running heads, feet and page numbers are marked in `DocumentPage.roles`.

        Each page is given when the second after it has been read.

        Raises:
            ImageError: a page is damaged or too large.
        """
        from hunmin.documents.running_heads import with_roles

        return with_roles(self)

    def save(self, *targets: Path | str) -> list[Path]:
        """Read the document once and write it to files, each in the format that its name ends in.

        A page that cannot be read is left empty, and stands in `errors`.

        Args:
            targets: `.txt`, `.json`, `.tsv`, `.md`, `.hocr`, `.alto.xml`, `.page.xml`, or `.pdf`: a searchable PDF.

        Returns:
            The files written. PAGE XML of several pages takes one a page: `scan.0001.page.xml` …

        Raises:
            InputError: an ending is unknown, a target cannot be written, or the only page cannot be read; then no file is.
            ExtraMissingError: a searchable PDF, and the extra `documents` is not installed.
        """
        from hunmin.documents.writers.save import save

        return save(self, [Path(target) for target in targets])
