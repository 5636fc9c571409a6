"""Crops are cut where the label says, upright and as large as asked for; a box that is none has a reason."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hunmin.data.imports.cut import cut
from hunmin.data.sources.labels import looks_vertical
from hunmin.data.sources.page import Corners
from hunmin.image import MAX_CROP_PIXELS
from tests.data.pages import CUT, box

RNG = np.random.default_rng(0)
PAGE = RNG.integers(0, 256, (200, 300), dtype=np.uint8)
BARE = replace(CUT, margin=0.0)


def blot() -> NDArray[np.uint8]:
    """Something smooth with a clear up and left: what is straightened is interpolated."""
    return cv2.resize(RNG.integers(0, 256, (3, 8), dtype=np.uint8), (96, 32), interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]


def test_the_margin_is_the_one_of_reading_unless_another_is_asked_for() -> None:
    shapes = [
        cut(PAGE, box(100, 50, 200, 100), replace(CUT, margin=margin, max_height_px=0), text="가나", vertical=False)
        for margin in (None, 0.04, 0.1)
    ]
    assert [crop.image is not None and crop.image.shape for crop in shapes] == [(108, 208), (108, 208), (120, 220)]
    assert not any(crop.is_whole for crop in shapes)


@pytest.mark.parametrize("degrees", [-30, -5, 5, 30, 180])
def test_a_turned_text_is_straightened(degrees: float) -> None:
    text = blot()
    turn = cv2.getRotationMatrix2D((48, 16), degrees, 1.0)
    turn[:, 2] += (150 - 48, 100 - 16)
    page = cv2.warpAffine(text, turn, (300, 200), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    corners = [tuple(turn @ (x, y, 1)) for x, y in ((0, 0), (96, 0), (96, 32), (0, 32))]
    crop = cut(page, tuple(corners), BARE, text="가나", vertical=False)  # type: ignore[arg-type]
    assert crop.image is not None
    height, width = crop.image.shape
    assert (height, width) == pytest.approx((32, 96), abs=1)  # rounded down
    inner = np.s_[3 : height - 3, 3 : width - 3]
    assert np.abs(crop.image[inner].astype(int) - text[inner]).mean() < 6


@pytest.mark.parametrize(
    ("corners", "reason"),
    [
        (box(10, 10, 0, 20), "malformed box"),
        (box(10, 10, -40, 20), "malformed box"),
        (box(10, 10, float("nan"), 20), "malformed box"),
        (box(10, 10, 1e300, 20), "malformed box"),
        (((10, 10), (60, 30), (60, 10), (10, 30)), "malformed box"),
        (box(400, 50, 60, 20), "box outside"),
        (box(-20, 50, 60, 20), "box outside"),
        (box(10, 190, 60, 40), "box outside"),
        (box(10, 10, 40, 5), "too small"),
        (box(10, 10, 3, 20), "too small"),
        (box(-2, 50, 60, 20), ""),
        (box(270, 170, 31, 31), ""),
    ],
)
def test_a_box_that_cannot_be_cut_has_a_reason(corners: Corners, reason: str) -> None:
    crop = cut(PAGE, corners, CUT, text="가나", vertical=False)
    assert (crop.drop_reason, crop.image is None) == (reason, reason != "")


def test_a_column_of_text_is_turned_kept_or_dropped_as_asked() -> None:
    def column(vertical: str, text: str = "가나다") -> object:
        config = replace(BARE, vertical=vertical)  # type: ignore[arg-type]
        crop = cut(PAGE, box(20, 20, 20, 60), config, text=text, vertical=True)
        return crop.drop_reason if crop.image is None else crop.image.tolist()

    standing = PAGE[20:80, 20:40]
    # The first character, at the top, comes to the left.
    assert column("turn") == np.rot90(standing).tolist()
    assert np.rot90(standing)[:, 0].tolist() == standing[0, ::-1].tolist()
    assert column("keep") == standing.tolist()
    assert column("drop") == "vertical text"
    for vertical in ("turn", "drop"):
        assert column(vertical, text="가") == standing.tolist()


def test_a_crop_higher_than_wanted_is_scaled_down_and_no_other() -> None:
    low, high = (cut(PAGE, box(0, 0, 200, height), BARE, text="가나", vertical=False).image for height in (96, 192))
    assert low is not None
    assert high is not None
    assert low.shape == (96, 200)
    assert high.shape == (96, 100)
    full = cut(PAGE, box(0, 0, 200, 192), replace(BARE, max_height_px=0), text="가나", vertical=False).image
    assert full is not None
    assert full.shape == (192, 200)


def test_an_image_that_is_a_crop_stays_as_it_is_unless_it_is_turned() -> None:
    assert cut(PAGE, None, CUT, text="가나", vertical=False).is_whole
    turned = cut(PAGE, None, CUT, text="가나", vertical=True)
    assert turned.image is not None
    assert (turned.image.shape, turned.is_whole) == ((300, 200), False)
    assert cut(PAGE[:4], None, CUT, text="가나", vertical=False).drop_reason == "too small"


def test_a_whole_image_of_more_pixels_than_a_store_takes_is_scaled_down_to_them() -> None:
    crop = cut(np.zeros((2000, 20_000), np.uint8), None, BARE, text="가나", vertical=False)
    assert crop.image is not None
    height, width = crop.image.shape
    assert 0.99 * MAX_CROP_PIXELS < height * width <= MAX_CROP_PIXELS
    assert width / height == pytest.approx(10, rel=0.01)
    assert not crop.is_whole


def test_text_that_is_upside_down_is_no_column_wherever_its_box_begins() -> None:
    wide, tall = box(20, 20, 100, 30), box(20, 20, 30, 100)
    assert not looks_vertical("가나다라", (*wide[2:], *wide[:2]))
    assert looks_vertical("가나다라", (*tall[2:], *tall[:2]))
