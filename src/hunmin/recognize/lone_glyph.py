"""A lone ring: whether it is a 0, told by its shape.

With nothing beside it, the model takes the 0 of a table cell for O, ㅇ or ○. What tells them apart in print is that a 0 is
clearly higher than wide, and the others hardly are.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from hunmin.recognize.ink import contrast
from hunmin.recognize.margins import INK

RINGS: Final = frozenset("OoㅇοΟоО○°")
"""What a lone 0 is taken for; Latin, Greek and Cyrillic o among them."""
ZERO_RATIO: Final = 1.3
"""Height over width from which a ring is a 0. Measured so, 90 % of 91 gothic and 92 % of 24 myeongjo faces draw their 0 so
narrow, 9 % and none their O, and none their ㅇ."""
RULE_LENGTH: Final = 0.9
"""Of the crop's width or height: the rule of a table's cell goes nearly through, ..."""
RULE_THICKNESS: Final = 0.15
"""... and is no thicker than this share of the crop's height."""


def told_by_shape(text: str, line: NDArray[np.uint8]) -> str:
    """`text`, or 0 where it is another ring and the line shows one of that shape.

    Args:
        text: what the model says.
        line: (H, W, 3) uint8, what it was shown.
    """
    if text not in RINGS:
        return text
    height, width = line.shape[:2]
    boxes = _without_rules(INK.mask(contrast(line)))
    if not len(boxes):
        return text
    left, top = boxes[:, :2].min(axis=0)
    right, bottom = (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    if left == 0 or top == 0 or right == width or bottom == height:  # cut off: nobody knows its shape
        return text
    return "0" if bottom - top >= ZERO_RATIO * (right - left) else text


def _without_rules(is_ink: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Left, top, width, height of each connected piece of ink, without the rules of a cell around it: (K, 4)."""
    height, width = is_ink.shape
    boxes = cv2.connectedComponentsWithStats(is_ink.astype(np.uint8))[2][1:, :4]
    thin = RULE_THICKNESS * height
    is_rule = ((boxes[:, 2] >= RULE_LENGTH * width) & (boxes[:, 3] <= thin)) | (
        (boxes[:, 3] >= RULE_LENGTH * height) & (boxes[:, 2] <= thin)
    )
    return np.asarray(boxes[~is_rule], np.int32)
