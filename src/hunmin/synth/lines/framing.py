"""What a text detector cuts out: margins, slices of the lines above and below, tilt, perspective, squeeze."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator as Rng

from hunmin.synth.lines.picture import Line
from hunmin.synth.lines.render import Ink, Pixels, Setting, draw_line, project
from hunmin.synth.random_draws import between, chance


@dataclass(frozen=True, slots=True)
class Framing:
    """How a drawn line sits in its crop. Lengths in em."""

    height_px: int | None
    """Height of the crop; None keeps the size at which the line was drawn."""
    top: float
    """From the crop's upper edge to the ink; negative cuts into it."""
    bottom: float
    """From the ink to the lower edge."""
    left: float
    """From the left edge to the ink."""
    right: float
    """From the ink to the right edge."""
    above: float = 0.0
    """Gap between the line above and this one; 0 = there is none."""
    below: float = 0.0
    """Gap between this line and the one below; 0 = there is none."""
    squeeze: float = 1.0
    """Width over natural width (장평)."""
    rise: float = 0.0
    """How much higher the line ends than it starts."""
    slant: float = 0.0
    """Shear to the right, as a share of the height."""
    narrowing: float = 0.0
    """Perspective: the share of its height that one end loses; positive = the right end."""


def detector_framing(
    rng: Rng, height_px: int | None, strength: float, neighbours: float = 0.15, squeeze: float = 1.0
) -> Framing:
    """Margins as detectors leave them: mostly 0.05–0.3 em, now and then loose, or tight enough to touch a stroke.

    Args:
        rng: randomness.
        height_px: of the crop, or None for the drawn size.
        strength: 0 straight and even, 1 as crooked as real crops get.
        neighbours: how likely slices of other lines show.
        squeeze: width over natural width.
    """
    loose = 2.2 if chance(rng, 0.08 + 0.1 * strength) else 1.0
    top, bottom, left, right = (between(rng, 0.03, 0.22) * loose for _ in range(4))
    if chance(rng, 0.05 + 0.08 * strength):
        top, bottom, left, right = (between(rng, -0.05, 0.1) for _ in range(4))
    above = below = 0.0
    if chance(rng, neighbours):
        gap = between(rng, 0.06, 0.35)
        above = gap if chance(rng, 0.6) else 0.0
        below = gap if chance(rng, 0.6) or not above else 0.0
        # Detectors follow the line they found: of its neighbours they leave slivers, seldom half a letter.
        top = gap + between(rng, 0.02, 0.2) if above else top
        bottom = gap + between(rng, 0.02, 0.2) if below else bottom
    rise = between(rng, -0.35, 0.35) * strength if chance(rng, 0.35) else 0.0
    return Framing(height_px, top, bottom, left, right, above, below, squeeze, rise)


def draw_framed(line: Line, setting: Setting, framing: Framing, rng: Rng) -> Ink:
    """Draw a line and cut it out as `framing` says, with slices of other lines where that has any.

    Returns:
        Ink of the crop; other lines' slices are in its mask, not in its boxes.

    Raises:
        BlankGlyphError: a face draws nothing for one of its characters.
    """
    ink = draw_line(line.cache, line.runs, setting, rng)
    above, below = (
        draw_line(line.cache, line.another(rng), setting, rng).mask if gap else None
        for gap in (framing.above, framing.below)
    )
    return frame(ink, framing, rng, above, below)


def frame(ink: Ink, framing: Framing, rng: Rng, above: Pixels | None = None, below: Pixels | None = None) -> Ink:
    """Cut the line out as `framing` says.

    Args:
        ink: as `draw_line` returns it, cut to the ink.
        framing: margins, neighbours, geometry.
        rng: chooses where along the line the others stand.
        above: (h, w) the line above, cut to its ink; None = there is none.
        below: the line below, likewise.

    Returns:
        Ink of the crop; the other lines' slices are in its mask, not in its boxes.
    """
    em = ink.em_px
    x0, y0, x1, y1 = ink.bounds()
    # "1-1" or "…" would fill the crop: a detector gives them the height of a line all the same.
    short = max(0.72 * em - (y1 - y0), 0.0)
    line_top, line_bottom = y0 - 0.6 * short, y1 + 0.4 * short
    rise = max(min(framing.rise * em, 0.12 * (x1 - x0)), -0.12 * (x1 - x0))
    top = round(line_top - framing.top * em - abs(rise) / 2)
    bottom = round(line_bottom + framing.bottom * em + abs(rise) / 2)
    left, right = round(x0 - framing.left * em), round(x1 + framing.right * em)
    height, width = max(bottom - top, 4), max(right - left, 4)
    canvas = np.zeros((height, width), np.uint8)
    _paste(canvas, ink.mask, -left, -top)
    if above is not None:
        _paste(canvas, above, _offset(above, width, rng), round(line_top - framing.above * em) - top - above.shape[0])
    if below is not None:
        _paste(canvas, below, _offset(below, width, rng), round(line_bottom + framing.below * em) - top)
    boxes = ink.boxes - np.array([left, top, left, top], np.float32)
    placed = Ink(canvas, boxes, em)

    scale = 1.0 if framing.height_px is None else framing.height_px / height
    new_h = height if framing.height_px is None else framing.height_px
    new_w = max(round(width * scale * framing.squeeze), 4)
    tilt, slant, narrowing = rise * scale / 2, framing.slant * new_h / 2, framing.narrowing * new_h / 2
    left_loss, right_loss = max(-narrowing, 0.0), max(narrowing, 0.0)
    if tilt == slant == narrowing == 0.0 and (new_w, new_h) == (width, height):
        limits = np.array([width, height, width, height], np.float32)
        return Ink(canvas, np.clip(boxes, 0, limits), em)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = np.array(
        [
            [max(slant, 0.0), left_loss + tilt],
            [new_w + min(slant, 0.0), right_loss - tilt],
            [new_w - max(slant, 0.0), new_h - right_loss - tilt],
            [-min(slant, 0.0), new_h - left_loss + tilt],
        ],
        np.float32,
    )
    matrix = cv2.getPerspectiveTransform(corners, moved)
    if narrowing == 0.0:
        # Rounding left 1e-17 there; exact zeros take the affine path.
        matrix[2, :2] = 0.0
    return project(placed, np.asarray(matrix, np.float64), new_w, new_h)


def _offset(other: Pixels, width: int, rng: Rng) -> int:
    """Where another line begins in a crop of `width`: a long one somewhere left of it, a short one at its left edge."""
    spare: int = max(other.shape[1] - width, 0)
    return -round(spare * rng.random())


def _paste(canvas: Pixels, mask: Pixels, x: int, y: int) -> None:
    """Lay `mask` on `canvas` at (x, y), whatever part of it falls inside."""
    height, width = mask.shape
    y0, y1, x0, x1 = max(y, 0), min(y + height, canvas.shape[0]), max(x, 0), min(x + width, canvas.shape[1])
    if y0 < y1 and x0 < x1:
        window = canvas[y0:y1, x0:x1]
        np.maximum(window, mask[y0 - y : y1 - y, x0 - x : x1 - x], out=window)
