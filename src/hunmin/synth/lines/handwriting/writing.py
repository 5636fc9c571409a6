"""A line written by hand: where each glyph goes and how it leans, its parts moved, strokes joined, words scribbled out.

Lengths called `_em` are in em, all others in pixels; the origin is the top left corner, y runs down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.random import Generator as Rng

from hunmin.font_manifest import Face
from hunmin.synth.lines.handwriting.laying import Floats, Laid, Point, Walk, as_set, lay
from hunmin.synth.lines.handwriting.parts import Parts, TakenApart
from hunmin.synth.lines.handwriting.style import Style
from hunmin.synth.lines.render import GlyphCache, Ink, Pixels
from hunmin.synth.random_draws import between, chance, whole

# From the jamo block on, nearly everything that a Korean line holds is as wide as it is high.
_FIRST_WIDE = "\u1100"
_PRINT_HEIGHT_EM = 0.85
_CHARS_PER_KNOT = 6
_NUM_STEPS = 20_000
_SEED = 20240608
_CURVE = np.linspace(0, 1, 5)[:, None]


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

    def lay(self, laid: Laid, x: int) -> None:
        """Put a glyph down at the pen position `x`."""
        self.pieces += [(mask, left + x, top) for mask, left, top in laid.pieces]
        x0, y0, x1, y1 = laid.box
        self.boxes.append((x0 + x, y0, x1 + x, y1))

    def join(self, laid: Laid, x: int, last: Point | None, style: Style, rng: Rng) -> Point:
        """Join some of a glyph's strokes, and its first one to where the last glyph ended; returns where this one ends."""
        for (start_x, start_y), (end_x, end_y) in laid.strokes:
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
    em, text = style.size_px, "".join(part for _, part in runs)
    length, num_printed = len(text), sum(len(part) for _, part in runs[:printed])
    lift, size, lean, room = _wander(length, style, rng)
    glyphs = {
        index: parts.of(cache, face, em, char)
        for index, (face, char) in enumerate((face, char) for face, part in runs for char in part)
        if char != " "
    }
    by_hand = [index for index in glyphs if index >= num_printed]
    at = np.array(by_hand, np.intp)
    along = at / length
    sizes = size[at] * np.array([1.0 if text[index] >= _FIRST_WIDE else style.latin_size for index in by_hand])
    if printed:
        sizes *= _beside_print([glyphs[index] for index in by_hand], em)
    walk = Walk(sizes, lean[at], lift[at] - 4 * style.sag_em * em * along * (1 - along))
    laid_by_hand = dict(zip(by_hand, lay([glyphs[index] for index in by_hand], walk, style, rng), strict=True))
    gaps = [gap for face, part in runs for gap in [cache.space(face, em)] * len(part)]
    rooms: list[float] = room.tolist()

    sheet = _Sheet([], [], [], [])
    pen = 0.0
    last: Point | None = None
    for index, char in enumerate(text):
        if style.cell_em:
            sheet.edges.append(pen)
        if char == " ":
            last = None
            width = em * style.cell_em if style.cell_em else max(gaps[index] + rooms[index], 0.08 * em)
            if index >= num_printed and style.struck and chance(rng, style.struck):
                struck = _struck(em, rng)
                sheet.pieces.append((struck, round(pen + 0.15 * em), round(-0.75 * em)))
                width += struck.shape[1] + 0.2 * em
            sheet.boxes.append((round(pen), None, max(round(pen + width), round(pen) + 1), None))
            pen += width
            continue
        laid = laid_by_hand.get(index)
        if laid is None:
            laid = as_set(glyphs[index])
            sheet.lay(laid, round(pen))
            pen += laid.advance
            continue
        x0, _, x1, _ = laid.box
        x = round(pen)
        if style.cell_em:
            cell = em * style.cell_em
            x = round(pen + (cell - (x1 - x0)) / 2 + between(rng, -0.06, 0.06) * em) - x0
            pen += cell
        else:
            # Hands run letters into each other a little, never one upon the other.
            looser = style.loose * (rooms[index] - style.word_gap_em * em)
            pen += max(laid.advance + style.tracking_em * em + looser, 0.78 * (x1 - x0))
        sheet.lay(laid, x)
        if style.joined:
            last = sheet.join(laid, x, last, style, rng)
    if style.cell_em:
        sheet.edges.append(pen)
    return sheet.assembled(style, list(glyphs.values()))


def _beside_print(glyphs: Sequence[TakenApart], em: int) -> float:
    """The factor that makes letters about as high as print: many hands fill only part of their em."""
    heights = sorted(taken.glyph.mask.shape[0] for taken in glyphs)
    return min(max(_PRINT_HEIGHT_EM * em / heights[len(heights) * 3 // 4], 1.0), 1.8) if heights else 1.0


@cache
def _walks() -> Floats:
    """A slow walk with a little noise of its own on top, a value for each character; lines cut theirs from it."""
    rng = np.random.default_rng(_SEED)
    knots = rng.standard_normal(_NUM_STEPS // _CHARS_PER_KNOT + 1)
    slow = np.interp(np.arange(_NUM_STEPS) / _CHARS_PER_KNOT, np.arange(len(knots)), knots)
    walks: Floats = 0.6 * slow + 0.35 * rng.standard_normal(_NUM_STEPS)
    return walks


def _wander(length: int, style: Style, rng: Rng) -> tuple[Floats, Floats, Floats, Floats]:
    """Lift, size, lean and room of each of `length` glyphs."""
    em, walks = style.size_px, _walks()
    starts = (rng.random(4) * (len(walks) - length)).astype(np.intp).tolist()
    lift, size, lean, room = (walks[start : start + length] for start in starts)
    return (
        style.lift_em * em * lift,
        np.minimum(np.maximum(1 + style.size * size, 0.6), 1.5),
        style.slant + style.lean * lean,
        em * (style.word_gap_em + style.gap_spread_em * room),
    )


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
