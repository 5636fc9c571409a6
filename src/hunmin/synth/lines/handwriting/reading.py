"""Whether a person could read what was written: labels say no more than that."""

import cv2
import numpy as np

from hunmin.synth.lines.colour import to_grey
from hunmin.synth.lines.render import Ink, Pixels

_LEAST_HEIGHT_PX = 13.0
_MOST_COVERED = 0.46
_LEAST_LIKENESS = 0.45
_INK = 128


def readable(image: Pixels, ink: Ink, text: str) -> bool:
    """False where letters are tiny, filled with ink, or lost in what lies on and under them.

    Args:
        image: (H, W) or (H, W, 3) the finished picture.
        ink: where its strokes are.
        text: a character for each box.
    """
    height, width = ink.mask.shape
    boxes = np.clip(np.rint(ink.boxes), 0, [width, height, width, height]).astype(np.intp)
    inked = np.array([char != " " for char in text])
    if not inked.any():
        return True
    x0, y0, x1, y1 = boxes[inked].T
    heights, sides = y1 - y0, x1 - x0
    if float(heights.max()) < _LEAST_HEIGHT_PX:
        return False
    syllables = np.array([char >= "가" for char in text])[inked]
    strokes = (ink.mask > _INK).astype(np.uint8)
    if syllables.any():
        sums = cv2.integral(strokes)
        covered = (sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0]) / np.maximum(heights * sides, 1)
        shares = np.sort(covered[syllables])
        if shares[4 * len(shares) // 5] > _MOST_COVERED:
            return False
        if float(np.median(heights[syllables])) < _LEAST_HEIGHT_PX:
            return False
    window = np.s_[y0.min() : y1.max(), x0.min() : x1.max()]
    return _likeness(to_grey(image)[window], strokes[window]) > _LEAST_LIKENESS


def _likeness(grey: Pixels, strokes: Pixels) -> float:
    """How well the strokes alone explain where the picture is dark and light: the point-biserial correlation, 0–1."""
    share = cv2.countNonZero(strokes) / max(strokes.size, 1)
    mean, deviation = cv2.meanStdDev(grey)
    spread = float(deviation[0, 0])
    if not 0 < share < 1 or not spread:
        return 0.0
    away = abs(cv2.mean(grey, strokes)[0] - float(mean[0, 0]))
    return float(away * (share / (1 - share)) ** 0.5 / spread)
