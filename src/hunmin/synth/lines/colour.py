"""Laying ink on a ground, in grey or in colour."""

import cv2
import numpy as np

from hunmin.synth.lines.render import Pixels

Colour = int | tuple[int, int, int]
"""A grey level, or red, green, blue; 0–255."""

_SHARE = np.arange(256, dtype=np.float32) / 255


def lay(ink: Pixels, ground: Pixels | Colour, pen: Colour) -> Pixels:
    """Draw with `pen` on `ground` where there is ink.

    Args:
        ink: (H, W) uint8, 255 = covered.
        ground: (H, W), (H, W, 3), or one colour for the whole of it.
        pen: the ink's colour; grey exactly where the ground is grey.

    Returns:
        (H, W) or (H, W, 3) uint8, like the ground.
    """
    if isinstance(ground, int):
        return cv2.LUT(ink, _ramp(ground, pen if isinstance(pen, int) else luminance(pen)))
    pens = (pen, pen, pen) if isinstance(pen, int) else pen
    if isinstance(ground, tuple):
        return cv2.merge([cv2.LUT(ink, _ramp(low, high)) for low, high in zip(ground, pens, strict=True)])
    bare = cv2.bitwise_not(ink)
    if is_grey(ground):
        level = pen if isinstance(pen, int) else luminance(pen)
        return cv2.add(cv2.multiply(ground, bare, scale=1 / 255), cv2.LUT(ink, _ramp(0, level)))
    covered = cv2.multiply(ground, cv2.merge((bare, bare, bare)), scale=1 / 255)
    return cv2.add(covered, cv2.merge([cv2.LUT(ink, _ramp(0, level)) for level in pens]))


def luminance(colour: Colour) -> int:
    """The grey level as bright as a colour (ITU-R BT.601)."""
    if isinstance(colour, int):
        return colour
    red, green, blue = colour
    return round(0.299 * red + 0.587 * green + 0.114 * blue)


def is_grey(image: Pixels) -> bool:
    """True for (H, W), False for (H, W, 3)."""
    return image.ndim == 2  # noqa: PLR2004 - rows and columns, no channels


def to_grey(image: Pixels) -> Pixels:
    """(H, W) from (H, W) or (H, W, 3)."""
    return image if is_grey(image) else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def _ramp(low: int, high: int) -> Pixels:
    """(256,) from `low` at no ink to `high` at full ink."""
    return np.rint(low + (high - low) * _SHARE).astype(np.uint8)
