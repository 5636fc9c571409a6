"""Which runs of ink are rules, and which rules make a table together.

A short run counts as a rule only where both of its ends meet rules of the other direction. Rules that cross belong to one table.

Legend: lengths are in pixels of the level picture, `at` is where a rule lies across its own direction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hunmin.documents.tables.ruling.rules import Rule

SAME_LINE_EMS: Final = 0.45
"""Rules that lie closer are one: double rules, and pieces of one rule that lie a little apart."""
JOINED_EMS: Final = 0.8
"""Pieces of one rule may lie so far apart."""
LONG_EMS: Final = 4.0
"""A longer run is a rule wherever it ends."""
MEETS_EMS: Final = 0.4
"""So far from a rule, an end still meets it."""
GAP_PX: Final = 1.8
GAP_EMS: Final = 0.12
"""What the crossing of two rules, which is thin in no direction, takes from the ends of each."""
SEVERAL: Final = 3
"""A run that crosses so many rules is one."""


@dataclass(frozen=True, eq=False)
class Line:
    """A rule with all of its pieces."""

    at: float
    start: float
    end: float
    low: float
    """Where its ink begins across."""
    high: float
    """Where its ink ends across."""
    pieces: tuple[Rule, ...]

    def touches(self, end: float, before: float, after: float) -> bool:
        """Whether the end of another rule lies on this one, or by so much before or after it."""
        return self.low - before <= end <= self.high + after


@dataclass(frozen=True)
class Crossing:
    """Rules that hang together."""

    rows: list[Line]
    """The level ones."""
    columns: list[Line]
    """The upright ones."""


def line(pieces: Sequence[Rule], em: float) -> Line:
    """One rule out of its pieces."""
    at = float(np.average([piece.at for piece in pieces], weights=[piece.length for piece in pieces]))
    # Strokes of letters that touch it are no part of its thickness.
    long = [piece for piece in pieces if piece.length >= LONG_EMS * em / 2] or pieces
    return Line(
        at,
        min(piece.start for piece in pieces),
        max(piece.end for piece in pieces),
        min(piece.at - piece.thick / 2 for piece in long),
        max(piece.at + piece.thick / 2 for piece in long),
        tuple(pieces),
    )


def gap(em: float) -> float:
    """How far from a rule an end may lie that goes up to it."""
    return GAP_PX + GAP_EMS * em


def find_crossings(level: Sequence[Rule], upright: Sequence[Rule], em: float) -> tuple[list[Crossing], list[Line]]:
    """The rules of each table, from top to bottom, and the level rules that cross no upright one."""
    rows, columns = _rules(_joined(level, em), _joined(upright, em), em)
    rows, columns = _parted(rows, columns, em), _parted(columns, rows, em)
    found = _together(rows, columns, em)
    crossed = {id(row) for crossing in found for row in crossing.rows}
    return found, [row for row in rows if id(row) not in crossed]


def _joined(pieces: Sequence[Rule], em: float) -> list[Line]:
    """Pieces of one rule put together."""
    in_order = sorted(pieces, key=lambda piece: piece.start)
    lines: list[list[Rule]] = []
    last_at, reached = np.empty(len(in_order)), np.empty(len(in_order))
    for piece in in_order:
        num = len(lines)
        off = np.abs(last_at[:num] - piece.at)
        off[piece.start - reached[:num] > JOINED_EMS * em] = np.inf
        nearest = int(off.argmin()) if num else 0
        if num and off[nearest] <= SAME_LINE_EMS * em / 2:
            lines[nearest].append(piece)
            last_at[nearest], reached[nearest] = piece.at, max(reached[nearest], piece.end)
        else:
            lines.append([piece])
            last_at[num], reached[num] = piece.at, piece.end
    return [line(pieces, em) for pieces in lines]


def _rules(level: list[Line], upright: list[Line], em: float) -> tuple[list[Line], list[Line]]:
    """Those that are rules: long, or with both ends on others that are."""
    rows, short_rows = _by_length(level, em)
    columns, short_columns = _by_length(upright, em)
    while True:
        more_columns = [one for one in short_columns if _ends_meet(one, rows, em)]
        columns += more_columns
        short_columns = [one for one in short_columns if one not in more_columns]
        more_rows = [one for one in short_rows if _ends_meet(one, columns, em)]
        rows += more_rows
        short_rows = [one for one in short_rows if one not in more_rows]
        if not more_rows and not more_columns:
            return rows, columns


def _by_length(lines: Iterable[Line], em: float) -> tuple[list[Line], list[Line]]:
    long, short = list[Line](), list[Line]()
    for one in lines:
        (long if one.end - one.start >= LONG_EMS * em else short).append(one)
    return long, short


def _ends_meet(one: Line, others: Sequence[Line], em: float) -> bool:
    reach = MEETS_EMS * em
    near = [other for other in others if _goes_through(other, one.at, em)]
    starts = any(other.touches(one.start, reach, gap(em)) for other in near)
    ends = any(other.touches(one.end, gap(em), reach) for other in near)
    return (starts and ends) or sum(_goes_through(one, other.at, em) for other in near) >= SEVERAL


def _goes_through(one: Line, at: float, em: float) -> bool:
    """Whether a rule goes through, or nearly to, a place on its way."""
    return one.start - MEETS_EMS * em <= at <= one.end + MEETS_EMS * em


def _parted(lines: Sequence[Line], others: Sequence[Line], em: float) -> list[Line]:
    """Rules taken apart where two tables lie close together: where a gap begins on one rule and ends on another."""
    parted = []
    for one in lines:
        near = [other for other in others if _goes_through(other, one.at, em)]
        pieces = sorted(one.pieces, key=lambda piece: piece.start)
        runs, reached = [[pieces[0]]], pieces[0].end
        for piece in pieces[1:]:
            before = {id(other) for other in near if other.touches(reached, gap(em), gap(em))}
            after = {id(other) for other in near if other.touches(piece.start, gap(em), gap(em))}
            if before and after and not before & after:
                runs.append([piece])
            else:
                runs[-1].append(piece)
            reached = max(reached, piece.end)
        parted += [line(run, em) for run in runs]
    return parted


def _together(rows: list[Line], columns: list[Line], em: float) -> list[Crossing]:
    """Rules that hang together by their crossings."""
    crosses = _reaches(rows, columns, em) & _reaches(columns, rows, em).T
    left = set(range(len(rows)))
    found = []
    while left:
        own_rows, own_columns = {left.pop()}, set[int]()
        grows = True
        while grows:
            num = len(own_rows) + len(own_columns)
            own_columns |= set(np.flatnonzero(crosses[sorted(own_rows)].any(axis=0)).tolist())
            own_rows |= set(np.flatnonzero(crosses[:, sorted(own_columns)].any(axis=1)).tolist())
            grows = len(own_rows) + len(own_columns) > num
        left -= own_rows
        if own_columns and len(own_rows) > 1:
            found.append(Crossing([rows[index] for index in own_rows], [columns[index] for index in own_columns]))
    return sorted(found, key=lambda crossing: min(row.at for row in crossing.rows))


def _reaches(lines: Sequence[Line], others: Sequence[Line], em: float) -> NDArray[np.bool_]:
    """(lines, others): whether a rule goes as far as another. Beyond the last that it touches it does not."""
    at = np.array([other.at for other in others])
    reaches = np.zeros((len(lines), len(others)), dtype=bool)
    for index, one in enumerate(lines):
        near = np.array([_goes_through(other, one.at, em) for other in others], dtype=bool)
        touched = at[near & (at >= one.start - gap(em)) & (at <= one.end + gap(em))]
        first, last = one.start - MEETS_EMS * em, one.end + MEETS_EMS * em
        if len(touched) and touched.min() <= one.start + MEETS_EMS * em:
            first = one.start - gap(em)
        if len(touched) and touched.max() >= one.end - MEETS_EMS * em:
            last = one.end + gap(em)
        reaches[index] = (at >= first) & (at <= last)
    return reaches
