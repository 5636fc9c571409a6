"""Pixels of every depth and with every transparency as what a reader is given: 8 bits, RGB, on paper.

Legend: H W pixels.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_HALF_OPAQUE: Final = 128
"""Opacity, of 255."""
_ENOUGH_CONTRAST: Final = 64
"""Grey levels between ink and paper."""
_EDGES: Final = 0.3
"""Share of the ink that may be soft edges."""


def grey_to_rgb(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W) → (H, W, 3) uint8."""
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2)


def from_16_bits(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Scale to 8 bits from as many as are used: cameras and scanners store 10, 12 or 14 bits in 16.

    Args:
        pixels: of any shape, uint16.
    """
    brightest = int(pixels.max())
    white = next(white for white in (2**bits - 1 for bits in (8, 10, 12, 14, 16)) if brightest <= white)
    table = (np.arange(white + 1) * 255 + white // 2) // white
    scaled: NDArray[np.uint8] = table.astype(np.uint8)[pixels]
    return scaled


def on_paper(layer: Image.Image) -> NDArray[np.uint8]:
    """An RGBA picture on white, or, where most of it is transparent and would hardly show on white, on black or grey."""
    alpha = layer.getchannel("A")
    opacity = np.asarray(alpha)
    paper = 255
    if np.count_nonzero(opacity < _HALF_OPAQUE) > opacity.size / 2:  # else the picture brings its own paper
        greys = np.asarray(layer.convert("L"))
        amounts = np.bincount(greys.ravel(), opacity.ravel(), minlength=256).astype(np.float64)
        contrasts = {paper: _least_contrast(amounts, paper) for paper in (255, 0, _HALF_OPAQUE)}
        if contrasts[255] < _ENOUGH_CONTRAST:
            paper = max(contrasts, key=lambda paper: contrasts[paper])
    image = Image.new("RGB", layer.size, (paper,) * 3)
    image.paste(layer, mask=alpha)
    return np.array(image)


def _least_contrast(amounts: NDArray[np.float64], paper: int) -> int:
    """How far most of the ink lies from the paper, in grey levels; `amounts` is how much ink each level has.

    Up to `_EDGES` of it may lie nearer: the soft edges of letters that were drawn on the paper's colour.
    """
    distances = np.abs(np.arange(256) - paper)
    of_distance = np.bincount(distances, amounts, minlength=256)
    return int(np.searchsorted(of_distance.cumsum(), _EDGES * of_distance.sum()))
