"""Text in XML, HTML and tables, where nothing in it may be taken for markup, a formula or a control character."""

from collections.abc import Iterable
from html import escape

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


def corners(box: Box) -> str:
    """The corners of a box as ALTO and PAGE have them, `x,y x,y …`, in whole pixels that are not negative."""
    return " ".join(f"{max(round(x), 0)},{max(round(y), 0)}" for x, y in box)


def _cell(cell: object) -> str:
    text = printable(cell)
    return f"'{text}" if isinstance(cell, str) and text.startswith(_FORMULA_STARTS) else text
