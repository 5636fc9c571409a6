"""Pictures of handwriting: a hand, a pen, a paper, and the camera or scanner that they come through."""

# ruff: noqa: PLR2004 - grey levels, pixels and shares read better where they are used

from dataclasses import replace

import cv2
import numpy as np
from numpy.random import Generator as Rng

from hunmin.errors import InputError
from hunmin.synth.lines import degrade
from hunmin.synth.lines.colour import Colour, is_grey, lay, luminance
from hunmin.synth.lines.framing import Framing, detector_framing, frame
from hunmin.synth.lines.handwriting.bending import sway
from hunmin.synth.lines.handwriting.config import HandsConfig
from hunmin.synth.lines.handwriting.marks import draw_mark, highlighter
from hunmin.synth.lines.handwriting.papers import PAPERS, Paper, Placement, rule_colour
from hunmin.synth.lines.handwriting.parts import Parts
from hunmin.synth.lines.handwriting.pens import PENS, Pen, end_strokes, ink_colour, texture, weigh
from hunmin.synth.lines.handwriting.reading import distinct, visible
from hunmin.synth.lines.handwriting.style import Style, draw_style
from hunmin.synth.lines.handwriting.writing import Written, write_line
from hunmin.synth.lines.picture import Line, Picture, UnreadableError
from hunmin.synth.lines.render import Ink, Pixels, Setting, draw_line
from hunmin.synth.lines.textures import textures
from hunmin.synth.random_draws import between, chance, weighted, whole

_BY_HAND = ("handwriting", "brush")
_BRUSH_CALM = 0.4


class Handwriting:
    """The kind of line that a hand writes; keeps the letters that it has taken apart."""

    def __init__(self, config: HandsConfig) -> None:
        """Check the names of pens and papers.

        Raises:
            InputError: a pen or a paper is unknown.
        """
        for name, weights, known in (("pens", config.pens, PENS), ("papers", config.papers, PAPERS)):
            unknown = sorted(set(weights) - set(known))
            if unknown:
                raise InputError(f"synth.hands.{name} has {unknown[0]!r}; there are {', '.join(known)}.")
        self._config = config
        self._parts = Parts()

    def __call__(self, line: Line, rng: Rng) -> Picture:
        """Write the line.

        Raises:
            BlankGlyphError: a face draws nothing for one of its characters.
            UnreadableError: a person could not read it.
        """
        config = self._config
        wild = 0.3 + 0.7 * line.strength
        kind = weighted(rng, list(config.papers), list(config.papers.values()))
        paper = PAPERS[kind]
        pen = PENS[paper.pen or weighted(rng, list(config.pens), list(config.pens.values()))]
        calm = _BRUSH_CALM if line.runs[-1][0].style == "brush" else 1.0
        style = draw_style(config, wild, between(rng, 1.05, 1.5) if kind == "manuscript" else 0.0, rng, calm)
        printed = 1 if len(line.runs) > 1 and line.runs[0][0].style not in _BY_HAND else 0
        written = write_line(line.cache, self._parts, line.runs, style, rng, printed)
        written = replace(written, ink=self._weighed(written, pen, line, printed, rng))
        if chance(rng, config.marked_share):
            draw_mark(written, rng)
        framing = detector_framing(
            rng, line.height_px, line.strength, config.neighbour_share, squeeze=between(rng, 0.8, 1.25)
        )
        if not framing.above and not framing.below and chance(rng, 0.12):
            framing = _loose(framing, rng)
        ink = self._framed(written, line, style, framing, rng)
        place = _placement(written, framing, ink)
        bend = config.warp * wild * between(rng, 0.02, 0.065)
        shake = config.warp * wild * between(rng, 0.005, 0.035)
        ink = sway(ink, rng, bend, shake) if config.warp else ink
        if not distinct(ink, "".join(text for _, text in line.runs)):
            raise UnreadableError
        colour = paper.ground(rng)
        ground = self._ground(paper, colour, place, rng)
        # The band of a highlighter is laid before the ink, the print of a form with it.
        image = self._inked(ground, colour, ink, pen, rng)
        if printed:
            x = _where_print_ends(ink, line)
            level = whole(rng, 20, 110)
            bare = ground[:, :x]
            image[:, :x] = lay(ink.mask[:, :x], bare, level if is_grey(bare) else (level, level, level))
        if paper.grainy and luminance(colour) < 252:
            image = degrade.add_bank(image, textures().paper, rng, between(rng, 0.4, 2.6))
        photographed = chance(rng, paper.photographed)
        if photographed and chance(rng, 0.25):
            image = _cast_shadow(image, rng)
        # Few pixels and blur are shares of the picture's height: letters that fill less of it bear less of them.
        strength = 0.7 * line.strength * min(1.15 * ink.em_px / place.height, 1.0)
        image = degrade.capture(image, rng, strength, photographed=photographed)
        if not visible(image, ink):
            raise UnreadableError
        return Picture(image, ink)

    def _weighed(self, written: Written, pen: Pen, line: Line, printed: int, rng: Rng) -> Ink:
        ink = written.ink
        ended = end_strokes(ink.mask, written.stroke_px, pen, self._config.ends, rng)
        mask = weigh(replace(written, ink=Ink(ended, ink.boxes, ink.em_px)), pen, self._config.pressure, rng)
        if printed:
            # Print is as wide as it was set.
            x = _where_print_ends(ink, line)
            mask[:, :x] = ink.mask[:, :x]
        grown = 1.0 if self._config.pressure else 0.0
        boxes = ink.boxes + np.array([-grown, -grown, grown, grown], np.float32)
        return Ink(mask, boxes, ink.em_px)

    def _framed(self, written: Written, line: Line, style: Style, framing: Framing, rng: Rng) -> Ink:
        if not framing.above and not framing.below:
            return frame(written.ink, framing, rng)
        # Slivers of other lines show no hand.
        setting = Setting(style.size_px, tracking_em=style.tracking_em, word_gap_em=style.word_gap_em)
        above, below = (
            draw_line(line.cache, line.another(rng), setting, rng).mask if gap else None
            for gap in (framing.above, framing.below)
        )
        return frame(written.ink, framing, rng, above, below)

    def _ground(self, paper: Paper, colour: tuple[int, int, int], place: Placement, rng: Rng) -> Pixels:
        """The bare paper, (H, W) or (H, W, 3), with its rules and a highlighter's band."""
        coloured = chance(rng, paper.coloured)
        shape = (place.height, place.width, 3) if coloured else (place.height, place.width)
        ground: Pixels = np.full(shape, colour if coloured else luminance(colour), np.uint8)
        if paper.rules is not None:
            rules = cv2.convertScaleAbs(paper.rules(place, rng), alpha=between(rng, 0.35, 1.0))
            drawn = rule_colour(colour, rng)
            ground = lay(rules, ground, drawn if coloured else luminance(drawn))
        if coloured and min(colour) > 140 and chance(rng, self._config.marked_share):
            band, (red, green, blue) = highlighter(place, rng)
            light = min(colour) / 255 * between(rng, 0.85, 1.0)
            ground = lay(band, ground, (round(light * red), round(light * green), round(light * blue)))
        return ground

    def _inked(self, ground: Pixels, paper: tuple[int, int, int], ink: Ink, pen: Pen, rng: Rng) -> Pixels:
        colour = ink_colour(pen, not is_grey(ground), rng)
        level = luminance(paper)
        if level < 100:
            colour = _inverted(colour)
        elif level < 235:
            colour = _dimmed(colour, 1 - (255 - level) / 255 * 0.35)
        return lay(texture(ink.mask, pen, self._config.pressure, rng), ground, colour)


def _placement(written: Written, framing: Framing, ink: Ink) -> Placement:
    """Where the written line came to lie in its crop."""
    height, width = ink.mask.shape
    x0, y0, x1, y1 = ink.bounds()
    old_x0, old_y0, old_x1, old_y1 = written.ink.bounds()
    scale_x, scale_y = (x1 - x0) / max(old_x1 - old_x0, 1), ink.em_px / written.ink.em_px
    middle = (written.baseline_px - (old_y0 + old_y1) / 2) * scale_y + (y0 + y1) / 2
    edges = tuple((edge - old_x0) * scale_x + x0 for edge in written.cell_edges_px)
    # A rise is bounded by the line's length (`frame`).
    rise = max(min(framing.rise * ink.em_px, 0.12 * (x1 - x0)), -0.12 * (x1 - x0))
    return Placement(height, width, ink.em_px, x0, y0, x1, y1, middle, -rise / max(x1 - x0, 1), edges)


def _where_print_ends(ink: Ink, line: Line) -> int:
    """The column between the printed label and what was written."""
    count = len(line.runs[0][1].rstrip())
    return round(float(ink.boxes[count - 1, 2] + ink.boxes[min(count, len(ink.boxes) - 1), 0]) / 2)


def _loose(framing: Framing, rng: Rng) -> Framing:
    """Boxes around handwriting are looser than those around print."""
    return replace(
        framing,
        top=framing.top + between(rng, 0.0, 0.35),
        bottom=framing.bottom + between(rng, 0.0, 0.35),
        left=framing.left + between(rng, 0.0, 0.4),
        right=framing.right + between(rng, 0.0, 0.4),
        rise=framing.rise + between(rng, -0.4, 0.4),
    )


def _inverted(colour: Colour) -> Colour:
    """Chalk and bright ink on dark ground."""
    if isinstance(colour, int):
        return 255 - colour // 2
    red, green, blue = colour
    return 255 - (255 - red) // 4, 255 - (255 - green) // 4, 255 - (255 - blue) // 4


def _dimmed(colour: Colour, light: float) -> Colour:
    """Under a dim lamp."""
    if isinstance(colour, int):
        return round(colour * light)
    red, green, blue = colour
    return round(red * light), round(green * light), round(blue * light)


def _cast_shadow(image: Pixels, rng: Rng) -> Pixels:
    """The shadow of a hand or a phone: one side darker, across a soft edge."""
    height, width = image.shape[:2]
    columns = max(2 * width // max(height, 1), 4)
    at = between(rng, -0.2, 1.2) + np.linspace(-0.15, 0.15, 4)[:, None] * between(rng, -1, 1)
    side = 1 if chance(rng, 0.5) else -1
    edge = 1 / (1 + np.exp(-side * (np.linspace(0, 1, columns)[None, :] - at) * between(rng, 4, 20)))
    coarse = np.rint(255 * (1 - between(rng, 0.08, 0.3) * edge)).astype(np.uint8)
    light = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return cv2.multiply(image, light if image.ndim == 2 else cv2.merge((light, light, light)), scale=1 / 255)
