"""A line written by hand: where each glyph goes and how it leans, its parts moved, strokes joined, words scribbled out.

Lengths called `_em` are in em, all others in pixels; the origin is the top left corner, y runs down.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.random import Generator as Rng

from hunmin.font_manifest import Face
from hunmin.synth.lines.handwriting.parts import Parts, TakenApart
from hunmin.synth.lines.handwriting.style import Style
from hunmin.synth.lines.render import GlyphCache, Ink, Pixels
from hunmin.synth.random_draws import between, chance, whole

# From the jamo block on, nearly everything that a Korean line holds is as wide as it is high.
_FIRST_WIDE = "\u1100"
_CHARS_PER_KNOT = 4
_WIDE_ROOM_EM = 0.12
_CURVE = np.linspace(0, 1, 5)[:, None]

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Written:
    """A line before it is cut out."""

    ink: Ink
    """With `margin_px` of bare paper around it."""
    margin_px: int
    """Around the ink, for what is drawn beside it."""
    baseline_px: float
    """Row of the baseline at the line's beginning."""
    cell_edges_px: tuple[float, ...]
    """Columns of the edges of manuscript squares; empty where there are none."""
    stroke_px: float
    """How wide strokes are, about."""
    room_px: float
    """How far apart strokes are inside the denser letters."""


class _Laid(NamedTuple):
    """A glyph as it was laid down, in pixels from the pen on the baseline."""

    pieces: list[tuple[Pixels, int, int]]
    """Mask, left and top of each part."""
    box: tuple[int, int, int, int]
    """x0, y0, x1, y1 around them."""
    advance: float
    starts: list[Point]
    """Where the pen comes down for each part."""
    ends: list[Point]
    """Where it leaves it."""


@dataclass(slots=True)
class _Sheet:
    """What was written so far, in pixels from the first pen position on the baseline."""

    pieces: list[tuple[Pixels, int, int]]
    """Mask, left and top."""
    boxes: list[tuple[int, int, int, int] | tuple[int, None, int, None]]
    """x0, y0, x1, y1 of each character; a space is as high as the line."""
    joins: list[tuple[Point, Point]]
    edges: list[float]
    """Columns of the edges of manuscript squares."""

    def lay(self, laid: _Laid, x: int) -> None:
        """Put a glyph down at the pen position `x`."""
        self.pieces += [(mask, left + x, top) for mask, left, top in laid.pieces]
        x0, y0, x1, y1 = laid.box
        self.boxes.append((x0 + x, y0, x1 + x, y1))

    def join(self, laid: _Laid, x: int, last: Point | None, style: Style, rng: Rng) -> Point:
        """Join some of a glyph's strokes, and its first one to where the last glyph ended; returns where this one ends."""
        for (start_x, start_y), (end_x, end_y) in zip(laid.starts, laid.ends, strict=True):
            start = (start_x + x, start_y)
            if last is not None and chance(rng, style.joined) and _near(last, start, style.size_px):
                self.joins.append((last, start))
            last = (end_x + x, end_y)
        assert last is not None
        return last

    def _letter_px(self, em: int) -> float:
        """The em that a print face with letters as high as these would have: many hands fill only part of theirs."""
        heights = sorted(y1 - y0 for _, y0, _, y1 in self.boxes if y0 is not None and y1 is not None)
        return min(max(heights[len(heights) * 3 // 4] / 0.88, 0.55 * em), float(em)) if heights else float(em)

    def assembled(self, style: Style, glyphs: Sequence[TakenApart]) -> Written:
        """All of it on one sheet with the style's margin."""
        em = style.size_px
        stroke_px = sum(taken.stroke_px for taken in glyphs) / max(len(glyphs), 1)
        margin = round(style.margin_em * em)
        tops = [top for _, _, top in self.pieces]
        bottoms = [top + mask.shape[0] for mask, _, top in self.pieces]
        top, bottom = min(tops, default=-em) - margin, max(bottoms, default=0) + margin
        left = min([box[0] for box in self.boxes] + [x for _, x, _ in self.pieces]) - margin
        right = max([box[2] for box in self.boxes] + [x + mask.shape[1] for mask, x, _ in self.pieces]) + margin
        canvas: Pixels = np.zeros((bottom - top, right - left), np.uint8)
        for mask, x, y in self.pieces:
            height, width = mask.shape
            window = canvas[y - top : y - top + height, x - left : x - left + width]
            np.maximum(window, mask, out=window)
        for start, end in self.joins:
            _stroke(canvas, (start[0] - left, start[1] - top), (end[0] - left, end[1] - top), stroke_px)
        low, high = margin, bottom - top - margin
        boxes = [
            (x0 - left, low if y0 is None else y0 - top, x1 - left, high if y1 is None else y1 - top)
            for x0, y0, x1, y1 in self.boxes
        ]
        rooms = sorted(taken.room_px for taken in glyphs) or [float(em)]
        ink = Ink(canvas, np.array(boxes, np.float32), self._letter_px(em))
        return Written(
            ink, margin, float(-top), tuple(edge - left for edge in self.edges), stroke_px, rooms[len(rooms) // 4]
        )


def write_line(
    cache: GlyphCache, parts: Parts, runs: Sequence[tuple[Face, str]], style: Style, rng: Rng, printed: int = 0
) -> Written:
    """Write a line.

    Args:
        cache: where glyphs come from.
        parts: where glyphs taken apart come from.
        runs: face and text; the texts together are the label.
        style: how this hand writes.
        rng: randomness.
        printed: that many runs at the beginning are set as a printer sets them.

    Raises:
        BlankGlyphError: a face draws nothing for one of its characters.
    """
    em = style.size_px
    length = sum(len(text) for _, text in runs)
    lift, size, lean, room = _wander(length, style, rng)
    sheet = _Sheet([], [], [], [])
    pen, index = 0.0, 0
    glyphs: list[TakenApart] = []
    last: Point | None = None
    for run, (face, text) in enumerate(runs):
        by_hand = run >= printed
        gap = cache.space(face, em)
        for char in text:
            along = index / length
            if style.cell_em:
                sheet.edges.append(pen)
            if char == " ":
                last = None
                width = em * style.cell_em if style.cell_em else max(gap + room[index], 0.08 * em)
                if by_hand and style.struck and chance(rng, style.struck):
                    struck = _struck(em, rng)
                    sheet.pieces.append((struck, round(pen + 0.15 * em), round(-0.75 * em)))
                    width += struck.shape[1] + 0.2 * em
                sheet.boxes.append((round(pen), None, max(round(pen + width), round(pen) + 1), None))
                pen += width
                index += 1
                continue
            taken = parts.of(cache, face, em, char)
            glyphs.append(taken)
            if not by_hand:
                laid = _as_set(taken)
                sheet.lay(laid, round(pen))
                pen += laid.advance
                index += 1
                continue
            grow = size[index] if char >= _FIRST_WIDE else size[index] * style.latin_size
            drop = lift[index] - 4 * style.sag_em * em * along * (1 - along)
            laid = _lay(taken, grow, lean[index], drop, style, rng)
            x0, _, x1, _ = laid.box
            x = round(pen)
            if style.cell_em:
                cell = em * style.cell_em
                x = round(pen + (cell - (x1 - x0)) / 2 + between(rng, -0.06, 0.06) * em) - x0
                pen += cell
            else:
                # Hands run letters into each other a little, never one upon the other.
                looser = style.loose * (room[index] - style.word_gap_em * em)
                pen += max(laid.advance + style.tracking_em * em + looser, 0.78 * (x1 - x0))
            sheet.lay(laid, x)
            if style.joined:
                last = sheet.join(laid, x, last, style, rng)
            index += 1
    if style.cell_em:
        sheet.edges.append(pen)
    return sheet.assembled(style, glyphs)


def _wander(length: int, style: Style, rng: Rng) -> list[list[float]]:
    """Lift, size, lean and room of each of `length` glyphs: slow walks with a little noise of their own on top."""
    em = style.size_px
    knots = length // _CHARS_PER_KNOT + 3
    noise = rng.standard_normal((4, knots + length))
    at = np.arange(length) * (between(rng, 0.5, 1.0) * (knots - 1.001) / max(length - 1, 1))
    before = at.astype(np.intp)
    after = at - before
    walks = 0.35 * noise[:, knots:] + 0.6 * ((1 - after) * noise[:, before] + after * noise[:, before + 1])
    walks *= np.array([[style.lift_em * em], [style.size], [style.lean], [style.gap_spread_em * em]])
    walks += np.array([[0.0], [1.0], [style.slant], [style.word_gap_em * em]])
    walks[1] = np.minimum(np.maximum(walks[1], 0.6), 1.5)
    walked: list[list[float]] = walks.tolist()
    return walked


def _as_set(taken: TakenApart) -> _Laid:
    """A glyph as a printer sets it."""
    glyph = taken.glyph
    height, width = glyph.mask.shape
    box = (glyph.left, glyph.top, glyph.left + width, glyph.top + height)
    return _Laid([(glyph.mask, glyph.left, glyph.top)], box, glyph.advance, [], [])


def _lay(taken: TakenApart, grow: float, lean: float, drop: float, style: Style, rng: Rng) -> _Laid:
    """A glyph grown, sheared and turned about its middle, its parts moved and resized on their own."""
    glyph, em = taken.glyph, style.size_px
    parts = taken.parts if style.apart else (taken.whole,)
    height, width = glyph.mask.shape
    draws = rng.random(4 * len(parts) + 2).tolist()
    stretch = grow * style.stretch * (1 + style.size * 0.8 * (draws[-1] - 0.5))
    turn = math.radians(2 * (draws[-2] - 0.5) * style.turn)
    b = -lean - turn
    middle_x, middle_y = (glyph.left + width / 2) * stretch, (glyph.top + height / 2) * grow + drop
    # In a dense syllable jamo cannot move far without covering each other.
    room = min(taken.room_px / (_WIDE_ROOM_EM * em), 1.0)
    pieces: list[tuple[Pixels, int, int]] = []
    starts: list[Point] = []
    ends: list[Point] = []
    for number, part in enumerate(parts):
        part_h, part_w = part.mask.shape
        x, y, wide, high = part.x + part_w / 2 - width / 2, part.y + part_h / 2 - height / 2, 1.0, 1.0
        if len(parts) > 1:
            right, down, wide, high = style.habits[part.role]
            at = 4 * number
            x += room * (right + style.part_shift_em * (draws[at] - 0.5)) * em
            y += room * (down + style.part_shift_em * (draws[at + 1] - 0.5)) * em
            wide *= 1 + style.part_size * (draws[at + 2] - 0.5)
            high *= 1 + style.part_size * (draws[at + 3] - 0.5)
        m00, m01, m10, m11 = stretch * wide, b * high, turn * wide, grow * high
        across, down = abs(m00) * part_w + abs(m01) * part_h, abs(m10) * part_w + abs(m11) * part_h
        left, top = middle_x + stretch * x + b * y - across / 2, middle_y + turn * x + grow * y - down / 2
        x0, y0 = math.floor(left), math.floor(top)
        # OpenCV's pixel centres lie at whole numbers.
        m02 = left - x0 + (across - m00 * (part_w - 1) - m01 * (part_h - 1) - 1) / 2
        m12 = top - y0 + (down - m10 * (part_w - 1) - m11 * (part_h - 1) - 1) / 2
        moved = cv2.warpAffine(
            part.mask, np.array(((m00, m01, m02), (m10, m11, m12))), (math.ceil(across) + 2, math.ceil(down) + 2)
        )
        pieces.append((moved, x0, y0))
        if style.joined:
            px, py, qx, qy = part.reach
            m02, m12 = m02 + x0, m12 + y0
            starts.append((m00 * px + m01 * py + m02, m10 * px + m11 * py + m12))
            ends.append((m00 * qx + m01 * qy + m02, m10 * qx + m11 * qy + m12))
    return _Laid(pieces, _around(pieces), glyph.advance * stretch, starts, ends)


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


def _near(end: Point, start: Point, em: float) -> bool:
    """Whether a pen would not leave the paper on its way."""
    across, down = start[0] - end[0], start[1] - end[1]
    return -0.5 * em < across < 0.55 * em and abs(down) < 0.8 * em


def _stroke(canvas: Pixels, start: Point, end: Point, width_px: float) -> None:
    """A light curve between two strokes, bent as the pen turns."""
    begin, finish = np.array(start), np.array(end)
    bend = (begin + finish) / 2 + np.array([0.12, 0.18]) * abs(finish[1] - begin[1])
    curve = (1 - _CURVE) ** 2 * begin + 2 * _CURVE * (1 - _CURVE) * bend + _CURVE**2 * finish
    points = np.rint(curve * 8).astype(np.int32)
    cv2.polylines(canvas, [points], False, 235, max(round(0.55 * width_px), 1), cv2.LINE_AA, 3)


def _struck(em: int, rng: Rng) -> Pixels:
    """A word under so many strokes that nobody reads it."""
    width, height = round(em * between(rng, 0.9, 3.0)), round(0.8 * em)
    mask = np.zeros((height, width), np.uint8)
    thick = whole(rng, 2, 4)
    for _ in range(whole(rng, 2, 3)):
        turns = max(width // whole(rng, 3, 6), 6)
        x = np.linspace(3, width - 4, turns) + rng.normal(0, 1.5, turns)
        y = np.where(np.arange(turns) % 2, 0.15, 0.85) * height + rng.normal(0, 0.1 * height, turns)
        points = np.stack([x, y], axis=1).round().astype(np.int32)
        cv2.polylines(mask, [points], False, 255, thick, cv2.LINE_AA)
    return mask
