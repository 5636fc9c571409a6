"""Devices degrade the picture and keep every box on its ink."""

import cv2
import numpy as np
import pytest

from hunmin.synth.devices.kinds import DEVICES
from hunmin.synth.devices.optics import LEAST_EM_PX, middle_em_px, resample, skewed, warp
from hunmin.synth.devices.scanner import bw_scan, diffused, fax
from hunmin.synth.lines.colour import to_grey
from hunmin.synth.pages.page import Page, TextLine

SEEDS = 50
STRENGTHS = (0.0, 0.3, 0.6, 1.0)


def blocks(*, colour: bool = False, px_per_pt: float = 4.0) -> Page:
    """A white page of black squares, two rows of four, each standing for a character of 40 px."""
    image = np.full((300, 500), 255, np.uint8)
    corners, lines, ems = [], [], []
    for row, y in enumerate((60, 190)):
        lines.append(TextLine("■■■■", 4 * row, row))
        ems.append([(250, y), (250, y + 40)])
        for x in (60, 160, 260, 400):
            image[y : y + 40, x : x + 40] = 0
            corners.append([(x, y), (x + 40, y), (x + 40, y + 40), (x, y + 40)])
    pixels = cv2.merge((image, image, image)) if colour else image
    return Page(pixels, "report", tuple(lines), np.array(corners, np.float32), np.array(ems, np.float32), px_per_pt)


def assert_boxes_on_ink(page: Page, play: float) -> None:
    """The boxes' middles are those of the dark blobs there, most of them within `play` of a blob's size.

    Most, because a shadow's edge or a fold beside a blob counts as part of it.
    """
    distances = []
    grey = cv2.GaussianBlur(to_grey(page.image), (5, 5), 1.0)
    height, width = grey.shape
    for corners in page.corners:
        middle = corners.mean(axis=0)
        size = np.hypot(*(corners[2] - corners[0])) / 2
        x0, y0 = np.maximum(middle - size * 1.1, 0).astype(int)
        x1, y1 = np.minimum(middle + size * 1.1, (width, height)).astype(int)
        window = grey[y0:y1, x0:x1]
        _, dark = cv2.threshold(window, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
        rows, columns = np.nonzero(dark)
        found = np.array([columns.mean() + 0.5 + x0, rows.mean() + 0.5 + y0])
        distances.append(np.abs(found - middle).max() / size)
    assert np.median(distances) < play, "boxes have left their ink"


@pytest.mark.parametrize("name", DEVICES)
def test_a_device_keeps_boxes_on_their_ink_for_fifty_seeds(name: str) -> None:
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        before = blocks(colour=seed % 2 == 0)
        original = before.image.copy()
        page = DEVICES[name](before, rng, STRENGTHS[seed % 4])
        assert page.image.dtype == np.uint8
        assert page.image.ndim == 2 or page.image.shape[2:] == (3,)
        assert page.corners.shape == before.corners.shape
        assert page.lines == before.lines
        assert middle_em_px(page) > 0.8 * LEAST_EM_PX
        assert np.array_equal(before.image, original), "the page before was changed"
        assert_boxes_on_ink(page, 0.22)


@pytest.mark.parametrize("name", DEVICES)
def test_a_device_is_a_function_of_its_seed(name: str) -> None:
    first, again, other = (DEVICES[name](blocks(), np.random.default_rng(seed), 0.7) for seed in (1, 1, 2))
    assert np.array_equal(first.image, again.image)
    assert np.array_equal(first.corners, again.corners)
    assert first.image.shape != other.image.shape or not np.array_equal(first.image, other.image)


def test_a_black_and_white_scan_has_two_levels() -> None:
    for seed in range(30):
        page = bw_scan(blocks(colour=True), np.random.default_rng(seed), 1.0)
        assert set(np.unique(page.image)) == {0, 255}


def test_a_fax_has_204_dots_across_and_98_or_196_down() -> None:
    shapes = set()
    for seed in range(60):
        page = fax(blocks(), np.random.default_rng(seed), 0.0)
        height, width = page.image.shape
        assert width == round(500 / 4 * 204 / 72)
        shapes.add(height)
        tall, wide = (np.hypot(*(page.corners[0, i] - page.corners[0, j])) for i, j in ((3, 0), (1, 0)))
        assert tall / wide == pytest.approx((height / 300) / (width / 500), rel=0.01)
    standard, fine = round(300 / 4 * 98 / 72), round(300 / 4 * 196 / 72)
    assert shapes <= {standard, 2 * standard, fine}
    assert {standard, fine} <= shapes


def test_small_type_is_never_faxed_in_standard_resolution() -> None:
    # 40 px of 14.4 to the point are 2.8 points: 98 dots to the inch would leave four rows.
    heights = {fax(blocks(px_per_pt=14.4), np.random.default_rng(seed), 0.0).image.shape[0] for seed in range(30)}
    assert len(heights) == 1


def test_error_diffusion_turns_grey_into_dots_of_black_and_white() -> None:
    image = np.full((64, 64), 255, np.uint8)
    image[:, 16:48] = 128
    image[:, :8] = 0
    dots = diffused(image)
    assert set(np.unique(dots)) == {0, 255}
    assert 0.3 < (dots[:, 20:44] == 0).mean() < 0.95


def test_resampling_never_makes_type_too_small_to_read() -> None:
    page = resample(blocks(), 20.0)
    assert middle_em_px(page) == pytest.approx(LEAST_EM_PX, rel=0.02)
    assert_boxes_on_ink(page, 0.15)


def test_resampling_scales_both_sides_by_their_own_resolution() -> None:
    page = resample(blocks(), 288.0, 144.0)
    assert page.image.shape == (150, 500)
    assert np.allclose(page.corners[0, 2], (100, 50))


def test_a_turn_and_a_perspective_move_boxes_with_their_ink() -> None:
    page = skewed(blocks(), 4.0)
    assert_boxes_on_ink(page, 0.05)
    corners = np.array([[0, 0], [500, 0], [500, 300], [0, 300]], np.float32)
    seen = corners + np.array([[20, 5], [-10, 15], [0, -20], [12, 0]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, seen).astype(np.float64)
    assert_boxes_on_ink(warp(blocks(), matrix, (500, 300)), 0.05)


def test_strength_makes_a_picture_worse() -> None:
    """More strength, fewer pixels as they were written; measured on scans, whose geometry stays."""
    differences = []
    for strength in (0.0, 1.0):
        total = 0.0
        for seed in range(20):
            page = DEVICES["grey_scan"](blocks(), np.random.default_rng(seed), strength)
            written = cv2.resize(blocks().image, page.image.shape[1::-1], interpolation=cv2.INTER_AREA)
            total += float(cv2.absdiff(to_grey(page.image), written).mean())
        differences.append(total)
    assert differences[1] > 1.5 * differences[0]
