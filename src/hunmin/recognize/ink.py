"""What is ink on a crop of a line: the one definition that margins, splits and blank crops rest on.

Paper is the median grey, for even bold text covers less than half of its line. The contrast of a pixel is how far it lies
from the paper, darker or lighter, after a mean over 3 × 3 pixels that takes single specks away. A pixel is ink when its
contrast is more than a share of the strongest in the crop, and more than noise.

Legend: H W pixels.
"""

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

NOISE_LEVEL = 10
"""Grey levels; a crop in which nothing is further from the paper is blank."""
RULE_SHARE = 0.9
"""A row that is ink over more than this share of the width is a ruled line, not text."""


@dataclass(frozen=True)
class InkThreshold:
    """From which contrast on a pixel is ink."""

    share: float
    """Of the strongest contrast; ink has more."""
    strongest: float
    """The percentile of all contrasts that counts as the strongest; 100 = the maximum."""
    noise: int
    """Grey levels; ink has more, however faint the whole crop is."""

    def mask(self, contrast: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Where there is ink: (H, W) bool, given the contrast of each pixel, (H, W) uint8."""
        # A maximum is cheaper to find than a percentile.
        strongest = float(contrast.max()) if self.strongest == 100 else _percentile(contrast, self.strongest)  # noqa: PLR2004
        return contrast > max(self.share * strongest, self.noise)


def contrast(image: NDArray[Any]) -> NDArray[np.uint8]:
    """How far each pixel lies from the paper.

    Args:
        image: (H, W) grey or (H, W, 3) RGB, uint8.

    Returns:
        (H, W) uint8, grey levels.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if image.ndim == 3 else image  # noqa: PLR2004 - colour
    smooth = cv2.blur(grey, (3, 3))
    paper = float(np.searchsorted(_num_up_to(smooth), smooth.size / 2))
    difference: NDArray[np.uint8] = cv2.absdiff(smooth, paper)  # type: ignore[call-overload]
    return difference


def _num_up_to(levels: NDArray[Any]) -> NDArray[np.float32]:
    """How many pixels of (H, W) have each level or less: (256,). Medians and percentiles come eight times as fast from it."""
    return cv2.calcHist([levels], [0], None, [256], [0, 256]).cumsum()


def _percentile(levels: NDArray[np.uint8], percent: float) -> float:
    """As `np.percentile`, which lies between two levels where the pixel it falls on does."""
    num_up_to, place = _num_up_to(levels), percent / 100 * (levels.size - 1)
    low, high = (int(np.searchsorted(num_up_to, index, side="right")) for index in (int(place), math.ceil(place)))
    return low + (high - low) * (place % 1)


def is_blank(crop: NDArray[np.uint8]) -> bool:
    """Whether a crop, (H, W, 3) uint8, shows nothing but paper."""
    return int(contrast(crop).max()) <= NOISE_LEVEL


def ink_of_columns(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many pixels of each column are ink, ruled lines left out: (W,) int64, given where there is ink, (H, W) bool."""
    is_rule = mask.mean(axis=1) > RULE_SHARE
    counts: NDArray[np.int64] = mask[~is_rule].sum(axis=0)
    return counts


def empty_runs(ink: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Start and end (exclusive) of every run of columns without ink, from left to right; `ink` as of `ink_of_columns`."""
    empty = np.concatenate([[False], ink == 0, [False]]).astype(np.int8)
    edges = np.diff(empty)
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return list(zip(starts.tolist(), ends.tolist(), strict=True))
