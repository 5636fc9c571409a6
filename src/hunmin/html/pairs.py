"""A label above what was read."""

from collections.abc import Sequence
from itertools import groupby

from hunmin.html.text import shown
from hunmin.metrics import Column


def side_by_side(columns: Sequence[Column]) -> str:
    """Label above prediction, column by column; what differs is marked."""
    cells = []
    for same, run in groupby(columns, key=lambda column: column.wanted == column.read):
        if same:
            text = "".join(column.wanted for column in run)
            cells.append(f"<span><b>{shown(text)}</b><i>{shown(text)}</i></span>")
        else:
            cells += (_wrong(column) for column in run)
    return f'<div class="pair">{"".join(cells)}</div>'


def _wrong(column: Column) -> str:
    kind = "sub" if column.wanted and column.read else "del" if column.wanted else "ins"
    wanted, read = (
        '<u class="space"></u>' if text == " " else shown(text) or "&nbsp;" for text in (column.wanted, column.read)
    )
    return f'<span class="{kind}"><b>{wanted}</b><i>{read}</i></span>'
