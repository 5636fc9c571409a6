"""The order in which a person would read the lines of a page.

Lines beside one another form a row and are read from left to right, rows from top to bottom: so a receipt's price
follows its item. Only where several rows of long lines stand on both sides of one gutter are they columns, read one
after the other.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAME_ROW_SHARE = 0.5
"""Two lines stand in one row when they share this part of the taller one's height."""
MIN_COLUMN_LINES = 3
MIN_COLUMN_EMS = 8
"""A side of a gutter is a column, not a table's, when its median line is this many times as wide as high."""
MIN_GUTTER_EMS = 0.8


@dataclass(frozen=True)
class _Span:
    """The upright rectangle around line `index`."""

    index: int
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(frozen=True)
class _Columns:
    left: list[_Span]
    right: list[_Span]
    num_rows: int
    """How many rows they take together."""


def reading_order(boxes: NDArray[np.float32]) -> list[int]:
    """Sort the lines of a page.

    Args:
        boxes: (K, 4, 2) corners, clockwise from the top left.

    Returns:
        The K indices in reading order.
    """
    level = _level(boxes)
    corners = np.concatenate([level.min(axis=1), level.max(axis=1)], axis=1).tolist()
    return _order([_Span(index, *box) for index, box in enumerate(corners)])


def _level(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn a slanted page by the median slope of its lines, so that the two ends of a row are level."""
    if len(boxes) == 0:
        return boxes
    along, across = boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 0]
    is_long = np.linalg.norm(along, axis=1) > 2 * np.linalg.norm(across, axis=1)
    slopes = along[is_long] if is_long.any() else along
    angle = np.median(np.arctan2(slopes[:, 1], slopes[:, 0]))
    cos, sin = np.cos(angle), np.sin(angle)
    return boxes @ np.array([[cos, -sin], [sin, cos]], dtype=np.float32)


def _order(spans: list[_Span]) -> list[int]:
    rows = _rows(spans)
    order: list[int] = []
    while rows:
        columns = _columns(rows)
        if columns is None:
            order += [span.index for span in rows.pop(0)]
        else:
            order += _order(columns.left) + _order(columns.right)
            rows = rows[columns.num_rows :]
    return order


def _rows(spans: list[_Span]) -> list[list[_Span]]:
    """Spans that stand beside one another, each row from left to right, rows from top to bottom."""
    rows: list[list[_Span]] = []
    for span in sorted(spans, key=lambda span: (span.top + span.bottom, span.left)):
        if rows and any(_beside(span, other) for other in rows[-1]):
            rows[-1].append(span)
        else:
            rows.append([span])
    return [sorted(row, key=lambda span: span.left) for row in rows]


def _beside(one: _Span, other: _Span) -> bool:
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    return shared >= SAME_ROW_SHARE * max(one.height, other.height)


def _columns(rows: list[list[_Span]]) -> _Columns | None:
    """Two columns that begin with the first of `rows`, if there are any; either may hold columns itself."""
    for one, other in zip(rows[0], rows[0][1:], strict=False):
        gutter_px = MIN_GUTTER_EMS * min(one.height, other.height)
        if other.left - one.right < gutter_px:
            continue
        # Columns begin at one x, but their lines end at many: the gutter is sought beside the right column.
        x = other.left - gutter_px / 2
        crossing = (i for i, row in enumerate(rows) if any(span.left < x < span.right for span in row))
        num_rows = next(crossing, len(rows))
        spans = [span for row in rows[:num_rows] for span in row]
        left = [span for span in spans if span.right <= x]
        right = [span for span in spans if span.left >= x]
        if _is_column(left) and _is_column(right):
            return _Columns(left, right, num_rows)
    return None


def _is_column(spans: list[_Span]) -> bool:
    ems = [(span.right - span.left) / max(span.height, 1) for span in spans]
    return len(ems) >= MIN_COLUMN_LINES and float(np.median(ems)) >= MIN_COLUMN_EMS
