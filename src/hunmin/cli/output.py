"""What leaves the program: nothing in a text or a file name may act on a terminal or break a table."""

import json
import os
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from hunmin.errors import InputError

if TYPE_CHECKING:
    from rich.text import Text

_ACTIVE_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})


def printable(text: object) -> str:
    r"""`text` with every control character, line end and tab as an escape such as `\x1b`."""
    return "".join(
        character.encode("unicode_escape", "surrogatepass").decode("ascii") if _is_active(character) else character
        for character in str(text)
    )


def json_text(value: object, indent: int | None = None) -> str:
    r"""`value` as JSON that acts on no terminal and closes no HTML element; reading it back gives `value` again.

    `<` becomes `\u003c`, and so does in its way what `printable` escapes.
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    # Outside its strings JSON is ASCII without `<`, and `indent` puts the only control characters there, line ends.
    return "".join(
        _json_escape(character) if character == "<" or (_is_active(character) and character != "\n") else character
        for character in text
    )


def _is_active(character: str) -> bool:
    return unicodedata.category(character) in _ACTIVE_CATEGORIES


def _json_escape(character: str) -> str:
    return f"\\u{ord(character):04x}" if character.isascii() else json.dumps(character)[1:-1]


def tsv_row(values: Iterable[object]) -> str:
    """One tab-separated line."""
    return "\t".join(printable(value) for value in values)


def print_rows(rows: Mapping[str, str], title: str | None = None) -> None:
    """A table of names and values."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title and plain(title), show_header=False)
    for name, value in rows.items():
        table.add_row(plain(name), plain(value))
    Console().print(table)


def plain(text: str) -> "Text":
    """`text` for a table of rich, which would take `[/x]` in a plain string for markup."""
    from rich.text import Text

    return Text(printable(text))


def error_line(error: InputError) -> str:
    """One line for the terminal."""
    return f"hunmin: {printable(error)}"


def check_target(path: Path) -> None:
    """Find out before the work, not after it, that a file cannot be written.

    Raises:
        InputError: `path` is a folder, or the folder that it should lie in is missing or not writable.
    """
    if path.is_dir():
        raise InputError(f"{path}: is a folder; give the name of a file")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise InputError(f"{path}: cannot be written, {path.parent} is missing or not writable; give another place")
