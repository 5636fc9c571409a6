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


def without_dots(grey: NDArray[np.uint8], em: float) -> NDArray[np.uint8]:
    """A black-and-white picture without the dots of its fills; any other as it is.

    Args:
        grey: (H, W) uint8.
        em: size of the type in pixels.
    """
    if ((grey > DARK) & (grey < LIGHT)).mean() > MOST_GREY:
        return grey
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
