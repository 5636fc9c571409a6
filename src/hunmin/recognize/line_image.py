"""A crop of one line as a recognizer reads it: without wide blanks, at the height of its model.

Legend: H W pixels.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hunmin.errors import ImageError
from hunmin.image import MAX_CROP_PIXELS, ImageSource, load_image, scale_to_height
from hunmin.recognize.ink import is_blank
from hunmin.recognize.margins import inked_area, kept_columns
from hunmin.spec import RecognizerSpec

MAX_PIECES = 64
"""A crop that would be cut into more pieces is no line of text; a page is 3 to 5 pieces wide."""


@dataclass(frozen=True, eq=False)
class LineImage:
    """A line that is ready to be read."""

    pixels: NDArray[np.uint8]
    """(H, W, 3) RGB; H is the height that the recognizer reads at, W is 0 where there is nothing to read."""
    edges: NDArray[np.float64]
    """(W + 1,): where the left edge of each column lies in the crop, and the right edge of the last; 0 to 1, shares of its
    width."""

    def in_crop(self, columns: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where columns of this image, fractions among them, lie in the crop, as shares of its width; of any shape."""
        return np.interp(columns, np.arange(len(self.edges)), self.edges)


def load_line(source: ImageSource, spec: RecognizerSpec, *, where: str | None = None) -> LineImage:
    """Decode a crop of one line, cut wide blanks out of it and scale it to the height that a recognizer reads at.

    Args:
        source: whatever `image.load_image` takes.
        spec: of the recognizer.
        where: what messages call the image; None takes the path.

    Returns:
        An image without columns where the crop is blank.

    Raises:
        ImageError: as `image.load_image`; `too_wide` if it would be cut into more than `MAX_PIECES` pieces.
    """
    crop = load_image(source, max_pixels=MAX_CROP_PIXELS, where=where)
    area = inked_area(crop)
    shown = crop[area.top : area.bottom, area.left : area.right] if area else crop
    height, width = shown.shape[:2]
    if spec.scaled_width_px(width, height) > MAX_PIECES * spec.max_width_px:
        name = str(source) if isinstance(source, (str, Path)) else "an image"
        raise ImageError("too_wide", f"{where or name}: {width}×{height} px is no line of text; crop one line")
    line = scale_to_height(shown, spec)
    # Noise that is as strong as ink in a large crop may be gone once it is scaled down.
    if area is None or is_blank(line):
        return nothing_to_read(spec)
    edges = np.linspace(area.left, area.right, line.shape[1] + 1) / crop.shape[1]
    is_kept = kept_columns(line)
    if is_kept.all():
        return LineImage(line, edges)
    return LineImage(np.ascontiguousarray(line[:, is_kept]), np.append(edges[:-1][is_kept], edges[-1]))


def nothing_to_read(spec: RecognizerSpec) -> LineImage:
    """A line without a column."""
    return LineImage(np.empty((spec.height_px, 0, 3), dtype=np.uint8), np.zeros(1))
