from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from hunmin.recognize.split import split_at_gaps
from hunmin.synth.fonts import Face, bundled_faces
from tests.pages.blocks import draw


def test_a_line_that_fits_stays_whole() -> None:
    pieces = split_at_gaps(draw("가나다"), 256)
    assert [(piece.left, piece.right) for piece in pieces] == [(0, draw("가나다").shape[1])]


@pytest.mark.parametrize("text", ["가나다 라마가 " * 9, "가나다라마" * 20, "가 " * 60])
def test_pieces_cover_the_line_and_none_is_too_wide(text: str) -> None:
    line = draw(text.strip())
    pieces = split_at_gaps(line, 200)
    assert pieces[0].left == 0
    assert pieces[-1].right == line.shape[1]
    assert all(one.right == other.left for one, other in pairwise(pieces))
    assert all(0 < piece.right - piece.left <= 200 for piece in pieces)


def test_cuts_go_through_spaces_rather_than_between_letters() -> None:
    pieces = split_at_gaps(draw("가나다라마 가나다라마 가나다라마 가나다라마"), 200)
    assert len(pieces) > 1
    assert [piece.space_before for piece in pieces] == [False] + [True] * (len(pieces) - 1)


def test_a_cut_between_letters_is_no_space() -> None:
    pieces = split_at_gaps(draw("가나다라마" * 8), 200)
    assert len(pieces) > 1
    assert not any(piece.space_before for piece in pieces)


@pytest.mark.parametrize("face", bundled_faces(), ids=lambda face: face.path.stem)
def test_a_printed_sentence_is_cut_at_its_spaces(face: Face) -> None:
    text = "계단을 이용하실 때에는 미끄러지지 않게 난간을 꼭 잡으시고 통로를 막는 일이 없도록 하여 주십시오."
    font = ImageFont.truetype(face.path, 24)
    line = Image.new("L", (int(font.getlength(text)) + 12, 32), 235)
    ImageDraw.Draw(line).text((6, 16), text, 40, font, "lm")
    spaces = [6 + font.getlength(text[:i]) for i, character in enumerate(text) if character == " "]
    pieces = split_at_gaps(np.asarray(line), 400)
    assert len(pieces) > 1
    for piece in pieces[1:]:
        assert piece.space_before
        assert min(abs(piece.left - space - 4) for space in spaces) < 8


def test_light_text_on_dark_is_cut_at_its_gaps_as_well() -> None:
    line = draw("가나다 라마가 나다라 마가나 다라마")
    assert split_at_gaps(255 - line, 200) == split_at_gaps(line, 200)


def test_an_underline_closes_no_gap() -> None:
    line = draw("가나다 라마가 나다라 마가나 다라마")
    underlined = line.copy()
    underlined[28:30] = 0
    assert split_at_gaps(underlined, 200) == split_at_gaps(line, 200)


def test_ink_without_any_gap_is_cut_where_there_is_least() -> None:
    rows, columns = np.indices((32, 300))
    line = np.where((rows + columns) % 16 < 6, 0, 255).astype(np.uint8)
    line[16:, 180:190] = 255
    pieces = split_at_gaps(line, 200)
    assert 180 <= pieces[0].right <= 190
    assert [piece.space_before for piece in pieces] == [False, False]


def test_a_blank_line_is_cut_without_complaint() -> None:
    assert [piece.right for piece in split_at_gaps(np.full((32, 500, 3), 200, dtype=np.uint8), 200)][-1] == 500
