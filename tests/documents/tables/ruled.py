"""Pictures of ruled tables whose cells are known, with the boxes of the text that stands in them."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from hunmin.documents.tables.ruling.grid import Grid
from hunmin.documents.tables.ruling.spans import Span

EM_PX = 24
WORD_PX = 60
"""Width of what is written in each cell."""


def grid_of(
    widths: Sequence[int], heights: Sequence[int], joined: Sequence[Span] = (), corner: tuple[int, int] = (50, 50)
) -> Grid:
    """A grid with a cell in each place, but for those that are joined."""
    xs = tuple(float(corner[0] + sum(widths[:number])) for number in range(len(widths) + 1))
    ys = tuple(float(corner[1] + sum(heights[:number])) for number in range(len(heights) + 1))
    taken = {
        (row, column)
        for span in joined
        for row in range(span.row, span.row + span.num_rows)
        for column in range(span.column, span.column + span.num_columns)
    }
    single = [
        Span(row, column, 1, 1)
        for row in range(len(heights))
        for column in range(len(widths))
        if (row, column) not in taken
    ]
    return Grid(xs, ys, tuple(sorted([*joined, *single], key=lambda span: (span.row, span.column))))


def draw_grids(
    *grids: Grid, size: tuple[int, int] = (700, 900), thick: int = 2, open_sides: bool = False, grey: int = 0
) -> NDArray[np.uint8]:
    """(H, W, 3) the rules of grids on white, without text."""
    page = np.full((*size, 3), 255, dtype=np.uint8)
    for grid in grids:
        for span in grid.spans:
            left, top, right, bottom = (round(value) for value in grid.rectangle(span))
            for y in (top, bottom):
                cv2.line(page, (left, y), (right, y), (grey, grey, grey), thick)
            for x, is_side in ((left, left == grid.xs[0]), (right, right == grid.xs[-1])):
                if not (open_sides and is_side):
                    cv2.line(page, (x, top), (x, bottom), (grey, grey, grey), thick)
    return page


def text_boxes(*grids: Grid) -> NDArray[np.float32]:
    """(K, 4, 2) a box in the middle of each cell, as loose as a detector's."""
    boxes = []
    for grid in grids:
        for span in grid.spans:
            left, top, right, bottom = grid.rectangle(span)
            x, y, high = (left + right) / 2, (top + bottom) / 2, 0.8 * EM_PX
            wide = WORD_PX / 2 + 0.3 * EM_PX
            boxes.append([(x - wide, y - high), (x + wide, y - high), (x + wide, y + high), (x - wide, y + high)])
    return np.array(boxes, dtype=np.float32).reshape(-1, 4, 2)


def write(page: NDArray[np.uint8], boxes: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The page with strokes like those of letters in boxes of text."""
    page = page.copy()
    for box in boxes:
        (left, top), (right, bottom) = np.rint(box.min(axis=0)).astype(int), np.rint(box.max(axis=0)).astype(int)
        for x in range(left + 8, right - 8, EM_PX):
            cv2.line(page, (x, top + 10), (x, bottom - 10), (0, 0, 0), 3)
            cv2.line(page, (x + 3, (top + bottom) // 2), (x + EM_PX - 6, (top + bottom) // 2), (0, 0, 0), 3)
    return page
