"""The list that a user lays beside fonts: MANIFEST.tsv, a row a file, with family, style, licence and what is held out.

The name of a file says neither design nor style, and many a font does not say it inside, either.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hunmin.errors import InputError, reason_of
from hunmin.font_manifest import STYLES

LIST_NAME: Final = "MANIFEST.tsv"
# What others call the styles.
_OTHER_WORDS: Final = {"hand": "handwriting", "serif": "myeongjo", "sans": "gothic", "monospace": "mono"}
_NEEDED: Final = ("file", "family", "style")
_YES_OR_NO: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}


@dataclass(frozen=True, slots=True)
class Listed:
    """What a row says about a file."""

    names: tuple[str, ...]
    """What the family is called; the first is its name here, others are the same in other languages."""
    style: str
    """One of `STYLES`."""
    licence: str
    """SPDX identifier where there is one; `unknown` where the list says nothing."""
    held_out: bool
    """True = for validation only."""
    sha256: str
    """In hexadecimal; empty = not said."""


def read_lists(folder: Path) -> dict[Path, Listed]:
    """What the lists in a folder and the folders below it say, by font file.

    A list has a line of column names: `file` (relative to the list), `family` (in several languages with ` / ` between),
    `style`; if wanted `licence`, `held_out` (yes or no) and `sha256`; other columns are not looked at.

    Raises:
        InputError: a list lacks a column, names a file that is not there or twice, or has a value that means nothing.
    """
    listed: dict[Path, Listed] = {}
    for path in sorted(file for file in folder.rglob("*") if file.name.lower() == LIST_NAME.lower()):
        listed |= _read_list(path)
    return listed


def _read_list(path: Path) -> dict[Path, Listed]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            # Names of fonts may hold quotes; a tab never stands inside a value.
            rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE, restval=""))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: not a list of fonts ({reason_of(error)}). Write it as UTF-8 with tabs between columns."
        ) from error
    missing = [column for column in _NEEDED if rows and column not in rows[0]]
    if missing or not rows:
        raise InputError(
            f"{path}: not a list of fonts, its first line has no column {(missing or _NEEDED)[0]!r}. "
            f"The columns are {', '.join(_NEEDED)}, licence, held_out, sha256, with tabs between them."
        )
    listed: dict[Path, Listed] = {}
    for line, row in enumerate(rows, start=2):
        font, where = path.parent / row["file"], f"{path}, line {line}"
        if not row["file"] or not font.is_file():
            raise InputError(f"{where}: file {row['file']!r} is not there. Mend its name or take the line out.")
        if font in listed:
            raise InputError(f"{where}: file {row['file']!r} has a line already. Take one of them out.")
        listed[font] = _read_row(row, where)
    return listed


def _read_row(row: dict[str, str], where: str) -> Listed:
    style = _OTHER_WORDS.get(row["style"], row["style"])
    if style not in STYLES:
        words = ", ".join(sorted({*STYLES, *_OTHER_WORDS}))
        raise InputError(f"{where}: style {row['style']!r} means nothing to hunmin. Styles: {words}.")
    held_out = _YES_OR_NO.get(row.get("held_out", "").strip().lower())
    if held_out is None:
        raise InputError(f"{where}: held_out {row['held_out']!r} is neither yes nor no.")
    names = tuple(name.strip() for name in row["family"].split(" / ") if name.strip())
    if not names:
        raise InputError(f"{where}: no family. Write the name of the design, the same for all its weights.")
    return Listed(names, style, row.get("licence", "").strip() or "unknown", held_out, row.get("sha256", "").strip())
