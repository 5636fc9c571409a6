import numpy as np
import pytest
from PIL import ImageFont

from hunmin.drawing import gothic
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


TEXT = (
    "정부는 오늘 국무회의를 열고 내년도 예산안을 심의하였다. 회의에서는 지역 균형 발전과 청년 일자리 대책이 집중적으로 "
    "논의되었으며, 관계 부처는 다음 달까지 세부 계획을 마련하기로 하였다. 시민 단체는 이번 대책이 실제 현장에 도움이 되려면 "
    "예산 집행 과정이 투명하게 공개되어야 한다고 지적하였다."
)
EM = 20


def prose(
    left: float, top: float, ems: float, num_lines: int, first: int = 0
) -> list[tuple[float, float, float, float]]:
    """Lines of running text that break before the word which no longer fits into `ems`."""
    font = ImageFont.truetype(gothic().path, EM)
    words, lines, shown = TEXT.split()[first:] * 4, [], ""
    for word in words:
        longer = f"{shown} {word}".strip()
        if font.getlength(longer) > ems * EM:
            lines.append(font.getlength(shown))
            shown = word
        else:
            shown = longer
    return [(left, top + 32 * i, left + width, top + 32 * i + 25) for i, width in enumerate(lines[:num_lines])]


@pytest.mark.parametrize("ems", [11, 14, 20, 32])
@pytest.mark.parametrize("num_lines", [4, 16])
@pytest.mark.parametrize("num_columns", [2, 3, 5])
@pytest.mark.parametrize("headline", [False, True])
def test_columns_of_a_newspaper_are_read_one_after_the_other_however_narrow(
    ems: int, num_lines: int, num_columns: int, headline: bool
) -> None:
    columns = [
        prose(i * (ems + 2) * EM, 100, ems, num_lines - (i == num_columns - 1), 5 * i) for i in range(num_columns)
    ]
    assert_in_order(boxes(*[(0, 0, ems * 1.5 * EM, 60)] * headline, *[line for column in columns for line in column]))


def test_columns_whose_lines_do_not_stand_in_rows_are_read_one_after_the_other() -> None:
    assert_in_order(boxes(*prose(0, 0, 14, 8), *prose(330, 17, 14, 8, 6)))


def test_columns_of_unequal_width_are_columns_all_the_same() -> None:
    assert_in_order(boxes(*prose(0, 0, 28, 9), *prose(600, 4, 14, 9, 6)))


def test_first_lines_of_paragraphs_may_be_indented() -> None:
    columns = [prose(x, 0, 14, 9, 3) for x in (0, 330)]
    for column in columns:
        for row in (0, 4):
            left, *rest = column[row]
            column[row] = (left + EM, *rest)  # type: ignore[assignment]
    assert_in_order(boxes(*columns[0], *columns[1]))


PHRASES = (6, 11, 6.3, 5, 4.5, 7, 4, 3, 1, 2, 9, 7.5)


@pytest.mark.parametrize("row_px", [32, 52])
@pytest.mark.parametrize("num_rows", [3, 5, 12])
@pytest.mark.parametrize("num_columns", [2, 3, 5])
@pytest.mark.parametrize("longest", [4, 7, 12])
def test_tables_of_phrases_are_read_by_rows(row_px: int, num_rows: int, num_columns: int, longest: float) -> None:
    ems = [one for one in PHRASES if one <= longest]
    cells = [
        (
            left := column * (longest + 2) * EM,
            row * row_px,
            left + ems[(5 * row + 3 * column) % len(ems)] * EM,
            row * row_px + 25,
        )
        for row in range(num_rows)
        for column in range(num_columns)
    ]
    assert_in_order(boxes(*cells))


def test_columns_of_codes_dates_and_numbers_are_a_table() -> None:
    dates_and_phones = [(0, 5.5), (7, 7), (15.5, 4)]
    assert_in_order(
        boxes(*[(x * EM, 32 * i, (x + w) * EM, 32 * i + 25) for i in range(12) for x, w in dates_and_phones])
    )
    names_and_prices = [
        [(0, 32 * i, (7 + i % 3) * EM, 32 * i + 25), ((18 - 2 - 2 * (i % 2)) * EM, 32 * i, 18 * EM, 32 * i + 25)]
        for i in range(9)
    ]
    assert_in_order(boxes(*[box for row in names_and_prices for box in row]))


def test_columns_follow_a_table_and_a_table_follows_columns() -> None:
    table = [(x, 32 * i, x + (2 + (i + x) % 3) * EM, 32 * i + 25) for i in range(4) for x in (0, 200, 400)]
    columns = [*prose(0, 200, 14, 6), *prose(330, 200, 14, 6, 4)]
    below = [(left, top + 500, right, bottom + 500) for left, top, right, bottom in table]
    line_across = [(0, 150, 600, 175)]
    assert_in_order(boxes(*table, *line_across, *columns, (0, 440, 600, 465), *below))


def test_type_of_two_sizes_shares_a_row_when_it_stands_side_by_side() -> None:
    assert_in_order(boxes((0, 10, 100, 34), (300, 0, 460, 40), (0, 60, 100, 84)))


def test_one_line_and_none_are_in_order() -> None:
    assert reading_order(np.zeros((0, 4, 2), dtype=np.float32)) == []
    assert reading_order(boxes((0, 0, 10, 5))) == [0]


def test_lines_that_run_down_stand_for_one_line_and_are_read_from_the_right() -> None:
    headline, foot = (0, 0, 400, 40), (0, 700, 400, 730)
    columns = [(300, 100, 330, 600), (250, 100, 280, 600), (200, 100, 230, 300)]
    of_page = boxes(foot, columns[2], columns[0], headline, columns[1])
    assert reading_order(of_page, [False, True, True, False, True]) == [3, 2, 4, 1, 0]
    tiers = boxes(
        *((x, top, x + 30, top + 360) for top in (60, 450) for x in (400, 350, 300, 250))  # of newspapers of old
    )
    assert reading_order(tiers, [True] * 8) == list(range(8))


def test_labels_down_the_side_of_a_form_stay_where_they_stand() -> None:
    first = [(60, 100, 90, 220), (120, 100, 400, 130), (120, 190, 400, 220)]
    second = [(60, 400, 90, 520), (120, 400, 400, 430), (120, 490, 400, 520)]
    form = boxes(*first, *second)
    assert reading_order(form, [True, False, False, True, False, False]) == reading_order(form)
