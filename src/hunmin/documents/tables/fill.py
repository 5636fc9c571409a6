"""Tables with their text, and the lines of a page in the order in which they are read with tables among them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hunmin.documents.tables.find import RuledTable
from hunmin.documents.tables.parts import Placed
from hunmin.documents.tables.table import Cell, Table
from hunmin.pages.line import Box
from hunmin.pages.reading_order import reading_order


@dataclass(frozen=True)
class Arranged:
    """What was placed, in order."""

    order: tuple[int, ...]
    """Of what was placed, in reading order: a table's lines together, row by row."""
    cells: tuple[tuple[tuple[int, ...], ...], ...]
    """Of each table, for each of its cells: which places of `order` stand in it."""


def arrange(placed: Sequence[Placed], tables: Sequence[RuledTable], *, as_listed: bool = False) -> Arranged:
    """Put the lines of a page in reading order.

    Args:
        placed: its lines and parts of lines.
        tables: as `placed` counts them.
        as_listed: lines outside of tables stay in the order of `placed`, and a table comes where the first of its lines is;
            else they are ordered by where they stand.
    """
    outside = [index for index, one in enumerate(placed) if one.cell is None]
    order: list[int] = []
    cells: list[tuple[tuple[int, ...], ...]] = [()] * len(tables)
    for index in _listed(placed) if as_listed else _by_place(placed, tables, outside):
        if index < len(placed):
            order.append(index)
            continue
        number = index - len(placed)
        of_cells = []
        for cell in range(len(tables[number].grid.spans)):
            own = _in_cell(placed, (number, cell))
            of_cells.append(tuple(range(len(order), len(order) + len(own))))
            order += own
        cells[number] = tuple(of_cells)
    return Arranged(tuple(order), tuple(cells))


def _listed(placed: Sequence[Placed]) -> Iterator[int]:
    """What stands outside of tables, and `len(placed) +` the number of a table where its first line is."""
    seen = set[int]()
    for index, one in enumerate(placed):
        if one.cell is None:
            yield index
        elif one.cell[0] not in seen:
            seen.add(one.cell[0])
            yield len(placed) + one.cell[0]


def _by_place(placed: Sequence[Placed], tables: Sequence[RuledTable], outside: Sequence[int]) -> Iterator[int]:
    """As `_listed`, in the order in which a person would read them."""
    quads = [placed[index].quad for index in outside] + [table.quad(table.grid.outline) for table in tables]
    for index in reading_order(np.array(quads, dtype=np.float32).reshape(-1, 4, 2)):
        yield outside[index] if index < len(outside) else len(placed) + index - len(outside)


def _in_cell(placed: Sequence[Placed], cell: tuple[int, int]) -> list[int]:
    """What stands in a cell, in reading order."""
    own = [index for index, one in enumerate(placed) if one.cell == cell]
    if len(own) < 2:  # noqa: PLR2004
        return own
    return [own[index] for index in reading_order(np.array([placed[index].quad for index in own], dtype=np.float32))]


def filled(
    table: RuledTable,
    cells: Sequence[Sequence[int]],
    texts: Sequence[str],
    to_box: Callable[[NDArray[np.float32]], Box],
) -> Table:
    """A table with its text.

    Args:
        table: its grid.
        cells: which lines of the page stand in each of its cells.
        texts: of the lines of the page.
        to_box: gives the box on the page as it was given of corners (4, 2) on the upright page.
    """
    grid = table.grid
    return Table(
        len(grid.ys) - 1,
        len(grid.xs) - 1,
        tuple(
            Cell(
                span.row,
                span.column,
                span.num_rows,
                span.num_columns,
                "\n".join(texts[index] for index in lines if texts[index]),
                to_box(table.quad(grid.rectangle(span))),
                tuple(lines),
            )
            for span, lines in zip(grid.spans, cells, strict=True)
        ),
        to_box(table.quad(table.grid.outline)),
    )
