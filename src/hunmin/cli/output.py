"""What leaves the program: nothing in a text or a file name may act on a terminal or break a table."""

import unicodedata
from collections.abc import Iterable

from hunmin.errors import InputError


def printable(text: object) -> str:
    r"""`text` with every control character, line end and tab as an escape such as `\x1b`."""
    return "".join(
        character if unicodedata.category(character) not in ("Cc", "Cf", "Zl", "Zp", "Cs") else _escape(character)
        for character in str(text)
    )


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def tsv_row(values: Iterable[object]) -> str:
    """One tab-separated line."""
    return "\t".join(printable(value) for value in values)


def error_line(error: InputError) -> str:
    """One line for the terminal."""
    return f"hunmin: {printable(error)}"
