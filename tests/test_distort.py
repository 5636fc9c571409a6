"""What is done to pixels keeps their kind and size, does as much as it is told, and leaves its argument alone."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from hunmin import distort

RNG = np.random.default_rng(0)
GREY = cv2.GaussianBlur(RNG.integers(0, 256, (40, 120), dtype=np.uint8), (5, 5), 2)
COLOUR = cv2.GaussianBlur(RNG.integers(0, 256, (40, 120, 3), dtype=np.uint8), (5, 5), 2)
NOISE = np.clip(RNG.normal(128, distort.NOISE_DEVIATION, GREY.shape), 0, 255).astype(np.uint8)

OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "warp": lambda image: distort.warp(image, np.diag([1.1, 0.9, 1.0]), 120, 40),
    "tone": lambda image: distort.tone(image, 0.8, 1.2, -10),
    "blur": lambda image: distort.blur(image, 1.5),
    "sharpen": lambda image: distort.sharpen(image, 0.7),
    "add_noise": lambda image: distort.add_noise(image, NOISE, 5),
    "jpeg": lambda image: distort.jpeg(image, 30),
}


def difference(one: Any, other: Any) -> float:
    return float(np.abs(one.astype(int) - other).mean())


@pytest.mark.parametrize("image", [GREY, COLOUR], ids=["grey", "colour"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_pixels_stay_what_they_are_and_the_argument_stays_as_it_was(name: str, image: Any) -> None:
    before = image.copy()
    after = OPERATIONS[name](image)
    assert (after.shape, after.dtype) == (image.shape, np.uint8)
    assert difference(after, image) > 0.3
    assert np.array_equal(image, before)


def test_more_of_anything_changes_more() -> None:
    for little, much in (
        (distort.blur(GREY, 0.5), distort.blur(GREY, 3)),
        (distort.sharpen(GREY, 0.1), distort.sharpen(GREY, 1)),
        (distort.jpeg(GREY, 95), distort.jpeg(GREY, 20)),
        (distort.tone(GREY, 1, 1, 2), distort.tone(GREY, 1, 1, 20)),
        (distort.add_noise(GREY, NOISE, 2), distort.add_noise(GREY, NOISE, 9)),
    ):
        assert difference(much, GREY) > 1.5 * difference(little, GREY)


def test_a_tone_of_gamma_1_contrast_1_and_no_shift_changes_nothing() -> None:
    assert difference(distort.tone(GREY, 1, 1, 0), GREY) < 0.6


def test_noise_has_the_deviation_that_was_asked_for_and_is_grey_on_a_colour_picture() -> None:
    flat = np.full((*NOISE.shape, 3), 128, np.uint8)
    noisy = distort.add_noise(flat, NOISE, 6).astype(int)
    assert noisy.std() == pytest.approx(6, rel=0.05)
    assert (noisy == noisy[..., :1]).all()


def test_shrinking_keeps_the_aspect_ratio_and_at_least_a_pixel() -> None:
    assert distort.shrink(COLOUR, 20).shape == (20, 60, 3)
    assert distort.shrink(GREY, 13.4, cv2.INTER_LINEAR).shape == (13, 40)
    assert distort.shrink(GREY[:, :1], 10).shape == (10, 1)


@pytest.mark.parametrize("border", [cv2.BORDER_CONSTANT, cv2.BORDER_REPLICATE])
def test_the_faster_way_without_perspective_moves_pixels_to_the_same_places(border: int) -> None:
    straight = np.array([[1.2, 0.1, 3.0], [0.05, 0.9, 2.0], [0.0, 0.0, 1.0]])
    hardly = straight.copy()
    hardly[2, 0] = 1e-12
    one, other = (distort.warp(GREY, matrix, 150, 50, border) for matrix in (straight, hardly))
    assert difference(one, other) < 1


def test_beyond_the_picture_there_is_nothing_or_its_edge() -> None:
    away = np.array([[1.0, 0, 30], [0, 1, 0], [0, 0, 1]])
    assert not distort.warp(GREY, away, 120, 40)[:, :29].any()
    assert (distort.warp(GREY, away, 120, 40, cv2.BORDER_REPLICATE)[:, :29] == GREY[:, :1]).all()


def test_warped_boxes_enclose_the_moved_corners_and_stay_in_the_picture() -> None:
    turn = np.array([[0.0, -1.0, 10.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    boxes = np.array([[1, 2, 5, 4], [-20, 0, 4, 30]], np.float32)
    assert distort.warp_boxes(boxes, turn, 100, 100).tolist() == [[6, 1, 8, 5], [0, 0, 10, 4]]
    assert distort.warp_boxes(np.zeros((0, 4), np.float32), turn, 100, 100).shape == (0, 4)
