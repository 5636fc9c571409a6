"""A lone 0 is read as 0."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from hunmin.font_manifest import Face
from hunmin.recognize.lone_glyph import told_by_shape
from hunmin.recognize.recognizer import Recognizer
from hunmin.synth.fonts.faces import bundled_faces

PRINTED = [face for face in bundled_faces() if "Pen" not in face.path.stem]


def cell(text: str, face: Face, em_px: int = 34) -> NDArray[np.uint8]:
    """A crop of a table's cell, as close as a detector cuts it."""
    font = ImageFont.truetype(face.path, em_px)
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("RGB", (round(right - left) + 12, round(bottom - top) + 12), (240,) * 3)
    ImageDraw.Draw(image).text((6 - left, 6 - top), text, (30, 30, 30), font)
    return np.asarray(image)


@pytest.mark.parametrize("face", PRINTED, ids=lambda face: face.path.stem)
@pytest.mark.parametrize("taken_for", ["O", "ㅇ", "○", "o", "0"])
def test_a_ring_higher_than_wide_is_a_zero_whatever_the_model_takes_it_for(face: Face, taken_for: str) -> None:
    assert told_by_shape(taken_for, cell("0", face)) == "0"


@pytest.mark.parametrize("face", PRINTED, ids=lambda face: face.path.stem)
def test_rings_as_wide_as_high_and_other_glyphs_stay(face: Face) -> None:
    for text in ("O", "ㅇ", "o"):
        assert told_by_shape(text, cell(text, face)) == text
    for text in ("1", "이", "00", ""):
        assert told_by_shape(text, cell("0", face)) == text


def test_a_ring_in_a_frame_or_cut_off_keeps_its_text() -> None:
    framed = cell("0", PRINTED[0]).copy()
    framed[:, [0, 1, -2, -1]] = framed[[0, 1, -2, -1]] = 30
    assert told_by_shape("O", framed) == "O"
    whole = cell("0", PRINTED[0])
    assert told_by_shape("O", np.ascontiguousarray(whole[: whole.shape[0] // 2])) == "O"


@pytest.mark.parametrize("face", PRINTED, ids=lambda face: face.path.stem)
def test_the_rule_of_a_cell_beside_a_ring_says_nothing_of_its_shape(face: Face) -> None:
    for text, expected in (("0", "0"), ("O", "O")):
        below, left = cell(text, face).copy(), cell(text, face).copy()
        below[-2:] = 30
        left[:, :2] = 30
        assert {told_by_shape("O", below), told_by_shape("O", left)} == {expected}


@pytest.mark.parametrize("em_px", [20, 28, 40])
def test_the_bundled_model_reads_a_lone_zero(em_px: int) -> None:
    crops = [cell("0", face, em_px) for face in PRINTED]
    assert {reading.text for reading in Recognizer(threads=1).recognize(crops)} == {"0"}
