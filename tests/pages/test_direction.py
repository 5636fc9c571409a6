"""Pages that lie on their side or stand on their head, and boxes that are higher than wide."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from hunmin.drawing import gothic
from hunmin.image import MAX_PAGE_PIXELS, load_image
from hunmin.pages.detector import load_detector
from hunmin.pages.direction import certainty, runs_down, surest_direction, to_original
from hunmin.pages.page import Page
from hunmin.pages.reader import Reader
from hunmin.recognize.recognizer import Reading, Recognizer

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(Recognizer(threads=1), load_detector(threads=1))


@pytest.fixture(scope="module")
def notice() -> NDArray[np.uint8]:
    return load_image(EXAMPLES / "notice.png", max_pixels=MAX_PAGE_PIXELS)


@pytest.fixture(scope="module")
def upright(reader: Reader, notice: NDArray[np.uint8]) -> Page:
    return reader.read(notice)


@pytest.mark.parametrize("clockwise", [90, 180, 270])
def test_a_turned_page_reads_as_it_does_upright_and_says_how_it_lay(
    clockwise: int, reader: Reader, notice: NDArray[np.uint8], upright: Page
) -> None:
    turned = np.ascontiguousarray(np.rot90(notice, -clockwise // 90))
    page = reader.read(turned)
    assert (page.text, page.rotation_deg, upright.rotation_deg) == (upright.text, clockwise, 0)
    assert (page.height_px, page.width_px) == turned.shape[:2]
    for line, of_upright in zip(page.lines, upright.lines, strict=True):
        corners = to_original(np.array(of_upright.box, np.float32), clockwise // 90, page.width_px, page.height_px)
        np.testing.assert_allclose(line.box, corners, atol=0.11)  # both rounded


def test_vertical_writing_is_read_from_the_right_on_a_page_that_stands_upright(reader: Reader) -> None:
    columns = ("서울특별시종로구", "관계자외출입금지", "도서관운영시간", "시설관리사무소")
    page = Image.new("RGB", (460, 520), (245, 245, 245))
    font = ImageFont.truetype(gothic().path, 34)
    for number, column in enumerate(columns):
        for place, character in enumerate(column):
            at = (390 - 90 * number, 80 + 38 * place)
            ImageDraw.Draw(page).text(at, character, (25, 25, 25), font, "mm")
    read = reader.read(page)
    assert (read.text, read.rotation_deg) == ("\n".join(columns), 0)
    for number, line in enumerate(read.lines):
        (x0, y0), (x1, y1), (x2, _), _ = line.box
        assert x0 == pytest.approx(390 - 90 * number + 17, abs=14)
        assert (x0 == pytest.approx(x1, abs=3), y0 < 80 < y1, x2 < x1) == (True, True, True)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_points_of_the_upright_picture_are_those_of_the_one_that_was_given(turns: int) -> None:
    given = np.zeros((30, 50), dtype=np.uint8)
    given[7, 11] = 1
    y, x = np.argwhere(np.rot90(given, turns))[0]
    middle = np.array([[x + 0.5, y + 0.5]], dtype=np.float32)
    assert to_original(middle, turns, 50, 30).tolist() == [[11.5, 7.5]]


def test_an_upright_page_that_is_read_surely_is_read_once(notice: NDArray[np.uint8]) -> None:
    num_read, num_searched = [], []
    recognizer, detector = Recognizer(threads=1), load_detector(threads=1)
    engine = recognizer.engine

    def counting(images: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        num_read.append(len(images))
        return engine(images)

    def searching(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        num_searched.append(1)
        return detector(image)

    page = Reader(Recognizer.from_engine(counting, recognizer.spec), searching).read(notice)
    assert sum(num_read) <= len(page.lines) + 2, "a line or two may need another view"
    assert len(num_searched) == 1


def boxes(*sizes: tuple[float, float]) -> NDArray[np.float32]:
    """Upright boxes of widths and heights, one beside the other."""
    lefts = np.cumsum([0, *(width for width, _ in sizes)])
    return np.array(
        [[(x0, 0), (x1, 0), (x1, h), (x0, h)] for (x0, x1), (_, h) in zip(pairwise(lefts), sizes, strict=True)],
        np.float32,
    ).reshape(-1, 4, 2)


def test_a_page_runs_down_where_most_of_its_length_does() -> None:
    assert runs_down(boxes((30, 400), (30, 200), (80, 30)))
    assert not runs_down(boxes((30, 100), (400, 30), (20, 32)))
    assert not runs_down(boxes((20, 32), (12, 32), (16, 30))), "cells of one digit"
    assert not runs_down(boxes())
    assert runs_down(boxes((46, 260), (50, 140), (50, 200), (46, 210), (1080, 50))), "a rule across the page is no line"


def test_what_has_no_text_does_not_make_the_reading_of_a_page_doubtful() -> None:
    read = [Reading(text, 0.9, 0.9, truncated=False) for text in ("가나다", "라마", "")]
    assert certainty(read) == pytest.approx(0.9)
    assert certainty([Reading("0", 0.9, 0.9, truncated=False)]) == certainty([read[2]]) == certainty([]) == 0.0


@pytest.mark.parametrize(
    ("turned", "expected"),
    [
        ([("ㅡ", 0.99), ("O", 0.98)], 0),
        ([("CO", 0.69), ("", 0.0)], 0),
        ([("CO", 0.75), ("12", 0.95)], 3),
        ([("가나다", 0.61), ("나라", 0.2)], 1),
        ([("가나다", 0.59)], 0),
        ([], 0),
    ],
)
def test_a_turned_reading_counts_where_it_has_a_reason(turned: list[tuple[str, float]], expected: int) -> None:
    readings = {
        turns: Reading(text, 0.5, probability) for turns, (text, probability) in zip((1, 3), turned, strict=False)
    }
    assert surest_direction({0: Reading("0", 0.5, 0.6), **readings}) == expected
