"""Lines of a page as paragraphs, headings and tables, judged by where they stand and how high they are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from statistics import median
from typing import Final, TypeAlias

from hunmin.documents.page import DocumentPage, Role
from hunmin.documents.rows import rows
from hunmin.documents.tables.table import Cell, Table
from hunmin.documents.words import Word
from hunmin.pages.line import Box, Line

HEADING_RATIO: Final = 1.3
"""A line this many times as high as the page's median line is a heading …"""
TITLE_RATIO: Final = 1.8
"""… and of the first level from here on."""
MOST_HEADING_LINES: Final = 3
MOST_GAP: Final = 0.8
"""Lines further apart than this share of their height belong to two paragraphs."""
MOST_DIFFERENCE: Final = 1.25
"""So do lines of which one is this many times as high as the other."""

Rectangle: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the page."""


@dataclass(frozen=True)
class Paragraph:
    """Lines that belong together."""

    lines: tuple[Line, ...]
    words: tuple[tuple[Word, ...], ...]
    """Those of each line."""
    heading_level: int = 0
    """1 or 2 of a heading, 0 of running text."""
    role: Role = "body"
    """That of its lines."""
    row_numbers: tuple[int, ...] = ()
    """In which row each line stands; none where every line is a row."""

    def rows(self) -> Iterator[list[Line]]:
        """The lines of each row."""
        numbers = self.row_numbers or range(len(self.lines))
        for _, row in groupby(zip(numbers, self.lines, strict=True), key=itemgetter(0)):
            yield [line for _, line in row]

    @property
    def rectangle(self) -> Rectangle:
        """The upright rectangle around it."""
        return around([line.box for line in self.lines])


Block: TypeAlias = Paragraph | Table


def blocks(page: DocumentPage) -> list[Block]:
    """The paragraphs and tables of a page, in reading order; lines without text are left out.

    Lines that follow one another belong together where they stand side by side in a row, as a label and its value do, unless
    one alone is large; or where they are about equally high, stand closely one below the other and share part of their width.
    And they are there for the same.
    """
    row_of = {index: number for number, row in enumerate(rows(page.lines)) for index in row}
    in_tables = {index: table for table in page.tables for index in table.lines}
    heights = [_height(line) for line in page.lines if line.text]
    usual = median(heights) if heights else 0.0
    found: list[Block] = []
    group: list[_Shown] = []
    for shown in _shown(page, row_of):
        table = in_tables.get(shown.index)
        if group and (table or not _goes_on(group, shown, usual)):
            found.append(_paragraph(group, usual))
            group = []
        if table is None:
            group.append(shown)
        elif table not in found:
            found.append(table)
    return [*found, _paragraph(group, usual)] if group else found


def paragraphs(page: DocumentPage) -> list[Paragraph]:
    """The paragraphs of a page in reading order; the lines of a cell of a table are one."""
    found: list[Paragraph | None] = []
    for block in blocks(page):
        found += [cell_paragraph(page, cell) for cell in block.cells] if isinstance(block, Table) else [block]
    return [paragraph for paragraph in found if paragraph]


def cell_paragraph(page: DocumentPage, cell: Cell) -> Paragraph | None:
    """The lines of a cell; None of a blank one."""
    own = [(page.lines[index], page.words[index]) for index in cell.lines if page.words[index]]
    return Paragraph(tuple(line for line, _ in own), tuple(words for _, words in own)) if own else None


def around(boxes: Sequence[Box]) -> Rectangle:
    """The upright rectangle around boxes."""
    xs, ys = [x for box in boxes for x, _ in box], [y for box in boxes for _, y in box]
    return min(xs), min(ys), max(xs), max(ys)


@dataclass(frozen=True)
class _Shown:
    """A line with text."""

    index: int
    line: Line
    words: tuple[Word, ...]
    role: Role
    row: int
    """The number of its row."""


def _shown(page: DocumentPage, row_of: Mapping[int, int]) -> list[_Shown]:
    roles: Sequence[Role] = page.roles or ["body"] * len(page.lines)
    return [
        _Shown(index, line, words, role, row_of[index])
        for index, (line, words, role) in enumerate(zip(page.lines, page.words, roles, strict=True))
        if words
    ]


def _paragraph(group: Sequence[_Shown], usual_px: float) -> Paragraph:
    lines, words, role = tuple(one.line for one in group), tuple(one.words for one in group), group[0].role
    ratio = min(map(_height, lines)) / max(usual_px, 1.0)
    numbers = tuple(one.row for one in group)
    is_title = role == "body" and ratio >= HEADING_RATIO and len(set(numbers)) <= MOST_HEADING_LINES
    level = (1 if ratio >= TITLE_RATIO else 2) if is_title else 0
    return Paragraph(lines, words, level, role, numbers)


def _goes_on(group: Sequence[_Shown], shown: _Shown, usual_px: float) -> bool:
    last = group[-1]
    if shown.row == last.row:
        is_large = [_height(one.line) >= HEADING_RATIO * max(usual_px, 1.0) for one in (last, shown)]
        return last.role == shown.role and is_large[0] == is_large[1]
    return any(_belong_together(above, shown) for above in group if above.row == last.row)


def _belong_together(above: _Shown, below: _Shown) -> bool:
    first, second = around([above.line.box]), around([below.line.box])
    low, high = sorted((_height(above.line), _height(below.line)))
    gap = second[1] - first[3]
    shared = min(first[2], second[2]) - max(first[0], second[0])
    return (
        above.role == below.role
        and high <= MOST_DIFFERENCE * max(low, 1.0)
        and -high < gap <= MOST_GAP * high
        and shared > 0
        and second[1] > first[1]
    )


def _height(line: Line) -> float:
    """The shorter side of a line's box: how high its type is, whichever way it runs."""
    (x0, y0), (x1, y1), _, (x3, y3) = line.box
    return float(min(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5, ((x3 - x0) ** 2 + (y3 - y0) ** 2) ** 0.5))
