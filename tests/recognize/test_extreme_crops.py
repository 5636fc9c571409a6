"""Whatever a crop shows, every step between its pixels and its text takes it: empty, flat, one pixel, extreme, noise."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hunmin.errors import ImageError
from hunmin.image import scale_to_height
from hunmin.recognize.ink import NOISE_LEVEL, contrast
from hunmin.recognize.line_image import load_line
from hunmin.recognize.recognizer import NOTHING, Recognizer
from hunmin.recognize.split import split_at_gaps
from hunmin.recognize.views import OTHER_VIEWS
from tests.pages.blocks import SPEC, draw
from tests.recognize.blanks import with_short_blanks, without_margins

SIDES_PX = st.sampled_from([1, 2, 3, 5, 31, 32, 33, 95, 96, 97, 300, 1000])


def spot(crop: NDArray[np.uint8], ink: int) -> NDArray[np.uint8]:
    """One pixel of ink in the middle."""
    crop[crop.shape[0] // 2, crop.shape[1] // 2] = ink
    return crop


def edges(crop: NDArray[np.uint8], ink: int) -> NDArray[np.uint8]:
    crop[0], crop[:, -1] = ink, ink
    return crop


def halves(crop: NDArray[np.uint8], ink: int) -> NDArray[np.uint8]:
    """As much ink as paper: which is which nobody can say."""
    crop[:, crop.shape[1] // 2 :] = ink
    return crop


def stripes(crop: NDArray[np.uint8], ink: int) -> NDArray[np.uint8]:
    crop[::2] = ink
    return crop


def noise(crop: NDArray[np.uint8], ink: int) -> NDArray[np.uint8]:
    drawn = np.random.default_rng(ink).integers(0, 2, crop.shape, dtype=np.uint8)
    crop[drawn == 1] = ink
    return crop


def flat(crop: NDArray[np.uint8], _: int) -> NDArray[np.uint8]:
    return crop


def read_noise(images: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """An engine in doubt, so that every line goes through every view."""
    assert np.isfinite(images).all()
    rng = np.random.default_rng(images.shape[3])
    return rng.integers(0, 7, (len(images), 5)), np.full((len(images), 5), np.log(0.9), dtype=np.float32)


def read_without_end(images: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """An engine that never finds an end, so that every line is cut as far as lines are."""
    tokens, log_probs = read_noise(images)
    return np.maximum(tokens, 1), log_probs


@given(
    SIDES_PX,
    SIDES_PX,
    st.sampled_from([flat, spot, edges, halves, stripes, noise]),
    st.integers(0, 255),
    st.integers(0, 255),
)
@example(40, 200, halves, 200, 200 - NOISE_LEVEL)
@example(40, 200, halves, 200, 200 - NOISE_LEVEL - 1)
def test_every_step_takes_any_crop(height: int, width: int, shape: object, paper: int, ink: int) -> None:
    assert callable(shape)
    crop = shape(np.full((height, width, 3), paper, dtype=np.uint8), ink)
    assert contrast(crop).shape == (height, width)
    with_ink = without_margins(crop)
    assert with_ink is None or min(with_ink.shape[:2]) >= 1
    short = with_short_blanks(crop)
    assert short.shape[0] == height
    assert 1 <= short.shape[1] <= width
    pieces = split_at_gaps(crop, SPEC.max_width_px)
    assert sum(piece.right - piece.left for piece in pieces) == width
    for view in OTHER_VIEWS:
        assert view.of(crop, 300).shape[0] == height
    try:
        line = load_line(crop, SPEC)
    except ImageError as error:
        assert error.code in ("too_small", "too_wide")
        return
    assert line.pixels.shape[0] == SPEC.height_px
    assert len(line.edges) == line.pixels.shape[1] + 1
    assert (np.diff(line.edges) > 0).all()
    assert 0 <= line.edges[0] <= line.edges[-1] <= 1
    (reading,) = Recognizer.from_engine(read_noise, SPEC).recognize([crop])
    assert 0 <= reading.confidence <= 1
    assert (reading == NOTHING) == (with_ink is None or line.pixels.shape[1] == 0)
    (endless,) = Recognizer.from_engine(read_without_end, SPEC).recognize([crop])
    assert endless.truncated == (reading != NOTHING)


@pytest.mark.parametrize("level", [0, 1, NOISE_LEVEL, NOISE_LEVEL + 1])
def test_a_crop_in_which_no_row_has_ink_is_blank_however_close_to_ink_it_is(level: int) -> None:
    crop = np.full((60, 400, 3), 200, dtype=np.uint8)
    crop[20:40, 50:80] -= np.uint8(level)
    (reading,) = Recognizer.from_engine(read_noise, SPEC).recognize([crop])
    if level <= NOISE_LEVEL:
        assert without_margins(crop) is None
        assert reading == NOTHING
    else:
        assert without_margins(crop).shape[1] < 150
        assert reading.text


def test_a_small_blank_crop_stays_blank_when_it_is_enlarged() -> None:
    crop = np.full((23, 45, 3), 150, dtype=np.uint8)
    crop[10:13, 20:23] += NOISE_LEVEL  # which a cubic enlargement overshoots
    assert contrast(scale_to_height(crop, SPEC)).max() > NOISE_LEVEL
    assert Recognizer.from_engine(read_noise, SPEC).recognize([crop]) == [NOTHING]


def test_the_bundled_model_reads_the_most_extreme_crops() -> None:
    rng = np.random.default_rng(0)
    crops = [
        spot(np.full((2, 2, 3), 255, dtype=np.uint8), 0),
        rng.integers(0, 256, (2, 300, 3), dtype=np.uint8),
        rng.integers(0, 256, (3000, 2, 3), dtype=np.uint8),
        rng.integers(0, 256, (48, 3000, 3), dtype=np.uint8),
        np.full((48, 100, 3), 255, dtype=np.uint8),
    ]
    readings = Recognizer(threads=1).recognize(crops)
    assert len(readings) == len(crops)
    assert readings[-1] == NOTHING
    assert all(0 <= reading.confidence <= 1 for reading in readings)


def test_a_blank_crop_among_others_takes_nothing_from_them() -> None:
    paper = np.full((32, 90, 3), 255, dtype=np.uint8)
    recognizer = Recognizer.from_engine(read_noise, SPEC)
    assert recognizer.recognize([paper, draw("가나"), paper]) == [
        NOTHING,
        *recognizer.recognize([draw("가나")]),
        NOTHING,
    ]
