import numpy as np
import pytest

from hunmin.pages.reading_order import reading_order


def boxes(*rectangles: tuple[float, float, float, float], tilt_deg: float = 0) -> np.ndarray:
    """Boxes from left, top, right, bottom, turned around the page's corner."""
    corners = np.array([[(x0, y0), (x1, y0), (x1, y1), (x0, y1)] for x0, y0, x1, y1 in rectangles], dtype=np.float32)
    angle = np.deg2rad(tilt_deg)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], dtype=np.float32)
    return (corners @ turn).reshape(-1, 4, 2)


def assert_in_order(in_order: np.ndarray) -> None:
    """However the detector happens to list the lines, they come out as given."""
    for seed in range(5):
        shuffle = np.random.default_rng(seed).permutation(len(in_order))
        assert [int(shuffle[index]) for index in reading_order(in_order[shuffle])] == list(range(len(in_order)))


@pytest.mark.parametrize("tilt_deg", [0, -4, 4, 9])
def test_a_receipt_is_read_row_by_row_even_when_it_lies_askew(tilt_deg: float) -> None:
    rows = [
        [
            (40, 40 * i, 40 + 60 + 20 * (i % 3), 40 * i + 24),
            (360, 40 * i + 2, 372, 40 * i + 22),
            (480, 40 * i, 560, 40 * i + 24),
        ]
        for i in range(8)
    ]
    assert_in_order(boxes(*[box for row in rows for box in row], tilt_deg=tilt_deg))


def test_two_columns_of_prose_are_read_one_after_the_other() -> None:
    title = [(100, 0, 900, 50)]
    left = [(40, 100 + 40 * i, 470 - 30 * (i % 2), 128 + 40 * i) for i in range(6)]
    right = [(530, 108 + 40 * i, 960, 136 + 40 * i) for i in range(5)]
    footer = [(400, 400, 600, 425)]
    assert_in_order(boxes(*title, *left, *right, *footer))


def test_three_columns_are_read_from_left_to_right() -> None:
    columns = [[(x, 40 * i, x + 280, 40 * i + 26) for i in range(5)] for x in (0, 320, 640)]
    assert_in_order(boxes(*[box for column in columns for box in column]))


def test_a_form_with_long_entries_is_no_pair_of_columns() -> None:
    rows = [[(0, 50 * i, 80, 50 * i + 28), (200, 50 * i - 4, 700, 50 * i + 34)] for i in range(6)]
    assert_in_order(boxes(*[box for row in rows for box in row]))


def test_two_lines_beside_two_others_are_rows_for_columns_are_longer() -> None:
    rows = [[(0, 40 * i, 300, 40 * i + 26), (400, 40 * i, 700, 40 * i + 26)] for i in range(2)]
    assert_in_order(boxes(*[box for row in rows for box in row]))


def test_type_of_two_sizes_shares_a_row_when_it_stands_side_by_side() -> None:
    assert_in_order(boxes((0, 10, 100, 34), (300, 0, 460, 40), (0, 60, 100, 84)))


def test_one_line_and_none_are_in_order() -> None:
    assert reading_order(np.zeros((0, 4, 2), dtype=np.float32)) == []
    assert reading_order(boxes((0, 0, 10, 5))) == [0]
