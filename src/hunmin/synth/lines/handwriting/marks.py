"""What people draw beside their words: underlines, frames, rings, highlighters. Never a stroke through what a label says."""

import cv2
import numpy as np
from numpy.random import Generator as Rng

from hunmin.synth.lines.handwriting.papers import Placement
from hunmin.synth.lines.handwriting.writing import Written
from hunmin.synth.lines.render import Pixels
from hunmin.synth.random_draws import between, chance, pick, whole

_HIGHLIGHTERS = ((250, 240, 90), (190, 240, 120), (250, 180, 210), (255, 205, 110), (150, 220, 245))


def draw_mark(written: Written, rng: Rng) -> None:
    """Draw an underline, a frame's edges or a ring into the line's ink, clear of its boxes."""
    mask = written.ink.mask
    x0, y0, x1, y1 = (round(edge) for edge in written.ink.bounds())
    room = written.margin_px - 2
    thick = max(round(written.stroke_px * between(rng, 0.6, 1.1)), 1)
    kind = pick(rng, ("underline", "underline", "frame", "frame", "ring"))
    near, far = max(thick, 3), max(room, 4)
    if kind == "underline":
        start = round(between(rng, x0, (x0 + x1) / 2)) if chance(rng, 0.3) else x0
        end = round(between(rng, (x0 + x1) / 2, x1)) if chance(rng, 0.2) else x1
        y = y1 + whole(rng, near, (near + far) // 2)
        for extra in range(pick(rng, (1, 1, 1, 2))):
            _unsteady_line(mask, (start, y + 4 * extra), (end, y + 4 * extra), thick, rng)
        return
    left, right = x0 - whole(rng, near, far), x1 + whole(rng, near, far)
    top, bottom = y0 - whole(rng, near, far), y1 + whole(rng, near, far)
    if kind == "ring":
        centre = ((x0 + x1) // 2, (y0 + y1) // 2)
        axes = (round(0.5 * (right - left) + 0.35 * (y1 - y0)), round(0.62 * (bottom - top)))
        cv2.ellipse(mask, centre, axes, between(rng, -1.5, 1.5), 0, whole(rng, 330, 380), 255, thick, cv2.LINE_AA)
        return
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    for start_point, end_point in zip(corners, (*corners[1:], corners[0]), strict=True):
        if chance(rng, 0.8):
            _unsteady_line(mask, start_point, end_point, thick, rng)


def highlighter(place: Placement, rng: Rng) -> tuple[Pixels, tuple[int, int, int]]:
    """(H, W) uint8 where a highlighter went over some of the words, and its colour."""
    band: Pixels = np.zeros((place.height, place.width), np.uint8)
    x0, x1, high = place.x0, place.x1, place.y1 - place.y0
    start = between(rng, x0, x0 + 0.5 * (x1 - x0)) if chance(rng, 0.5) else x0 - 5
    end = between(rng, start + 0.3 * (x1 - start), x1) if chance(rng, 0.4) else x1 + 5
    top, bottom = place.y0 + between(rng, -0.1, 0.3) * high, place.y1 + between(rng, -0.15, 0.1) * high
    middle, tilt = (top + bottom) / 2, place.slope * (end - start) / 2
    cv2.line(
        band,
        (round(start), round(middle - tilt)),
        (round(end), round(middle + tilt)),
        255,
        max(round(bottom - top), 3),
    )
    return band, pick(rng, _HIGHLIGHTERS)


def _unsteady_line(mask: Pixels, start: tuple[int, int], end: tuple[int, int], thick: int, rng: Rng) -> None:
    """A line as drawn without a ruler."""
    steps = np.linspace(0, 1, 9)
    slow = np.interp(steps, np.linspace(0, 1, 4), rng.standard_normal(4))
    along = np.array(start) + steps[:, None] * (np.array(end) - np.array(start))
    across = 1 if abs(end[0] - start[0]) > abs(end[1] - start[1]) else 0
    along[:, across] += np.clip(1.2 * slow, -2.5, 2.5)
    points = np.rint(along * 8).astype(np.int32)
    cv2.polylines(mask, [points], False, 245, thick, cv2.LINE_AA, 3)
