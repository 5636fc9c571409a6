"""Which characters a face really draws, found by drawing them.

A face without a glyph raises nothing: it draws a blank, a box or a dot, and the label is wrong from then on. A cmap is
no help: some promise all 11,172 syllables and have ink for 2,350.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from io import BytesIO

import numpy as np
from PIL import ImageFont

from hunmin.text.hangul import is_syllable

_PROBE_SIZE_PX = 24
# More syllables than this with one and the same picture are a stand-in for missing glyphs, not a design.
_MAX_TWINS = 6
# A picture this much taller than the face's middle syllable is no syllable: some faces keep pictograms where they have
# syllables to spare. The tallest real ones, of brush faces, reach 1.48.
_TALLEST_SYLLABLE = 1.6
# Least correlation of row and column in the ink of a backslash: over 468 faces ₩ reaches 0.15, the thickest backslash 0.44.
_LEAN = 0.3
# A noncharacter: every face draws its missing glyph for it.
_NEVER_ASSIGNED = "\U0010ffff"
_LAST_BMP, _CONJOINING_JAMO = 0xFFFF, range(0x1100, 0x1200)

Picture = tuple[tuple[int, int], bytes]
"""Width and height of a glyph's picture, and its grey pixels, row by row."""


def measure_coverage(font_file: bytes, index: int, cmap: Iterable[int]) -> frozenset[str]:
    """Characters of the cmap whose picture is neither blank, nor the missing glyph, nor a stand-in, nor a pictogram.

    Args:
        font_file: a TrueType or OpenType file, or a collection of them.
        index: the face's number in a collection, else 0.
        cmap: the code points that the face claims to have.

    Raises:
        OSError: FreeType cannot read the face.
    """
    font = ImageFont.truetype(BytesIO(font_file), _PROBE_SIZE_PX, index=index, layout_engine=ImageFont.Layout.BASIC)
    candidates = [chr(code) for code in cmap if _is_printable(code)]
    pictures = {char: _picture(font, char) for char in candidates}
    syllables = [picture for char, picture in pictures.items() if picture and is_syllable(char)]
    refused = {picture for picture, count in Counter(syllables).items() if count > _MAX_TWINS}
    # Of pictures that are drawn alike only the first counts, so that a stand-in is not taken for the middle.
    heights = sorted(size[1] for size, _ in set(syllables))
    tallest = _TALLEST_SYLLABLE * heights[len(heights) // 2] if heights else 0
    refused |= {picture for picture in syllables if picture[0][1] > tallest}
    missing = _picture(font, _NEVER_ASSIGNED)
    drawn = {char for char, picture in pictures.items() if picture not in refused | {missing, None}}
    # Korean keyboards have ₩ where others have a backslash, and many faces draw it so, with or without a ₩ of their own.
    backslash = pictures.get("\\")
    if backslash and (backslash in {pictures.get("₩"), pictures.get("￦")} or not _falls_to_the_right(backslash)):
        drawn.discard("\\")
    return frozenset(drawn | {" "} & pictures.keys())


def _falls_to_the_right(picture: Picture) -> bool:
    """True for a backslash: the lower its ink, the further right. ₩ has as much on the left as on the right of every row."""
    (width, height), pixels = picture
    ink = np.frombuffer(pixels, np.uint8).reshape(height, width).astype(np.float64)
    rows, columns = np.indices(ink.shape)
    covariance = np.cov(rows.ravel(), columns.ravel(), aweights=ink.ravel())
    return bool(covariance[0, 1] > _LEAN * np.sqrt(covariance[0, 0] * covariance[1, 1]))


def _picture(font: ImageFont.FreeTypeFont, char: str) -> Picture | None:
    """(size, pixels) of one glyph, None when it is blank."""
    mask = font.getmask(char, mode="L")
    return (mask.size, bytes(mask)) if mask.getbbox() else None


def _is_printable(code: int) -> bool:
    # Combining marks draw on top of a neighbour; conjoining jamo never survive NFC.
    return code == ord(" ") or (
        code <= _LAST_BMP and unicodedata.category(chr(code))[0] not in "CZM" and code not in _CONJOINING_JAMO
    )
