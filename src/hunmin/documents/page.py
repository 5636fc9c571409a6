"""What a page of a document says."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hunmin.documents.rows import rows
from hunmin.documents.source.open_source import Source, page_picture
from hunmin.documents.tables.table import Table
from hunmin.documents.words import Word
from hunmin.errors import ImageError, InputError
from hunmin.image import ImageSource
from hunmin.pages.page import Page

Role: TypeAlias = Literal["body", "header", "footer", "page_number"]
"""What a line is there for: to be read, or to say on every page where one is."""

_NO_FILE: Final = "this page is of no file; `Reader.read_document` gives pages that are"


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
    writer: Callable[["DocumentPage", Path], object] | None = field(default=None, repr=False, compare=False)
    """Writes it into a file, in the format that the name ends in; `Reader` gives it, for writers build on pages."""

    @property
    def text(self) -> str:
        """A row a line: of lines that stand side by side, and of tables, with tabs between them or between the cells."""
        return "\n".join("\t".join(row) for row in self.text_rows())

    def text_rows(self) -> Iterator[list[str]]:
        """What `text` is made of; a cell of a table that goes over several places stands in the first."""
        first_lines = {min(table.lines): table for table in self.tables if table.lines}
        in_tables = {index for table in self.tables for index in table.lines}
        for side_by_side in rows(self.lines):
            texts: list[str] = []
            for index in side_by_side:
                if index in first_lines:
                    if texts:
                        yield texts
                        texts = []
                    for row in first_lines[index].rows():
                        yield [" ".join(cell.text.split("\n")) if cell else "" for cell in row]
                elif index not in in_tables and self.lines[index].text:
                    texts.append(self.lines[index].text)
            if texts:
                yield texts

    def picture(self) -> NDArray[np.uint8]:
        """The page as it looks, decoded or rendered once more: (height_px, width_px, 3) uint8 RGB.

        Raises:
            ImageError: it cannot be decoded or rendered.
            InputError: it is no page of a file.
        """
        if self.source is None:
            raise InputError(_NO_FILE)
        return page_picture(self.source, self.number, self.dpi)

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
        if self.writer is None:
            raise InputError(_NO_FILE)
        self.writer(self, Path(path))

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
