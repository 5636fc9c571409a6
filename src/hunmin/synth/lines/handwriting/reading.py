"""Whether a person could read what was written: labels say no more than that."""

import cv2
import numpy as np

from hunmin.synth.lines.colour import to_grey
from hunmin.synth.lines.render import Ink, Pixels

_LEAST_HEIGHT_PX = 13.0
_LEAST_HEIGHT = 0.32
"""Share of the crop's height."""
_MOST_COVERED = 0.4
_LEAST_LIKENESS = 0.4
_INK = 128


def distinct(ink: Ink, text: str) -> bool:
    """False where letters are tiny, or so filled with ink that their strokes run together.

    Args:
        ink: of the crop.
        text: a character for each box.
    """
    sides = ink.boxes[:, 2:] - ink.boxes[:, :2]
    syllables = [index for index, char in enumerate(text) if char >= "가"]
    if syllables:
        heights, middle = sides[syllables, 1], len(syllables) // 2
        if np.partition(heights, middle)[middle] < max(_LEAST_HEIGHT_PX, _LEAST_HEIGHT * ink.mask.shape[0]):
            return False
    _, strokes = cv2.threshold(ink.mask, _INK, 1, cv2.THRESH_BINARY)
    return cv2.countNonZero(strokes) <= _MOST_COVERED * float((sides[:, 0] * sides[:, 1]).sum())


def visible(image: Pixels, ink: Ink) -> bool:
    """False where rules, light or a highlighter show more than the strokes do.

    It is the correlation between being ink and being dark (or bright) within the line's bounds that says so.

    Args:
        image: (H, W) or (H, W, 3) the finished picture.
        ink: where its strokes are.
    """
    x0, y0, x1, y1 = (max(round(edge), 0) for edge in ink.bounds())
    grey = to_grey(image)[y0:y1, x0:x1]
    _, strokes = cv2.threshold(ink.mask[y0:y1, x0:x1], _INK, 1, cv2.THRESH_BINARY)
    share = cv2.countNonZero(strokes) / max(strokes.size, 1)
    mean, deviation = cv2.meanStdDev(grey)
    spread = float(deviation[0, 0])
    if not 0 < share < 1 or not spread:
        return False
    away = abs(cv2.mean(grey, strokes)[0] - float(mean[0, 0]))
    return bool(away * (share / (1 - share)) ** 0.5 > _LEAST_LIKENESS * spread)
