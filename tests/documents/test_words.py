import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hunmin.documents.words import advance, line_words
from hunmin.pages.page import Line
from tests.documents.paper import PLACES, find_lines, picture, rectangle, word_spans


def test_words_stand_where_their_ink_is() -> None:
    page = picture()
    found = []
    for text, box in zip(PLACES, find_lines(page), strict=True):
        line = Line(text, 0.9, tuple((float(x), float(y)) for x, y in box))
        found += [(word.text, word.box[0][0], word.box[1][0]) for word in line_words(line, page)]
    truth = word_spans()
    assert [text for text, _, _ in found] == [text for text, _, _, _ in truth]
    for (_, left, right), (_, true_left, true_right, _) in zip(found, truth, strict=True):
        assert abs(left - true_left) <= 2
        assert abs(right - true_right) <= 2


def test_a_wide_blank_inside_the_ink_is_a_space_and_narrow_ones_are_not() -> None:
    page = np.full((32, 400, 3), 255, dtype=np.uint8)
    for left, right in ((0, 20), (24, 44), (48, 68), (100, 120), (124, 144), (200, 220), (224, 244)):
        page[4:28, left:right] = 0
    line = Line("가나다 라마 바사", 1.0, rectangle(0, 0, 400, 32))
    spans = [(word.box[0][0], word.box[1][0]) for word in line_words(line, page)]
    assert np.allclose(spans, [(0, 68), (100, 144), (200, 244)], atol=2)


def test_where_the_ink_leaves_no_blanks_the_line_is_divided_by_the_widths_of_its_characters() -> None:
    page = np.full((32, 330, 3), 255, dtype=np.uint8)
    for left in range(0, 330, 20):  # a zigzag without a blank column
        page[2:14, left : left + 10], page[12:24, left + 10 : left + 20] = 0, 0
    line = Line("가나다라마 바사아자차", 1.0, rectangle(0, 0, 330, 32))
    for words in (line_words(line), line_words(line, page)):
        (_, first_end), (second, _) = [(word.box[0][0], word.box[1][0]) for word in words]
        assert first_end == pytest.approx(160, abs=3)
        assert second == pytest.approx(170, abs=3)


def test_words_of_a_slanted_line_follow_its_slant() -> None:
    box = ((0.0, 0.0), (200.0, 20.0), (196.0, 60.0), (-4.0, 40.0))
    first, second = line_words(Line("가나 다라", 1.0, box))
    assert first.box[0] == (0.0, 0.0)
    assert second.box[1:3] == box[1:3]
    assert second.box[0][1] == pytest.approx(second.box[0][0] / 10, abs=0.1)


def test_the_words_of_a_tall_line_run_upwards() -> None:
    first, second = line_words(Line("가나 다라", 1.0, rectangle(10, 10, 40, 210)))
    assert first.box[0] == (10, 210)
    assert second.box[1] == (10, 10)
    assert first.box[1][1] > second.box[0][1]


@pytest.mark.parametrize("text", ["", " ", "   "])
def test_a_line_without_text_has_no_words(text: str) -> None:
    assert line_words(Line(text, 0.0, rectangle(0, 0, 10, 10)), picture()) == ()


def test_syllables_are_twice_as_wide_as_digits() -> None:
    assert advance("한") == advance("，") == 1.0
    assert 0.5 <= advance("7") <= 0.6
    assert advance("i") < advance("n") < advance("W")


@given(text=st.text(alphabet="가나 다1a.", min_size=1, max_size=30), box=st.tuples(*[st.integers(-20, 400)] * 8))
def test_whatever_the_box_the_words_are_those_of_the_text(text: str, box: tuple[int, ...]) -> None:
    corners = tuple((float(x), float(y)) for x, y in zip(box[::2], box[1::2], strict=True))
    words = line_words(Line(text, 0.5, corners), picture())
    assert [word.text for word in words] == text.split()
    assert all(np.isfinite(word.box).all() for word in words)
