"""A picture of what was read: the page with its lines framed, and beside it their text in the same places."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from hunmin.drawing import draw_text, text_width_px
from hunmin.pages.direction import TALL_RATIO
from hunmin.pages.line import Line

MAX_PIXELS = 3_000_000
"""A larger page is drawn smaller."""
MIN_SHORT_SIDE_PX = 600
"""A smaller page is drawn larger, so that its text can be read."""

# Told apart by their lightness as well, for who does not see the colours.
SURE, LIKELY, DOUBTFUL = (22, 120, 84), (214, 137, 16), (192, 38, 59)
SURE_FROM, LIKELY_FROM = 0.9, 0.6
INK, PAPER, SEAM = (28, 30, 34), (250, 250, 248), (214, 216, 220)
TINT = 0.12
SEAM_PX = 6
LEGEND_PX, LEGEND_TYPE_PX = 30, 15.0
LEGEND = (
    (SURE, f"sure: {SURE_FROM} and more"),
    (LIKELY, f"likely: {LIKELY_FROM} to {SURE_FROM}"),
    (DOUBTFUL, "doubtful: less"),
)
TEXT_SHARE = 0.72
"""Height of the type as a share of its box."""


def draw_overlay(lines: Sequence[Line], image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Draw a page and its reading, side by side or, where the page is wide, one above the other.

    Frames are green where the reading is sure (`SURE_FROM`), amber where it is likely, red below; a legend at the foot says so.
    They run outside their boxes, so that they cover no small glyph.

    Args:
        lines: what was read.
        image: (H, W, 3) uint8 RGB, the picture that was read.

    Returns:
        (h, w, 3) uint8 RGB.
    """
    height, width = image.shape[:2]
    scale = min(max(1.0, MIN_SHORT_SIDE_PX / min(height, width)), (MAX_PIXELS / (height * width)) ** 0.5)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    framed = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    written = np.full(framed.shape, PAPER, dtype=np.uint8)
    stroke_px = max(1, round(min(size) / 500))
    for line in lines:
        corners = np.array(line.box, dtype=np.float32) * np.float32(scale)
        colour = SURE if line.confidence >= SURE_FROM else LIKELY if line.confidence >= LIKELY_FROM else DOUBTFUL
        outline = [np.rint(corners).astype(np.int32)]
        around = [np.rint(_widened(corners, stroke_px + 1)).astype(np.int32)]
        tint = tuple(round(TINT * c + (1 - TINT) * paper) for c, paper in zip(colour, PAPER, strict=True))
        cv2.fillPoly(written, outline, tint, cv2.LINE_AA)
        _write(written, line, corners)
        # A pale rim sets the frame off from dark and from green pictures.
        cv2.polylines(
            framed,
            [np.rint(_widened(corners, 2 * stroke_px + 1)).astype(np.int32)],
            True,
            PAPER,
            stroke_px,
            cv2.LINE_AA,
        )
        cv2.polylines(framed, around, True, colour, stroke_px, cv2.LINE_AA)
        cv2.polylines(written, around, True, colour, stroke_px, cv2.LINE_AA)
    side_by_side = size[0] <= 1.2 * size[1]
    seam = np.full((size[1], SEAM_PX, 3) if side_by_side else (SEAM_PX, size[0], 3), SEAM, dtype=np.uint8)
    joined: NDArray[np.uint8] = np.concatenate([framed, seam, written], axis=1 if side_by_side else 0)
    return np.concatenate([joined, _legend(joined.shape[1])])


def _widened(corners: NDArray[np.float32], by_px: float) -> NDArray[np.float32]:
    """A box with each of its sides moved outwards; one without a width or a height stays as it is."""
    right, down = corners[1] - corners[0], corners[3] - corners[0]
    lengths = float(np.linalg.norm(right)), float(np.linalg.norm(down))
    if min(lengths) == 0:
        return corners
    right, down = right * np.float32(by_px / lengths[0]), down * np.float32(by_px / lengths[1])
    moved: NDArray[np.float32] = corners + np.array([-right - down, right - down, right + down, down - right])
    return moved


def _legend(width: int) -> NDArray[np.uint8]:
    """(LEGEND_PX, width, 3) uint8: which colour stands for which confidence."""
    strip = Image.new("RGB", (width, LEGEND_PX), PAPER)
    pen = ImageDraw.Draw(strip)
    texts = [text for _, text in LEGEND]
    swatch = LEGEND_TYPE_PX
    needed = sum(text_width_px(text, LEGEND_TYPE_PX) + 3 * swatch for text in texts) + swatch
    share = min(1.0, width / needed)
    x, middle = swatch * share, LEGEND_PX / 2
    for colour, text in LEGEND:
        side = swatch * share
        pen.rectangle((x, middle - side / 2, x + side, middle + side / 2), fill=colour)
        x += 1.5 * side
        x += draw_text(pen, (x, middle), text, LEGEND_TYPE_PX * share, fill=INK) + 1.5 * side
    return np.array(strip)


def _write(canvas: NDArray[np.uint8], line: Line, corners: NDArray[np.float32]) -> None:
    """Set the text of a line into its box, along the box's direction."""
    width = max(2, round(float(np.linalg.norm(corners[1] - corners[0]))))
    height = max(2, round(float(np.linalg.norm(corners[3] - corners[0]))))
    if height > TALL_RATIO * width and len(line.text) > 1:
        corners = np.roll(corners, -1, axis=0)  # The text runs downwards: it begins at the top right.
        width, height = height, width
    label = _label(line.text, width, height)
    source = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float32)
    to_canvas = cv2.getPerspectiveTransform(source, corners.astype(np.float32))
    ink = cv2.warpPerspective(label, to_canvas, (canvas.shape[1], canvas.shape[0]), flags=cv2.INTER_LINEAR)
    left, top = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + 1
    share = ink[top:bottom, left:right, np.newaxis].astype(np.float32) / 255
    area = canvas[top:bottom, left:right]
    area[:] = np.rint(area * (1 - share) + np.array(INK, dtype=np.float32) * share)


def _label(text: str, width: int, height: int) -> NDArray[np.uint8]:
    """The text as ink, 0 to 255, in a picture of `width` × `height`, as large as it fits."""
    size_px = max(TEXT_SHARE * height, 1.0)
    length = text_width_px(text, size_px)
    room = 0.96 * width
    if length > room:
        size_px = max(size_px * room / length, 1.0)
    label = Image.new("L", (width, height))
    draw_text(ImageDraw.Draw(label), (0.02 * width, height / 2), text, size_px, fill=255)
    return np.array(label)
