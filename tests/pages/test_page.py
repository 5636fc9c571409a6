import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from hunmin.errors import ImageError, InputError
from hunmin.pages.detector import load_detector
from hunmin.pages.line import Line
from hunmin.pages.overlay import DOUBTFUL, LIKELY, SURE, draw_overlay
from hunmin.pages.page import Page
from hunmin.pages.reader import Reader
from hunmin.recognize.recognizer import Recognizer

from .blocks import SPEC, draw, read_blocks

AROUND = st.floats(-100, 200, width=32)
PLACES = {"가나다 라마": (30, 20), "나라": (30, 80), "마마": (200, 84), "다": (30, 140)}


@pytest.fixture
def picture() -> NDArray[np.uint8]:
    page = np.full((200, 300, 3), 255, dtype=np.uint8)
    for text, (x, y) in PLACES.items():
        line = draw(text)
        page[y : y + 32, x : x + line.shape[1]] = line
    return page


def find_blocks(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A detector for the pages of these tests, which lists the lines from the last to the first."""
    boxes = []
    for text, (x, y) in reversed(PLACES.items()):
        width = draw(text).shape[1]
        boxes.append([(x, y), (x + width, y), (x + width, y + 32), (x, y + 32)])
    return np.array(boxes, dtype=np.float32)


@pytest.fixture
def reader() -> Reader:
    return Reader(Recognizer.from_engine(read_blocks, SPEC), find_blocks)


def test_a_page_is_read_line_by_line_in_reading_order(reader: Reader, picture: NDArray[np.uint8]) -> None:
    page = reader.read(picture)
    assert page.text == "가나다 라마\n나라\n마마\n다"
    assert (page.width_px, page.height_px, page.path) == (300, 200, None)
    assert page.lines[2].box == ((200, 84), (236, 84), (236, 116), (200, 116))
    assert all(line.confidence > 0.9 for line in page.lines)


def test_a_page_from_a_file_says_which_and_turns_into_json(
    reader: Reader, picture: NDArray[np.uint8], tmp_path: Path
) -> None:
    path = tmp_path / "쪽.png"
    Image.fromarray(picture).save(path)
    values = json.loads(json.dumps(reader.read(path).to_dict()))
    assert values["path"] == str(path)
    assert values["lines"][1]["text"] == "나라"
    assert values["lines"][1]["box"][0] == [30, 80]
    assert set(values) == {"path", "width_px", "height_px", "rotation_deg", "skew_deg", "lines"}
    assert set(values["lines"][0]) == {"text", "confidence", "box"}


def test_a_page_without_lines_is_read_as_empty(picture: NDArray[np.uint8]) -> None:
    nothing_there = Reader(Recognizer.from_engine(read_blocks, SPEC), lambda image: np.zeros((0, 4, 2), np.float32))
    page = nothing_there.read(picture)
    assert page.lines == ()
    assert page.text == ""


def test_a_line_with_nothing_to_read_stays_a_line_but_adds_no_text(picture: NDArray[np.uint8]) -> None:
    blank = np.array([[(0, 0), (300, 0), (300, 15), (0, 15)]], dtype=np.float32)
    reader = Reader(
        Recognizer.from_engine(read_blocks, SPEC), lambda image: np.concatenate([blank, find_blocks(image)])
    )
    page = reader.read(picture)
    assert [line.text for line in page.lines][:2] == ["", "가나다 라마"]
    assert page.text.startswith("가나다")


BAD_BOXES = {
    "a point": [(50, 50)] * 4,
    "flat": [(0, 60), (3000, 60), (3000, 60), (0, 60)],
    "an endless rule": [(0, 60), (3000, 60), (3000, 61), (0, 61)],
    "an endless rule that stands": [(60, -1500), (61, -1500), (61, 1500), (60, 1500)],
    "outside": [(9000, 9000), (9100, 9000), (9100, 9030), (9000, 9030)],
    "blank": [(0, 0), (200, 0), (200, 15), (0, 15)],
}


@pytest.mark.parametrize("name", BAD_BOXES)
def test_one_bad_box_never_costs_a_page_and_stays_with_an_empty_text(name: str, picture: NDArray[np.uint8]) -> None:
    bad = np.array([BAD_BOXES[name]], dtype=np.float32)
    reader = Reader(Recognizer.from_engine(read_blocks, SPEC), lambda image: np.concatenate([bad, find_blocks(image)]))
    lines = {line.box: line for line in reader.read(picture).lines}
    assert len(lines) == 5
    of_bad = lines.pop(tuple((x, y) for x, y in bad[0].tolist()))
    assert {line.text for line in lines.values()} == set(PLACES)
    assert of_bad.text == ""
    if name in ("flat", "an endless rule", "blank"):  # which the model is not even asked about
        assert of_bad.confidence == 0


def test_a_detector_that_gives_no_numbers_is_named(picture: NDArray[np.uint8]) -> None:
    broken = Reader(Recognizer.from_engine(read_blocks, SPEC), lambda image: np.full((1, 4, 2), np.nan, np.float32))
    with pytest.raises(InputError, match="a box has the corners"):
        broken.read(picture)


@settings(max_examples=40)
@given(st.lists(st.lists(st.tuples(AROUND, AROUND), min_size=4, max_size=4), max_size=4), st.integers(0, 2**32))
def test_any_boxes_on_any_page_give_a_line_each(quads: list[list[tuple[float, float]]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    page = rng.choice(np.array([0, 120, 128, 255], np.uint8), (int(rng.integers(2, 90)), int(rng.integers(2, 90)), 3))
    boxes = np.array(quads, dtype=np.float32).reshape(-1, 4, 2)
    read = Reader(Recognizer.from_engine(read_blocks, SPEC), lambda image: boxes).read(page)
    assert len(read.lines) == len(quads)
    json.dumps(read.to_dict(), allow_nan=False)


@pytest.mark.parametrize("turns", [1, -1])
def test_a_line_that_runs_up_or_down_is_turned_before_it_is_read(turns: int) -> None:
    line = np.rot90(draw("가나다라마"), turns)
    height, width = line.shape[:2]
    box = np.array([[(0, 0), (width, 0), (width, height), (0, height)]], dtype=np.float32)

    def engine(images: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Sure of the line the right way round, unsure of anything else."""
        tokens, log_probs = read_blocks(images)
        log_probs[tokens[:, 0] != SPEC.tokenizer().encode("가")[0]] = np.log(0.2)
        return tokens, log_probs

    page = Reader(Recognizer.from_engine(engine, SPEC), lambda image: box).read(np.ascontiguousarray(line))
    assert page.text == "가나다라마"


def test_a_turned_line_is_not_passed_over_for_being_longer_than_what_a_wrong_view_shows() -> None:
    line = np.rot90(draw("가나다라마"), -1)
    height, width = line.shape[:2]
    box = np.array([[(0, 0), (width, 0), (width, height), (0, height)]], dtype=np.float32)

    def engine(images: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Surer of each character of the line than of the one that the tall view shows, yet not of all five together."""
        tokens, log_probs = read_blocks(images)
        is_line = tokens[:, 4] != SPEC.tokenizer().eos_id
        log_probs[:] = np.where(is_line, np.log(0.97), np.log(0.93))[:, np.newaxis]
        log_probs[is_line & (tokens[:, 0] != SPEC.tokenizer().encode("가")[0])] = np.log(0.2)
        return tokens, log_probs

    calibrated = replace(SPEC, confidence_exponent=1.0)
    page = Reader(Recognizer.from_engine(engine, calibrated), lambda image: box).read(np.ascontiguousarray(line))
    assert page.text == "가나다라마"
    assert page.lines[0].confidence == pytest.approx(0.97**6)


def test_a_page_that_cannot_be_decoded_is_a_named_error(reader: Reader, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"missing\.png: no such file"):
        reader.read(tmp_path / "missing.png")


def test_a_rapidocr_without_its_model_is_a_named_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rapidocr").mkdir()
    (tmp_path / "rapidocr" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "rapidocr", raising=False)
    with pytest.raises(InputError, match="no text detection model"):
        load_detector()


def line_at(box: tuple[float, float, float, float], text: str, confidence: float) -> Line:
    left, top, right, bottom = box
    return Line(text, confidence, ((left, top), (right, top), (right, bottom), (left, bottom)))


def test_the_overlay_frames_each_line_in_the_colour_of_its_confidence_and_writes_its_text() -> None:
    image = np.full((800, 640, 3), 255, dtype=np.uint8)
    lines = (line_at((50, 50, 400, 100), "또렷한 글", 0.99), line_at((50, 200, 400, 250), "흐린 글", 0.3))
    overlay = draw_overlay(lines, image)[:800]
    assert overlay.shape[1] > 2 * 640
    left, right = overlay[:, :640].astype(int), overlay[:, -640:].astype(int)
    green, red = left[48, 100], left[198, 100]
    assert green[1] > green[0]
    assert red[0] > red[1]
    for top in (50, 200):
        assert (right[top + 5 : top + 45, 60:200].min(axis=2) < 100).sum() > 100, "no text where the line stands"
    assert right[400:, :].min() > 200
    assert left[50:101, 50:401].min() == left[200:251, 50:401].min() == 255, "a frame covers what it frames"


def test_the_overlay_says_at_its_foot_what_its_colours_mean() -> None:
    foot = draw_overlay((), np.full((800, 640, 3), 255, dtype=np.uint8))[800:].astype(int)
    for colour in (SURE, LIKELY, DOUBTFUL):
        assert (np.abs(foot - colour).max(axis=2) == 0).sum() > 100
    assert (foot.max(axis=2) < 80).sum() > 300, "no words beside the colours"


def test_the_overlay_of_a_wide_page_puts_the_text_below_and_of_a_huge_one_stays_small() -> None:
    wide = draw_overlay((line_at((10, 10, 300, 60), "간판", 0.7),), np.zeros((400, 1200, 3), np.uint8))
    assert wide.shape[0] > wide.shape[1] * 2 * 400 / 1200
    huge = draw_overlay((), np.zeros((5000, 4000, 3), dtype=np.uint8))
    assert huge.shape[0] * huge.shape[1] < 7_000_000


def test_the_overlay_shows_the_code_point_of_a_character_that_the_font_lacks() -> None:
    image = np.full((700, 700, 3), 255, dtype=np.uint8)
    place = (100, 100, 500, 200)
    overlays = [draw_overlay((line_at(place, text, 0.9),), image) for text in ("\U0001f600", "漢", "")]
    assert all((overlay != overlays[2]).sum() > 1000 for overlay in overlays[:2])
    assert not np.array_equal(overlays[0], overlays[1])


def test_the_overlay_writes_a_turned_line_along_its_box_from_the_top_down() -> None:
    image = np.full((700, 600, 3), 255, dtype=np.uint8)
    page = Page(600, 700, (line_at((100, 50, 160, 650), "뷁뷁뷁뷁......", 0.9),))
    ink = draw_overlay(page.lines, image)[55:645, -495:-445].min(axis=2) < 100
    assert ink[:200].sum() > 10 * ink[200:].sum() > 0


def test_the_overlay_takes_turned_and_outlying_boxes() -> None:
    image = np.full((700, 600, 3), 255, dtype=np.uint8)
    tall = line_at((20, 20, 60, 400), "세로로 선 글", 0.8)
    outside = line_at((-50, 650, 900, 760), "끝을 넘는 글", 0.8)
    empty = line_at((300, 300, 300, 300), "", 0.0)
    assert draw_overlay((tall, outside, empty), image).shape[0] > 700
