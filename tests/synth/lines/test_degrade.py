"""Degradation: shapes and types stay, arguments stay as they were, strength means what it says."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from hunmin.synth.lines import degrade
from hunmin.synth.lines.colour import lay, luminance, to_grey
from hunmin.synth.lines.on_paper import show_through, stamp
from hunmin.synth.lines.render import Ink
from hunmin.synth.lines.textures import cut, textures

BOXES = np.array([[10, 8, 90, 40]], np.float32)


def strokes() -> np.ndarray:
    """(48, 100) ink: four upright bars."""
    ink = np.zeros((48, 100), np.uint8)
    for x in range(10, 90, 20):
        ink[8:40, x : x + 5] = 255
    return ink


def test_the_heaviest_type_fills_the_ground_but_for_hairlines_between_strokes() -> None:
    ink = strokes()
    fat = degrade.fatten(ink, 10.0)
    assert fat.shape == ink.shape and fat.dtype == np.uint8
    assert (fat >= ink).all()
    row = fat[24, 10:75] > 127
    assert row.mean() > 0.85
    assert np.count_nonzero(row[1:] & ~row[:-1]) == 3, "the four bars stay apart"
    slight = degrade.fatten(ink, 2.0)
    assert ink.sum() < slight.sum() < fat.sum()
    assert not degrade.fatten(np.zeros_like(ink), 5.0).any()


STEPS: list[Callable[..., Any]] = [
    degrade.uneven_light,
    degrade.tone,
    degrade.blur,
    degrade.low_resolution,
    degrade.jpeg,
    degrade.sharpen,
    degrade.noise,
    degrade.capture,
]


@pytest.mark.parametrize("strength", [0.0, 1.0])
@pytest.mark.parametrize("coloured", [False, True])
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_a_step_keeps_shape_type_and_its_argument(step: Callable[..., Any], coloured: bool, strength: float) -> None:
    image = lay(strokes(), (240, 230, 220) if coloured else 240, (20, 20, 60) if coloured else 20)
    before = image.copy()
    for seed in range(6):
        result = step(image, np.random.default_rng(seed), strength)
        assert result.shape == image.shape
        assert result.dtype == np.uint8
        assert np.array_equal(image, before)


@pytest.mark.parametrize("shape", [(32, 4), (64, 2048), (1, 1), (400, 9)])
def test_pictures_of_any_size_pass(shape: tuple[int, int]) -> None:
    for seed in range(8):
        result = degrade.capture(np.full(shape, 200, np.uint8), np.random.default_rng(seed), 1.0, photographed=True)
        assert result.shape == shape


def test_more_strength_changes_more() -> None:
    image = lay(strokes(), 240, 20).astype(int)
    for step in (degrade.low_resolution, degrade.uneven_light, degrade.blur, degrade.noise):
        mild, strong = (
            np.mean(
                [
                    np.abs(step(image.astype(np.uint8), np.random.default_rng(seed), strength) - image).mean()
                    for seed in range(20)
                ]
            )
            for strength in (0.05, 1.0)
        )
        assert strong > 1.3 * mild, step.__name__


def test_banks_are_the_same_in_every_process_and_centred() -> None:
    banks = textures()
    for bank in (banks.grain, banks.soft_grain, banks.paper, banks.light, banks.sway, banks.colour_grain):
        assert abs(float(bank.mean()) - 128) < 3
    assert int(banks.grain[0, :8].astype(int).sum()) == int(textures.__wrapped__().grain[0, :8].astype(int).sum())


def test_a_window_larger_than_the_bank_is_stretched() -> None:
    assert cut(textures().grain, np.random.default_rng(0), 40, 6000).shape == (40, 6000)


def test_legibility_is_the_difference_of_ink_and_ground() -> None:
    ink = strokes()
    assert degrade.legibility(lay(ink, 250, 50), ink, BOXES) == pytest.approx(200, abs=2)
    assert degrade.legibility(lay(ink, 120, 100), ink, BOXES) == pytest.approx(20, abs=2)
    assert degrade.legibility(lay(ink, (255, 255, 255), (0, 0, 0)), ink, BOXES) == pytest.approx(255, abs=2)
    assert degrade.legibility(lay(ink, 200, 50), np.zeros_like(ink), BOXES) == 0.0


def test_a_restless_ground_is_less_legible() -> None:
    ink = strokes()
    restless = degrade.add_bank(np.full(ink.shape, 128, np.uint8), textures().grain, np.random.default_rng(0), 40.0)
    assert degrade.legibility(lay(ink, restless, 0), ink, BOXES) < degrade.legibility(lay(ink, 128, 0), ink, BOXES) - 10


def test_wear_never_takes_more_than_two_thirds_of_the_ink() -> None:
    worn = degrade.wear(np.full((64, 2000), 255, np.uint8), np.random.default_rng(0), 1.0)
    assert worn.min() >= 85
    assert worn.mean() < 250


def test_binarised_pictures_hold_black_and_white_only() -> None:
    image = degrade.binarise(lay(strokes(), 220, 60), np.random.default_rng(0))
    assert set(np.unique(image)) == {0, 255}


def test_thickening_adds_ink_and_thinning_takes_it() -> None:
    ink = strokes()
    assert degrade.thicken(ink, 1.0).sum() > ink.sum() > degrade.thicken(ink, -1.0).sum()
    assert degrade.thicken(ink, 0.0) is ink


def test_ink_covers_the_ground_with_the_pens_colour() -> None:
    ink = strokes()
    ground = np.full((48, 100, 3), (10, 200, 30), np.uint8)
    image = lay(ink, ground, (250, 0, 120))
    assert image[20, 12].tolist() == [250, 0, 120]
    assert image[2, 2].tolist() == [10, 200, 30]
    assert to_grey(image)[20, 12] == pytest.approx(luminance((250, 0, 120)), abs=1)
    assert lay(ink, to_grey(ground), 5)[20, 12] == 5


def test_a_stamp_is_red_and_show_through_is_faint() -> None:
    ink = Ink(strokes(), BOXES, 40.0)
    page = np.full((48, 100, 3), 250, np.uint8)
    stamped = stamp(page, ink, np.random.default_rng(3)).astype(int)
    changed = np.abs(stamped - 250).max(axis=2) > 20
    assert changed.any()
    assert (stamped[changed][:, 0] > stamped[changed][:, 1]).all()
    faint = show_through(np.full((48, 100), 250, np.uint8), ink.mask, np.random.default_rng(0))
    assert 200 <= faint.min() < 250
