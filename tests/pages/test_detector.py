"""The real detection model on the example pages."""

import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import yaml
from onnx import TensorProto, helper

from hunmin.image import MAX_PAGE_PIXELS, load_image
from hunmin.pages.detector import Detector, bands, boxes_from_map, join_bands, join_scales, load_detector, map_size
from hunmin.pages.reading_order import reading_order

EXAMPLES = Path(__file__).parents[2] / "examples"
PAGES: dict[str, Any] = yaml.safe_load((EXAMPLES / "pages.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def detect() -> Iterator[Detector]:
    yield load_detector(threads=1)


def box(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], dtype=np.float32)


@pytest.mark.parametrize("name", list(PAGES))
def test_every_text_of_an_example_page_gets_one_box(detect: Detector, name: str) -> None:
    image = load_image(EXAMPLES / PAGES[name]["file"], max_pixels=MAX_PAGE_PIXELS)
    boxes = detect(image)
    assert len(boxes) == len(PAGES[name]["texts"])
    assert boxes.min() >= 0
    assert (boxes.reshape(-1, 2).max(axis=0) <= [image.shape[1], image.shape[0]]).all()


@pytest.mark.parametrize("name", ["notice", "form"])
def test_the_boxes_of_an_example_page_come_in_the_order_of_its_texts(detect: Detector, name: str) -> None:
    boxes = detect(load_image(EXAMPLES / PAGES[name]["file"], max_pixels=MAX_PAGE_PIXELS))
    middles = boxes[reading_order(boxes)].mean(axis=1)
    for (x, y), (text_x, text_y, size_px, align, text, *_) in zip(middles, PAGES[name]["texts"], strict=True):
        assert abs(y - text_y) < size_px / 2, text
        assert {"left": x > text_x, "middle": abs(x - text_x) < size_px, "right": x < text_x}[align], text


def test_a_blank_page_has_no_lines(detect: Detector) -> None:
    for shape in ((400, 300, 3), (3, 900, 3), (2, 2, 3)):
        assert detect(np.full(shape, 255, dtype=np.uint8)).shape == (0, 4, 2)


def test_the_network_gets_the_blue_channel_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that marks what is bright in its first channel."""
    nodes = [
        helper.make_node("Gather", ["pixels", "first"], ["channel"], axis=1),
        helper.make_node("Clip", ["channel", "nothing"], ["map"]),
    ]
    page = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, "H", "W"])
    marked = helper.make_tensor_value_info("map", TensorProto.FLOAT, [1, 1, "H", "W"])
    constants = [
        helper.make_tensor("first", TensorProto.INT64, [1], [0]),
        helper.make_tensor("nothing", TensorProto.FLOAT, [], [0]),
    ]
    graph = helper.make_graph(nodes, "first_channel", [page], [marked], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (tmp_path / "rapidocr" / "models").mkdir(parents=True)
    (tmp_path / "rapidocr" / "__init__.py").touch()
    onnx.save(model, tmp_path / "rapidocr" / "models" / "first_det_channel.onnx")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "rapidocr", raising=False)

    image = np.zeros((736, 736, 3), dtype=np.uint8)
    image[100:140, 200:500] = (255, 0, 0)
    image[300:340, 200:500] = (0, 0, 255)
    (found,) = load_detector(threads=1)(image)
    assert found.mean(axis=0).tolist() == pytest.approx([350, 320], abs=2)


def test_pages_of_any_size_fit_the_network() -> None:
    for width, height in ((2, 2), (2480, 3508), (25_000_000, 2), (300, 200), (5000, 10_000)):
        map_width, map_height = map_size(width, height)
        assert map_width % 32 == map_height % 32 == 0
        assert 32 <= min(map_width, map_height)
        assert map_width * map_height <= 1_750_000
    assert map_size(2480, 3508) == (1056, 1504)


def test_only_a_page_that_would_be_shrunk_too_far_is_searched_in_bands_that_cover_it() -> None:
    for width, height in ((2480, 3508), (720, 2500), (100, 1500), (8000, 700), (2, 2)):
        assert bands(width, height) == [(0, height)]
    found = bands(720, 21_600)
    assert (found[0][0], found[-1][1]) == (0, 21_600)
    assert all(bottom - top <= 1440 for top, bottom in found)
    assert all(before[1] - after[0] == 180 for before, after in pairwise(found))
    strip = bands(2, 100_000)
    assert (strip[0][0], strip[-1][1]) == (0, 100_000)
    assert len(strip) < 100, "a strip takes no hours"
    assert all(before[1] > after[0] for before, after in pairwise(strip))


def test_a_line_that_two_bands_see_is_kept_once_and_one_that_is_cut_is_taken_whole() -> None:
    whole, upper, lower = box(10, 940, 200, 980), box(10, 700, 200, 740), box(10, 1100, 200, 1140)
    in_second = whole + np.float32([0, 3])
    cut = box(10, 1190, 200, 1200)
    found = join_bands(
        [np.stack([upper, whole, cut]), np.stack([in_second, lower, box(10, 1170, 200, 1210)])],
        [(0, 1200), (800, 2000)],
    )
    assert found.tolist() == [upper.tolist(), whole.tolist(), lower.tolist(), box(10, 1170, 200, 1210).tolist()]


def test_a_page_under_itself_many_times_gives_its_boxes_as_often(detect: Detector) -> None:
    page = load_image(EXAMPLES / PAGES["receipt"]["file"], max_pixels=MAX_PAGE_PIXELS)
    assert len(detect(np.concatenate([page] * 6))) == 6 * len(PAGES["receipt"]["texts"])


def test_boxes_grow_from_the_core_that_the_network_marks() -> None:
    probabilities = np.zeros((100, 200), dtype=np.float32)
    probabilities[40:50, 20:120] = 0.9
    probabilities[80:90, 20:120] = 0.35  # above the level of a core, below that of a line
    probabilities[10:12, 10:12] = 1  # too small
    boxes = boxes_from_map(probabilities)
    assert boxes.shape == (1, 4, 2)
    growth = 1.6 * 100 * 10 / 110 / 2
    assert np.abs(boxes[0] - box(20 - growth, 40 - growth, 119 + growth, 49 + growth)).max() < 2


def test_fragments_of_large_type_give_way_to_the_line_they_came_from() -> None:
    fragments = [box(0, 0, 300, 130), box(300, 10, 500, 90), box(310, 60, 480, 120)]
    small = box(0, 200, 300, 230)
    joined = join_scales(np.array([*fragments, small]), np.array([box(-5, -5, 505, 135)]))
    assert sorted(joined[:, 0, 1].tolist()) == [-5, 200]


def test_a_paragraph_that_blurs_into_one_box_keeps_its_lines() -> None:
    lines = np.array([box(0, 40 * i, 400, 40 * i + 28) for i in range(4)])
    assert np.array_equal(join_scales(lines, np.array([box(-5, -5, 405, 155)])), lines)
