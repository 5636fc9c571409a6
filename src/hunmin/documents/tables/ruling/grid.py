"""Grids out of the rules of a table.

A side of a cell is there where its rule is, from one crossing to the next. Many Korean forms have no rule on the left and on the
right: there the ends of the level rules are the border.

Legend: R rows, C columns. Lengths are in pixels of the level picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from hunmin.documents.tables.ruling.crossings import LONG_EMS, SAME_LINE_EMS, Crossing, Line, find_crossings, gap, line
from hunmin.documents.tables.ruling.rules import Rule
from hunmin.documents.tables.ruling.spans import Span, find_spans
from hunmin.documents.tables.ruling.strokes import RIM_EMS, Rectangle, without_level_strokes, without_upright_strokes

OVERHANG_EMS: Final = 1.2
"""Level rules that go on by so much beyond the last upright one hold a cell that is open at the side."""
SPREAD_EMS: Final = 0.8
"""By how much the ends of level rules at an open side may differ."""
WHOLE_ROW_EMS: Final = (1.2, 12.0)
"""Height of a cell across a whole table that is open at its sides."""
FRAME_FACTOR: Final = 2.0
"""A rule this many times as thick as the others of a table ends it."""
LEAST_COVER: Final = 0.45
"""Share of a side that is ruled, where the rule goes on elsewhere …"""
LEAST_COVER_ALONE: Final = 0.9
"""… and where it does not."""
MOST_END_EMS: Final = 0.4
"""What may be missing at either end of a side whose rule goes on elsewhere."""
FEWEST_CELLS: Final = 3
MOST_PLACES: Final = 10_000
"""A finer grid is a pattern or squared paper."""


@dataclass(frozen=True)
class Grid:
    """A table without its text."""

    xs: tuple[float, ...]
    """(C+1,) from left to right."""
    ys: tuple[float, ...]
    """(R+1,) from top to bottom."""
    spans: tuple[Span, ...]
    """Row by row; they do not overlap, and need not cover all."""

    @property
    def outline(self) -> Rectangle:
        """Around all of it."""
        return self.xs[0], self.ys[0], self.xs[-1], self.ys[-1]

    def rectangle(self, span: Span) -> Rectangle:
        """Around a cell."""
        last_column, last_row = span.column + span.num_columns, span.row + span.num_rows
        return self.xs[span.column], self.ys[span.row], self.xs[last_column], self.ys[last_row]


def find_grids(level: Sequence[Rule], upright: Sequence[Rule], texts: Sequence[Rectangle], em: float) -> list[Grid]:
    """The grids that rules make, from top to bottom: of two rows and columns at least, or of three cells beside one another.

    Args:
        level: runs of ink, among them the pieces of level rules.
        upright: likewise.
        texts: the lines of text, as loosely as a detector draws them.
        em: size of the type in the same pixels.
    """
    crossings, lone = find_crossings(
        without_level_strokes(level, texts, em), without_upright_strokes(upright, texts, em), em
    )
    grids = [grid for crossing in crossings if (grid := _grid(crossing, lone, texts, em)) and _is_table(grid)]
    return sorted(_outermost(grids), key=lambda grid: (grid.ys[0], grid.xs[0]))


def _grid(crossing: Crossing, lone: list[Line], texts: Sequence[Rectangle], em: float) -> Grid | None:
    """The grid of rules that hang together; takes those of `lone`, which cross no upright rule, that belong to it."""
    columns, rows = _in_order(crossing.columns, em), _in_order(crossing.rows, em)
    left, right = (_side(rows, columns, em, is_left=is_left) for is_left in (True, False))
    if left.at < columns[0].at and columns[-1].at < right.at:
        rows = _in_order([*rows, *_whole_rows(rows, (left.at, right.at), lone, em)], em)
    for is_left in (True, False):
        columns = _with_side(columns, _side(rows, columns, em, is_left=is_left))
    if min(len(rows), len(columns)) < 2 or len(rows) * len(columns) > MOST_PLACES:  # noqa: PLR2004 - no cell
        return None
    beside = np.array(
        [
            [
                _is_ruled(column, *ends, em, is_through_text=_crosses(column, *ends, texts, em))
                for ends in pairwise(rows)
            ]
            for column in columns
        ]
    ).T
    below = np.array([[_is_ruled(row, *ends, em) for ends in pairwise(columns)] for row in rows])
    spans = find_spans(beside, below)
    return _compact([column.at for column in columns], [row.at for row in rows], spans) if spans else None


def _in_order(lines: Sequence[Line], em: float) -> list[Line]:
    """Rules from left to right or from top to bottom; those in one place are one."""
    clusters: list[list[Line]] = []
    for one in sorted(lines, key=lambda one: one.at):
        if clusters and one.at - clusters[-1][0].at <= SAME_LINE_EMS * em:
            clusters[-1].append(one)
        else:
            clusters.append([one])
    return [line([piece for one in cluster for piece in one.pieces], em) for cluster in clusters]


def _side(rows: Sequence[Line], columns: Sequence[Line], em: float, *, is_left: bool) -> Line:
    """Where level rules end on one side, as a rule between neighbours that both end there; without pieces where none do."""
    spread = SPREAD_EMS * em
    ends = [row.start if is_left else row.end for row in rows]
    furthest = min(ends) if is_left else max(ends)
    at = float(np.median([end for end in ends if abs(end - furthest) <= 2 * spread]))
    ruled = columns[0].at if is_left else columns[-1].at
    if abs(at - ruled) < OVERHANG_EMS * em:
        at = ruled
    reaching = [row.at for row, end in zip(rows, ends, strict=True) if (end - at if is_left else at - end) <= spread]
    pieces = tuple(Rule(at, y0, y1, 2 * spread) for y0, y1 in pairwise(reaching))
    return Line(at, min(reaching, default=0.0), max(reaching, default=0.0), at - spread, at + spread, pieces)


def _with_side(columns: list[Line], side: Line) -> list[Line]:
    """The upright rules, with what a side adds to them."""
    if not side.pieces:
        return columns
    if all(column.at != side.at for column in columns):
        return sorted([*columns, side], key=lambda column: column.at)
    return [
        Line(one.at, one.start, one.end, one.low, one.high, (*one.pieces, *side.pieces)) if one.at == side.at else one
        for one in columns
    ]


def _whole_rows(rows: Sequence[Line], sides: tuple[float, float], lone: list[Line], em: float) -> list[Line]:
    """Level rules that bound cells across all of a table that is open at its sides, above and below it; taken out of `lone`."""
    spread = SPREAD_EMS * em
    as_wide = [row for row in lone if abs(row.start - sides[0]) <= spread and abs(row.end - sides[1]) <= spread]
    least, most = (share * em for share in WHOLE_ROW_EMS)
    top, bottom = rows[0].at, rows[-1].at
    found = []
    usual = float(np.median([_thick(row) for row in rows]))
    ends_above, ends_below = (_thick(row) >= FRAME_FACTOR * usual for row in (rows[0], rows[-1]))
    for row in sorted(as_wide, key=lambda row: row.at):
        if least < row.at - bottom <= most and not ends_below:
            found.append(row)
            bottom = row.at
    for row in sorted(as_wide, key=lambda row: -row.at):
        if least < top - row.at <= most and not ends_above:
            found.append(row)
            top = row.at
    # Of double rules the one that is not crossed belongs to the table, too.
    lone[:] = [
        row for row in lone if row not in found and not (row in as_wide and top - least < row.at < bottom + least)
    ]
    return found


def _thick(row: Line) -> float:
    return max((piece.thick for piece in row.pieces), default=0.0)


def _crosses(column: Line, above: Line, below: Line, texts: Sequence[Rectangle], em: float) -> bool:
    """Whether an upright rule would go through a line of text between two level ones."""
    rim = RIM_EMS * em
    return any(
        left + rim < column.at < right - rim and above.at < (top + bottom) / 2 < below.at
        for left, top, right, bottom in texts
    )


def _is_ruled(one: Line, first: Line, last: Line, em: float, *, is_through_text: bool = False) -> bool:
    """Whether a rule is there from one crossing to the next; where text stands in its way, strokes may look like parts of it."""
    start, end = first.high, last.low
    inside = sorted(
        (max(piece.start, start), min(piece.end, end))
        for piece in one.pieces
        if piece.end > start and piece.start < end
    )
    if not inside:
        return False
    covered, reached = 0.0, start
    for begins, ends in inside:
        covered += max(ends - max(begins, reached), 0.0)
        reached = max(reached, ends)
    goes_on = not is_through_text and sum(piece.length for piece in one.pieces) - covered >= LONG_EMS * em / 2
    most_end = gap(em) + (MOST_END_EMS * em if goes_on else 0.0)
    least = (LEAST_COVER if goes_on else LEAST_COVER_ALONE) * (end - start)
    return covered >= least and inside[0][0] - start <= most_end and end - reached <= most_end


def _compact(xs: Sequence[float], ys: Sequence[float], spans: Sequence[Span]) -> Grid:
    """A grid without rows and columns in which no cell begins."""
    rows, columns = sorted({span.row for span in spans}), sorted({span.column for span in spans})
    compact = [
        Span(
            rows.index(span.row),
            columns.index(span.column),
            sum(span.row <= row < span.row + span.num_rows for row in rows),
            sum(span.column <= column < span.column + span.num_columns for column in columns),
        )
        for span in spans
    ]
    last_row, last_column = (
        max(span.row + span.num_rows for span in spans),
        max(span.column + span.num_columns for span in spans),
    )
    return Grid(
        tuple(xs[column] for column in (*columns, last_column)),
        tuple(ys[row] for row in (*rows, last_row)),
        tuple(compact),
    )


def _is_table(grid: Grid) -> bool:
    """Whether it is more than a frame, a heading beside its text, or boxes below one another."""
    return len(grid.spans) >= FEWEST_CELLS and len(grid.xs) > 2  # noqa: PLR2004 - two columns


def _outermost(grids: Sequence[Grid]) -> list[Grid]:
    """Those that do not stand in a cell of another."""
    return [one for one in grids if not any(other is not one and _holds(other.outline, one.outline) for other in grids)]


def _holds(outer: Rectangle, inner: Rectangle) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]
