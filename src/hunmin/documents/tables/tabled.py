"""The tables of a page, and its lines in the order in which they are read with tables among them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hunmin.documents.tables.fill import arrange, filled
from hunmin.documents.tables.find import find_tables
from hunmin.documents.tables.parts import Placed, place_lines
from hunmin.documents.tables.stacked import are_stacked, joined, letters
from hunmin.documents.tables.table import Table
from hunmin.pages.direction import to_original
from hunmin.pages.line import Box, Line
from hunmin.pages.page import Page
from hunmin.text.hangul import is_syllable

LEAST_SURE: Final = 0.5
"""Ink in a cell in which the detector found no line counts as text from this confidence on."""
LETTERS_MARGIN: Final = 0.1
"""Letters of a column read one by one count where they are not less sure by so much than the line as a whole."""


@dataclass(frozen=True)
class Tabled:
    """A page's lines and tables."""

    lines: tuple[Line, ...]
    """In reading order; those of a table come together, row by row."""
    tables: tuple[Table, ...]


def with_tables(
    page: Page,
    pixels: NDArray[np.uint8],
    read: Callable[[NDArray[np.uint8], NDArray[np.float32]], Sequence[Line]],
) -> Tabled:
    """Find the tables of a page that was read.

    A line that stands in several cells is cut at the rules and its parts are read anew, and so is what the detector missed in
    cells. Letters that stand below one another in a cell become one line.

    Args:
        page: its lines in reading order.
        pixels: (H, W, 3) uint8 RGB, the page as it was given.
        read: reads the lines in boxes (K, 4, 2) of a page that stands upright.
    """
    turns = page.rotation_deg // 90
    upright = np.ascontiguousarray(np.rot90(pixels, turns))
    view = _View(turns, (pixels.shape[1], pixels.shape[0]), (upright.shape[1], upright.shape[0]))
    lines = [replace(line, box=_box(view.to_upright(line.box))) for line in page.lines]
    boxes = np.array([line.box for line in lines], dtype=np.float32).reshape(-1, 4, 2)
    tables = find_tables(upright, boxes)
    if not tables:
        return Tabled(page.lines, ())
    placed = place_lines(upright, boxes, tables)
    anew = iter(_read(upright, [one.quad for one in placed if one.line is None], read))
    found = [(one, next(anew) if one.line is None else lines[one.line]) for one in placed]
    found = [(one, line) for one, line in found if not one.is_guess or (line.text and line.confidence >= LEAST_SURE)]
    found = [(one, _one_by_one(upright, line, read) if one.cell else line) for one, line in found]
    found = _columns_joined(found)
    arranged = arrange([one for one, _ in found], tables)
    ordered = tuple(
        replace(line, box=view.to_given(line.box)) for line in (found[index][1] for index in arranged.order)
    )
    texts = [line.text for line in ordered]
    return Tabled(
        ordered,
        tuple(
            filled(table, cells, texts, lambda quad: view.to_given(_box(quad)))
            for table, cells in zip(tables, arranged.cells, strict=True)
        ),
    )


@dataclass(frozen=True)
class _View:
    """A page that was turned to stand upright."""

    turns: int
    """Quarters, counterclockwise."""
    given: tuple[int, int]
    """Width and height as it was given, in pixels."""
    upright: tuple[int, int]
    """Of the turned one."""

    def to_upright(self, box: Box) -> NDArray[np.float32]:
        return to_original(np.array(box, dtype=np.float32), -self.turns % 4, *self.upright)

    def to_given(self, box: Box) -> Box:
        return _box(to_original(np.array(box, dtype=np.float32), self.turns, *self.given))


def _box(quad: NDArray[np.float32]) -> Box:
    return tuple((round(float(x), 1), round(float(y), 1)) for x, y in quad)


def _read(
    upright: NDArray[np.uint8],
    quads: Sequence[NDArray[np.float32]],
    read: Callable[[NDArray[np.uint8], NDArray[np.float32]], Sequence[Line]],
) -> Sequence[Line]:
    return read(upright, np.array(quads, dtype=np.float32)) if len(quads) else []


def _one_by_one(
    upright: NDArray[np.uint8],
    line: Line,
    read: Callable[[NDArray[np.uint8], NDArray[np.float32]], Sequence[Line]],
) -> Line:
    """A tall line of upright letters, read letter by letter; any other line as it is."""
    corners = np.array(line.box, dtype=np.float32)
    # Whichever way the line was read, its letters are looked for from the top.
    first = int(np.argmin(corners.sum(axis=1)))
    quads = letters(upright, np.roll(corners, -first, axis=0))
    if not len(quads):
        return line
    found = read(upright, quads)
    is_column = all(len(one.text) == 1 and is_syllable(one.text) for one in found)
    sure = float(np.mean([one.confidence for one in found]))
    return joined(found) if is_column and sure >= line.confidence - LETTERS_MARGIN else line


def _columns_joined(found: Sequence[tuple[Placed, Line]]) -> list[tuple[Placed, Line]]:
    """Letters that the detector found one by one in a cell, as one line."""
    of_cells: dict[tuple[int, int], list[tuple[Placed, Line]]] = {}
    for one, line in found:
        if one.cell:
            of_cells.setdefault(one.cell, []).append((one, line))
    kept = [(one, line) for one, line in found if not one.cell]
    for own in of_cells.values():
        own.sort(key=lambda pair: pair[0].quad[:, 1].mean())
        lines = [line for _, line in own]
        if are_stacked(lines):
            whole = joined(lines)
            kept.append((replace(own[0][0], quad=np.array(whole.box, dtype=np.float32)), whole))
        else:
            kept += own
    return kept
