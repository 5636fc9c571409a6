"""Grids out of rules: which rules cross, and which cells they enclose.

Short runs of ink are mostly strokes of letters: one counts as a rule only where both of its ends meet a rule of the other
direction. Rules that cross make a grid; its cells are what lies between them, and two neighbours are one cell where the rule
between them is missing. Many Korean forms have no rule on the left and on the right: there the level rules' ends are the border.

Legend: R rows, C columns. Lengths are in pixels of the level picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hunmin.documents.tables.rules import Rule

SAME_LINE_EMS: Final = 0.45
"""Rules that lie closer are one: double rules, and pieces of one rule that lie a little apart."""
JOINED_EMS: Final = 0.8
"""Pieces of one rule may lie so far apart."""
LONG_EMS: Final = 4.0
"""A longer run is a rule wherever it ends."""
MEETS_EMS: Final = 0.4
"""So far from a rule, an end still meets it."""
OVERHANG_EMS: Final = 1.2
"""Level rules that go on by so much beyond the last upright one hold a cell that is open at the side."""
OPEN_SPREAD_EMS: Final = 0.8
"""By how much the ends of level rules at an open side may differ."""
TEXT_SLACK_EMS: Final = 0.3
"""By so much strokes may stick out of the box of their line."""
TEXT_RIM_EMS: Final = 0.2
"""What stands so close to the left or right end of a line's box may be a rule that the box takes in …"""
TEXT_RIM_SHARE: Final = 0.15
"""… and so may what lies this share of its height from its upper and lower side."""
TEXT_COVER: Final = 0.85
"""Runs of which so much lies within lines of text are strokes."""
LEAST_WHOLE_ROW_EMS: Final = 1.2
MOST_WHOLE_ROW_EMS: Final = 12.0
"""Height of a cell across a whole table that is open at its sides."""
LEAST_COVER: Final = 0.45
"""Share of a side that is ruled, where the rule goes on elsewhere …"""
LEAST_COVER_ALONE: Final = 0.9
"""… and where it does not."""
MOST_END_EMS: Final = 0.4
"""What may be missing at either end of a side whose rule goes on elsewhere; strokes of letters mostly end further off."""
GAP_PX: Final = 1.8
GAP_EMS: Final = 0.12


@dataclass(frozen=True)
class Span:
    """A cell of a grid, in rows and columns."""

    row: int
    column: int
    num_rows: int
    num_columns: int


@dataclass(frozen=True)
class Grid:
    """A table without its text."""

    xs: tuple[float, ...]
    """(C+1,) from left to right."""
    ys: tuple[float, ...]
    """(R+1,) from top to bottom."""
    spans: tuple[Span, ...]
    """Row by row; they do not overlap, and need not cover all."""

    def rectangle(self, span: Span) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of a cell."""
        return (
            self.xs[span.column],
            self.ys[span.row],
            self.xs[span.column + span.num_columns],
            self.ys[span.row + span.num_rows],
        )


@dataclass(frozen=True)
class _Line:
    """A rule with all of its pieces."""

    at: float
    pieces: tuple[Rule, ...]

    @property
    def start(self) -> float:
        return min(piece.start for piece in self.pieces)

    @property
    def end(self) -> float:
        return max(piece.end for piece in self.pieces)

    @property
    def length(self) -> float:
        return self.end - self.start

    def edges(self, em: float) -> tuple[float, float]:
        """Where its ink begins and ends across; strokes of letters that touch it are no part of it."""
        long = [piece for piece in self.pieces if piece.length >= LONG_EMS * em / 2] or self.pieces
        return min(piece.at - piece.thick / 2 for piece in long), max(piece.at + piece.thick / 2 for piece in long)


def find_grids(
    level: Sequence[Rule], upright: Sequence[Rule], texts: Sequence[tuple[float, float, float, float]], em: float
) -> list[Grid]:
    """The grids that rules make, from top to bottom; one cell, or two beside each other, are none.

    Args:
        level: pieces of level rules.
        upright: of upright ones.
        texts: left, top, right, bottom of the lines of text, as loosely as a detector draws them.
        em: size of the type in the same pixels.
    """
    level, upright = _without_strokes(level, upright, texts, em)
    rows, columns = _rules(_joined(level, em), _joined(upright, em), em)
    rows, columns = _parted(rows, columns, em), _parted(columns, rows, em)
    groups = _groups(rows, columns, em)
    crossed = {id(row) for own_rows, _ in groups for row in own_rows}
    lone = [row for row in rows if id(row) not in crossed]
    grids = []
    for own_rows, own_columns in sorted(groups, key=lambda group: min(row.at for row in group[0])):
        grid = _grid(own_rows, own_columns, lone, em)
        if grid and _is_table(grid):
            grids.append(grid)
    return sorted(_outermost(grids), key=lambda grid: (grid.ys[0], grid.xs[0]))


def _without_strokes(
    level: Sequence[Rule], upright: Sequence[Rule], texts: Sequence[tuple[float, float, float, float]], em: float
) -> tuple[list[Rule], list[Rule]]:
    """The runs that do not lie within lines of text."""
    left, top, right, bottom = np.array(texts, dtype=np.float64).reshape(-1, 4).T
    slack, rim, rim_share = TEXT_SLACK_EMS * em, TEXT_RIM_EMS * em, TEXT_RIM_SHARE * (bottom - top)
    return (
        [
            run
            for run in level
            if not _is_covered(run, left - slack, right + slack, (top + rim_share < run.at) & (run.at < bottom - rim_share))
        ],
        [
            run
            for run in upright
            if not _is_covered(run, top - slack, bottom + slack, (left + rim < run.at) & (run.at < right - rim))
        ],
    )


def _is_covered(
    run: Rule, starts: NDArray[np.float64], ends: NDArray[np.float64], crossed: NDArray[np.bool_]
) -> bool:
    """Whether nearly all of a run lies within the texts that it crosses."""
    covered, reached = 0.0, run.start
    for start, end in sorted(zip(starts[crossed].tolist(), ends[crossed].tolist(), strict=True)):
        covered += max(min(end, run.end) - max(start, reached), 0.0)
        reached = max(reached, end)
    return covered >= TEXT_COVER * run.length


def _joined(pieces: Sequence[Rule], em: float) -> list[_Line]:
    """Pieces of one rule put together."""
    left = sorted(pieces, key=lambda piece: piece.start)
    lines: list[list[Rule]] = []
    for piece in left:
        near = [
            line
            for line in lines
            if abs(line[-1].at - piece.at) <= SAME_LINE_EMS * em / 2
            and piece.start - max(one.end for one in line) <= JOINED_EMS * em
        ]
        if near:
            min(near, key=lambda line: abs(line[-1].at - piece.at)).append(piece)
        else:
            lines.append([piece])
    return [_line(line) for line in lines]


def _line(pieces: Sequence[Rule]) -> _Line:
    weights = [piece.length for piece in pieces]
    return _Line(float(np.average([piece.at for piece in pieces], weights=weights)), tuple(pieces))


def _rules(level: list[_Line], upright: list[_Line], em: float) -> tuple[list[_Line], list[_Line]]:
    """Those that are rules: long, or with both ends on others that are."""
    rows, columns = ([line for line in lines if line.length >= LONG_EMS * em] for lines in (level, upright))
    while True:
        more_columns = [line for line in upright if line not in columns and _ends_meet(line, rows, em)]
        columns += more_columns
        more_rows = [line for line in level if line not in rows and _ends_meet(line, columns, em)]
        rows += more_rows
        if not more_rows and not more_columns:
            return rows, columns


def _ends_meet(line: _Line, others: Sequence[_Line], em: float) -> bool:
    reach = MEETS_EMS * em
    meets = [other for other in others if other.start - reach <= line.at <= other.end + reach]
    touches_start = any(_touches(line.start, -reach, _gap(em), other, em) for other in meets)
    touches_end = any(_touches(line.end, -_gap(em), reach, other, em) for other in meets)
    num_crossed = sum(line.start - reach <= other.at <= line.end + reach for other in meets)
    return (touches_start and touches_end) or num_crossed > 2  # noqa: PLR2004


def _gap(em: float) -> float:
    """What the crossing of two rules, which is thin in no direction, takes from the ends of each."""
    return GAP_PX + GAP_EMS * em


def _touches(end: float, before: float, after: float, line: _Line, em: float) -> bool:
    """Whether an end lies on a line, or by so much before or after it."""
    low, high = line.edges(em)
    return low + before <= end <= high + after


def _parted(lines: Sequence[_Line], others: Sequence[_Line], em: float) -> list[_Line]:
    """Rules taken apart where two tables lie close to each other: where a gap begins and ends on rules of the other direction."""
    parted = []
    for line in lines:
        pieces = sorted(line.pieces, key=lambda piece: piece.start)
        runs = [[pieces[0]]]
        for piece in pieces[1:]:
            reached = max(one.end for one in runs[-1])
            before = [other for other in others if _meets(other, line.at, em) and _touches(reached, -_gap(em), _gap(em), other, em)]
            after = [other for other in others if _meets(other, line.at, em) and _touches(piece.start, -_gap(em), _gap(em), other, em)]
            if before and after and not {id(other) for other in before} & {id(other) for other in after}:
                runs.append([piece])
            else:
                runs[-1].append(piece)
        parted += [_line(run) for run in runs]
    return parted


def _meets(line: _Line, at: float, em: float) -> bool:
    """Whether a rule goes through, or nearly to, a place on its way."""
    return line.start - MEETS_EMS * em <= at <= line.end + MEETS_EMS * em


def _groups(rows: list[_Line], columns: list[_Line], em: float) -> list[tuple[list[_Line], list[_Line]]]:
    """Rules that hang together by their crossings."""
    crosses = (_reaches(rows, columns, em) & _reaches(columns, rows, em).T).reshape(len(rows), len(columns))
    left = set(range(len(rows)))
    groups = []
    while left:
        own_rows, own_columns = {left.pop()}, set[int]()
        grown = True
        while grown:
            touched = set(np.flatnonzero(crosses[sorted(own_rows)].any(axis=0)).tolist())
            more = set(np.flatnonzero(crosses[:, sorted(touched)].any(axis=1)).tolist()) if touched else set()
            grown = bool(more - own_rows or touched - own_columns)
            own_rows |= more
            own_columns |= touched
        left -= own_rows
        if own_columns and len(own_rows) > 1:
            groups.append(([rows[index] for index in sorted(own_rows)], [columns[index] for index in sorted(own_columns)]))
    return groups


def _reaches(lines: Sequence[_Line], others: Sequence[_Line], em: float) -> NDArray[np.bool_]:
    """(lines, others): whether a rule goes as far as another; beyond the last that it touches it does not."""
    at = np.array([other.at for other in others])
    reaches = np.zeros((len(lines), len(others)), dtype=bool)
    for index, line in enumerate(lines):
        close = (at >= line.start - _gap(em)) & (at <= line.end + _gap(em))
        meets = np.array([_meets(other, line.at, em) for other in others], dtype=bool)
        touched = at[close & meets]
        first, last = line.start - MEETS_EMS * em, line.end + MEETS_EMS * em
        if len(touched):
            first = line.start - _gap(em) if touched.min() <= line.start + MEETS_EMS * em else first
            last = line.end + _gap(em) if touched.max() >= line.end - MEETS_EMS * em else last
        reaches[index] = (at >= first) & (at <= last)
    return reaches


def _grid(rows: list[_Line], columns: list[_Line], lone: list[_Line], em: float) -> Grid | None:
    """The grid of rules that hang together.

    Args:
        rows: the level ones.
        columns: the upright ones that they cross.
        lone: level rules that cross none; those that belong to this table are taken out.
        em: size of the type.
    """
    column_lines = _clustered(columns, em)
    row_lines = _clustered(rows, em)
    sides = [_side(row_lines, column_lines, em, is_left=is_left) for is_left in (True, False)]
    if sides[0].at < column_lines[0].at and column_lines[-1].at < sides[1].at:
        row_lines = _clustered(_with_whole_rows(row_lines, sides, lone, em), em)
    for is_left in (True, False):
        column_lines = _with_side(column_lines, _side(row_lines, column_lines, em, is_left=is_left))
    if len(row_lines) < 2 or len(column_lines) < 2:  # noqa: PLR2004 - no cell
        return None
    beside = np.array(
        [[_is_ruled(line, *ends, em) for ends in pairwise(row_lines)] for line in column_lines]
    ).T  # (R, C+1)
    below = np.array(
        [[_is_ruled(line, *ends, em) for ends in pairwise(column_lines)] for line in row_lines]
    )  # (R+1, C)
    spans = _spans(beside, below)
    xs, ys = (tuple(line.at for line in lines) for lines in (column_lines, row_lines))
    return _compact(Grid(xs, ys, tuple(spans)))


def _with_whole_rows(rows: list[_Line], sides: Sequence[_Line], lone: list[_Line], em: float) -> list[_Line]:
    """The level rules of a table that is open at its sides, with those that bound cells across all of it, above and below.

    They cross no upright rule, so they are among the lone ones, and are taken out of these.
    """
    left, right = (side.at for side in sides)
    spread = OPEN_SPREAD_EMS * em
    as_wide = [row for row in lone if abs(row.start - left) <= spread and abs(row.end - right) <= spread]
    found = list(rows)
    least, most = LEAST_WHOLE_ROW_EMS * em, MOST_WHOLE_ROW_EMS * em
    for row in sorted(as_wide, key=lambda row: row.at):
        if least < row.at - max(one.at for one in found) <= most:
            found.append(row)
    for row in sorted(as_wide, key=lambda row: -row.at):
        if least < min(one.at for one in found) - row.at <= most:
            found.append(row)
    lone[:] = [row for row in lone if row not in found]
    return found


def _side(rows: Sequence[_Line], columns: Sequence[_Line], em: float, *, is_left: bool) -> _Line:
    """Where level rules end on one side, as a rule between neighbours that both end there; without pieces where none do.

    Args:
        rows: level rules, from top to bottom.
        columns: upright rules, from left to right.
        em: size of the type.
        is_left: the left side, not the right one.
    """
    spread = OPEN_SPREAD_EMS * em
    ends = [row.start if is_left else row.end for row in rows]
    furthest = min(ends) if is_left else max(ends)
    at = float(np.median([end for end in ends if abs(end - furthest) <= 2 * spread]))
    ruled = columns[0].at if is_left else columns[-1].at
    if abs(at - ruled) < OVERHANG_EMS * em:
        at = ruled
    reaching = [row.at for row, end in zip(rows, ends, strict=True) if (end - at if is_left else at - end) <= spread]
    return _Line(at, tuple(Rule(at, y0, y1, 2 * spread) for y0, y1 in pairwise(reaching)))


def _with_side(columns: list[_Line], side: _Line) -> list[_Line]:
    """The upright rules, with those that a side lacks."""
    if not side.pieces:
        return columns
    known = [column for column in columns if column.at == side.at]
    if known:
        whole = _Line(side.at, (*known[0].pieces, *side.pieces))
        return [whole if column is known[0] else column for column in columns]
    return sorted([*columns, side], key=lambda column: column.at)


def _clustered(lines: Sequence[_Line], em: float) -> list[_Line]:
    """Rules in one place as one, in order."""
    clusters: list[list[_Line]] = []
    for line in sorted(lines, key=lambda line: line.at):
        if clusters and line.at - clusters[-1][0].at <= SAME_LINE_EMS * em:
            clusters[-1].append(line)
        else:
            clusters.append([line])
    return [_line([piece for line in cluster for piece in line.pieces]) for cluster in clusters]


def _is_ruled(line: _Line, first: _Line, last: _Line, em: float) -> bool:
    """Whether a line is ruled from one crossing to the next."""
    (_, start), (end, _) = first.edges(em), last.edges(em)
    inside = sorted(
        (max(piece.start, start), min(piece.end, end))
        for piece in line.pieces
        if piece.end > start and piece.start < end
    )
    if not inside:
        return False
    covered, reached = 0.0, start
    for begins, ends in inside:
        covered += max(ends - max(begins, reached), 0.0)
        reached = max(reached, ends)
    goes_on = sum(piece.length for piece in line.pieces) - covered >= LONG_EMS * em / 2
    most_end = _gap(em) + (MOST_END_EMS * em if goes_on else 0.0)
    return (
        covered >= (LEAST_COVER if goes_on else LEAST_COVER_ALONE) * (end - start)
        and inside[0][0] - start <= most_end
        and end - reached <= most_end
    )


def _spans(beside: NDArray[np.bool_], below: NDArray[np.bool_]) -> list[Span]:
    """The cells that rules part, without what lies outside of them.

    Args:
        beside: (R, C+1) whether there is a rule on the left of each place, and on the right of the last.
        below: (R+1, C) whether there is a rule above each place, and below the last.
    """
    num_rows, num_columns = beside.shape[0], below.shape[1]
    group = np.full((num_rows + 2, num_columns + 2), -1)
    # A frame of places around the grid is the outside; what no rule parts from it is outside, too.
    _flood(group, (0, 0), 0, beside, below)
    spans = []
    for row in range(num_rows):
        for column in range(num_columns):
            if group[row + 1, column + 1] < 0:
                _flood(group, (row + 1, column + 1), len(spans) + 1, beside, below)
                spans += _rectangles(group[1:-1, 1:-1], len(spans) + 1)
    return sorted(spans, key=lambda span: (span.row, span.column))


def _flood(
    group: NDArray[np.int_], start: tuple[int, int], name: int, beside: NDArray[np.bool_], below: NDArray[np.bool_]
) -> None:
    """Give a name to all places that are open to `start`; the outermost places are around the grid."""
    num_rows, num_columns = group.shape
    waiting = [start]
    group[start] = name
    while waiting:
        row, column = waiting.pop()
        for down, right in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            y, x = row + down, column + right
            if not (0 <= y < num_rows and 0 <= x < num_columns) or group[y, x] >= 0:
                continue
            if not _is_closed(row, column, y, x, beside, below):
                group[y, x] = name
                waiting.append((y, x))


def _is_closed(
    row: int, column: int, y: int, x: int, beside: NDArray[np.bool_], below: NDArray[np.bool_]
) -> bool:
    """Whether a rule stands between two neighbouring places, counted with the frame around the grid."""
    if row == y:
        return 0 < row <= beside.shape[0] and 0 < max(column, x) <= beside.shape[1] and bool(beside[row - 1, max(column, x) - 1])
    return 0 < column <= below.shape[1] and 0 < max(row, y) <= below.shape[0] and bool(below[max(row, y) - 1, column - 1])


def _rectangles(group: NDArray[np.int_], name: int) -> list[Span]:
    """The places of one name as rectangles: one, or where a broken rule left a corner open, several; renames them."""
    spans = []
    places = group == name
    while places.any():
        row, column = (int(value) for value in np.argwhere(places)[0])
        width = int(np.argmin(np.append(places[row, column:], False)))
        full = places[row:, column : column + width].all(axis=1)
        height = int(np.argmin(np.append(full, False)))
        spans.append(Span(row, column, height, width))
        places[row : row + height, column : column + width] = False
        group[row : row + height, column : column + width] = name + len(spans) - 1
    return spans


def _compact(grid: Grid) -> Grid:
    """The grid without rows and columns in which no cell begins."""
    rows = sorted({span.row for span in grid.spans})
    columns = sorted({span.column for span in grid.spans})
    spans = [
        Span(
            rows.index(span.row),
            columns.index(span.column),
            sum(span.row <= row < span.row + span.num_rows for row in rows),
            sum(span.column <= column < span.column + span.num_columns for column in columns),
        )
        for span in grid.spans
    ]
    last_row = max((span.row + span.num_rows for span in grid.spans), default=0)
    last_column = max((span.column + span.num_columns for span in grid.spans), default=0)
    return Grid(
        tuple(grid.xs[column] for column in [*columns, last_column]),
        tuple(grid.ys[row] for row in [*rows, last_row]),
        tuple(spans),
    )


def _is_table(grid: Grid) -> bool:
    """At least two rows and columns with three cells in them, or three cells beside one another."""
    num_rows, num_columns = len(grid.ys) - 1, len(grid.xs) - 1
    if num_rows == 1:
        return len(grid.spans) > 2
    return num_columns > 1 and len(grid.spans) > 2


def _outermost(grids: Sequence[Grid]) -> list[Grid]:
    """Those that do not stand in a cell of another."""
    return [
        grid
        for grid in grids
        if not any(
            other is not grid
            and other.xs[0] <= grid.xs[0]
            and other.ys[0] <= grid.ys[0]
            and other.xs[-1] >= grid.xs[-1]
            and other.ys[-1] >= grid.ys[-1]
            for other in grids
        )
    ]
