"""A list of corrections: for some texts of a set, what they should say, how their picture should stand, or that they go."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from hunmin.data.reasons import LEFT_OUT
from hunmin.data.sources.page import Page, Region
from hunmin.data.tab_separated import Dialect, dialect_of
from hunmin.data.turns import TURNS, Turn
from hunmin.errors import InputError, reason_of
from hunmin.text.normalize import normalize_label

COLUMNS: Final = ("id", "text", "turn")
"""Of the list; `turn` may be missing, and others may be there."""


@dataclass(frozen=True)
class Correction:
    """What is to be done with a text."""

    text: str
    """The new label, normalised; empty = it is left out."""
    turn: Turn | None = None
    """How its picture is put right."""


@dataclass
class Corrected:
    """Pages with their corrections made, and which of those were for none of them."""

    pages: Iterable[Page]
    corrections: Mapping[str, Correction]

    def __post_init__(self) -> None:
        self.unused = set(self.corrections)
        """Ids that no text had so far."""

    def __iter__(self) -> Iterator[Page]:
        for page in self.pages:
            regions = tuple(
                self._corrected(region, page.region_id(number)) for number, region in enumerate(page.regions)
            )
            yield page if regions == page.regions else replace(page, regions=regions)

    def _corrected(self, region: Region, where: str) -> Region:
        correction = self.corrections.get(where)
        if correction is None:
            return region
        self.unused.discard(where)
        if not correction.text:
            return replace(region, drop_reason=region.drop_reason or LEFT_OUT)
        # Boxes of characters are of the old text and of the picture as it stood.
        return replace(region, text=correction.text, turn=correction.turn, boxes=None)


def read_corrections(path: Path) -> dict[str, Correction]:
    """Corrections by id: page or crop, with `#` and the number of the text where a page has several.

    Args:
        path: tab-separated, UTF-8, with a header; `hunmin data audit --out` writes it.

    Raises:
        InputError: it cannot be read, lacks a column, or says two things of one id.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"corrections={path}: cannot be read ({reason_of(error)}); give a UTF-8 list as hunmin data audit writes"
        ) from error
    rows = [line.removesuffix("\r").split("\t") for line in lines]
    dialect = dialect_of(rows)
    header, *rows = [
        [_said(dialect, cell, f"corrections={path}, line {number}") for cell in row]
        for number, row in enumerate(rows, start=1)
    ]
    missing = {"id", "text"} - set(header)
    if missing:
        raise InputError(
            f"corrections={path}: its first line has no column {', '.join(sorted(missing))}; write id, tab, text, and below them "
            "a line for each correction"
        )
    found: dict[str, Correction] = {}
    for number, row in enumerate(rows, start=2):
        if row == [""]:
            continue
        if len(row) != len(header):
            raise InputError(f"corrections={path}, line {number}: has {len(row)} cells, its header {len(header)}")
        values = dict(zip(header, row, strict=True))
        correction = Correction(normalize_label(values["text"]), _turn(values.get("turn", ""), path, number))
        if found.setdefault(values["id"], correction) != correction:
            raise InputError(
                f"corrections={path}, line {number}: corrects {values['id']!r} a second time, and otherwise"
            )
    return found


def _said(dialect: Dialect, cell: str, where: str) -> str:
    """What a cell says, once it is known whether its quotation marks are a spreadsheet's."""
    said = dialect.cell(cell)
    if said is None:
        raise InputError(
            f"{where}: {cell} may be meant with or without its outer quotation marks, for other lines have them both ways; put "
            "each cell that has a quotation mark into quotation marks, and double those inside"
        )
    return said


def _turn(written: str, path: Path, number: int) -> Turn | None:
    if not written:
        return None
    for turn in TURNS:
        if turn == written:
            return turn
    raise InputError(f"corrections={path}, line {number}: turn {written!r} is none of {', '.join(TURNS)}")
