"""The invisible text that a searchable PDF lays over a page.

Each word spans its box: its font size is the height of the line, and its characters are stretched to the word's width.
Between two words stands a space that spans the gap, so that selecting a line gives its spaces back.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from hunmin.documents.page import DocumentPage
from hunmin.documents.words import Word
from hunmin.documents.writers.pdf.invisible_font import ASCENT, DESCENT, UNITS_PER_EM, font_program, to_unicode
from hunmin.recognize.characters import advance
from hunmin.text.printable import printable

if TYPE_CHECKING:
    import pikepdf

FONT_NAME: Final = "HunminInvisible"
MOST_CHARACTERS: Final = 0xFFFF
"""Codes have two bytes; all of Unicode that Korean documents use is a fifth of them."""
_LEAST_PT = 0.01


class InvisibleText:
    """The codes of the characters of a whole document, which share one font."""

    def __init__(self, font_name: str = FONT_NAME) -> None:
        """Start without characters.

        Args:
            font_name: what the resources of pages call the font.
        """
        self._font_name = font_name
        self._codes: dict[str, int] = {}

    def content(self, page: DocumentPage, from_pixels: NDArray[np.float64]) -> bytes:
        """The operators that show the words of a page, invisibly.

        Args:
            page: its words have boxes in pixels.
            from_pixels: (3, 3): times (x, y, 1) in pixels it gives (x, y, 1) in the user space of the PDF page.

        Returns:
            A content stream on its own; empty for a page without words.
        """
        shown = [self._line(words, from_pixels) for words in page.words if words]
        return f"q BT 3 Tr\n{''.join(shown)}ET Q\n".encode("ascii") if shown else b""

    def font(self, pdf: "pikepdf.Pdf") -> "pikepdf.Object":
        """The font for all that `content` was asked for, as an object of `pdf`."""
        from pikepdf import Array, Dictionary, Name, Stream, String

        characters = list(self._codes)
        widths = [_width(character) for character in characters]
        # Each width is a glyph; the first glyph stands for what is missing, which no text may show (ISO 19005-2, 6.2.11.8).
        shown = sorted(set(widths))
        glyph_of = {width: index for index, width in enumerate(shown, 1)}
        program = Stream(pdf, font_program([UNITS_PER_EM, *shown]))
        program.Length1 = len(program.read_bytes())
        descriptor = Dictionary(
            Type=Name.FontDescriptor, FontName=Name(f"/{FONT_NAME}"), Flags=4, FontBBox=Array([0, DESCENT, 1000, ASCENT]),
            ItalicAngle=0, Ascent=ASCENT, Descent=DESCENT, CapHeight=ASCENT, StemV=80,
            FontFile2=pdf.make_indirect(program),
        )  # fmt: skip
        to_glyph = bytes(2) + b"".join(glyph_of[width].to_bytes(2, "big") for width in widths)
        descendant = Dictionary(
            Type=Name.Font, Subtype=Name.CIDFontType2, BaseFont=Name(f"/{FONT_NAME}"),
            CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0),
            FontDescriptor=pdf.make_indirect(descriptor), DW=UNITS_PER_EM, W=Array([1, Array(widths)]),
            CIDToGIDMap=pdf.make_indirect(Stream(pdf, to_glyph)),
        )  # fmt: skip
        return pdf.make_indirect(
            Dictionary(
                Type=Name.Font,
                Subtype=Name.Type0,
                BaseFont=Name(f"/{FONT_NAME}"),
                Encoding=Name("/Identity-H"),
                DescendantFonts=Array([pdf.make_indirect(descendant)]),
                ToUnicode=pdf.make_indirect(Stream(pdf, to_unicode(characters))),
            )
        )

    def _line(self, words: Sequence[Word], from_pixels: NDArray[np.float64]) -> str:
        operators = []
        quads = [_in_user_space(word, from_pixels) for word in words]
        for index, (word, quad) in enumerate(zip(words, quads, strict=True)):
            operators.append(self._show(printable(word.text), quad))
            if index + 1 < len(quads):
                following = quads[index + 1]
                operators.append(self._show(" ", np.array([quad[1], following[0], following[3], quad[2]])))
        return "".join(operators)

    def _show(self, text: str, quad: NDArray[np.float64]) -> str:
        """Show `text` so that it spans a quadrangle, (4, 2) in user space, from its lower left corner."""
        along, up = quad[2] - quad[3], quad[0] - quad[3]
        length, height = float(np.hypot(*along)), float(np.hypot(*up))
        if length < _LEAST_PT or height < _LEAST_PT:
            along, length = quad[1] - quad[0], max(length, _LEAST_PT)
            height = max(height, _LEAST_PT)
        size = height * UNITS_PER_EM / (ASCENT - DESCENT)
        stretch = 100 * length / (size * sum(map(_width, text)) / UNITS_PER_EM)
        cosine, sine = along / max(float(np.hypot(*along)), _LEAST_PT)
        x, y = quad[3] + up * (-DESCENT / (ASCENT - DESCENT))
        codes = "".join(f"{self._code(character):04X}" for character in text)
        matrix = " ".join(_number(value) for value in (cosine, sine, -sine, cosine, x, y))
        return f"/{self._font_name} {_number(size)} Tf {_number(stretch)} Tz {matrix} Tm <{codes}> Tj\n"

    def _code(self, character: str) -> int:
        code = self._codes.setdefault(character, len(self._codes) + 1)
        assert code <= MOST_CHARACTERS
        return code


def _width(character: str) -> int:
    return round(UNITS_PER_EM * advance(character))


def _in_user_space(word: Word, from_pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    corners = np.array([(x, y, 1.0) for x, y in word.box])
    placed: NDArray[np.float64] = (corners @ from_pixels.T)[:, :2]
    return placed


def _number(value: Any) -> str:
    return f"{float(value):.4f}".rstrip("0").rstrip(".")
