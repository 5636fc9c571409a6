"""A lone ring: whether it is a 0, told by its shape.

With nothing beside it, the model takes the 0 of a table cell for O, ㅇ or ○. What tells them apart in print is that a 0 is
clearly higher than wide, and the others hardly are.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hunmin.recognize.ink import contrast
from hunmin.recognize.margins import INK

RINGS: Final = frozenset("OoㅇοΟоО○°")
"""What a lone 0 is taken for; Latin, Greek and Cyrillic o among them."""
ZERO_RATIO: Final = 1.3
"""Height over width from which a ring is a 0. Measured so, 90 % of 91 gothic and 92 % of 24 myeongjo faces draw their 0 so
narrow, 9 % and none their O, and none their ㅇ."""


def told_by_shape(text: str, line: NDArray[np.uint8]) -> str:
    """`text`, or 0 where it is another ring and the line shows one of that shape.

    Args:
        text: what the model says.
        line: (H, W, 3) uint8, what it was shown.
    """
    if text not in RINGS:
        return text
    is_ink = INK.mask(contrast(line))
    rows, columns = np.flatnonzero(is_ink.any(axis=1)), np.flatnonzero(is_ink.any(axis=0))
    height, width = line.shape[:2]
    is_cut = rows[0] == 0 or columns[0] == 0 or rows[-1] == height - 1 or columns[-1] == width - 1
    if is_cut:  # or it has a frame: nobody knows its shape
        return text
    return "0" if rows[-1] - rows[0] + 1 >= ZERO_RATIO * (columns[-1] - columns[0] + 1) else text
