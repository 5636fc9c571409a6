"""What stands in a picture is what its label says, glyph by glyph, for every face and every character that it may draw."""

import os
from pathlib import Path

import numpy as np
import pytest

from hunmin.font_manifest import Face
from hunmin.synth.fonts.faces import bundled_faces, load_faces
from hunmin.synth.lines.framing import Framing, frame
from hunmin.synth.lines.render import BlankGlyphError, GlyphCache, Setting, draw_line
from hunmin.text.charset import korean

# The em at which lines are drawn, and the smallest one, of small print on screens, at which a dot may leave no ink: such
# a glyph is refused, and the line drawn anew.
SIZES_PX = (40, 12)
# Wide enough apart that no glyph reaches into the next one's box.
APART_EM = 1.0
LINE = 64
# A noncharacter, for which every face draws its missing glyph.
NEVER_ASSIGNED = "\U0010ffff"


def is_refused(cache: GlyphCache, face: Face, size_px: int, char: str) -> bool:
    try:
        cache.glyph(face, size_px, char)
    except BlankGlyphError:
        return True
    return False


def mistakes_of(face: Face, size_px: int) -> list[str]:
    """Draw all that the face may draw of the largest charset, in clean lines, and look at each glyph."""
    cache = GlyphCache(max_glyphs=200)
    try:
        missing = cache.glyph(face, size_px, NEVER_ASSIGNED).mask
    except BlankGlyphError:
        missing = np.zeros((0, 0), np.uint8)
    characters = sorted(face.coverage & set(korean().characters) - {" "})
    if size_px < SIZES_PX[0]:
        characters = [char for char in characters if not is_refused(cache, face, size_px, char)]
    setting, rng = Setting(size_px, tracking_em=APART_EM), np.random.default_rng(0)
    found = []
    for start in range(0, len(characters), LINE):
        text = "".join(characters[start : start + LINE])
        try:
            ink = frame(draw_line(cache, [(face, text)], setting, rng), Framing(None, 0.1, 0.1, 0.1, 0.1), rng)
        except BlankGlyphError as error:
            found.append(f"{error} is blank")
            continue
        around = ink.mask.copy()
        for char, (x0, y0, x1, y1) in zip(text, ink.boxes.astype(int), strict=True):
            glyph = ink.mask[y0:y1, x0:x1]
            around[y0:y1, x0:x1] = 0
            if not glyph.any():
                found.append(f"{char!r} has an empty box")
            if np.array_equal(glyph, missing):
                found.append(f"{char!r} is the missing glyph")
        if around.any():
            found.append(f"{text!r} has ink outside its boxes")
    return [f"{face.path.name}, {size_px} px: {mistake}" for mistake in found]


@pytest.mark.parametrize("face", bundled_faces(), ids=lambda face: face.path.stem)
def test_no_glyph_of_a_bundled_face_is_missing_or_blank_and_its_box_covers_its_ink(face: Face) -> None:
    assert mistakes_of(face, SIZES_PX[0]) == []


@pytest.mark.slow
@pytest.mark.parametrize("size_px", SIZES_PX)
def test_no_glyph_of_an_installed_face_is_missing_or_blank_and_its_box_covers_its_ink(
    size_px: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", os.environ["HUNMIN_TESTS_USERS_HOME"])
    if not (Path.home() / ".cache" / "hunmin" / "fonts" / "manifest.json").exists():
        pytest.skip("no fonts are installed: make fonts")
    assert [mistake for face in load_faces() for mistake in mistakes_of(face, size_px)] == []


def test_the_bundled_faces_for_training_draw_every_syllable_between_them() -> None:
    drawn = frozenset[str]().union(*(face.coverage for face in bundled_faces() if not face.held_out))
    assert drawn.issuperset(chr(code) for code in range(ord("가"), ord("힣") + 1))


def test_few_fonts_stay_open_whatever_faces_and_sizes_are_drawn_and_the_glyphs_are_the_same() -> None:
    small, large = GlyphCache(max_glyphs=1, max_fonts=2), GlyphCache()
    for _ in range(2):
        for face in bundled_faces():
            for size_px in (12, 40):
                expected = large.glyph(face, size_px, "가")
                assert np.array_equal(small.glyph(face, size_px, "가").mask, expected.mask)
    assert small.num_open_fonts <= 2 < large.num_open_fonts
