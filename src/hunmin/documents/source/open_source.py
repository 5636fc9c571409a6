"""A document file opened by what it is, not by its name."""

from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hunmin.documents.source.images import ImageFile, open_image_file
from hunmin.documents.source.pdf import DEFAULT_DPI, PdfFile, open_pdf
from hunmin.errors import InputError
from hunmin.opening import opened

Source: TypeAlias = PdfFile | ImageFile

_PDF_WITHIN = 1024
"""Readers accept a PDF whose mark stands within so many bytes."""


def open_source(path: Path, password: str | None = None) -> Source:
    """Open a PDF or an image file, so that its pages are known; nothing is rendered or decoded yet.

    Args:
        path: the file.
        password: of an encrypted PDF.

    Raises:
        ImageError: as `opened`, or what `open_pdf` and `open_image_file` raise.
        InputError: a password for what is no PDF.
    """
    with opened(path) as file:
        head = file.read(_PDF_WITHIN)
    if b"%PDF-" in head:
        return open_pdf(path, password)
    if password is not None:
        raise InputError(f"{path}: is no PDF, so it has no password; leave password out")
    return open_image_file(path)


def page_picture(source: Source, number: int, dpi: float | None = None) -> NDArray[np.uint8]:
    """One page of a file as it looks: (H, W, 3) uint8 RGB.

    Args:
        source: the file.
        number: of the page, from 1.
        dpi: pixels an inch at which a page of a PDF is rendered.

    Raises:
        ImageError: it cannot be decoded or rendered.
    """
    numbers = (number,)
    held_pages = (
        source.pages(numbers, dpi=dpi or DEFAULT_DPI, force=True)
        if isinstance(source, PdfFile)
        else source.pages(numbers)
    )
    (held,) = held_pages
    if held.error:
        raise held.error
    assert held.pixels is not None
    return held.pixels
