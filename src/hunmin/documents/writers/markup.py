"""Text in XML, HTML and tables, where nothing in it may be taken for markup, a formula or a control character."""

from collections.abc import Callable, Iterable
from html import escape

from hunmin.documents.tables.table import Cell, Table
from hunmin.pages.line import Box
from hunmin.text.printable import printable

_FORMULA_STARTS = ("=", "+", "-", "@")
_NO_CHARACTERS = str.maketrans({0xFFFE: "\ufffd", 0xFFFF: "\ufffd"})


def xml_text(text: object) -> str:
    r"""`text` for the content or a quoted attribute of an element; what XML does not allow is an escape such as `\x1b`."""
    return escape(printable(text).translate(_NO_CHARACTERS))


def table_row(cells: Iterable[object]) -> str:
    """One tab-separated line. A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    return "\t".join(_cell(cell) for cell in cells)


def table_rows(
    table: Table, content: Callable[[Cell], str], attributes: Callable[[Cell], str] = lambda cell: ""
) -> str:
    """The rows of an HTML table, one a line.

    Args:
        table: a place that no cell covers becomes a blank one.
        content: of a cell, as HTML.
        attributes: of a cell, with a space before each.
    """
    covered = {
        (row, column)
        for cell in table.cells
        for row in range(cell.row, cell.row + cell.row_span)
        for column in range(cell.column, cell.column + cell.column_span)
    }
    rows = []
    for row, cells in enumerate(table.rows()):
        shown = []
        for column, cell in enumerate(cells):
            if cell:
                spans = f' rowspan="{cell.row_span}"' if cell.row_span > 1 else ""
                spans += f' colspan="{cell.column_span}"' if cell.column_span > 1 else ""
                shown.append(f"<td{spans}{attributes(cell)}>{content(cell)}</td>")
            elif (row, column) not in covered:
                shown.append("<td></td>")
        rows.append(f"<tr>{''.join(shown)}</tr>\n")
    return "".join(rows)


def corners(box: Box) -> str:
    """The corners of a box as ALTO and PAGE have them, `x,y x,y …`, in whole pixels that are not negative."""
    return " ".join(f"{max(round(x), 0)},{max(round(y), 0)}" for x, y in box)


def _cell(cell: object) -> str:
    text = printable(cell)
    return f"'{text}" if isinstance(cell, str) and text.startswith(_FORMULA_STARTS) else text
