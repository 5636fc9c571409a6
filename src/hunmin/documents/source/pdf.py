"""PDF files: their pages rendered by PDFium, or their text layers where these can be trusted.

PDFium is built without JavaScript, so none runs; embedded files are never opened.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hunmin.documents.source.page import SourcePage
from hunmin.documents.source.page_space import to_pixels
from hunmin.documents.source.text_layer import Character, characters, fault, text_lines
from hunmin.errors import ImageError, InputError
from hunmin.image import MAX_PAGE_PIXELS, MIN_SIDE_PX

DEFAULT_DPI: Final = 200
"""Pixels an inch at which pages are rendered: type of 7 points is then as high as the models read at, and more costs time."""
MIN_DPI, MAX_DPI = 36, 1200
POINTS_AN_INCH: Final = 72
SCAN_SHARE: Final = 0.4
"""A page of which images cover more than this is a scan: visible text on it, such as a stamp, is not all there is to read."""
_IMAGE_DEPTH: Final = 3
"""How many forms deep images are looked for."""
_MOST_OBJECTS: Final = 20_000
"""A page with more objects is drawn rather than scanned, and counting on would take long."""
_INVISIBLE: Final = 3

_FILE, _FORMAT, _PASSWORD, _SECURITY = 2, 3, 4, 5  # FPDF_ERR_*

# PDFium may be entered by one thread at a time only.
_pdfium = threading.RLock()


@dataclass(frozen=True)
class PdfFile:
    """A PDF that was opened once, so that its password is right and its pages are counted."""

    path: Path
    password: str | None
    num_pages: int

    def pages(self, numbers: Sequence[int], *, dpi: float, force: bool) -> Iterator[SourcePage]:
        """The pages of these numbers, from 1, each rendered when it is asked for.

        Args:
            numbers: from 1.
            dpi: pixels an inch; a page that would have more than `MAX_PAGE_PIXELS` is rendered as large as is allowed.
            force: render every page, whatever its text layer is like.

        Raises:
            ImageError: `unreadable` for a page that is damaged.
        """
        with _pdfium:
            document = _open(self.path, self.password)
        try:
            for number in numbers:
                with _pdfium, _page_errors(self.path, number):
                    page = _page(document[number - 1], number, dpi, force)
                yield page
        finally:
            with _pdfium:
                document.close()


def open_pdf(path: Path, password: str | None = None) -> PdfFile:
    """Open a PDF and count its pages.

    Raises:
        ImageError: `encrypted`, the password is missing or wrong; `unreadable`, it is damaged; `empty`, it has no page.
    """
    with _pdfium:
        document = _open(path, password)
        try:
            num_pages = len(document)
        finally:
            document.close()
    if num_pages == 0:
        raise ImageError("empty", f"{path}: the PDF has no pages")
    return PdfFile(path, password, num_pages)


def check_dpi(dpi: float) -> None:
    """Refuse what renders nothing legible, or more than any page can hold.

    Raises:
        InputError: it lies outside `MIN_DPI` to `MAX_DPI`.
    """
    if not MIN_DPI <= dpi <= MAX_DPI:  # NaN, too
        raise InputError(f"dpi={dpi:g}: give {MIN_DPI} to {MAX_DPI} pixels an inch; {DEFAULT_DPI} suits most documents")


def _open(path: Path, password: str | None) -> Any:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path, password=password)
        document.init_forms()  # so that what is filled into form fields is drawn
    except pypdfium2.PdfiumError as error:
        code = getattr(error, "err_code", None)
        if code == _PASSWORD:
            told = "the password is wrong" if password else "it is encrypted; give its password"
            raise ImageError("encrypted", f"{path}: {told}") from error
        if code == _SECURITY:
            raise ImageError(
                "encrypted", f"{path}: is encrypted in a way that is not supported; save it again"
            ) from error
        raise ImageError("unreadable", f"{path}: the PDF is damaged or cut off ({error}); save it again") from error
    return document


@contextmanager
def _page_errors(path: Path, number: int) -> Iterator[None]:
    import pypdfium2

    try:
        yield
    except pypdfium2.PdfiumError as error:
        raise ImageError("unreadable", f"{path}, page {number}: is damaged ({error}); save the PDF again") from error
    except MemoryError as error:
        raise ImageError("too_large", f"{path}, page {number}: does not fit into memory; give a lower dpi") from error


def _page(page: Any, number: int, dpi: float, force: bool) -> SourcePage:
    try:
        width, height = page.get_size()
        dpi = min(dpi, POINTS_AN_INCH * (MAX_PAGE_PIXELS / max(width * height, 1.0)) ** 0.5 * 0.999)
        width_px, height_px = (max(round(side * dpi / POINTS_AN_INCH), MIN_SIDE_PX) for side in (width, height))
        layer = [] if force else _sound_layer(page)
        if layer:
            lines = text_lines(layer, to_pixels(page.get_bbox(), page.get_rotation(), width_px, height_px))
            return SourcePage(number, width_px, height_px, dpi, None, lines)
        return SourcePage(number, width_px, height_px, dpi, _rendered(page, width_px, height_px))
    finally:
        page.close()


def _sound_layer(page: Any) -> list[Character]:
    """The text layer of a page; empty where it has none, where it is broken, or where it is not all there is to read."""
    text_page = page.get_textpage()
    try:
        layer = characters(text_page)
        return [] if fault(layer) or _is_stamped_scan(page) else layer
    finally:
        text_page.close()


def _is_stamped_scan(page: Any) -> bool:
    """Whether images cover the page and the text on them is visible, and so not what was read in them before."""
    from itertools import islice

    from pypdfium2 import raw

    width, height = page.get_size()
    covered, has_visible_text = 0.0, False
    kinds = [raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_TEXT]
    for item in islice(page.get_objects(filter=kinds, max_depth=_IMAGE_DEPTH), _MOST_OBJECTS):
        if item.type == raw.FPDF_PAGEOBJ_TEXT:
            has_visible_text = has_visible_text or raw.FPDFTextObj_GetTextRenderMode(item) != _INVISIBLE
        else:
            left, bottom, right, top = item.get_bounds()
            covered += max(0.0, right - left) * max(0.0, top - bottom)
    return has_visible_text and covered > SCAN_SHARE * width * height


def _rendered(page: Any, width_px: int, height_px: int) -> NDArray[np.uint8]:
    """The page on white: (H, W, 3) uint8, RGB."""
    import pypdfium2
    from pypdfium2 import raw

    bitmap = pypdfium2.PdfBitmap.new_native(width_px, height_px, raw.FPDFBitmap_BGR)
    try:
        bitmap.fill_rect((255, 255, 255, 255), 0, 0, width_px, height_px)
        where = (bitmap, page, 0, 0, width_px, height_px, 0, raw.FPDF_ANNOT)
        raw.FPDF_RenderPageBitmap(*where)
        if page.formenv:
            raw.FPDF_FFLDraw(page.formenv, *where)
        return np.ascontiguousarray(bitmap.to_numpy()[:, :, ::-1])
    finally:
        bitmap.close()
