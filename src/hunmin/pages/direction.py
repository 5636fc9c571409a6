"""Which way up a page is, and a box that is higher than wide.

A page may lie on its side or stand on its head. The detector finds its lines all the same, so a few of the longest are read
in the directions that their boxes allow, and the surest wins: on its side, where most of the length of all lines is in tall
boxes; on its head, where the first reading is in doubt. A page that is read surely as it stands costs nothing. The columns of
vertical writing run down as well, though their page stands upright; syllables that are read one by one tell them from lines that
lie.

Legend: K lines. Turns are quarters, counterclockwise, as `np.rot90` counts them.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hunmin.pages.cut import quad_size
from hunmin.recognize.recognizer import Reading

TALL_RATIO: Final = 1.5
"""A box this many times as high as wide may hold turned text."""
LONG_RATIO: Final = 3.0
"""A box this many times as long as thick holds a line of several characters; a 1 or an I has less."""
MOST_RATIO: Final = 10.0
"""A longer box counts as no longer than this: a rule across the page that the detector took for text is longer than any line."""
NUM_READ: Final = 5
"""Lines of a page that are read in several directions."""
SURE_FROM: Final = 0.9
"""A page whose longest lines are read as surely as this is upright: upside down they come to 0.5 to 0.9."""
TURNED_FROM: Final = 0.75
"""A page is turned only to a direction in which its longest lines are read as surely as this, ..."""
MARGIN: Final = 0.1
"""... and so much more surely than in the opposite one."""
NUM_SYLLABLES: Final = 8
"""Of each of those lines, that are read one by one to tell vertical writing from a page that lies on its side."""
TWO_CHARACTERS_MARGIN: Final = 0.1
"""So much surer two characters in a tall box must be than what it says as it stands; one alone never is, more need no margin."""


def runs_down(boxes: NDArray[np.float32]) -> bool:
    """Whether most of the length of a page's lines, (K, 4, 2), runs up or down."""
    sizes = [quad_size(box) for box in boxes]
    lengths = [min(max(size), MOST_RATIO * min(size)) for size in sizes]
    down = [length for length, (width, height) in zip(lengths, sizes, strict=True) if height >= TALL_RATIO * width]
    return 2 * sum(down) > sum(lengths) and any(height >= LONG_RATIO * width for width, height in sizes)


def longest(boxes: NDArray[np.float32]) -> list[int]:
    """The longest boxes, (K, 4, 2), by index: at most `NUM_READ`."""
    lengths = [max(quad_size(box)) for box in boxes]
    return sorted(range(len(lengths)), key=lambda index: lengths[index], reverse=True)[:NUM_READ]


def certainty(readings: Sequence[Reading]) -> float:
    """How surely some lines were read, 0 to 1.

    A lone character, which looks like another one when it is turned, counts 0, and what has no text not at all.
    """
    sure = [one.mean_token_prob if len(one.text) > 1 else 0.0 for one in readings if one.text]
    return float(np.mean(sure)) if sure else 0.0


def num_same(readings: Sequence[Reading], texts: Sequence[str]) -> int:
    """How many say what they should."""
    return sum(reading.text == text for reading, text in zip(readings, texts, strict=True))


def surest_direction(readings: Mapping[int, Reading]) -> int:
    """Turned by how many quarters a box is read most surely.

    A lone 0, O or ㅡ is read as surely in any direction, so a turned reading needs a reason: it has several characters, and where
    they are only two, it is surer by a margin.

    Args:
        readings: turns → what the box says then; 0 alone of a box that is not tall.
    """
    margins = {0: 1.0, 1: 1.0, 2: TWO_CHARACTERS_MARGIN}
    least = readings[0].mean_token_prob
    surer = [
        turns
        for turns, reading in readings.items()
        if reading.mean_token_prob > least + margins.get(len(reading.text), 0.0)
    ]
    return max(surer, key=lambda turns: readings[turns].mean_token_prob, default=0)


def to_original(corners: NDArray[np.float32], turns: int, width: int, height: int) -> NDArray[np.float32]:
    """Points of an upright picture in that which was turned by `turns`: (..., 2) x, y.

    Args:
        corners: points in pixels of the turned picture.
        turns: quarters, 0 to 3.
        width: of the original in pixels.
        height: of the original in pixels.
    """
    x, y = corners[..., 0], corners[..., 1]
    moved = [(x, y), (width - y, x), (width - x, height - y), (y, height - x)][turns]
    return np.stack(moved, axis=-1)
