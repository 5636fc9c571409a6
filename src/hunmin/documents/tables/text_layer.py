"""The tables of a PDF page whose own text is taken: its rules from a small picture, its words from the text layer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hunmin.documents.source.page import TextLine
from hunmin.documents.tables.fill import arrange, filled
from hunmin.documents.tables.find import RuledTable, find_tables
from hunmin.documents.tables.parts import Placed
from hunmin.documents.tables.table import Table
from hunmin.documents.words import Word
from hunmin.pages.line import Box, Line

EM_OF_WORD: Final = 0.85
"""Size of the type as a share of the height that a font gives its characters."""
LOOSE_EMS: Final = 0.2
"""By how much boxes are widened to be as loose as a detector's."""


@dataclass(frozen=True)
class TextTables:
    """A page's text and its tables."""

    lines: tuple[TextLine, ...]
    """In the order of the file; those of a table come together, row by row."""
    tables: tuple[Table, ...]


def with_text_tables(lines: Sequence[TextLine], sketch: NDArray[np.uint8], width_px: int) -> TextTables:
    """Find the tables of a page whose text is known.

    A line that stands in several cells is parted between its words.

    Args:
        lines: with boxes in pixels of the page.
        sketch: (h, w, 3) uint8 RGB, the page drawn small.
        width_px: of the page.
    """
    scale = sketch.shape[1] / width_px
    # Of words, for a line of a text layer may go through several cells.
    every_box = [word.box for line in lines for word in line.words]
    boxes = np.array(every_box, dtype=np.float32).reshape(-1, 4, 2) * np.float32(scale)
    if not len(boxes):
        return TextTables(tuple(lines), ())
    em = EM_OF_WORD * float(np.median(np.minimum(*np.ptp(boxes, axis=1).T)))
    tables = find_tables(sketch, _widened(boxes, LOOSE_EMS * em), em)
    if not tables:
        return TextTables(tuple(lines), ())
    parts: list[TextLine] = []
    placed: list[Placed] = []
    for line in lines:
        for cell, words in _by_cell(line.words, tables, scale):
            part = line if len(words) == len(line.words) else _text_line(words)
            parts.append(part)
            placed.append(Placed(np.array(part.line.box, dtype=np.float32), len(placed), cell))
    arranged = arrange(placed, tables, as_listed=True)
    ordered = tuple(parts[index] for index in arranged.order)
    texts = [part.line.text for part in ordered]

    def to_box(quad: NDArray[np.float32]) -> Box:
        return tuple((round(float(x) / scale, 1), round(float(y) / scale, 1)) for x, y in quad)

    return TextTables(
        ordered,
        tuple(
            filled(table, cells, texts, to_box)
            for table, cells in zip(tables, arranged.cells, strict=True)
            if any(cells)
        ),
    )


def _widened(boxes: NDArray[np.float32], by_px: float) -> NDArray[np.float32]:
    """(K, 4, 2) upright boxes, larger on every side."""
    outwards = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], dtype=np.float32)
    widened: NDArray[np.float32] = boxes + outwards * np.float32(by_px)
    return widened


def _by_cell(
    words: Sequence[Word], tables: Sequence[RuledTable], scale: float
) -> list[tuple[tuple[int, int] | None, list[Word]]]:
    """The words of a line, parted where one cell ends and another begins."""
    runs: list[tuple[tuple[int, int] | None, list[Word]]] = []
    for word in words:
        middle = np.array(word.box, dtype=np.float32) * np.float32(scale)
        cell = _cell_at(middle.mean(axis=0, keepdims=True).repeat(4, axis=0), tables)
        if runs and runs[-1][0] == cell:
            runs[-1][1].append(word)
        else:
            runs.append((cell, [word]))
    return runs


def _cell_at(point: NDArray[np.float32], tables: Sequence[RuledTable]) -> tuple[int, int] | None:
    """The table and cell in which a point, four times the same, lies."""
    for number, table in enumerate(tables):
        cells = table.cells_near(table.level(point))
        if cells:
            return number, cells[0]
    return None


def _text_line(words: Sequence[Word]) -> TextLine:
    """Some words of a line as a line."""
    corners = np.array([corner for word in words for corner in word.box])
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    box = ((left, top), (right, top), (right, bottom), (left, bottom))
    return TextLine(Line(" ".join(word.text for word in words), 1.0, box), tuple(words))
