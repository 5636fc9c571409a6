"""A page as a file holds it, before it is read."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hunmin.documents.words import Word
from hunmin.errors import ImageError
from hunmin.pages.line import Line


@dataclass(frozen=True)
class TextLine:
    """A line of a PDF's own text layer."""

    line: Line
    words: tuple[Word, ...]


@dataclass(frozen=True)
class SourcePage:
    """A page to read, or one whose text the file knows already."""

    number: int
    """From 1, in the file."""
    width_px: int
    """0 where the page cannot be read, as `height_px`."""
    height_px: int
    dpi: float | None
    """Pixels an inch; None where an image does not say."""
    pixels: NDArray[np.uint8] | None
    """(H, W, 3) uint8, RGB; None where the text layer is taken, or where the page cannot be read."""
    text_lines: tuple[TextLine, ...] = ()
    """The text layer in the order of the file, where it is taken."""
    sketch: NDArray[np.uint8] | None = None
    """(h, w, 3) uint8, RGB: the page drawn small, where its text layer is taken and it may have tables."""
    error: ImageError | None = None
    """Why the page cannot be read."""


def unreadable_page(number: int, error: ImageError) -> SourcePage:
    """A page that cannot be read."""
    return SourcePage(number, 0, 0, None, None, error=error)
