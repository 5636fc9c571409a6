"""Glyphs as a hand lays them down: grown, sheared and turned, their parts moved and resized on their own.

A line's glyphs are reckoned together: NumPy takes as long for one as for fifty. N glyphs, P parts; pixels, y runs down.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.random import Generator as Rng
from numpy.typing import NDArray

from hunmin.synth.lines.handwriting.parts import TakenApart
from hunmin.synth.lines.handwriting.style import Style
from hunmin.synth.lines.render import Pixels

_WIDE_ROOM_EM = 0.12

Point = tuple[float, float]
Floats = NDArray[np.float64]


class Laid(NamedTuple):
    """A glyph as it was laid down, in pixels from the pen on the baseline."""

    pieces: list[tuple[Pixels, int, int]]
    """Mask, left and top of each part."""
    box: tuple[int, int, int, int]
    """x0, y0, x1, y1 around them."""
    advance: float
    strokes: list[tuple[Point, Point]]
    """Where the pen comes down for each part, and where it leaves it; empty where nothing is joined."""


class Walk(NamedTuple):
    """How each of N glyphs is written, (N,) each."""

    size: Floats
    """Factor."""
    lean: Floats
    """Shear, positive to the right."""
    drop: Floats
    """Pixels below the baseline."""


def as_set(taken: TakenApart) -> Laid:
    """A glyph as a printer sets it."""
    glyph = taken.glyph
    height, width = glyph.mask.shape
    box = (glyph.left, glyph.top, glyph.left + width, glyph.top + height)
    return Laid([(glyph.mask, glyph.left, glyph.top)], box, glyph.advance, [])


def lay(glyphs: Sequence[TakenApart], walk: Walk, style: Style, rng: Rng) -> list[Laid]:
    """Glyphs as a hand writes them."""
    if not glyphs:
        return []
    parts = [part for taken in glyphs for part in (taken.parts if style.apart else (taken.whole,))]
    counts = np.array([len(taken.parts) if style.apart else 1 for taken in glyphs])
    of = np.repeat(np.arange(len(glyphs)), counts)
    middle_x, middle_y, room = np.array([taken.geometry for taken in glyphs]).T
    width, height, x, y, role = np.array([part.geometry for part in parts]).T

    size_draws, turn_draws = rng.random((2, len(glyphs))) - 0.5
    stretch = walk.size * style.stretch * (1 + 0.8 * style.size * size_draws)
    turn = np.radians(2 * style.turn * turn_draws)
    middle_x, middle_y = middle_x * stretch, middle_y * walk.size + walk.drop

    # In a dense syllable jamo cannot move far without covering each other; one alone stays where it is.
    moves = counts[of] > 1
    room = moves * style.size_px * np.minimum(room / (_WIDE_ROOM_EM * style.size_px), 1.0)[of]
    draws = rng.random((4, len(parts))) - 0.5
    right, down, wide, high = np.array(style.habits).T[:, role.astype(np.intp)]
    x, y = x + room * (right + style.part_shift_em * draws[0]), y + room * (down + style.part_shift_em * draws[1])
    wide = np.where(moves, wide * (1 + style.part_size * draws[2]), 1.0)
    high = np.where(moves, high * (1 + style.part_size * draws[3]), 1.0)

    # Columns of the glyph's own matrix: where one pixel to the right and one down lead.
    stretch_of, shear_of, turn_of, grow_of = stretch[of], (-walk.lean - turn)[of], turn[of], walk.size[of]
    matrices = np.empty((len(parts), 2, 3))
    matrices[:, 0, 0], matrices[:, 0, 1] = stretch_of * wide, shear_of * high
    matrices[:, 1, 0], matrices[:, 1, 1] = turn_of * wide, grow_of * high
    corner = np.stack([width, height], axis=1)
    extent = np.abs(matrices[:, :, 0]) * width[:, None] + np.abs(matrices[:, :, 1]) * height[:, None]
    middle = np.stack([middle_x[of] + stretch_of * x + shear_of * y, middle_y[of] + turn_of * x + grow_of * y], axis=1)
    begin = np.floor(middle - extent / 2)
    # OpenCV's pixel centres lie at whole numbers.
    matrices[:, :, 2] = middle - begin - 0.5 - (matrices[:, :, :2] @ (corner - 1)[:, :, None])[:, :, 0] / 2
    sizes = (np.ceil(extent) + 2).astype(int).tolist()
    pieces = [
        (cv2.warpAffine(part.mask, matrix, size), left, top)
        for part, matrix, size, (left, top) in zip(parts, matrices, sizes, begin.astype(int).tolist(), strict=True)
    ]
    strokes: list[tuple[Point, Point]] = []
    if style.joined:
        reach = np.array([part.reach for part in parts], np.float64).reshape(-1, 2, 2)
        points = reach @ matrices[:, :, :2].transpose(0, 2, 1) + (matrices[:, :, 2] + begin)[:, None]
        strokes = [((x0, y0), (x1, y1)) for (x0, y0), (x1, y1) in points.tolist()]
    laid, first = [], 0
    for taken, count, wider in zip(glyphs, counts.tolist(), stretch.tolist(), strict=True):
        own = pieces[first : first + count]
        laid.append(Laid(own, _around(own), taken.glyph.advance * wider, strokes[first : first + count]))
        first += count
    return laid


def _around(pieces: Sequence[tuple[Pixels, int, int]]) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1 around the ink of all pieces."""
    boxes = []
    for mask, left, top in pieces:
        x, y, width, height = cv2.boundingRect(mask)
        boxes.append((left + x, top + y, left + x + width, top + y + height))
    if len(boxes) == 1:
        return boxes[0]
    x0s, y0s, x1s, y1s = zip(*boxes, strict=True)
    return min(x0s), min(y0s), max(x1s), max(y1s)
