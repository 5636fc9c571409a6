"""Any four corners that are numbers give a crop that can be read; the same crop for reading and for training."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hunmin.data.imports.cut import cut
from hunmin.errors import InputError
from hunmin.image import MAX_CROP_PIXELS
from hunmin.pages.cut import cut_quad
from hunmin.recognize.recognizer import Recognizer
from tests.data.pages import CUT
from tests.pages.blocks import SPEC, draw, read_blocks

PAGE = np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype=np.uint8)

coordinates = st.floats(-30, 120, width=32) | st.floats(-300, 300, width=32)


def box(left: float, top: float, right: float, bottom: float) -> NDArray[np.float32]:
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], dtype=np.float32)


@pytest.fixture(scope="module")
def slanted() -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A page with a line that rises by 16°, and its corners."""
    line = draw("가나다라마")
    height, width = line.shape[:2]
    corners = np.array([(40, 60), (40 + width * 0.96, 60 - width * 0.28)], dtype=np.float32)
    down = np.array([0.28, 0.96], dtype=np.float32) * height
    corners = np.array([corners[0], corners[1], corners[1] + down, corners[0] + down], dtype=np.float32)
    flat = box(0, 0, width, height)
    to_page = cv2.getPerspectiveTransform(flat, corners)
    return cv2.warpPerspective(line, to_page, (200, 120), borderValue=(255, 255, 255)), corners  # type: ignore[return-value]


def test_a_slanted_line_is_cut_out_straight(slanted: tuple[NDArray[np.uint8], NDArray[np.float32]]) -> None:
    crop = cut_quad(*slanted)
    assert abs(crop.shape[1] - draw("가나다라마").shape[1]) < 5
    assert Recognizer.from_engine(read_blocks, SPEC).recognize([crop])[0].text == "가나다라마"


def test_training_is_given_the_crops_that_reading_makes(
    slanted: tuple[NDArray[np.uint8], NDArray[np.float32]],
) -> None:
    for page, corners in (slanted, (PAGE, box(10.3, 20, 60, 41))):
        corners_given = tuple((float(x), float(y)) for x, y in corners)
        for_training = cut(page, corners_given, CUT, text="가나", vertical=False).image  # type: ignore[arg-type]
        np.testing.assert_array_equal(for_training, cut_quad(page, corners))


def test_the_margin_is_a_share_of_the_shorter_side() -> None:
    assert cut_quad(PAGE, box(20, 20, 70, 40), margin_share=0.1).shape == (24, 54, 3)
    assert cut_quad(PAGE, box(20, 10, 40, 50), margin_share=0.1).shape == (44, 24, 3)


def test_whole_pixels_without_a_margin_are_taken_as_they_are() -> None:
    np.testing.assert_array_equal(cut_quad(PAGE, box(20, 10, 70, 40), margin_share=0), PAGE[10:40, 20:70])


def test_beyond_the_image_its_edge_goes_on() -> None:
    crop = cut_quad(PAGE, box(80, 10, 100, 40), margin_share=0)
    assert (crop[:, 10:] == PAGE[10:40, -1:]).all()


def test_corners_that_run_counterclockwise_give_the_mirror_image() -> None:
    corners = box(20, 10, 70, 40)
    mirrored = cut_quad(PAGE, corners[[1, 0, 3, 2]], margin_share=0)
    assert np.abs(mirrored[:, 1:].astype(int) - PAGE[10:40, 20:70][:, :0:-1]).max() <= 1


@given(
    st.lists(st.tuples(coordinates, coordinates), min_size=4, max_size=4),
    st.sampled_from([(60, 90, 3), (60, 90), (1, 1), (2, 400, 3)]),
    st.sampled_from([0, 0.04, 1]),
)
def test_any_numbers_give_a_crop_of_two_pixels_or_more(
    corners: list[tuple[float, float]], shape: tuple[int, ...], margin_share: float
) -> None:
    image = np.resize(PAGE, shape)
    crop = cut_quad(image, np.array(corners, dtype=np.float32), margin_share)
    assert crop.dtype == np.uint8
    assert crop.shape[2:] == shape[2:]
    assert min(crop.shape[:2]) >= 2
    assert crop.shape[0] * crop.shape[1] <= MAX_CROP_PIXELS


@pytest.mark.parametrize(
    "corners",
    [
        box(5, 5, 5, 5),
        box(5, 5, 50, 5),
        box(5, 5, 5, 50),
        box(5, 5, 5.1, 5.1),
        np.array([(0, 0), (10, 10), (20, 20), (30, 30)], dtype=np.float32),
        np.array([(0, 0), (50, 0), (50, 50), (0, 0)], dtype=np.float32),
        np.array([(0, 0), (50, 50), (50, 0), (0, 50)], dtype=np.float32),
        box(1e5, 5, 1e5 + 50, 55),
        box(-9e8, -9e8, 9e8, 9e8),
        box(-9e8, 5, 9e8, 6),
    ],
    ids=["point", "flat", "narrow", "below a pixel", "diagonal", "triangle", "crossed", "outside", "huge", "endless"],
)
def test_a_quadrangle_that_holds_no_line_gives_a_crop_all_the_same(corners: NDArray[np.float32]) -> None:
    height, width = cut_quad(PAGE, corners).shape[:2]
    assert min(height, width) >= 2
    assert height * width <= MAX_CROP_PIXELS


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
def test_corners_that_are_no_numbers_of_pixels_are_named(value: float) -> None:
    with pytest.raises(InputError, match=r"a box has the corners .*; give four"):
        cut_quad(PAGE, box(5, 5, value, 50))
    with pytest.raises(InputError, match="give four"):
        cut_quad(PAGE, np.zeros((3, 2), dtype=np.float32))


def test_a_crop_of_a_huge_box_stays_within_the_limit_of_crops() -> None:
    page = np.full((5000, 5000, 3), 255, dtype=np.uint8)
    crop = cut_quad(page, box(0, 0, 5000, 5000))
    assert 0.99 * MAX_CROP_PIXELS < crop.shape[0] * crop.shape[1] <= MAX_CROP_PIXELS


def test_a_line_far_down_an_endless_page_is_cut_as_it_is_out_of_a_short_one() -> None:
    short = np.pad(PAGE, ((40, 40), (40, 40), (0, 0)), constant_values=255)
    long = np.concatenate([np.full((39_000, short.shape[1], 3), 255, dtype=np.uint8), short])
    corners = box(50, 50, 110, 80)
    found = cut_quad(long, corners + np.array([0, 39_000], dtype=np.float32))
    assert np.abs(found.astype(int) - cut_quad(short, corners)).max() <= 1
