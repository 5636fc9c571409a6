import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hunmin.documents.words import line_words
from hunmin.pages.line import Line
from tests.documents.paper import block_reader, picture, rectangle, word_spans
from tests.pages.blocks import SURE


def test_words_stand_where_their_ink_is() -> None:
    page = block_reader().read(picture())
    found = [(word.text, word.box[0][0], word.box[1][0]) for line in page.lines for word in line_words(line)]
    truth = word_spans()
    assert [text for text, _, _ in found] == [text for text, _, _, _ in truth]
    for (_, left, right), (_, true_left, true_right, _) in zip(found, truth, strict=True):
        assert abs(left - true_left) <= 2
        assert abs(right - true_right) <= 2


def test_a_word_is_as_sure_as_its_characters_are_together() -> None:
    (line, *_) = block_reader().read(picture()).lines
    first, second = line_words(line)
    assert first.confidence == pytest.approx(SURE**3, abs=1e-4)
    assert second.confidence == pytest.approx(SURE**2, abs=1e-4)


def test_words_of_a_text_that_was_not_read_divide_the_line_by_the_usual_widths_of_characters() -> None:
    first, second = line_words(Line("가나다라마 바사아자차", 0.7, rectangle(0, 0, 330, 32)))
    assert first.box[1][0] == pytest.approx(160, abs=3)
    assert second.box[0][0] == pytest.approx(170, abs=3)
    assert first.confidence == second.confidence == 0.7


def test_words_of_a_slanted_line_follow_its_slant() -> None:
    box = ((0.0, 0.0), (200.0, 20.0), (196.0, 60.0), (-4.0, 40.0))
    first, second = line_words(Line("가나 다라", 1.0, box))
    assert first.box[0] == (0.0, 0.0)
    assert second.box[1:3] == box[1:3]
    assert second.box[0][1] == pytest.approx(second.box[0][0] / 10, abs=0.1)


@pytest.mark.parametrize("text", ["", " ", "   "])
def test_a_line_without_text_has_no_words(text: str) -> None:
    assert line_words(Line(text, 0.0, rectangle(0, 0, 10, 10))) == ()


@given(text=st.text(alphabet="가나 다1a.", min_size=1, max_size=30), box=st.tuples(*[st.integers(-20, 400)] * 8))
def test_whatever_the_box_the_words_are_those_of_the_text(text: str, box: tuple[int, ...]) -> None:
    corners = tuple((float(x), float(y)) for x, y in zip(box[::2], box[1::2], strict=True))
    words = line_words(Line(text, 0.5, corners))
    assert [word.text for word in words] == text.split()
    assert all(np.isfinite(word.box).all() for word in words)
