import numpy as np
import pytest

from hunmin.documents.tables.stacked import are_stacked, joined, letters
from hunmin.pages.line import Line
from hunmin.recognize.characters import Character
from tests.documents.paper import rectangle

COLUMN = np.array([(20, 10), (60, 10), (60, 130), (20, 130)], dtype=np.float32)


def letter(text: str, top: float, left: float = 20.0) -> Line:
    return Line(text, 0.9, rectangle(left, top, left + 40, top + 40), characters=(Character(text, 0.9, 0.1, 0.9),))


def test_letters_of_a_tall_box_are_parted_at_the_blanks_between_them() -> None:
    page = np.full((150, 80, 3), 255, dtype=np.uint8)
    for top in (16, 56, 96):
        page[top : top + 28, 26:54] = 0
        page[top + 4 : top + 24, 30:50] = 255
        page[top + 12 : top + 15, 26:54] = 255  # a letter such as 초 has a blank inside
    quads = letters(page, COLUMN)
    assert len(quads) == 3
    middles = quads[:, :, 1].mean(axis=1)
    assert middles == pytest.approx([30, 70, 110], abs=5)
    assert quads[:, :, 0].min() == 20


@pytest.mark.parametrize(
    "ink", [(slice(16, 124), slice(26, 54)), (slice(0, 0), slice(0, 0)), (slice(60, 90), slice(26, 54))]
)
def test_what_shows_no_column_of_letters_is_none(ink: tuple[slice, slice]) -> None:
    page = np.full((150, 80, 3), 255, dtype=np.uint8)
    page[ink] = 0
    assert len(letters(page, COLUMN)) == 0


def test_a_wide_box_is_no_column() -> None:
    wide = np.array([(0, 0), (80, 0), (80, 30), (0, 30)], dtype=np.float32)
    assert len(letters(np.zeros((150, 80, 3), dtype=np.uint8), wide)) == 0


def test_syllables_below_one_another_are_one_line_that_runs_down() -> None:
    column = [letter("신", 10), letter("청", 60), letter("인", 110)]
    assert are_stacked(column)
    whole = joined(column)
    assert (whole.text, whole.confidence) == ("신청인", pytest.approx(0.9**3))
    assert whole.box == ((60.0, 10.0), (60.0, 150.0), (20.0, 150.0), (20.0, 10.0))
    spans = [(one.left, one.right) for one in whole.characters]
    assert np.allclose(spans, [(0, 40 / 140), (50 / 140, 90 / 140), (100 / 140, 1)])


@pytest.mark.parametrize(
    "lines",
    [
        [letter("신", 10)],
        [letter("신", 10), letter("청인", 60)],
        [letter("1", 10), letter("2", 60)],
        [letter("신", 10), letter("청", 60, left=80)],
        [letter("신", 60), letter("청", 10)],
    ],
)
def test_other_lines_are_not_joined(lines: list[Line]) -> None:
    assert not are_stacked(lines)
