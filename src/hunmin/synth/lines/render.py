"""From characters to ink: cached glyph masks, laid out on a line, moved about with the box of every glyph.

H W pixels, L characters. Ink is uint8, 255 where the pen was and 0 on bare paper. The origin is the top left corner,
x runs right, y runs down. One em is the face's nominal size; lengths called `_em` are in that unit, all others in
pixels.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.random import Generator as Rng
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from hunmin import distort
from hunmin.errors import InputError, reason_of
from hunmin.font_manifest import Face
from hunmin.synth.random_draws import between

Pixels = NDArray[Any]
"""uint8 pixels; OpenCV's annotations promise no more than an array."""


# From the jamo block on, nearly everything that a Korean line holds is as wide as it is high.
_FIRST_WIDE = "\u1100"
# Bilinear sampling skips pixels below this and breaks thin strokes.
_LEAST_SAMPLED = 0.6
# How far above the baseline the em of a Korean face begins, give or take a few hundredths.
_ASCENT_EM = 0.86


class BlankGlyphError(Exception):
    """A face maps a character to a glyph without ink; the caller takes another face."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character of one face at one size."""

    mask: Pixels
    """(h, w) uint8, cut to the ink."""
    left: int
    """From the pen to the mask's left edge."""
    top: int
    """From the baseline to the mask's top edge; negative above the baseline."""
    advance: float
    """From this pen position to the next."""


class GlyphCache:
    """Glyphs by face, size and character, drawn on first use. What it forgets it draws again, the same."""

    def __init__(self, max_glyphs: int = 120_000, max_fonts: int = 256) -> None:
        """Start empty; 120,000 glyphs take about 250 MB, 256 open fonts about 300 MB. The oldest go first."""
        self._max_glyphs, self._max_fonts = max_glyphs, max_fonts
        self._glyphs: dict[tuple[str, int, int, str], Glyph] = {}
        self._fonts: dict[tuple[str, int, int], ImageFont.FreeTypeFont] = {}
        self._pages: dict[int, tuple[Image.Image, ImageDraw.ImageDraw]] = {}

    @property
    def num_open_fonts(self) -> int:
        """Files of faces that are held open, one for each size."""
        return len(self._fonts)

    def glyph(self, face: Face, size_px: int, char: str) -> Glyph:
        """The glyph of `char`.

        Raises:
            BlankGlyphError: the face draws nothing for it.
            InputError: the face's file is gone or damaged.
        """
        key = (face.sha256, face.index, size_px, char)
        known = self._glyphs.get(key)
        if known is None:
            if len(self._glyphs) >= self._max_glyphs:
                del self._glyphs[next(iter(self._glyphs))]
            known = self._glyphs[key] = self._draw(self._font(face, size_px), size_px, char)
        return known

    def space(self, face: Face, size_px: int) -> float:
        """Advance of a space, a fifth to a half of an em: some faces have none, others one as wide as a syllable."""
        return min(max(self._font(face, size_px).getlength(" "), 0.2 * size_px), 0.5 * size_px)

    def _font(self, face: Face, size_px: int) -> ImageFont.FreeTypeFont:
        key = (face.sha256, face.index, size_px)
        font = self._fonts.pop(key, None)
        if font is None:
            if len(self._fonts) >= self._max_fonts:
                del self._fonts[next(iter(self._fonts))]
            try:
                font = ImageFont.truetype(
                    str(face.path), size_px, index=face.index, layout_engine=ImageFont.Layout.BASIC
                )
            except OSError as error:
                raise InputError(
                    f"{face.path}: not a readable font any more ({reason_of(error)}). Install it again (`make fonts`)."
                ) from error
        self._fonts[key] = font  # the last to go
        return font

    def _draw(self, font: ImageFont.FreeTypeFont, size_px: int, char: str) -> Glyph:
        # Room for three ems by two and a half around the pen: no glyph of a Korean face is larger.
        pen_x, baseline = size_px, 3 * size_px // 2
        if size_px not in self._pages:
            page = Image.new("L", (3 * size_px, 5 * size_px // 2))
            self._pages[size_px] = page, ImageDraw.Draw(page)
        page, pen = self._pages[size_px]
        page.paste(0, (0, 0, *page.size))
        pen.text((pen_x, baseline), char, fill=255, font=font, anchor="ls")
        pixels = np.asarray(page)
        x, y, width, height = cv2.boundingRect(pixels)
        if not width:
            raise BlankGlyphError(char)
        mask = pixels[y : y + height, x : x + width].copy()
        return Glyph(mask, x - pen_x, y - baseline, font.getlength(char))


@dataclass(frozen=True, slots=True)
class Hand:
    """How unsteadily glyphs are set, as a hand writes them."""

    size: float = 0.0
    """Sizes vary by this share, both ways."""
    drift_em: float = 0.0
    """How far a baseline wanders from glyph to glyph."""
    turn: float = 0.0
    """Glyphs lean this many degrees, both ways."""
    slant: float = 0.0
    """Every glyph leans by this shear, positive to the right."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How a line is set."""

    size_px: int
    """The em in pixels at which glyphs are drawn."""
    tracking_em: float = 0.0
    """Added after every glyph; negative sets tight."""
    word_gap_em: float = 0.0
    """Added to every space."""
    fixed_pitch: bool = False
    """Set every syllable in a cell of one em and everything narrower in half of that, as receipt printers do."""
    arc_em: float = 0.0
    """How far the middle of the line rises above its ends."""
    hand: Hand | None = None
    """Handwriting's unsteadiness."""
    stacked: bool = False
    """Letters stand one below the other, and the column lies on its left side: how `recognize.page` turns a tall crop."""


Placed = tuple[Pixels | None, int, int, int, int]
"""A glyph's mask (None for a space) and its x0, y0, x1, y1, the first pen position at the origin."""


@dataclass(frozen=True, slots=True)
class Ink:
    """A drawn line."""

    mask: Pixels
    """(H, W) uint8."""
    boxes: NDArray[np.float32]
    """(L, 4) x0, y0, x1, y1 of each character's ink; a space has the gap, as high as the line."""
    em_px: float
    """Height of an em in this picture."""

    def bounds(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1 around all boxes."""
        low, high = self.boxes.min(axis=0), self.boxes.max(axis=0)
        return float(low[0]), float(low[1]), float(high[2]), float(high[3])


def draw_line(cache: GlyphCache, runs: Sequence[tuple[Face, str]], setting: Setting, rng: Rng) -> Ink:
    """Draw a line of one or more runs, each in its face.

    Args:
        cache: where glyphs come from.
        runs: face and text; the texts together are the label.
        setting: size, spacing, unsteadiness.
        rng: used only when `setting.hand` is set.

    Returns:
        Ink cut to the drawn glyphs, with a box for every character.

    Raises:
        BlankGlyphError: a face draws nothing for one of its characters.
    """
    size_px = setting.size_px
    tracking = setting.tracking_em * size_px
    placed: list[Placed] = []
    pen, drift = 0.0, 0.0
    for face, text in runs:
        gap = cache.space(face, size_px) if not setting.fixed_pitch else size_px / 2
        for char in text:
            if char == " ":
                width = max(gap + setting.word_gap_em * size_px, 1.0)
                placed.append((None, round(pen), 0, max(round(pen + width), round(pen) + 1), 0))
                pen += width + max(tracking, 0.0)
                continue
            glyph = cache.glyph(face, size_px, char)
            if setting.stacked:
                glyph = _lying(glyph, size_px)
            elif setting.fixed_pitch:
                glyph = _in_cell(glyph, size_px if char >= _FIRST_WIDE else size_px // 2)
            if setting.hand is not None:
                hand = setting.hand
                drift = 0.6 * drift + between(rng, -hand.drift_em, hand.drift_em) * size_px
                glyph = _unsteady(glyph, hand, drift, rng)
            x, y = round(pen) + glyph.left, glyph.top
            height, width_px = glyph.mask.shape
            placed.append((glyph.mask, x, y, x + width_px, y + height))
            # Tight tracking squeezes gaps; it never sets one glyph upon another.
            pen += max(glyph.advance + tracking, 0.75 * width_px)
    if setting.arc_em:
        placed = _on_arc(placed, setting.arc_em * size_px)
    return _assemble(placed, size_px)


def _assemble(placed: Sequence[Placed], size_px: int) -> Ink:
    inked = [entry for entry in placed if entry[0] is not None]
    top = min((entry[2] for entry in inked), default=-size_px)
    bottom = max((entry[4] for entry in inked), default=0)
    left, right = min(entry[1] for entry in placed), max(entry[3] for entry in placed)
    canvas = np.zeros((bottom - top, right - left), np.uint8)
    boxes = []
    for mask, x0, y0, x1, y1 in placed:
        if mask is None:
            boxes.append((x0 - left, 0, x1 - left, bottom - top))
            continue
        boxes.append((x0 - left, y0 - top, x1 - left, y1 - top))
        window = canvas[y0 - top : y1 - top, x0 - left : x1 - left]
        np.maximum(window, mask, out=window)
    return Ink(canvas, np.array(boxes, np.float32), float(size_px))


def _in_cell(glyph: Glyph, cell_px: int) -> Glyph:
    """The glyph in the middle of a cell, squeezed if it is wider."""
    height, width = glyph.mask.shape
    mask = glyph.mask
    if width > cell_px - 1:
        width = max(cell_px - 1, 1)
        mask = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
    return Glyph(mask, (cell_px - width) // 2, glyph.top, float(cell_px))


def _lying(glyph: Glyph, size_px: int) -> Glyph:
    """The glyph turned a quarter to the left, as part of a column of cells one em high."""
    height, width = glyph.mask.shape
    # Latin descends below a cell that is filled by syllables; it moves up rather than into the next cell.
    below_top = min(max(glyph.top + round(_ASCENT_EM * size_px), 0), max(size_px - height, 0))
    from_centre = round(glyph.left + width - glyph.advance / 2)
    return Glyph(np.rot90(glyph.mask), below_top, -from_centre - size_px // 2, float(size_px))


def _unsteady(glyph: Glyph, hand: Hand, drift: float, rng: Rng) -> Glyph:
    """The glyph resized, leaning and off its baseline."""
    grow = 1 + between(rng, -hand.size, hand.size)
    stretch = grow * (1 + between(rng, -hand.size, hand.size) / 2)
    lean = hand.slant + math.radians(between(rng, -hand.turn, hand.turn)) / 2
    turn = math.radians(between(rng, -hand.turn, hand.turn))
    height, width = glyph.mask.shape
    # Shear, turn and scale about the middle of the ink.
    a, b, c, d = stretch, -lean - turn, turn, grow
    new_w = math.ceil(abs(a) * width + abs(b) * height) + 2
    new_h = math.ceil(abs(c) * width + abs(d) * height) + 2
    matrix = np.array(
        [
            [a, b, (new_w - a * width - b * height) / 2],
            [c, d, (new_h - c * width - d * height) / 2],
        ]
    )
    mask = cv2.warpAffine(glyph.mask, matrix, (new_w, new_h))
    x, y, tight_w, tight_h = cv2.boundingRect(mask)
    if not tight_w:
        return glyph
    left = glyph.left + width / 2 - new_w / 2 + x
    top = glyph.top + height / 2 - new_h / 2 + y + drift
    return Glyph(mask[y : y + tight_h, x : x + tight_w], round(left), round(top), glyph.advance * stretch)


def _on_arc(placed: Sequence[Placed], rise: float) -> list[Placed]:
    """The same glyphs, lifted along a parabola whose top is the middle of the line."""
    first, last = placed[0][1], max(placed[-1][3], placed[0][1] + 1)
    lifted: list[Placed] = []
    for mask, x0, y0, x1, y1 in placed:
        along = ((x0 + x1) / 2 - first) / (last - first) * 2 - 1
        lift = 0 if mask is None else round(rise * (1 - along * along))
        lifted.append((mask, x0, y0 - lift, x1, y1 - lift))
    return lifted


def project(ink: Ink, matrix: NDArray[np.float64], width: int, height: int) -> Ink:
    """Move a drawn line into a picture of another size, boxes along with it.

    Args:
        ink: the line.
        matrix: (3, 3), from this ink's pixels to the new picture's.
        width: of the new picture.
        height: of the new picture.

    Returns:
        Ink of (height, width); boxes are the upright boxes around the moved corners, cut to the picture.
    """
    mask, to_new = ink.mask, matrix
    shrink_x, shrink_y = math.hypot(matrix[0, 0], matrix[1, 0]), math.hypot(matrix[0, 1], matrix[1, 1])
    if min(shrink_x, shrink_y) < _LEAST_SAMPLED:
        old_h, old_w = mask.shape
        new_size = (max(round(old_w * min(shrink_x, 1.0)), 1), max(round(old_h * min(shrink_y, 1.0)), 1))
        mask = cv2.resize(mask, new_size, interpolation=cv2.INTER_AREA)
        # Pixel centres, not corners, stay in place under cv2.resize.
        fx, fy = old_w / new_size[0], old_h / new_size[1]
        to_new = matrix @ np.array([[fx, 0, (fx - 1) / 2], [0, fy, (fy - 1) / 2], [0, 0, 1]])
    moved = distort.warp(mask, to_new, width, height)
    boxes = distort.warp_boxes(ink.boxes, matrix, width, height)
    return Ink(moved, boxes, ink.em_px * shrink_y)
