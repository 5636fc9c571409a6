"""Cutting blank margins away."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from hunmin.drawing import gothic
from hunmin.recognize.ink import is_blank
from hunmin.recognize.margins import SHORT_BLANK, WIDE_BLANK
from hunmin.recognize.recognizer import Recognizer
from tests.pages.blocks import SPEC, draw, read_blocks
from tests.recognize.blanks import with_short_blanks, without_margins


def line(text: str = "가나다 라", ink: int = 20, paper: int = 230) -> NDArray[np.uint8]:
    """A crop as tight as a detector's, 48 px high."""
    font = ImageFont.truetype(gothic().path, 40)
    image = Image.new("RGB", (round(font.getlength(text)) + 12, 48), (paper,) * 3)
    ImageDraw.Draw(image).text((6, 24), text, fill=(ink,) * 3, font=font, anchor="lm")
    return np.asarray(image)


def padded(crop: NDArray[np.uint8], above: int = 0, below: int = 0, left: int = 0, right: int = 0) -> NDArray[np.uint8]:
    """With that much more of the colour of its corner around it."""
    colour = crop[0, 0].tolist()
    return cv2.copyMakeBorder(crop, above, below, left, right, cv2.BORDER_CONSTANT, value=colour)  # type: ignore[return-value]


@pytest.mark.parametrize("ink", [20, 250])
@pytest.mark.parametrize(
    "margins", [{"left": 300}, {"right": 600}, {"above": 48, "below": 48}, {"above": 150}, {"below": 20, "right": 400}]
)
def test_wide_paper_around_a_line_is_cut_and_all_of_its_ink_stays(margins: dict[str, int], ink: int) -> None:
    crop = line(ink=ink, paper=120)
    cut = without_margins(padded(crop, **margins))
    assert cut.shape[1] <= crop.shape[1] + 0.5 * 48
    assert 0.8 * 48 <= cut.shape[0] <= 1.6 * 48
    assert (cut != 120).sum() == (crop != 120).sum()


def test_a_crop_as_detectors_leave_it_stays_as_it_is() -> None:
    for crop in (line(), line("-1"), line("가"), padded(line(), 8, 8, 12, 12)):
        assert without_margins(crop) is not None
        assert without_margins(crop).shape == crop.shape


@pytest.mark.parametrize("text", ["----", "····", "=====", "—"])
def test_rules_and_dots_keep_the_height_of_their_line(text: str) -> None:
    crop = line(text)
    assert without_margins(padded(crop, 20, 20)).shape[0] == 88


def test_a_pale_end_of_a_line_is_not_cut() -> None:
    crop = np.concatenate([line(ink=20), line(ink=175)], axis=1)
    assert without_margins(crop).shape == crop.shape


def test_a_frame_or_another_line_at_the_edge_is_ink() -> None:
    crop = padded(line(), 60, 60, 200, 200)
    crop[:2] = crop[-2:] = 20
    crop[:, :2] = crop[:, -2:] = 20
    assert without_margins(crop).shape == crop.shape


def test_a_large_crop_loses_its_margins_like_a_small_one() -> None:
    crop = cv2.resize(padded(line(), 96, 96, 300, 300), None, fx=6, fy=6)
    height, width = without_margins(crop).shape[:2]  # type: ignore[arg-type]
    assert height < 6 * 80
    assert width < 6 * (line().shape[1] + 48)


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_paper_alone_is_blank_and_reads_as_no_text_that_nothing_vouches_for(grey: int) -> None:
    rng = np.random.default_rng(0)
    noisy = np.clip(grey + rng.normal(0, 4, (48, 300, 3)), 0, 255).astype(np.uint8)
    for crop in (np.full((48, 300, 3), grey, np.uint8), noisy):
        assert is_blank(crop)
        (reading,) = Recognizer.from_engine(read_blocks, SPEC).recognize([crop])
        assert (reading.text, reading.confidence) == ("", 0.0)
    assert not is_blank(line(ink=210))


def test_a_line_reads_the_same_with_and_without_margins() -> None:
    crop = draw("가나 다")
    texts = [
        one.text
        for one in Recognizer.from_engine(read_blocks, SPEC).recognize([crop, padded(crop, right=900, left=300)])
    ]
    assert texts == ["가나 다"] * 2


def with_blank(width_px: int, left: str = "가나다", right: str = "라") -> NDArray[np.uint8]:
    return np.concatenate([padded(line(left), right=width_px), line(right)], axis=1)


@pytest.mark.parametrize("heights", [3.5, 6, 20])
def test_a_wide_blank_inside_a_line_is_shortened_and_all_ink_stays(heights: float) -> None:
    crop = with_blank(round(heights * 48))
    short = with_short_blanks(crop)
    assert (short != 230).sum() == (crop != 230).sum()
    left_px = heights * 48 - (crop.shape[1] - short.shape[1])
    assert abs(left_px - SHORT_BLANK * 48) < 24  # the paper at the ends of both texts is of the blank, too
    np.testing.assert_array_equal(with_short_blanks(short), short)


def test_every_wide_blank_of_a_line_is_shortened_by_itself() -> None:
    crop = np.concatenate([with_blank(300), padded(line("마"), left=500)], axis=1)
    short = with_short_blanks(crop)
    assert crop.shape[1] - short.shape[1] > 300 + 500 - 2 * (SHORT_BLANK * 48 + 24)


def test_blanks_as_wide_as_words_are_apart_stay_as_they_are() -> None:
    for heights in (0.3, 1, 2, WIDE_BLANK - 0.5):
        crop = with_blank(round(heights * 48))
        assert with_short_blanks(crop).shape == crop.shape


def test_dots_that_lead_across_a_blank_are_no_blank() -> None:
    crop = line("가나다 " + "." * 60 + " 라")
    assert with_short_blanks(crop).shape == crop.shape


def test_a_rule_under_the_whole_line_is_no_ink_in_its_blank() -> None:
    crop = with_blank(600)
    crop[45:47] = 20
    assert with_short_blanks(crop).shape[1] < crop.shape[1] - 400


def test_the_bundled_model_reads_what_follows_a_wide_blank_once() -> None:
    crops = [with_blank(width_px, "아메리카노", "4,500") for width_px in (100, 480, 720, 960, 1400)]
    assert {reading.text for reading in Recognizer(threads=1).recognize(crops)} == {"아메리카노 4,500"}
