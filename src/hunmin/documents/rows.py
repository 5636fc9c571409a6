"""Rows: lines that stand side by side, such as a label and its amount."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hunmin.pages.line import Line

MOST_BESIDE: Final = 0.5
"""Of the lower line's height: how far the middles of two lines of a row may lie apart, across it."""
MOST_OVERLAP: Final = 0.5
"""Of the shortest side of both: how far the end of a line may reach over the beginning of the next."""


def rows(lines: Sequence[Line]) -> Iterator[list[int]]:
    """The lines of each row, by index. Only lines that follow one another are put together: their order is not changed.

    Args:
        lines: in reading order, of a page that may lie on its side or be tilted.
    """
    if not lines:
        return
    boxes = np.array([line.box for line in lines], dtype=np.float64)
    ways = boxes[:, 1] - boxes[:, 0]
    quarters = np.round(np.arctan2(ways[:, 1], ways[:, 0]) / (np.pi / 2)).astype(int) % 4
    row = [0]
    for before, after in pairwise(range(len(lines))):
        quarter = quarters[before]
        along = ways[quarters == quarter].sum(axis=0)  # together they tell the tilt of the page better than two
        if quarters[after] != quarter or not _is_beside(boxes[before], boxes[after], along):
            yield row
            row = []
        row.append(after)
    yield row


def _is_beside(box: NDArray[np.float64], following: NDArray[np.float64], along: NDArray[np.float64]) -> bool:
    """Whether a box, (4, 2), goes on where the one before it ends, on a page whose lines run along a vector."""
    along = along / max(float(np.linalg.norm(along)), 1e-9)
    across = np.array([-along[1], along[0]])
    height = min(float(np.ptp(corners @ across)) for corners in (box, following))
    least = min(height, *(float(np.ptp(corners @ along)) for corners in (box, following)))
    apart = abs(float((following.mean(axis=0) - box.mean(axis=0)) @ across))
    gap = float((following @ along).min() - (box @ along).max())
    return apart <= MOST_BESIDE * height and gap >= -MOST_OVERLAP * least
