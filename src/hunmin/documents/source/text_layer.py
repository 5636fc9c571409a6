"""The text that a PDF page holds already: its lines and words, and whether it can be trusted.

Legend: characters of the layer in the order of the file, as PDFium gives them.
"""

import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hunmin.documents.source.page import TextLine
from hunmin.documents.words import Word
from hunmin.pages.line import Box, Line
from hunmin.text.normalize import normalize_label

UNREADABLE_SHARE: Final = 0.02
"""More characters than this without a Unicode value, replaced, or for private use: the fonts do not say what they show."""
STRANGE_SHARE: Final = 0.1
"""More letters than this of scripts that no Korean document mixes: codes of glyphs that were taken for characters."""
LATIN_1_SHARE: Final = 0.3
"""More letters than this from À to ÿ: Korean in EUC-KR that was taken for Latin-1, such as ÇÑ±¹."""
LETTERS_SHARE: Final = 0.3
"""Fewer letters and digits than this, and the text is no text."""
FEWEST_JUDGED: Final = 8
"""A layer with fewer characters, such as a page number, is not judged by shares of scripts."""

LETTERS_OF_A_SLOPE: Final = 3
"""A shorter word does not tell how its line runs."""
MOST_SLOPE: Final = 0.3
"""What runs more steeply, such as a watermark, says nothing of how the page lies."""
NUM_COMPARED: Final = 3
"""Words before the next one, of which the largest counts: a raised and a lowered sign may stand side by side."""
MOST_BESIDE: Final = 0.6
"""Of a character's height: a word that stands further beside the line is of another one. Raised numbers are within a half, the
next line is at least 0.85 away."""

_KNOWN_SCRIPTS: Final = (
    (0x0020, 0x024F), (0x0300, 0x052F), (0x1100, 0x11FF), (0x1E00, 0x1FFF), (0x2000, 0x2BFF), (0x2E80, 0x33FF),
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA960, 0xA97F), (0xAC00, 0xD7FF), (0xF900, 0xFAFF), (0xFB00, 0xFB06),
    (0xFE30, 0xFE4F), (0xFF00, 0xFFEF), (0x1F000, 0x1FAFF), (0x20000, 0x3FFFF),
)  # fmt: skip


@dataclass(frozen=True)
class Character:
    """A character of a text layer."""

    text: str
    """One code point; a line end or a space, too, where the layer is understood to have one."""
    box: tuple[float, float, float, float]
    """Left, bottom, right, top in user space; zeros for what is only understood."""
    is_mapped: bool
    """Whether its font says which character it is."""


def characters(units: Sequence[tuple[int, bool, Sequence[float]]]) -> list[Character]:
    """All characters of a text layer.

    Args:
        units: as `pdfium_process` gives them: UTF-16 unit or code point, whether the font says so, and box, if any.
    """
    found: list[Character] = []
    high = 0
    for unit, is_mapped, box in units:
        if 0xD800 <= unit <= 0xDBFF:  # noqa: PLR2004 - the first half of a surrogate pair
            high = unit
            continue
        code = unit
        if 0xDC00 <= unit <= 0xDFFF:  # noqa: PLR2004 - the second half
            code = 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00) if high else 0xFFFD
        high = 0
        place = (box[0], box[1], box[2], box[3]) if box else (0.0, 0.0, 0.0, 0.0)
        found.append(Character(chr(code) if code <= sys.maxunicode else "\ufffd", place, is_mapped))
    return found


def fault(layer: Sequence[Character]) -> str | None:
    """Why a text layer cannot be trusted, in a few words; None where it is sound.

    Fonts of Korean PDFs often lack the table that says which character a glyph is. Copying from such a page gives
    signs for private use, replacement characters, or letters of scripts that nobody wrote.
    """
    shown = [character for character in layer if not character.text.isspace()]
    if not shown:
        return "it has no text"
    num_unreadable = sum(not character.is_mapped or _is_unreadable(character.text) for character in shown)
    if num_unreadable > UNREADABLE_SHARE * len(shown):
        return f"{num_unreadable} of {len(shown)} characters have no meaning"
    if len(shown) < FEWEST_JUDGED:
        return None
    return _strange_letters([character.text for character in shown])


def _strange_letters(texts: Sequence[str]) -> str | None:
    letters = [text for text in texts if text.isalnum()]
    if len(letters) < LETTERS_SHARE * len(_runs(texts)):
        return "it is mostly signs"
    if sum(not _is_of_known_script(text) for text in texts) > STRANGE_SHARE * len(texts):
        return "its letters are of scripts that do not go together"
    if sum("À" <= text <= "ÿ" for text in letters) > LATIN_1_SHARE * len(letters):
        return "it is Korean taken for Latin letters"
    return None


def _runs(texts: Sequence[str]) -> list[str]:
    """`texts` with each run of one and the same, such as the dots of a table of contents, as one."""
    return [text for index, text in enumerate(texts) if index == 0 or text != texts[index - 1]]


def text_lines(layer: Sequence[Character], to_pixels: NDArray[np.float64]) -> tuple[TextLine, ...]:
    """The lines of a text layer, with boxes in pixels; control characters are left out.

    A line ends where the layer has a line end, and where the next word stands beside the way that the line goes: of slightly
    turned pages PDFium takes several rows for one.

    Args:
        layer: its characters.
        to_pixels: (3, 3), as `page_space.to_pixels` gives it.
    """
    rows: list[list[_PlacedWord]] = [[]]
    letters: list[Character] = []
    for character in [*layer, Character("\n", (0.0, 0.0, 0.0, 0.0), True)]:
        if not character.text.isspace():
            letters.append(character)
            continue
        placed = _placed_word(letters, to_pixels)
        letters = []
        if placed:
            rows[-1].append(placed)
        if character.text in "\r\n":
            rows.append([])
    slopes = [_page_slope([placed for row in rows for placed in row], axis) for axis in (0, 1)]
    return tuple(_text_line(line) for row in rows for line in _parted(row, slopes))


@dataclass(frozen=True)
class _PlacedWord:
    """A word and where its characters stand, in pixels."""

    word: Word
    centres: NDArray[np.float64]
    """(N, 2): x and y of each character."""
    size: NDArray[np.float64]
    """(2,): the usual width and height of one."""

    @property
    def axis(self) -> int | None:
        """Along which it runs, 0 = x; None for a single character."""
        across, down = np.abs(self.centres[-1] - self.centres[0])
        return int(down > across) if across or down else None

    @property
    def slope(self) -> float:
        """How far it leaves its axis on its way, per pixel of the way; 0 of a single character."""
        way = self.centres[-1] - self.centres[0]
        return 0.0 if self.axis is None else float(way[1 - self.axis] / way[self.axis])


def _placed_word(letters: Sequence[Character], to_pixels: NDArray[np.float64]) -> _PlacedWord | None:
    text = normalize_label("".join(letter.text for letter in letters if not _is_control(letter.text)))
    boxes = [letter.box for letter in letters if letter.box[2] > letter.box[0] or letter.box[3] > letter.box[1]]
    if not text or not boxes:
        return None
    corners = np.array(
        [[(x, y, 1.0) for x in (left, right) for y in (bottom, top)] for left, bottom, right, top in boxes]
    )
    places = (corners @ to_pixels.T)[:, :, :2]
    lowest, highest = places.min(axis=1), places.max(axis=1)
    word = Word(text, _rectangle(places.reshape(-1, 2)), 1.0)
    return _PlacedWord(word, (lowest + highest) / 2, np.median(highest - lowest, axis=0))


def _page_slope(words: Sequence[_PlacedWord], axis: int) -> float:
    """How far the lines along an axis leave it on their way, per pixel of the way; 0 where nothing tells."""
    slopes = [word.slope for word in words if len(word.centres) >= LETTERS_OF_A_SLOPE and word.axis == axis]
    return float(np.median([slope for slope in slopes if abs(slope) <= MOST_SLOPE] or [0.0]))


def _parted(row: Sequence[_PlacedWord], slopes: Sequence[float]) -> Iterator[list[_PlacedWord]]:
    """The lines of what the layer has as one."""
    line: list[_PlacedWord] = []
    for placed in row:
        if line and not _goes_on(line, placed, slopes):
            yield line
            line = []
        line.append(placed)
    if line:
        yield line


def _goes_on(line: Sequence[_PlacedWord], following: _PlacedWord, slopes: Sequence[float]) -> bool:
    """Whether a word stands where a line goes on."""
    last = line[-1]
    known = last.axis if last.axis is not None else following.axis
    way = following.centres[0] - last.centres[-1]
    size = np.max([placed.size for placed in (*line[-NUM_COMPARED:], following)], axis=0)
    for axis in (0, 1) if known is None else (known,):
        slope = last.slope if abs(last.slope) > MOST_SLOPE else slopes[axis]
        if abs(way[1 - axis] - slope * way[axis]) <= MOST_BESIDE * size[1 - axis]:
            return True
    return False


def _text_line(line: Sequence[_PlacedWord]) -> TextLine:
    words = tuple(placed.word for placed in line)
    return TextLine(Line(" ".join(word.text for word in words), 1.0, _around([word.box for word in words])), words)


def _around(boxes: Sequence[Box]) -> Box:
    return _rectangle(np.array([corner for box in boxes for corner in box]))


def _rectangle(points: NDArray[np.float64]) -> Box:
    (left, top), (right, bottom) = points.min(axis=0).round(1).tolist(), points.max(axis=0).round(1).tolist()
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def _is_unreadable(text: str) -> bool:
    return text == "\ufffd" or unicodedata.category(text) in {"Cc", "Co", "Cn", "Cs"}


def _is_control(text: str) -> bool:
    return unicodedata.category(text) in {"Cc", "Cf", "Cs"}


def _is_of_known_script(text: str) -> bool:
    return any(first <= ord(text) <= last for first, last in _KNOWN_SCRIPTS)
