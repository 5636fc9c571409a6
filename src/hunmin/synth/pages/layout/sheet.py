"""A sheet of paper or a screen that is written on: every call inks at once and notes where each character stands.

Lengths are in points (1/72 inch) where a name ends in `_pt`, else in pixels of the sheet. A baseline is where Latin letters
stand. Whatever does not fit on the sheet is cut short or left out, and so is its label.
"""

# ruff: noqa: PLR2004 - shares of an em read better where they are used

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.random import Generator as Rng
from numpy.typing import NDArray

from hunmin.synth.lines.colour import Colour, lay, luminance
from hunmin.synth.lines.degrade import thicken
from hunmin.synth.lines.picture import DRAWN_EM_PX
from hunmin.synth.lines.render import BlankGlyphError, Ink, Pixels, Setting, draw_line
from hunmin.synth.pages.layout.setting import Fitted, Piece, Type, cut_to
from hunmin.synth.pages.materials import Materials
from hunmin.synth.pages.page import Page, TextLine
from hunmin.synth.random_draws import between, chance

LARGE_EM_PX = 80
"""Em at which glyphs of headlines are drawn; those of all other sizes are drawn at `DRAWN_EM_PX` and resized."""
LEAST_BLANK_EM = 0.3
"""From this gap on, two pieces of a row have a space between them in the label."""
ASCENT_EM, DESCENT_EM = 0.86, 0.14
"""What of a Korean face's em lies above and below the baseline."""


class Sheet:
    """The page being written."""

    def __init__(
        self,
        materials: Materials,
        rng: Rng,
        kind: str,
        size_pt: tuple[float, float],
        px_per_pt: float,
        ground: Colour = 255,
        *,
        grid_fitted: bool = False,
    ) -> None:
        """Take an empty sheet.

        Args:
            materials: faces, texts and glyphs.
            rng: the only source of chance.
            kind: type of page.
            size_pt: width and height.
            px_per_pt: resolution at which it is inked.
            ground: a colour (r, g, b) makes a colour page, a grey level a grey one.
            grid_fitted: glyphs are drawn at whole sizes and with hinting, as on a screen, not resized.
        """
        self.materials, self.rng, self.kind = materials, rng, kind
        (self.width_pt, self.height_pt), self.px_per_pt = size_pt, px_per_pt
        self._grid_fitted = grid_fitted
        height, width = round(self.height_pt * px_per_pt), round(self.width_pt * px_per_pt)
        shape = (height, width) if isinstance(ground, int) else (height, width, 3)
        self.image: Pixels = np.full(shape, ground, np.uint8)
        self._lines: list[TextLine] = []
        self._boxes: list[NDArray[np.float32]] = []
        self._ems: list[tuple[float, float, float]] = []
        self._taken: list[tuple[int, int, int, int]] = []
        self._num_characters = 0
        self._block = 0

    def new_block(self) -> None:
        """What follows belongs to another paragraph, cell or row."""
        self._block += 1

    def fit(self, text: str, type_: Type) -> Fitted:
        """The text as it can be drawn, in another face where the type's lacks a character, and how wide it is."""
        face = self.materials.covering(type_.face, text, self.rng)
        if face is None:
            face = type_.face
            text = " ".join("".join([char for char in text if char in face.coverage or char == " "]).split())
        type_ = replace(type_, face=face) if face is not type_.face else type_
        em = type_.size_pt * type_.squeeze
        # As draw_line moves its pen.
        cache, least = self.materials.cache, 0.75
        space = (0.5 if type_.fixed_pitch else cache.space(face, DRAWN_EM_PX) / DRAWN_EM_PX) + max(type_.tracking_em, 0)
        kept, advances = [], []
        for char in text:
            if char == " ":
                advance = space
            else:
                try:
                    glyph = cache.glyph(face, DRAWN_EM_PX, char)
                except BlankGlyphError:
                    continue
                if type_.fixed_pitch:
                    advance = (1.0 if char >= "\u1100" else 0.5) + type_.tracking_em
                else:
                    advance = glyph.advance / DRAWN_EM_PX + type_.tracking_em
                    advance = max(advance, least * glyph.mask.shape[1] / DRAWN_EM_PX)
            kept.append(char)
            advances.append(advance * em)
        return Fitted("".join(kept), type_, advances)

    def cut_to(self, text: str, type_: Type, room_pt: float) -> str:
        """As much of the text as `room_pt` holds in a type."""
        return cut_to(self.fit(text, type_), room_pt)[0]

    def row(self, baseline_pt: float, pieces: Sequence[Piece]) -> float:
        """Pieces on one baseline, from left to right: one line of the page.

        A piece that would run into the one before is left out, one that would leave the sheet is cut short.

        Returns:
            Where the last piece ends in points; the first piece's place where nothing was written.
        """
        texts: list[str] = []
        boxes: list[NDArray[np.float32]] = []
        end_px, largest_em, start_px = -1.0, 0.0, 0.0
        for piece in pieces:
            drawn = self._draw(piece, baseline_pt, end_px)
            if drawn is None:
                continue
            text, glyph_boxes, em_px = drawn
            if texts and glyph_boxes[0, 0] - end_px >= LEAST_BLANK_EM * em_px:
                previous = boxes[-1][-1]
                texts.append(" ")
                boxes.append(np.array([[end_px, previous[1], glyph_boxes[0, 0], previous[3]]], np.float32))
            elif not texts:
                start_px = float(glyph_boxes[0, 0])
            texts.append(text)
            boxes.append(glyph_boxes)
            end_px, largest_em = float(glyph_boxes[:, 2].max()), max(largest_em, em_px)
        if not texts:
            return pieces[0].x_pt if pieces else 0.0
        label = "".join(texts)
        self._lines.append(TextLine(label, self._num_characters, self._block))
        self._num_characters += len(label)
        self._boxes.extend(boxes)
        self._ems.append(((start_px + end_px) / 2, baseline_pt * self.px_per_pt, largest_em))
        return end_px / self.px_per_pt

    def rule(
        self,
        x0_pt: float,
        y0_pt: float,
        x1_pt: float,
        y1_pt: float,
        *,
        thick_pt: float = 0.5,
        colour: Colour = 0,
        dash_pt: tuple[float, float] | None = None,
    ) -> None:
        """A straight rule, upright or level; `dash_pt` are the lengths of its dashes and gaps."""
        along_x = abs(x1_pt - x0_pt) >= abs(y1_pt - y0_pt)
        thick = max(thick_pt * self.px_per_pt, 1.0)
        half = thick / 2 / self.px_per_pt
        if dash_pt is None:
            box = (x0_pt, y0_pt - half, x1_pt, y0_pt + half) if along_x else (x0_pt - half, y0_pt, x0_pt + half, y1_pt)
            self.fill(*box, colour)
            return
        position, end = (x0_pt, x1_pt) if along_x else (y0_pt, y1_pt)
        while position < end:
            until = min(position + dash_pt[0], end)
            if along_x:
                self.fill(position, y0_pt - half, until, y0_pt + half, colour)
            else:
                self.fill(x0_pt - half, position, x0_pt + half, until, colour)
            position += max(sum(dash_pt), 1.5 / self.px_per_pt)

    def fill(self, x0_pt: float, y0_pt: float, x1_pt: float, y1_pt: float, colour: Colour) -> None:
        """A filled rectangle, at least one pixel a side."""
        x0, y0 = round(x0_pt * self.px_per_pt), round(y0_pt * self.px_per_pt)
        x1 = max(round(x1_pt * self.px_per_pt), x0 + 1)
        y1 = max(round(y1_pt * self.px_per_pt), y0 + 1)
        self.image[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = self._fitting(colour)

    def frame(
        self, x0_pt: float, y0_pt: float, x1_pt: float, y1_pt: float, *, thick_pt: float = 0.5, colour: Colour = 0
    ) -> None:
        """The four sides of a rectangle."""
        for y in (y0_pt, y1_pt):
            self.rule(x0_pt, y, x1_pt, y, thick_pt=thick_pt, colour=colour)
        for x in (x0_pt, x1_pt):
            self.rule(x, y0_pt, x, y1_pt, thick_pt=thick_pt, colour=colour)

    def blend(self, ink: Pixels, x0: int, y0: int, colour: Colour) -> None:
        """Lay ink (h, w), 255 = covered, on the sheet with its top left corner at pixel (x0, y0)."""
        height, width = ink.shape
        top, left = max(y0, 0), max(x0, 0)
        bottom, right = min(y0 + height, self.image.shape[0]), min(x0 + width, self.image.shape[1])
        if top < bottom and left < right:
            window = self.image[top:bottom, left:right]
            window[:] = lay(ink[top - y0 : bottom - y0, left - x0 : right - x0], window, self._fitting(colour))

    def finish(self) -> Page:
        """The page as it left the printer."""
        boxes = np.concatenate(self._boxes) if self._boxes else np.zeros((0, 4), np.float32)
        corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2).astype(np.float32)
        ems = np.array(
            [[(x, y - ASCENT_EM * em), (x, y + DESCENT_EM * em)] for x, y, em in self._ems], np.float32
        ).reshape(-1, 2, 2)
        return Page(self.image, self.kind, tuple(self._lines), corners, ems, self.px_per_pt)

    def _fitting(self, colour: Colour) -> Colour:
        """The colour in as many channels as the sheet has."""
        if self.image.ndim == 2:
            return luminance(colour)
        return (colour, colour, colour) if isinstance(colour, int) else colour

    def _draw(self, piece: Piece, baseline_pt: float, after_px: float) -> tuple[str, NDArray[np.float32], float] | None:
        """Ink a piece; its text, boxes (L, 4) and em in pixels, or None where it has no room."""
        fitted = self.fit(piece.text, piece.type)
        type_, em_pt = fitted.type, fitted.type.size_pt * fitted.type.squeeze
        room = self.width_pt - piece.x_pt
        if piece.align != "left":
            room = piece.x_pt if piece.align == "right" else 2 * min(room, piece.x_pt)
        if piece.width_pt is not None:
            room = min(room, piece.width_pt + 0.5 * em_pt)
        text, natural_pt = cut_to(fitted, room, piece.word_gap_em * em_pt)
        if not text:
            return None
        word_gap_em, tracking_em = piece.word_gap_em, type_.tracking_em
        if piece.width_pt is not None:
            spare_em, num_spaces = (piece.width_pt - natural_pt) / em_pt, text.count(" ")
            if num_spaces:
                word_gap_em += min(max(spare_em / num_spaces, -0.12), 1.6)
            elif len(text) > 1:
                tracking_em += min(max(spare_em / (len(text) - 1), -0.08), 0.25)
        try:
            ink, rise = self._ink(text, type_, tracking_em, word_gap_em)
        except BlankGlyphError:
            return None  # a thin sign, such as "_", that has no dot at this size
        height, width = ink.mask.shape
        left = piece.x_pt * self.px_per_pt
        left -= {"left": 0.0, "right": float(width), "centre": width / 2}[piece.align]
        x0, y0 = round(left), round(baseline_pt * self.px_per_pt - rise)
        if x0 <= after_px or y0 < 0 or y0 + height > self.image.shape[0] or x0 + width > self.image.shape[1]:
            return None
        if self._is_taken(x0, y0, x0 + width, y0 + height):
            return None
        boxes = ink.boxes + np.array([x0, y0, x0, y0], np.float32)
        if piece.marks:
            self._mark(piece, boxes, ink.em_px, below=False)
        self.blend(ink.mask, x0, y0, type_.pen)
        if piece.marks:
            self._mark(piece, boxes, ink.em_px, below=True)
        return text, boxes, ink.em_px

    def _is_taken(self, x0: int, y0: int, x1: int, y1: int) -> bool:
        """Whether text stands where other text is to stand; notes the place if not. Neighbouring lines may touch."""
        play = (y1 - y0) // 8
        for left, top, right, bottom in reversed(self._taken):
            if x0 < right and left < x1 and y0 + play < bottom and top < y1 - play:
                return True
        self._taken.append((x0, y0, x1, y1))
        return False

    def _ink(self, text: str, type_: Type, tracking_em: float, word_gap_em: float) -> tuple[Ink, float]:
        """The drawn text at its size, and how far its top lies above the baseline, in pixels."""
        size_px = type_.size_pt * self.px_per_pt
        em_px = DRAWN_EM_PX if size_px < 1.5 * DRAWN_EM_PX else LARGE_EM_PX
        if self._grid_fitted and size_px < 1.5 * DRAWN_EM_PX:
            em_px = max(round(size_px), 6)
        setting = Setting(em_px, tracking_em, word_gap_em, type_.fixed_pitch, hand=type_.hand)
        ink = draw_line(self.materials.cache, [(type_.face, text)], setting, self.rng)
        rise = -min(self.materials.cache.glyph(type_.face, em_px, char).top for char in set(text) if char != " ")
        mask = thicken(ink.mask, type_.weight)
        scale = 1.0 if self._grid_fitted and em_px < DRAWN_EM_PX else size_px / em_px
        height, width = mask.shape
        new_w, new_h = max(round(width * scale * type_.squeeze), 1), max(round(height * scale), 1)
        if (new_w, new_h) != (width, height):
            shrinks = new_w <= width and new_h <= height
            mask = cv2.resize(mask, (new_w, new_h), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        factors = np.array([new_w / width, new_h / height] * 2, np.float32)
        return Ink(mask, ink.boxes * factors, size_px), rise * new_h / height

    def _mark(self, piece: Piece, boxes: NDArray[np.float32], em_px: float, *, below: bool) -> None:
        """Draw what goes over the text (`below` False: under it): rules, frames, a marker's ground."""
        rng, px = self.rng, self.px_per_pt
        (x0, y0), (x1, y1) = boxes[:, :2].min(axis=0) / px, boxes[:, 2:].max(axis=0) / px
        em, colour = em_px / px, piece.mark_colour
        thick = between(rng, 0.02, 0.07) * em
        for mark in piece.marks:
            if mark == "highlight":
                if not below:
                    self.fill(x0 - 0.05 * em, y0 - 0.12 * em, x1 + 0.05 * em, y1 + 0.12 * em, colour)
            elif not below:
                continue
            elif mark == "underline":
                y = y1 + between(rng, -0.04, 0.18) * em
                self.rule(x0, y, x1, y, thick_pt=thick, colour=colour)
            elif mark == "strike":
                y = (y0 + y1) / 2 + between(rng, -0.08, 0.08) * em
                self.rule(x0 - 0.1 * em, y, x1 + 0.1 * em, y, thick_pt=thick, colour=colour)
                if chance(rng, 0.25):
                    self.rule(x0, y + 0.15 * em, x1, y + 0.15 * em, thick_pt=thick, colour=colour)
            else:
                pad = between(rng, 0.06, 0.3) * em
                self.frame(x0 - pad, y0 - pad, x1 + pad, y1 + pad, thick_pt=thick, colour=colour)
