"""Crops with their blanks cut away, as pixels."""

import numpy as np
from numpy.typing import NDArray

from hunmin.recognize.margins import inked_area, kept_columns


def without_margins(crop: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    area = inked_area(crop)
    return crop[area.top : area.bottom, area.left : area.right] if area else None


def with_short_blanks(line: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return line[:, kept_columns(line)]
