"""A PDF page with nothing on it but the invisible text of a page, for programs that lay it under the page themselves."""

from pathlib import Path
from typing import Final

import numpy as np

from hunmin.documents.page import DocumentPage
from hunmin.documents.source.page_space import to_pixels
from hunmin.documents.source.pdf import DEFAULT_DPI, POINTS_AN_INCH
from hunmin.documents.writers.pdf.invisible_text import InvisibleText

RESOURCE: Final = "F1"
"""What the page calls its font; OCRmyPDF takes over one of this name alone."""


def write_text_only_pdf(page: DocumentPage, path: Path) -> None:
    """Write the text of a page as a PDF of one page that is as large as the picture."""
    from pikepdf import Dictionary, Pdf, Stream

    width, height = (side * POINTS_AN_INCH / (page.dpi or DEFAULT_DPI) for side in (page.width_px, page.height_px))
    from_pixels = np.linalg.inv(to_pixels((0.0, 0.0, width, height), 0, page.width_px, page.height_px))
    text = InvisibleText(RESOURCE)
    content = text.content(page, from_pixels.astype(np.float64))
    with Pdf.new() as pdf:
        target = pdf.add_blank_page(page_size=(width, height))
        if content:
            target.obj.Resources = Dictionary(Font=Dictionary({f"/{RESOURCE}": text.font(pdf)}))
        target.obj.Contents = Stream(pdf, content)
        pdf.save(path)
