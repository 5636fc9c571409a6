"""Text in pictures."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from hunmin.drawing import code_point, draw_text, gothic, missing_glyphs, text_width_px
from hunmin.text.charset import ksx1001_syllables


def drawn(text: str, size_px: float = 32.0) -> NDArray[np.uint8]:
    image = Image.new("L", (600, 60))
    draw_text(ImageDraw.Draw(image), (10, 30), text, size_px, fill=255)
    return np.array(image)


def test_every_common_syllable_is_drawn_and_no_two_look_alike() -> None:
    pictures = {drawn(syllable).tobytes() for syllable in ksx1001_syllables()[::10]}
    assert len(pictures) == len(ksx1001_syllables()[::10])
    assert missing_glyphs(ksx1001_syllables()) == []


@pytest.mark.parametrize("character", ["漢", "\U0001f600", "\x1b", "\u200b", "ᄒ"])
def test_a_character_that_the_face_lacks_is_counted_and_drawn_as_its_own_code_point(character: str) -> None:
    assert missing_glyphs(f"가{character}나{character}") == [character] * 2
    assert (drawn(character) > 128).sum() > 100
    assert not np.array_equal(drawn(character), drawn("漢" if character != "漢" else "字"))


def test_a_code_point_has_four_digits_or_more() -> None:
    assert [code_point(character) for character in "\x1b漢\U0001f600"] == ["U+001B", "U+6F22", "U+1F600"]


@pytest.mark.parametrize("text", ["한글 ABC", "漢字", "가漢나", ""])
def test_the_width_is_what_is_drawn(text: str) -> None:
    columns = np.flatnonzero(drawn(text).max(axis=0))
    width = text_width_px(text, 32.0)
    assert (columns.max() if len(columns) else 10) <= 10 + width + 2
    assert len(columns) == 0 or columns.max() >= 10 + width - 6


def test_a_missing_glyph_moves_what_follows_it_and_hides_nothing() -> None:
    alone, after = drawn("한글"), drawn("漢한글")
    shift = round(text_width_px("漢", 32.0))
    right_ends = [int(np.flatnonzero(image.max(axis=0)).max()) for image in (alone, after)]
    assert abs(right_ends[1] - right_ends[0] - shift) <= 1


def test_the_space_counts_as_drawn() -> None:
    assert " " in gothic().coverage
