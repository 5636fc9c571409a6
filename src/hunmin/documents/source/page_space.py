"""From the user space of a PDF page, in points with y upwards, to the pixels of its picture, with y downwards.

A page shows its crop box, as far as that lies in its media box, turned clockwise by /Rotate.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Rectangle: TypeAlias = tuple[float, float, float, float]
"""Left, bottom, right, top."""

LETTER: Rectangle = (0.0, 0.0, 612.0, 792.0)
"""What viewers show where a page has no usable media box."""


def shown_box(media: Sequence[float] | None, crop: Sequence[float] | None) -> Rectangle:
    """The part of user space that a page shows, given its boxes as four numbers each, two opposite corners."""
    inside = _upright(media) or LETTER
    wanted = _upright(crop)
    if wanted is None:
        return inside
    left, bottom = max(inside[0], wanted[0]), max(inside[1], wanted[1])
    right, top = min(inside[2], wanted[2]), min(inside[3], wanted[3])
    return (left, bottom, right, top) if right > left and top > bottom else inside


def to_pixels(box: Rectangle, rotation: int, width_px: int, height_px: int) -> NDArray[np.float64]:
    """How points of user space become pixels of the page's picture.

    Args:
        box: what the page shows.
        rotation: /Rotate: 0, 90, 180 or 270 degrees clockwise.
        width_px: of the picture, turned.
        height_px: likewise.

    Returns:
        (3, 3): times (x, y, 1) in user space it gives (x, y, 1) in pixels.
    """
    left, bottom, right, top = box
    # Where the left top corner of the picture lies in user space, and where its sides lead from there.
    corner, along_x, along_y = {
        0: ((left, top), (right - left, 0.0), (0.0, bottom - top)),
        90: ((left, bottom), (0.0, top - bottom), (right - left, 0.0)),
        180: ((right, bottom), (left - right, 0.0), (0.0, top - bottom)),
        270: ((right, top), (0.0, bottom - top), (left - right, 0.0)),
    }[rotation % 360]
    from_pixels = np.array(
        [
            [along_x[0] / width_px, along_y[0] / height_px, corner[0]],
            [along_x[1] / width_px, along_y[1] / height_px, corner[1]],
            [0, 0, 1],
        ]
    )
    return np.linalg.inv(from_pixels)


def _upright(box: Sequence[float] | None) -> Rectangle | None:
    if box is None:
        return None
    left, right = sorted((float(box[0]), float(box[2])))
    bottom, top = sorted((float(box[1]), float(box[3])))
    return (left, bottom, right, top) if right > left and top > bottom else None
