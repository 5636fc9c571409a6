"""Cutting blank paper away, around a line and inside it: the model learned from crops as tight as detectors leave them.

Crops of table cells, form fields and columns of a fixed width are mostly paper; scaled to the model's height with it, their
characters are small, or a reading goes on into the blank. What each constant gives is measured in
docs/experiments/2026-11-24-blank-margins-and-tall-pages.md; `benchmarks/bench_field.py` measures the blanks inside.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from hunmin.recognize.ink import NOISE_LEVEL, InkThreshold, contrast, empty_runs, ink_of_columns

INK = InkThreshold(share=0.2, strongest=100, noise=NOISE_LEVEL)
"""Fainter than in `split`: what is cut here is lost, and one end of a line may be much paler than the other. The strongest
contrast is the maximum, for a short text in a wide crop may cover less than a hundredth of it."""
LOW = 0.45
"""Ink over less than this share of the height has blank paper above or below."""
UNEVEN = 0.3
"""Columns of text hold very different amounts of ink. Where they vary less than this (standard deviation over mean), it is a
rule, dashes or dots, whose height says nothing of the line's."""
WIDE = 0.6
"""Heights of blank paper left or right of the ink beyond which it is cut."""
KEPT_ABOVE, KEPT_BESIDE = 0.25, 0.2
"""Heights of paper that stay: of the ink above and below, of the crop beside it."""
WIDE_BLANK, SHORT_BLANK = 3.0, 2.0
"""Heights of blank paper inside a line, as between an item and its price, beyond which it is shortened, and what stays of it:
the model reads the first character behind a wider one twice."""
WORKING_HEIGHT_PX = 96
"""Higher crops are looked at in this height."""


class Area(NamedTuple):
    """Rows and columns of a crop, the last ones exclusive, in pixels."""

    top: int
    bottom: int
    left: int
    right: int


def inked_area(crop: NDArray[np.uint8]) -> Area | None:
    """The crop without most of its blank paper; all of it where it has little, None where it has no ink.

    A frame, a shadow or another line's rest at an edge is ink, so there nothing is cut.

    Args:
        crop: (H, W, 3) uint8.
    """
    height, width = crop.shape[:2]
    scale = max(1.0, height / WORKING_HEIGHT_PX)
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    if scale > 1:
        size = (max(1, round(width / scale)), WORKING_HEIGHT_PX)
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    is_ink = INK.mask(contrast(grey))
    if not is_ink.any():
        return None
    rows, columns = np.flatnonzero(is_ink.any(axis=1)) * scale, np.flatnonzero(is_ink.any(axis=0)) * scale
    top, bottom, left, right = 0, height, 0, width
    ink_height = rows[-1] + scale - rows[0]
    if ink_height < LOW * height and _is_uneven(is_ink):
        kept = KEPT_ABOVE * ink_height
        top, bottom = max(0, round(rows[0] - kept)), min(height, round(rows[-1] + scale + kept))
    wide, kept = WIDE * (bottom - top), KEPT_BESIDE * (bottom - top)
    if columns[0] > wide:
        left = round(columns[0] - kept)
    if width - columns[-1] - scale > wide:
        right = round(columns[-1] + scale + kept)
    return Area(top, bottom, left, right)


def kept_columns(line: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which columns stay so that no blank inside a line is wide: each is cut down to `SHORT_BLANK`.

    Rules above, below or through the blank are cut with it.

    Args:
        line: (H, W, 3) uint8, without margins.

    Returns:
        (W,).
    """
    height, width = line.shape[:2]
    is_kept = np.ones(width, dtype=np.bool_)
    if width <= WIDE_BLANK * height:
        return is_kept
    kept_px = round(SHORT_BLANK * height / 2)
    for start, end in empty_runs(ink_of_columns(INK.mask(contrast(line)))):
        if end - start > WIDE_BLANK * height and start > 0 and end < width:
            is_kept[start + kept_px : end - kept_px] = False
    return is_kept


def _is_uneven(is_ink: NDArray[np.bool_]) -> bool:
    counts = is_ink.sum(axis=0)
    counts = counts[counts > 0]
    return bool(counts.std() > UNEVEN * counts.mean())
