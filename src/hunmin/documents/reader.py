"""The reader that users get: of pages, and of documents."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path

from hunmin.documents.document import Document
from hunmin.documents.page import DocumentPage
from hunmin.documents.source.open_source import Source, open_source
from hunmin.documents.source.page import SourcePage
from hunmin.documents.source.page_numbers import page_numbers
from hunmin.documents.source.pdf import DEFAULT_DPI, PdfFile, check_dpi
from hunmin.documents.tables.tabled import with_tables
from hunmin.documents.tables.text_layer import TextTables, with_text_tables
from hunmin.documents.words import line_words
from hunmin.documents.writers.save import save_page
from hunmin.pages.reader import Reader as PageReader


class Reader(PageReader):
    """Reads pages and documents.

    Example:
        >>> print(Reader().read("receipt.jpg").text)
        >>> Reader().read_document("scan.pdf").save("scan.searchable.pdf", "scan.txt")
    """

    def read_document(
        self,
        path: Path | str,
        *,
        pages: str | Iterable[int] | None = None,
        dpi: float = DEFAULT_DPI,
        password: str | None = None,
        force: bool = False,
    ) -> Document:
        """Open a PDF, a TIFF of several pages or a single image; its pages are read when the document is gone through.

        The text of a PDF page that has a sound text layer is taken as it is. A page is rendered and read where it has
        none, where the layer is broken (its fonts do not say which characters they show), or where images cover it
        and the text on it is no more than a stamp.

        Args:
            path: the file.
            pages: which to read: numbers and ranges such as `1-3,7,20-`, or numbers; None = all.
            dpi: pixels an inch at which pages of a PDF are rendered. A page too large for it is rendered as large as
                is allowed, see `DocumentPage.dpi`.
            password: of an encrypted PDF.
            force: read every page of a PDF, whatever text layer it has.

        Raises:
            ImageError: the file cannot be opened: `not_found`, `is_folder`, `no_permission`, `cannot_be_opened`, `empty`,
                `encrypted`, `unreadable`, or `too_large`.
            InputError: `pages` or `dpi` make no sense, or a password is given for what is no PDF.
        """
        check_dpi(dpi)
        path = Path(os.fsdecode(path))
        source = open_source(path, password)
        numbers = page_numbers(pages, source.num_pages, str(path))
        return Document(source, numbers, lambda: self._read_all(source, numbers, dpi, force))

    def _read_all(self, source: Source, numbers: tuple[int, ...], dpi: float, force: bool) -> Iterator[DocumentPage]:
        held_pages = (
            source.pages(numbers, dpi=dpi, force=force) if isinstance(source, PdfFile) else source.pages(numbers)
        )
        for held in held_pages:
            if held.error and source.num_pages == 1:
                raise held.error
            yield self._read_page(held, source)

    def _read_page(self, held: SourcePage, source: Source) -> DocumentPage:
        path = str(source.path)
        if held.pixels is None:
            text = TextTables(held.text_lines, ())
            if held.sketch is not None:
                text = with_text_tables(held.text_lines, held.sketch, held.width_px)
            return DocumentPage(
                held.width_px,
                held.height_px,
                tuple(text_line.line for text_line in text.lines),
                path,
                number=held.number,
                dpi=held.dpi,
                from_text_layer=held.error is None,
                words=tuple(text_line.words for text_line in text.lines),
                tables=text.tables,
                error=held.error,
                source=source,
                writer=save_page,
            )
        page = self.read(held.pixels)
        tabled = with_tables(page, held.pixels, self.read_boxes)
        values = {field.name: getattr(page, field.name) for field in fields(page)}
        return DocumentPage(
            **{**values, "path": path, "lines": tabled.lines},
            number=held.number,
            dpi=held.dpi,
            words=tuple(line_words(line) for line in tabled.lines),
            tables=tabled.tables,
            source=source,
            writer=save_page,
        )
