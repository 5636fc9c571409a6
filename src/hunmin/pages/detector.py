"""Finding the lines of a page, with the DBNet model that the rapidocr wheel bundles.

Only that file is taken from rapidocr: nothing of it is imported, so nothing of it can log, write or download.

Legend: K lines, H W pixels of the page, h w pixels of the network's map.
"""

import math
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from hunmin.errors import InputError
from hunmin.onnx_model.session import Reloadable, open_session

Detector: TypeAlias = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""(H, W, 3) uint8 RGB → (K, 4, 2) float32 corners x, y: top left, top right, bottom right, bottom left."""

SHORT_SIDE_PX = 736
"""A smaller page is enlarged to this before detection."""
MAX_PIXELS = 1_600_000
"""A page is shrunk to this many pixels for detection; 11-point text on A4 is then about 20 px high."""
MAX_LONG_SIDE_PX = 4_096
"""Of a page in the network; one that is many times as wide as high is shrunk to it, for only tall pages are cut into bands."""
STRIDE_PX = 32
"""The network wants multiples of this."""

LEAST_SCALE = 0.6
"""A tall page that would be shrunk further, a long receipt or screenshot, is searched in bands instead."""
BAND_HEIGHT, BAND_OVERLAP = 2.0, 0.25
"""Of a band, in widths of the page."""
MOST_BANDS = 64
"""Of a strip that would have more, bands are longer for their width."""

LARGE_PX, GOOD_PX = 72, 56
"""Type above `LARGE_PX` falls apart in the network; then the page is searched again, shrunk until it has `GOOD_PX`."""
SAME_TYPE_SHARE = 0.6
"""A line found on the shrunken page takes the place of fragments that are at least so thick for it."""

TEXT_LEVEL = 0.3
"""Probability from which a pixel belongs to the core of a line."""
MIN_MEAN_PROBABILITY = 0.5
"""The mean inside a box of text."""
MIN_CORE_PX = 3
"""The shorter side of a core in the network's map; a smaller one is a speck."""
UNCLIP_RATIO = 1.6
"""The network marks the core of a line; the box grows by core area * ratio / core perimeter (DBNet, section 3.3)."""


def load_detector(threads: int = 0) -> Detector:
    """Load the text detector of the installed rapidocr wheel.

    Args:
        threads: threads for one run; 0 takes one for every core.

    Raises:
        InputError: rapidocr is not installed, or its wheel holds no detection model.
    """
    session = open_session(_model_path(), threads)
    input_name = session.get_inputs()[0].name

    def detect_at(image: NDArray[np.uint8], map_width: int, map_height: int) -> NDArray[np.float32]:
        height, width = image.shape[:2]
        method = cv2.INTER_AREA if map_width < width else cv2.INTER_LINEAR
        scaled = cv2.resize(image, (map_width, map_height), interpolation=method)
        # The network was trained on OpenCV's order of channels, blue first.
        pixels = np.ascontiguousarray(scaled[:, :, ::-1].transpose(2, 0, 1)[np.newaxis], dtype=np.float32)
        pixels *= 2 / 255
        pixels -= 1
        probabilities = session.run(None, {input_name: pixels})[0][0, 0]
        scale = np.array([width / map_width, height / map_height], dtype=np.float32)
        limit = np.array([width, height], dtype=np.float32)
        boxes: NDArray[np.float32] = np.clip(boxes_from_map(probabilities) * scale, 0, limit)
        return boxes

    def detect_band(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        height, width = image.shape[:2]
        map_width, map_height = map_size(width, height)
        boxes = detect_at(image, map_width, map_height)
        thickest_px = max((thickness(box) for box in boxes), default=0.0) * map_height / height
        if thickest_px <= LARGE_PX:
            return boxes
        shrink = GOOD_PX / thickest_px
        large = detect_at(image, _to_stride(map_width * shrink), _to_stride(map_height * shrink))
        return join_scales(boxes, large)

    def detect(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        height, width = image.shape[:2]
        tops_and_bottoms = bands(width, height)
        found = [detect_band(image[top:bottom]) + np.array([0, top], np.float32) for top, bottom in tops_and_bottoms]
        return join_bands(found, tops_and_bottoms)

    return Reloadable(detect, load_detector, threads)


def map_size(width: int, height: int) -> tuple[int, int]:
    """Width and height at which a page goes through the network: both multiples of `STRIDE_PX`."""
    scale = max(SHORT_SIDE_PX / min(width, height), 1.0)
    scale = min(scale, (MAX_PIXELS / (width * height)) ** 0.5, MAX_LONG_SIDE_PX / max(width, height))
    return _to_stride(width * scale), _to_stride(height * scale)


def bands(width: int, height: int) -> list[tuple[int, int]]:
    """Top and bottom (exclusive) of each band that a page is searched in, overlapping; mostly one, the page."""
    band = max(round(BAND_HEIGHT * width), math.ceil(height / MOST_BANDS))
    overlap = round(band * BAND_OVERLAP / BAND_HEIGHT)
    if height <= band + overlap or map_size(width, height)[1] >= LEAST_SCALE * height:
        return [(0, height)]
    return [(top, min(top + band, height)) for top in range(0, height - overlap, band - overlap)]


def join_bands(found: Sequence[NDArray[np.float32]], limits: Sequence[tuple[int, int]]) -> NDArray[np.float32]:
    """The lines of a page out of those of its bands: each from the band in which it lies further from the edge.

    Args:
        found: (K, 4, 2) boxes of each band, in pixels of the page.
        limits: as `bands` gives them.
    """
    kept: list[NDArray[np.float32]] = []
    borders = [(low + high) / 2 for (low, _), (_, high) in zip(limits[1:], limits, strict=False)]
    for boxes, above, below in zip(found, [-np.inf, *borders], [*borders, np.inf], strict=True):
        before = list(kept)
        for box in boxes:
            x, y = box.mean(axis=0).tolist()
            slack = thickness(box) / 4  # the same line may lie a little higher in one band than in the other
            is_known = any(cv2.pointPolygonTest(other, (x, y), False) >= 0 for other in before)
            if above - slack <= y <= below + slack and not is_known:
                kept.append(box)
    return np.array(kept, dtype=np.float32).reshape(-1, 4, 2)


def boxes_from_map(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Boxes around the connected areas of a probability map.

    Args:
        probabilities: (h, w) float32, 0 to 1.

    Returns:
        (K, 4, 2) float32 corners in pixels of the map, clockwise from the top left, in no particular order.
    """
    core = (probabilities > TEXT_LEVEL).astype(np.uint8)
    core = cv2.dilate(core, np.ones((2, 2), dtype=np.uint8))  # type: ignore[assignment]
    contours, _ = cv2.findContours(core, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes = []
    for contour in contours:
        centre, (width, height), angle = cv2.minAreaRect(contour)
        if min(width, height) < MIN_CORE_PX:
            continue
        if _mean_inside(probabilities, _corners(centre, width, height, angle)) < MIN_MEAN_PROBABILITY:
            continue
        growth = UNCLIP_RATIO * width * height / (width + height)  # twice area / perimeter: both sides grow
        boxes.append(_from_top_left(_corners(centre, width + growth, height + growth, angle)))
    return np.array(boxes, dtype=np.float32).reshape(-1, 4, 2)


def join_scales(fine: NDArray[np.float32], coarse: NDArray[np.float32]) -> NDArray[np.float32]:
    """Put the lines of a shrunken page in the place of the fragments that large type falls into at full size.

    A coarse box counts where the thickest fine box inside it is nearly as thick: otherwise it blurs several
    lines into one.

    Args:
        fine: (K, 4, 2) boxes found at full size.
        coarse: (J, 4, 2) boxes found on the shrunken page, in the same pixels.
    """
    kept = list(fine)
    for box in coarse:
        is_inside = [cv2.pointPolygonTest(box, other.mean(axis=0).tolist(), False) >= 0 for other in kept]
        fragments = [other for other, inside in zip(kept, is_inside, strict=True) if inside]
        if len(fragments) > 1 and max(map(thickness, fragments)) >= SAME_TYPE_SHARE * thickness(box):
            kept = [other for other, inside in zip(kept, is_inside, strict=True) if not inside] + [box]
    return np.array(kept, dtype=np.float32).reshape(-1, 4, 2)


def thickness(box: NDArray[np.float32]) -> float:
    """The shorter side of a box."""
    return float(min(np.linalg.norm(box[1] - box[0]), np.linalg.norm(box[3] - box[0])))


def _mean_inside(probabilities: NDArray[np.float32], corners: NDArray[np.float32]) -> float:
    """The mean of the map inside a box."""
    height, width = probabilities.shape
    left, top = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, [width - 1, height - 1])
    right, bottom = np.clip(np.ceil(corners.max(axis=0)).astype(int), 0, [width - 1, height - 1])
    mask = np.zeros((bottom - top + 1, right - left + 1), dtype=np.uint8)
    cv2.fillPoly(mask, [(corners - [left, top]).astype(np.int32)], 1)
    return float(cv2.mean(probabilities[top : bottom + 1, left : right + 1], mask)[0])


def _corners(centre: Sequence[float], width: float, height: float, angle: float) -> NDArray[np.float32]:
    """The corners of a turned rectangle: (4, 2)."""
    return np.asarray(cv2.boxPoints((centre, (width, height), angle)), dtype=np.float32)


def _from_top_left(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    """Top left, top right, bottom right, bottom left; of the two leftmost corners the higher one is the top."""
    left, right = np.split(corners[np.argsort(corners[:, 0], kind="stable")], 2)
    top_left, bottom_left = left[np.argsort(left[:, 1])]
    top_right, bottom_right = right[np.argsort(right[:, 1])]
    return np.stack([top_left, top_right, bottom_right, bottom_left])


def _to_stride(length_px: float) -> int:
    return max(1, round(length_px / STRIDE_PX)) * STRIDE_PX


def _model_path() -> Path:
    package = find_spec("rapidocr")
    if package is None or not package.submodule_search_locations:
        raise InputError(
            "rapidocr, whose text detector finds the lines of a page, is missing; run: pip install rapidocr"
        )
    folder = Path(package.submodule_search_locations[0]) / "models"
    models = sorted(folder.glob("*_det_*.onnx"))
    if not models:
        raise InputError(f"{folder}: no text detection model in this rapidocr; run: pip install 'rapidocr>=3.10'")
    return models[0]
