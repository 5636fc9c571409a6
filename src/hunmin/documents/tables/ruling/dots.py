"""Fills that a black-and-white scan made of dots, taken away, so that only rules and letters are left.

Legend: H W pixels of the page.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

MOST_GREY: Final = 0.02
"""A picture in which a larger share of the pixels is neither dark nor light has greys, and needs no dots."""
DARK, LIGHT = 64, 192
LARGEST_EMS: Final = 0.15
"""Sides of a dot."""
LARGEST_PX: Final = 6
"""Pixels that a dot may have, however small the type is."""
FEWEST: Final = 15
"""Dots in two by two ems of a fill; dirt leaves less than two …"""
FEWEST_EMS: Final = 2.5
"""… and a dotted rule fewer than so many for each pixel of an em."""

DENSE: Final = 0.42
"""Share of the pixels beside one another that differ, in two by one em of a fill so dense that its dots touch; text has half."""
SOFT_EMS: Final = 0.05
"""Such a fill is blurred by this (sigma)."""


def without_dots(grey: NDArray[np.uint8], em: float) -> NDArray[np.uint8]:
    """A black-and-white picture without the dots of its fills, and with grey where they touch; any other as it is.

    Args:
        grey: (H, W) uint8.
        em: size of the type in pixels.
    """
    if ((grey > DARK) & (grey < LIGHT)).mean() > MOST_GREY:
        return grey
    grey = _with_grey_fills(grey, em)
    dark = (grey <= DARK).astype(np.uint8)
    _, labels, stats, centres = cv2.connectedComponentsWithStats(dark, connectivity=8)
    is_dot = stats[:, cv2.CC_STAT_AREA] <= max((LARGEST_EMS * em) ** 2, LARGEST_PX)
    is_dot[0] = False  # the paper
    columns, rows = np.rint(centres[is_dot]).astype(int).T
    count = np.zeros(grey.shape, dtype=np.float32)
    count[rows, columns] = 1
    side = 2 * round(em) + 1
    near = cv2.boxFilter(count, -1, (side, side), normalize=False)
    is_dense = np.zeros(len(stats), dtype=bool)
    is_dense[is_dot] = np.asarray(near)[rows, columns] >= max(FEWEST, FEWEST_EMS * em)
    if not is_dense.any():
        return grey
    left = grey.copy()
    left[is_dense[labels]] = 255
    return left


def _with_grey_fills(grey: NDArray[np.uint8], em: float) -> NDArray[np.uint8]:
    """The picture with grey in place of fills whose dots touch one another, in which runs of dots look like rules."""
    differs = np.zeros(grey.shape, np.float32)
    differs[:, 1:] = (grey[:, 1:] <= DARK) != (grey[:, :-1] <= DARK)
    is_fill = cv2.boxFilter(differs, -1, (2 * round(em) + 1, round(em) + 1)) > DENSE
    if not is_fill.any():
        return grey
    return np.where(is_fill, cv2.GaussianBlur(grey, (0, 0), max(SOFT_EMS * em, 0.5)), grey).astype(np.uint8)
