"""Cells of a grid: what lies between its rules; two neighbours are one where the rule between them is missing.

Legend: R rows, C columns of the grid.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Span:
    """A cell of a grid, in rows and columns."""

    row: int
    column: int
    num_rows: int
    num_columns: int


def find_spans(beside: NDArray[np.bool_], below: NDArray[np.bool_]) -> list[Span]:
    """The cells that rules enclose, row by row; what is open to the outside is none.

    Args:
        beside: (R, C+1) whether there is a rule on the left of each place, and on the right of the last.
        below: (R+1, C) whether there is a rule above each place, and below the last.
    """
    num_rows, num_columns = beside.shape[0], below.shape[1]
    # Around the grid stands a frame of places, the outside, with a number as all that is open to one another.
    names = np.full((num_rows + 2, num_columns + 2), -1)
    closed = _Closed(beside, below)
    _flood(names, (0, 0), 0, closed)
    spans: list[Span] = []
    number = 0
    for row, column in np.ndindex(num_rows, num_columns):
        if names[row + 1, column + 1] < 0:
            number += 1
            places = np.array(_flood(names, (row + 1, column + 1), number, closed)) - 1
            spans += _rectangles(places)
    return sorted(spans, key=lambda span: (span.row, span.column))


class _Closed:
    """Where rules stand between neighbouring places, counted with the frame around the grid."""

    def __init__(self, beside: NDArray[np.bool_], below: NDArray[np.bool_]) -> None:
        self.right = np.zeros((beside.shape[0] + 2, beside.shape[1]), dtype=bool)
        self.right[1:-1] = beside
        self.down = np.zeros((below.shape[0], below.shape[1] + 2), dtype=bool)
        self.down[:, 1:-1] = below

    def between(self, one: tuple[int, int], other: tuple[int, int]) -> bool:
        (row, column), (other_row, other_column) = one, other
        if row == other_row:
            return bool(self.right[row, min(column, other_column)])
        return bool(self.down[min(row, other_row), column])


def _flood(names: NDArray[np.int_], start: tuple[int, int], name: int, closed: _Closed) -> list[tuple[int, int]]:
    """Give a name to all places that are open to `start`, and return them."""
    found = [start]
    names[start] = name
    for row, column in found:
        for place in ((row, column + 1), (row, column - 1), (row + 1, column), (row - 1, column)):
            is_inside = 0 <= place[0] < names.shape[0] and 0 <= place[1] < names.shape[1]
            if is_inside and names[place] < 0 and not closed.between((row, column), place):
                names[place] = name
                found.append(place)
    return found


def _rectangles(places: NDArray[np.int_]) -> list[Span]:
    """Places, (N, 2) of row and column, as rectangles: one, or several where a broken rule left a corner open."""
    top, left = places.min(axis=0)
    unused = np.zeros(places.max(axis=0) - (top, left) + 1, dtype=bool)
    unused[tuple((places - (top, left)).T)] = True
    spans = []
    while unused.any():
        row, column = (int(value) for value in np.argwhere(unused)[0])
        width = int(np.argmin(np.append(unused[row, column:], False)))
        height = int(np.argmin(np.append(unused[row:, column : column + width].all(axis=1), False)))
        spans.append(Span(row + int(top), column + int(left), height, width))
        unused[row : row + height, column : column + width] = False
    return spans
