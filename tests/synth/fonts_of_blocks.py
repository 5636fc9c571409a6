"""Fonts of plain blocks, made on the fly."""

from collections.abc import Sequence
from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._g_l_y_f import Glyph

SYLLABLES = [chr(0xAC00 + i) for i in range(400)]


def block(width: int, height: int) -> Glyph:
    pen = TTGlyphPen(None)
    pen.moveTo((50, 0))
    for point in ((50, height), (50 + width, height), (50 + width, 0)):
        pen.lineTo(point)
    pen.closePath()
    return pen.glyph()


def make_font_of_blocks(
    path: Path,
    family: str,
    good: Sequence[str],
    placeholder: Sequence[str] = (),
    blank: Sequence[str] = (),
    rows: Sequence[int] = range(40),
) -> Path:
    """Writes a font: `good` glyphs all differ, `placeholder`s share one, `blank`s have no outline."""
    shapes = {".notdef": block(400, 900), "shared": block(100, 100), "blank": TTGlyphPen(None).glyph()}
    cmap = dict.fromkeys(map(ord, placeholder), "shared") | dict.fromkeys(map(ord, blank), "blank")
    for number, char in enumerate(good):
        cmap[ord(char)] = f"g{number}"
        shapes[f"g{number}"] = block(120 + 40 * (number % 20), 500 + 25 * rows[number // 20])
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(list(shapes))
    builder.setupCharacterMap(cmap)
    builder.setupGlyf(shapes)
    builder.setupHorizontalMetrics(dict.fromkeys(shapes, (1000, 0)))
    builder.setupHorizontalHeader(ascent=900, descent=-100)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupPost()
    path.parent.mkdir(parents=True, exist_ok=True)
    builder.save(path)
    return path
