from io import BytesIO

from fontTools.ttLib import TTFont
from PIL import ImageFont

from hunmin.documents.writers.pdf.invisible_font import ASCENT, DESCENT, font_program, to_unicode

ADVANCES = [1000, 330, 550]


def test_the_font_is_one_that_others_can_read() -> None:
    program = font_program(ADVANCES)
    font = TTFont(BytesIO(program), checkChecksums=2)  # raises where a sum is wrong
    names = font.getGlyphOrder()
    assert [font["hmtx"][name][0] for name in names] == ADVANCES
    assert [font["glyf"][name].numberOfContours for name in names] == [1, 1, 1]
    assert (font["glyf"][names[1]].xMax, font["glyf"][names[1]].yMin) == (330, DESCENT)
    assert font["head"].unitsPerEm == 1000
    assert (font["hhea"].ascent, font["hhea"].descent) == (ASCENT, DESCENT)
    assert ImageFont.truetype(BytesIO(program), 20).size == 20
    assert len(program) < 1024


def test_every_code_has_its_character_beyond_the_first_plane_too() -> None:
    cmap = to_unicode(["가", "A", "😀", *map(chr, range(0xAC01, 0xAC01 + 200))]).decode("ascii")
    assert "<0001> <AC00>\n<0002> <0041>\n<0003> <D83DDE00>\n" in cmap
    assert cmap.count(" beginbfchar") == 3
    assert "100 beginbfchar" in cmap
