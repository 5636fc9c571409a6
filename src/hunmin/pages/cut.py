"""A line's crop out of a page: the one cut that reading makes and that crops to train on are made by.

Legend: H W pixels of the page, h w pixels of the crop.
"""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from hunmin.errors import InputError
from hunmin.image import MAX_CROP_PIXELS, MIN_SIDE_PX

MARGIN_SHARE: Final = 0.04
"""Crops are taken larger than their quadrangle by this share of its shorter side, on every side."""
_LONGEST_PX = MAX_CROP_PIXELS // MIN_SIDE_PX
_LONGEST_WARPED_PX = 32_766  # OpenCV 4 counts rows and columns of what it warps in 16 bits
_FARTHEST_PX = 1e9  # far beyond that, lengths overflow in float32


def cut_quad(
    image: NDArray[np.uint8], corners: NDArray[np.float32], margin_share: float = MARGIN_SHARE
) -> NDArray[np.uint8]:
    """Straighten the area of a quadrangle, with a small margin, by a perspective.

    One whose corners run counterclockwise gives its mirror image; one without area, whose sides cross, or that lies outside
    the image gives a crop, too, though nothing can be read in it.

    Args:
        image: (H, W) or (H, W, 3) uint8.
        corners: (4, 2) float32 x, y in pixels of the image, clockwise from the top left.
        margin_share: of the shorter side, on every side; 0 or more.

    Returns:
        (h, w) or (h, w, 3) uint8, at least `MIN_SIDE_PX` a side and at most `MAX_CROP_PIXELS`; what lies outside the image
        repeats its edge.

    Raises:
        InputError: the corners are not four, or not all of them are numbers below 1e9.
    """
    if corners.shape != (4, 2) or not (np.abs(corners) < _FARTHEST_PX).all():  # NaN fails, too
        raise InputError(
            f"a box has the corners {corners.tolist()}; give four, x and y of each in pixels of the image, below "
            f"{_FARTHEST_PX:g}"
        )
    width, height = quad_size(corners)
    margin = margin_share * min(width, height)
    full_width, full_height = width + 2 * margin, height + 2 * margin
    scale = min(1.0, (MAX_CROP_PIXELS / (full_width * full_height + 1)) ** 0.5)
    crop_width, crop_height = (
        min(max(int(side * scale), MIN_SIDE_PX), _LONGEST_PX) for side in (full_width, full_height)
    )
    if max(image.shape[:2]) > _LONGEST_WARPED_PX:
        image, corners = _around(image, corners, margin)
    upright = np.array([(0, 0), (width, 0), (width, height), (0, height)])
    to_crop = cv2.getPerspectiveTransform(corners.astype(np.float32), ((upright + margin) * scale).astype(np.float32))
    return cv2.warpPerspective(  # type: ignore[return-value]
        image, to_crop, (crop_width, crop_height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def _around(
    image: NDArray[np.uint8], corners: NDArray[np.float32], margin: float
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The part of an image that a cut is made of, and the corners in it."""
    height, width = image.shape[:2]
    reach = math.ceil(2 * margin) + 2
    left, top = np.clip(np.floor(corners.min(axis=0)) - reach, 0, (width - 1, height - 1)).astype(int)
    right, bottom = np.clip(np.ceil(corners.max(axis=0)) + reach, (left + 1, top + 1), (width, height)).astype(int)
    return image[top:bottom, left:right], corners - np.array([left, top], dtype=np.float32)


def quad_size(corners: NDArray[np.floating]) -> tuple[float, float]:
    """Width and height of a quadrangle, (4, 2) clockwise from the top left: the longer of two opposite sides each."""
    top, right, bottom, left = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1).tolist()
    return max(top, bottom), max(left, right)
