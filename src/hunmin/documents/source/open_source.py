"""A document file opened by what it is, not by its name."""

import os
from pathlib import Path
from typing import TypeAlias

from hunmin.documents.source.images import ImageFile, open_image_file
from hunmin.documents.source.pdf import PdfFile, open_pdf
from hunmin.errors import ImageError, InputError

Source: TypeAlias = PdfFile | ImageFile

_PDF_WITHIN = 1024
"""Readers accept a PDF whose mark stands within so many bytes."""


def open_source(path: Path, password: str | None = None) -> Source:
    """Open a PDF or an image file, so that its pages are known; nothing is rendered or decoded yet.

    Args:
        path: the file.
        password: of an encrypted PDF.

    Raises:
        ImageError: `not_found`, or what `open_pdf` and `open_image_file` raise.
        InputError: a password for what is no PDF.
    """
    try:
        if not os.path.isfile(path):  # noqa: PTH113 - that of Path raises where a name is too long
            raise ImageError("not_found", f"{path}: no such file")
        with path.open("rb") as file:
            head = file.read(_PDF_WITHIN)
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        raise ImageError("not_found", f"{path}: cannot be opened ({error})") from error
    if b"%PDF-" in head:
        return open_pdf(path, password)
    if password is not None:
        raise InputError(f"{path}: is no PDF, so it has no password; leave password out")
    return open_image_file(path)
