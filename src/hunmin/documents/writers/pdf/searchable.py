"""Searchable PDFs: the original pages as they were, with an invisible text layer over those that were read.

Of a PDF nothing is changed but the pages that were read: their content gets a stream before it and one after it, their
resources a font, and invisible text that they had is taken away. Metadata, the PDF/A mark, links, forms and encryption
stay; a signature no longer fits, for the file is another one. Images become pages, a JPEG's bytes as they are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hunmin.documents.page import DocumentPage
from hunmin.documents.source.images import ImageFile
from hunmin.documents.source.open_source import Source
from hunmin.documents.source.page_space import shown_box, to_pixels
from hunmin.documents.writers.pdf.image_pages import add_image_page
from hunmin.documents.writers.pdf.invisible_layer import without_invisible_text
from hunmin.documents.writers.pdf.invisible_text import FONT_NAME, InvisibleText
from hunmin.errors import ImageError, require_extra

if TYPE_CHECKING:
    import pikepdf

A4_POINTS: Final = (595, 842)


def check_installed() -> None:
    """Find out, before anything is read, whether searchable PDFs can be written.

    Raises:
        ExtraMissingError: pikepdf is missing.
    """
    require_extra("documents", ("pikepdf",))


class SearchablePdf:
    """A searchable PDF in the making."""

    def __init__(self, source: Source, numbers: tuple[int, ...]) -> None:
        """Open the original, or begin an empty PDF for images.

        Args:
            source: the original.
            numbers: of its pages that are to stay, from 1.

        Raises:
            ImageError: `unreadable`, the PDF is too damaged to be written again.
        """
        import pikepdf

        self._source = source
        self._text = InvisibleText()
        self._pages_with_text: list[Any] = []
        if isinstance(self._source, ImageFile):
            self._pdf = pikepdf.new()
        else:
            self._pdf = _opened(self._source.path, self._source.password)
            if len(self._pdf.pages) != self._source.num_pages:
                self._pdf.close()
                raise ImageError("unreadable", f"{self._source.path}: its pages cannot be counted; save the PDF again")
        self._numbers = numbers

    def add(self, page: DocumentPage) -> None:
        """Lay the text of a page over it, unless the page has it already; an image that cannot be read is a blank page."""
        if isinstance(self._source, ImageFile):
            if page.error:
                self._pdf.add_blank_page(page_size=A4_POINTS)
                return
            target = add_image_page(self._pdf, self._source, page)
        else:
            target = self._pdf.pages[page.number - 1]
        if page.from_text_layer or page.error:
            return
        rotation = _quarters(_inherited(target.obj, "/Rotate")) * 90
        media, crop = (_numbers(_inherited(target.obj, key)) for key in ("/MediaBox", "/CropBox"))
        box = shown_box(media, crop)
        from_pixels = np.linalg.inv(to_pixels(box, rotation, page.width_px, page.height_px)).astype(np.float64)
        content = self._text.content(page, from_pixels)
        if content:
            import pikepdf

            without_invisible_text(self._pdf, target.obj, _inherited(target.obj, "/Resources"))
            # What the page leaves behind of its graphics state must not move the text.
            target.contents_add(pikepdf.Stream(self._pdf, b"q\n"), prepend=True)
            target.contents_add(pikepdf.Stream(self._pdf, b"\nQ\n" + content))
            self._pages_with_text.append(target)

    def write(self, path: Path) -> None:
        """Write the PDF with the pages that were asked for.

        Raises:
            ImageError: `unreadable`, the original is too damaged to be written again.
        """
        import pikepdf

        if self._pages_with_text:
            font = self._text.font(self._pdf)
            for page in self._pages_with_text:
                _add_font(page, font)
        if not isinstance(self._source, ImageFile):
            wanted = set(self._numbers)
            for number in range(self._source.num_pages, 0, -1):
                if number not in wanted:
                    del self._pdf.pages[number - 1]
        with _damage_named(self._source.path):
            self._pdf.save(
                path,
                fix_metadata_version=False,
                encryption=self._pdf.is_encrypted,
                object_stream_mode=pikepdf.ObjectStreamMode.preserve,
            )

    def close(self) -> None:
        """Let go of the original."""
        self._pdf.close()


def _opened(path: Path, password: str | None) -> "pikepdf.Pdf":
    import pikepdf

    with _damage_named(path):
        return pikepdf.open(path, password=password or "")


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """Have what qpdf says of a damaged PDF name the file and the way out."""
    import pikepdf

    try:
        yield
    except pikepdf.PdfError as error:
        reason = " ".join(str(error).split())
        raise ImageError("unreadable", f"{path}: the PDF is damaged ({reason}); save it again") from error


def _inherited(page: Any, key: str) -> Any:
    """A value of a page or of the nodes above it, which a loop of nodes must not make endless."""
    seen = 0
    node = page
    while node is not None and seen < 100:  # noqa: PLR2004 - no tree of pages is as deep
        if key in node:
            return node[key]
        node, seen = node.get("/Parent"), seen + 1
    return None


def _quarters(rotation: Any) -> int:
    """How far a page is turned clockwise; a value that is no number of degrees counts as 0, as PDFium takes it."""
    try:
        return int(float(rotation or 0) / 90) % 4
    except (TypeError, ValueError, OverflowError):
        return 0


def _numbers(box: Any) -> list[float] | None:
    """The four numbers of a box; None where it holds anything else, and PDFium passes over it."""
    try:
        numbers = [float(value) for value in box or ()]
    except (TypeError, ValueError):
        return None
    return numbers if len(numbers) == 4 else None  # noqa: PLR2004


def _add_font(page: Any, font: Any) -> None:
    """Give a page the font. Its resources may be shared with other pages, so it gets a copy."""
    from pikepdf import Name

    resources = _copied(_inherited(page.obj, "/Resources"))
    fonts = _copied(resources.get("/Font"))
    fonts[Name(f"/{FONT_NAME}")] = font
    resources[Name.Font] = fonts
    page.obj[Name.Resources] = resources


def _copied(held: Any) -> Any:
    from pikepdf import Dictionary

    return Dictionary(held or {})
