"""Tables: cells and headings are strings of HTML, a row is a list of them."""

from collections.abc import Iterable

Row = Iterable[str]


def cell(html: str, style: str = "") -> str:
    """A cell; its text stands to the right, as figures do, unless `style` has the class `l`."""
    return f"<td{_class(style)}>{html}</td>"


def heading(html: str, style: str = "", *, columns: int = 1) -> str:
    """The head of one column or of several."""
    span = f' colspan="{columns}"' if columns > 1 else ""
    return f"<th{span}{_class(style)}>{html}</th>"


def row_heading(html: str) -> str:
    """The name of a row."""
    return f'<th scope="row">{html}</th>'


def table(head: Iterable[Row], body: Iterable[Row], style: str = "") -> str:
    """A table of rows of cells and headings."""
    return f"<table{_class(style)}><thead>{_rows(head)}</thead><tbody>{_rows(body)}</tbody></table>"


def _rows(rows: Iterable[Row]) -> str:
    return "".join(f"<tr>{''.join(row)}</tr>" for row in rows)


def _class(style: str) -> str:
    return f' class="{style}"' if style else ""
