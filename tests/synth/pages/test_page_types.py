"""Every type of page can be written whatever the dice say, and is labelled right."""

import hashlib

import numpy as np
import pytest

from hunmin.synth.config import default_config
from hunmin.synth.pages.kinds import PAGE_TYPES
from hunmin.synth.pages.materials import Materials
from hunmin.synth.pages.page import Page
from hunmin.text.charset import load_charset
from hunmin.text.normalize import normalize_label

CHARSET = frozenset(load_charset("korean").characters)
SEEDS = 50


def write(materials: Materials, kind: str, seed: int) -> Page:
    return PAGE_TYPES[kind].write(materials, np.random.default_rng(seed)).finish()


def print_of(page: Page) -> str:
    text = "\n".join(line.text for line in page.lines)
    return hashlib.sha256(page.image.tobytes() + page.corners.tobytes() + text.encode()).hexdigest()


@pytest.mark.parametrize("kind", PAGE_TYPES)
def test_a_page_of_every_type_is_labelled_right_for_fifty_seeds(materials: Materials, kind: str) -> None:
    num_lines = 0
    for seed in range(SEEDS):
        page = write(materials, kind, seed)
        height, width = page.image.shape[:2]
        num_lines += len(page.lines)
        assert page.kind == kind
        assert page.image.dtype == np.uint8
        assert len(page.corners) == sum(len(line.text) for line in page.lines)
        assert len(page.ems) == len(page.lines)
        if not page.lines:
            continue
        assert page.corners.min() >= 0
        assert page.corners[..., 0].max() <= width
        assert page.corners[..., 1].max() <= height
        for line in page.lines:
            assert line.text == normalize_label(line.text)
            assert set(line.text) <= CHARSET
            _assert_inked(page, line.first, line.text)
        _assert_nothing_overlaps(page)
    assert num_lines > 8 * SEEDS


def _assert_inked(page: Page, first: int, text: str) -> None:
    boxes = page.upright_boxes()[first : first + len(text)]
    for char, (x0, y0, x1, y1) in zip(text, boxes, strict=True):
        if char != " ":
            window = page.image[int(y0) : int(np.ceil(y1)), int(x0) : int(np.ceil(x1))]
            # A full stop may be all ink; its surroundings are then what it differs from.
            around = page.image[max(int(y0) - 2, 0) : int(y1) + 3, max(int(x0) - 2, 0) : int(x1) + 3]
            assert max(np.ptp(window), np.ptp(around)) > 25, f"{char!r} of {text!r} on a {page.kind} shows nothing"


def _assert_nothing_overlaps(page: Page) -> None:
    """No line lies on another; descenders may touch what stands below."""
    boxes = page.upright_boxes()
    edges = [boxes[line.first : line.end] for line in page.lines]
    outer = np.array([(*one[:, :2].min(axis=0), *one[:, 2:].max(axis=0)) for one in edges])
    for number, (x0, y0, x1, y1) in enumerate(outer):
        others = np.delete(outer, number, axis=0)
        shared_w = np.minimum(x1, others[:, 2]) - np.maximum(x0, others[:, 0])
        shared_h = np.minimum(y1, others[:, 3]) - np.maximum(y0, others[:, 1])
        least_h = np.minimum(y1 - y0, others[:, 3] - others[:, 1])
        covers = (shared_w > 0) & (shared_h > 0.5 * least_h)
        # Pieces of a row stand beside those of another whose blank they fill.
        for other in np.flatnonzero(covers):
            mine, theirs = edges[number], [one for i, one in enumerate(edges) if i != number][other]
            assert not _glyphs_overlap(mine, theirs), f"two lines of a {page.kind} lie on each other"


def _glyphs_overlap(mine: np.ndarray, theirs: np.ndarray) -> bool:
    width = np.minimum(mine[:, None, 2], theirs[None, :, 2]) - np.maximum(mine[:, None, 0], theirs[None, :, 0])
    height = np.minimum(mine[:, None, 3], theirs[None, :, 3]) - np.maximum(mine[:, None, 1], theirs[None, :, 1])
    return bool(((width > 4) & (height > 10)).any())


def test_a_page_is_a_function_of_its_seed(materials: Materials) -> None:
    for kind in PAGE_TYPES:
        first, again, other = (print_of(write(materials, kind, seed)) for seed in (3, 3, 4))
        assert first == again != other


def test_the_settings_name_every_type_and_devices_for_each() -> None:
    config = default_config().pages
    assert list(config.types) == list(PAGE_TYPES) == list(config.devices)
