"""A table as a document has it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hunmin.pages.line import Box


@dataclass(frozen=True)
class Cell:
    """A cell of a table."""

    row: int
    """Of its top left, from 0."""
    column: int
    """Likewise."""
    row_span: int
    """Over how many rows it goes; 1 or more."""
    column_span: int
    text: str
    """Its lines, with line ends between them; empty of a blank cell."""
    box: Box
    """Its corners, as those of a `Line`."""
    lines: tuple[int, ...]
    """Which lines of the page stand in it, from 0, in reading order."""


@dataclass(frozen=True)
class Table:
    """A ruled table."""

    num_rows: int
    num_columns: int
    cells: tuple[Cell, ...]
    """Row by row. They do not overlap; where the outline of a table is no rectangle, some places have no cell."""
    box: Box

    @property
    def has_spans(self) -> bool:
        """Whether a cell goes over several rows or columns."""
        return any(cell.row_span > 1 or cell.column_span > 1 for cell in self.cells)

    @property
    def lines(self) -> tuple[int, ...]:
        """Which lines of the page stand in it, in reading order."""
        return tuple(index for cell in self.cells for index in cell.lines)

    def rows(self) -> Iterator[list[Cell | None]]:
        """The cell that begins at each place, row by row; None where none begins."""
        beginning = {(cell.row, cell.column): cell for cell in self.cells}
        for row in range(self.num_rows):
            yield [beginning.get((row, column)) for column in range(self.num_columns)]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "num_rows": self.num_rows,
            "num_columns": self.num_columns,
            "box": [list(corner) for corner in self.box],
            "cells": [
                {
                    "row": cell.row,
                    "column": cell.column,
                    "row_span": cell.row_span,
                    "column_span": cell.column_span,
                    "text": cell.text,
                    "box": [list(corner) for corner in cell.box],
                    "lines": list(cell.lines),
                }
                for cell in self.cells
            ],
        }
