"""Tables with a tab between their cells, and the two ways in which such files treat quotation marks.

Editors and most OCR tools write a cell as it is. Python's `csv`, pandas and spreadsheets put a cell that holds a quotation mark
into quotation marks and double those inside: `say "no" twice` becomes `"say ""no"" twice"`. Nothing in a file says which it is,
but only the first writes cells that are not well quoted, and only the second doubles marks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

QUOTE: Final = '"'


@dataclass(frozen=True)
class Dialect:
    """How a table treats quotation marks."""

    quotes: bool | None
    """True: as `csv` does; False: they stand for themselves; None: its cells do not tell."""

    def cell(self, written: str) -> str | None:
        """What a cell says; None where it may be one thing or another."""
        if not is_quoted(written) or self.quotes is False:
            return written
        return None if self.quotes is None else written[1:-1].replace(2 * QUOTE, QUOTE)


PLAIN: Final = Dialect(False)


def dialect_of(rows: Iterable[Sequence[str]]) -> Dialect:
    """Find out how a table treats quotation marks.

    Args:
        rows: all of its rows, split at the tabs alone.
    """
    has_quoted = has_bare = has_doubled = has_quoted_row = False
    for row in rows:
        quoted = [is_quoted(cell) for cell in row]
        has_quoted = has_quoted or any(quoted)
        has_bare = has_bare or any(QUOTE in cell and not one for cell, one in zip(row, quoted, strict=True))
        has_doubled = has_doubled or any(one and QUOTE in cell[1:-1] for cell, one in zip(row, quoted, strict=True))
        # Some tools put every cell into quotation marks; nobody prints a path in them.
        has_quoted_row = has_quoted_row or (len(row) > 1 and all(quoted))
    if not has_quoted:
        return PLAIN
    is_csv, is_plain = has_doubled or has_quoted_row, has_bare
    return Dialect(is_csv if is_csv != is_plain else None)


def is_quoted(cell: str) -> bool:
    """Whether a cell stands in quotation marks, with those inside doubled."""
    is_between = len(cell) > 1 and cell.startswith(QUOTE) and cell.endswith(QUOTE)
    return is_between and QUOTE not in cell[1:-1].replace(2 * QUOTE, "")


def tsv_line(cells: Iterable[str]) -> str:
    r"""One line of a table, `\n` at its end, as `csv`, pandas and spreadsheets read it; tabs and line ends become spaces."""
    written = []
    for cell in cells:
        text = "".join(" " if not character.isprintable() else character for character in cell)
        written.append(f"{QUOTE}{text.replace(QUOTE, 2 * QUOTE)}{QUOTE}" if QUOTE in text else text)
    return "\t".join(written) + "\n"
