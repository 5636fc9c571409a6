"""Crops as detectors give them: what the box holds is what the label says."""

from dataclasses import replace

import numpy as np
import pytest

from hunmin.synth.config import default_config
from hunmin.synth.devices.optics import skewed
from hunmin.synth.fonts.faces import bundled_faces
from hunmin.synth.pages.config import PagesConfig
from hunmin.synth.pages.crops import Crop, Span, choose_span, cut, legible
from hunmin.synth.pages.layout.setting import Piece, Type
from hunmin.synth.pages.layout.sheet import Sheet
from hunmin.synth.pages.materials import Materials
from hunmin.synth.pages.page import Page

TYPE = Type(next(face for face in bundled_faces() if face.style == "gothic"), 10.0)
CONFIG = default_config().pages


@pytest.fixture
def page(materials: Materials) -> Page:
    sheet = Sheet(materials, np.random.default_rng(0), "receipt", (300.0, 80.0), 4.0)
    for baseline in (20.0, 36.0, 52.0):
        sheet.row(baseline, [Piece("아메리카노 큰 잔", 10.0, TYPE), Piece("4,500", 290.0, TYPE, align="right")])
    return sheet.finish()


def spans(page: Page, config: PagesConfig, *, max_length: int = 60, max_aspect: float = 32.0) -> set[str]:
    texts = set()
    for seed in range(200):
        span = choose_span(page, 1, np.random.default_rng(seed), config, max_length, max_aspect)
        texts.add(page.lines[1].text[span.start : span.end])
    return texts


def test_a_row_with_a_wide_blank_is_taken_whole_or_split_there(page: Page) -> None:
    assert spans(page, replace(CONFIG, whole_row_share=1.0, part_share=0.0)) == {"아메리카노 큰 잔 4,500"}
    assert spans(page, replace(CONFIG, whole_row_share=0.0, part_share=0.0)) == {"아메리카노 큰 잔", "4,500"}


def test_parts_of_a_line_are_whole_words(page: Page) -> None:
    words = page.lines[1].text.split(" ")
    runs = {" ".join(words[i:j]) for i in range(4) for j in range(i + 1, 5)}
    parts = spans(page, replace(CONFIG, part_share=1.0))
    assert parts <= runs
    assert len(parts) > 4


def test_a_word_longer_than_the_limit_is_cut_between_characters(page: Page) -> None:
    for text in spans(page, CONFIG, max_length=3):
        assert 1 <= len(text) <= 3
        assert text in page.lines[1].text


def test_no_crop_is_wider_than_the_limit(page: Page) -> None:
    assert "아메리카노 큰 잔 4,500" not in spans(page, replace(CONFIG, whole_row_share=1.0), max_aspect=12.0)


@pytest.mark.parametrize("degrees", [0.0, 2.5, -3.0])
def test_the_label_of_a_crop_is_the_glyphs_that_it_shows(page: Page, degrees: float) -> None:
    turned = skewed(page, degrees)
    for seed in range(30):
        rng = np.random.default_rng(seed)
        span = choose_span(turned, 1, rng, CONFIG, 60, 32.0)
        crop = cut(turned, span, rng, CONFIG, 0.0)
        assert crop is not None
        assert crop.text == page.lines[1].text[span.start : span.end]
        assert crop.boxes.shape == (len(crop.text), 4)
        _assert_boxes_hold_the_ink(crop)


def _assert_boxes_hold_the_ink(crop: Crop) -> None:
    ink = 255 - crop.image
    outside = ink.copy()
    for char, (x0, y0, x1, y1) in zip(crop.text, np.rint(crop.boxes).astype(int), strict=True):
        if char != " ":
            assert ink[y0:y1, x0:x1].max(initial=0) > 90, f"{char!r} of {crop.text!r} has no ink"
        outside[max(y0 - 3, 0) : y1 + 3, max(x0 - 3, 0) : x1 + 3] = 0
    # Slices of neighbours touch the edges; between them there is no ink but the label's.
    inner = outside[8:-8, 8:-8]
    assert inner.size == 0 or inner.max() < 60


def test_boxes_are_tight_loose_and_turned(page: Page) -> None:
    heights, sizes = set(), set()
    for seed in range(60):
        crop = cut(page, Span(1, 0, 5), np.random.default_rng(seed), CONFIG, 1.0)
        assert crop is not None
        heights.add(crop.image.shape[0])
        sizes.add(crop.image.shape)
    assert max(heights) > 1.4 * min(heights)
    assert len(sizes) > 30


def test_type_too_small_to_read_is_not_cut_out(page: Page) -> None:
    assert cut(page, Span(1, 0, 5), np.random.default_rng(0), replace(CONFIG, least_em_px=41.0), 0.0) is None


def test_what_lies_partly_outside_the_picture_is_not_cut_out(page: Page) -> None:
    moved = page.moved(page.image, lambda points: points - np.array([60, 0], np.float32))
    assert cut(moved, Span(1, 0, 5), np.random.default_rng(0), CONFIG, 0.0) is None
    assert cut(moved, Span(1, 10, 15), np.random.default_rng(0), CONFIG, 0.0) is not None


def test_high_crops_are_scaled_down_and_boxes_with_them(page: Page) -> None:
    low = cut(page, Span(1, 0, 5), np.random.default_rng(0), replace(CONFIG, max_height_px=20), 0.0)
    high = cut(page, Span(1, 0, 5), np.random.default_rng(0), replace(CONFIG, max_height_px=400), 0.0)
    assert low is not None
    assert high is not None
    assert low.image.shape[0] == 20
    scale = np.array([low.image.shape[1] / high.image.shape[1], 20 / high.image.shape[0]] * 2)
    assert np.allclose(low.boxes, high.boxes * scale, atol=0.01)


def test_a_crop_without_contrast_or_without_strokes_is_not_legible(page: Page) -> None:
    crop = cut(page, Span(1, 0, 5), np.random.default_rng(0), CONFIG, 0.0)
    assert crop is not None
    assert legible(crop, 30.0)
    dark = replace(crop, image=255 - crop.image)
    assert legible(dark, 30.0)
    assert not legible(replace(crop, image=(crop.image // 16 + 200).astype(np.uint8)), 30.0)
    erased = crop.image.copy()
    x0, y0, x1, y1 = np.rint(crop.boxes[2]).astype(int)
    erased[y0:y1, x0:x1] = 255
    assert not legible(replace(crop, image=erased), 30.0)
