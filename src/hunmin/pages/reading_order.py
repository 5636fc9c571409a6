"""The order in which a person would read the lines of a page.

Lines beside one another form a row and are read from left to right, rows from top to bottom: so a receipt's price
follows its item. Only where several rows of long lines stand on both sides of one gutter are they columns, read one
after the other. Lines that run down are columns of vertical writing, read from the right to the left.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hunmin.pages.columns import MIN_GUTTER_EMS, Span, are_columns

SAME_ROW_SHARE = 0.5
"""Two lines stand in one row when they share this part of the taller one's height."""
MOST_APART = 2.0
"""Columns of vertical writing further apart than this many of their widths do not belong together."""


@dataclass(frozen=True)
class _Columns:
    left: list[Span]
    right: list[Span]
    num_rows: int
    """How many rows they take together."""


def reading_order(boxes: NDArray[np.float32], runs_down: Sequence[bool] = ()) -> list[int]:
    """Sort the lines of a page.

    Args:
        boxes: (K, 4, 2) corners, clockwise from the top left.
        runs_down: K, whether a line is a column, of upright or lying characters; () = none is.

    Returns:
        The K indices in reading order.
    """
    groups = _groups(boxes, [index for index, is_column in enumerate(runs_down) if is_column])
    if groups:
        return _with_groups(boxes, groups)
    level = _level(boxes)
    corners = np.concatenate([level.min(axis=1), level.max(axis=1)], axis=1).tolist()
    return _order([Span(index, *box) for index, box in enumerate(corners)])


def _groups(boxes: NDArray[np.float32], columns: Sequence[int]) -> list[list[int]]:
    """Columns that stand closely beside one another; one alone, such as a label down the side of a form, is a line."""
    spans = [Span(index, *boxes[index].min(axis=0).tolist(), *boxes[index].max(axis=0).tolist()) for index in columns]
    groups: list[list[Span]] = []
    for span in spans:
        near = [group for group in groups if any(_is_next_to(span, other) for other in group)]
        groups = [group for group in groups if group not in near] + [[span, *(one for group in near for one in group)]]
    return [sorted(one.index for one in group) for group in groups if len(group) > 1]


def _is_next_to(one: Span, other: Span) -> bool:
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    gap = max(one.left, other.left) - min(one.right, other.right)
    return shared >= SAME_ROW_SHARE * min(one.height, other.height) and gap <= MOST_APART * max(one.width, other.width)


def _with_groups(boxes: NDArray[np.float32], groups: Sequence[Sequence[int]]) -> list[int]:
    """The order of lines of which some are columns: each group stands for one line, and is read from the right to the left.

    A page turned a quarter counterclockwise has its columns as lines, the rightmost on top.
    """
    grouped = {index for group in groups for index in group}
    rows = [index for index in range(len(boxes)) if index not in grouped]
    around = []
    for group in groups:
        (left, top), (right, bottom) = boxes[group].min(axis=(0, 1)), boxes[group].max(axis=(0, 1))
        around.append([(left, top), (right, top), (right, bottom), (left, bottom)])
    order = []
    for index in reading_order(np.concatenate([boxes[rows], np.array(around, dtype=np.float32)])):
        if index < len(rows):
            order.append(rows[index])
            continue
        group = groups[index - len(rows)]
        x, y = boxes[group][..., 0], boxes[group][..., 1]
        order += [group[place] for place in reading_order(np.roll(np.stack([y, -x], axis=-1), -1, axis=1))]
    return order


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


def _order(spans: list[Span]) -> list[int]:
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


def _rows(spans: list[Span]) -> list[list[Span]]:
    """Spans that stand beside one another, each row from left to right, rows from top to bottom."""
    rows: list[list[Span]] = []
    for span in sorted(spans, key=lambda span: (span.top + span.bottom, span.left)):
        if rows and any(_beside(span, other) for other in rows[-1]):
            rows[-1].append(span)
        else:
            rows.append([span])
    return [sorted(row, key=lambda span: span.left) for row in rows]


def _beside(one: Span, other: Span) -> bool:
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    return shared >= SAME_ROW_SHARE * max(one.height, other.height)


def _columns(rows: list[list[Span]]) -> _Columns | None:
    """Two columns that begin with the first of `rows`, if there are any; either may hold columns itself."""
    # Columns begin at one x, but their lines end at many: a gutter is sought beside the right column. The first lines of two
    # columns need not stand in one row.
    first = [span for row in rows[:2] for span in row]
    for other in sorted(first, key=lambda span: span.left):
        beside = [one for one in first if one.right <= other.left]
        if not beside:
            continue
        gutter_px = MIN_GUTTER_EMS * min(one.height for one in [*beside, other])
        if other.left - max(one.right for one in beside) < gutter_px:
            continue
        x = other.left - gutter_px / 2
        crossing = (i for i, row in enumerate(rows) if any(span.left < x < span.right for span in row))
        num_rows = next(crossing, len(rows))
        left = [[span for span in row if span.right <= x] for row in rows[:num_rows]]
        right = [[span for span in row if span.left >= x] for row in rows[:num_rows]]
        if are_columns([row[-1] for row in left if row], [row[0] for row in right if row]):
            return _Columns([span for row in left for span in row], [span for row in right for span in row], num_rows)
    return None
