"""What hands write on: sheets with and without rules, manuscript squares, forms, notes, boards, tablets.

H W pixels.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator as Rng

from hunmin.synth.lines.render import Pixels
from hunmin.synth.random_draws import between, chance, pick, weighted, whole

Rgb = tuple[int, int, int]

_RULES = ((150, 175, 215), (170, 170, 175), (215, 150, 150), (150, 200, 170), (135, 135, 145))
_NOTES = ((252, 240, 140), (255, 214, 160), (250, 190, 205), (190, 230, 190), (180, 220, 245))
_BOARDS = ((30, 60, 48), (35, 70, 50), (38, 40, 42), (25, 30, 34))


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a line of writing lies in its crop; lengths in pixels."""

    height: int
    width: int
    em: float
    x0: float
    """Left edge of the ink."""
    y0: float
    x1: float
    y1: float
    baseline: float
    """Row of the baseline at the line's middle."""
    slope: float
    """Rows that the line falls in each column."""
    cell_edges: tuple[float, ...]
    """Columns of the edges of manuscript squares; empty where there are none."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A kind of paper."""

    pen: str
    """The only pen that writes on it; empty = any of the settings."""
    ground: Callable[[Rng], Rgb]
    """Draws its colour."""
    rules: Callable[[Placement, Rng], Pixels] | None
    """Draws what is printed on it, (H, W) uint8; None = nothing."""
    photographed: float
    """Share that comes through a camera rather than a scanner."""
    coloured: float
    """Share of pictures in colour."""
    grainy: bool = True
    """Whether fibres show."""


def _sheet(rng: Rng) -> Rgb:
    """White under a scanner, greyish and tinted under a lamp."""
    level = weighted(rng, (255, whole(rng, 225, 253), whole(rng, 165, 225), whole(rng, 135, 165)), (30, 22, 36, 12))
    if level == 255 or chance(rng, 0.4):  # noqa: PLR2004 - white
        return level, level, level
    warm = whole(rng, -14, 24)
    return level, max(level - abs(warm) // 3, 0), min(max(level - warm, 0), 255)


def _note(rng: Rng) -> Rgb:
    return _lit(pick(rng, _NOTES), between(rng, 0.7, 1.0))


def _whiteboard(rng: Rng) -> Rgb:
    level = whole(rng, 150, 245)
    return level, level, min(level + whole(rng, 0, 10), 255)


def _blackboard(rng: Rng) -> Rgb:
    return _lit(pick(rng, _BOARDS), between(rng, 0.7, 1.5))


def _screen(rng: Rng) -> Rgb:
    return weighted(rng, ((255, 255, 255), (250, 248, 240), (30, 30, 34)), (78, 15, 7))


def _lines(place: Placement, rng: Rng) -> Pixels:
    """Ruled lines, the writing on one of them or between two."""
    mask: Pixels = np.zeros((place.height, place.width), np.uint8)
    pitch = place.em * between(rng, 1.05, 2.2)
    _across(mask, place.baseline + place.em * between(rng, 0.0, 0.35), pitch, place, rng)
    if chance(rng, 0.08):  # the margin's line
        x = round(between(rng, 0, max(place.x0, 1.0)))
        cv2.line(mask, (x, 0), (x, place.height), 255, 1)
    return mask


def _grid(place: Placement, rng: Rng) -> Pixels:
    """Squared paper, its squares from a third of a letter to more than one."""
    mask: Pixels = np.zeros((place.height, place.width), np.uint8)
    pitch = max(place.em * between(rng, 0.4, 1.4), 5.0)
    _across(mask, between(rng, 0, pitch), pitch, place, rng)
    lean = place.slope * place.height * between(rng, 0.6, 1.0)
    for x in np.arange(between(rng, 0, pitch), place.width + pitch, pitch):
        cv2.line(mask, (round(x), 0), (round(x - lean), place.height), 255, 1)
    return mask


def _squares(place: Placement, rng: Rng) -> Pixels:
    """Manuscript paper, 원고지: a square for each character, a narrow blank between two rows of them."""
    mask: Pixels = np.zeros((place.height, place.width), np.uint8)
    edges = place.cell_edges
    side = edges[-1] - edges[-2]
    middle = place.baseline - 0.38 * place.em
    # Squares are a little higher than wide where the crop was squeezed.
    half = max(side * between(rng, 0.48, 0.56), 0.5 * place.em)
    gap = side * pick(rng, (0.0, 0.25, 0.4))
    fall = place.slope * place.width / 2
    rows = sorted({middle - half - gap, middle - half, middle + half, middle + half + gap})
    for y in rows:
        cv2.line(mask, (0, round(y - fall)), (place.width, round(y + fall)), 255, 1)
    before, after = np.arange(edges[0] - side, -side, -side), np.arange(edges[-1] + side, place.width + side, side)
    for x in (*before, *edges, *after):
        at, shift = round(x), place.slope * (x - place.width / 2)
        for y0, y1 in ((0, rows[0]), (middle - half, middle + half), (rows[-1], place.height)):
            if y1 + shift > 0:
                cv2.line(mask, (at, round(y0 + shift)), (at, round(y1 + shift)), 255, 1)
    return mask


def _box(place: Placement, rng: Rng) -> Pixels:
    """A form's field: the borders of a box, or the line to write on."""
    mask: Pixels = np.zeros((place.height, place.width), np.uint8)
    thick = pick(rng, (1, 1, 1, 2))
    bottom = round(between(rng, place.y1 + 1, max(place.height - 1, place.y1 + 2)))
    if chance(rng, 0.35):
        cv2.line(mask, (0, bottom), (place.width, bottom), 255, thick)
        return mask
    for y in (round(between(rng, 0, max(place.y0 - 2, 1))), bottom):
        cv2.line(mask, (0, y), (place.width, y), 255, thick)
    for x in (between(rng, 0, max(place.x0 - 2, 1)), between(rng, place.x1 + 2, max(place.width - 1, place.x1 + 3))):
        if chance(rng, 0.6):
            cv2.line(mask, (round(x), 0), (round(x), place.height), 255, thick)
    return mask


def _across(mask: Pixels, first: float, pitch: float, place: Placement, rng: Rng) -> None:
    """Horizontal rules, about as tilted as the line that stands on them."""
    fall = (place.slope * between(rng, 0.3, 1.0) + between(rng, -0.004, 0.004)) * place.width / 2
    for y in np.arange(first % pitch - pitch, place.height + pitch, pitch):
        cv2.line(mask, (0, round(y - fall)), (place.width, round(y + fall)), 255, 1, cv2.LINE_AA)


PAPERS: Mapping[str, Paper] = {
    "plain": Paper("", _sheet, None, 0.7, 0.2),
    "ruled": Paper("", _sheet, _lines, 0.75, 0.3),
    "grid": Paper("", _sheet, _grid, 0.75, 0.3),
    "manuscript": Paper("", _sheet, _squares, 0.6, 0.5),
    "form": Paper("", _sheet, _box, 0.4, 0.15),
    "note": Paper("", _note, None, 0.9, 0.9),
    "whiteboard": Paper("marker", _whiteboard, None, 1.0, 0.35, grainy=False),
    "blackboard": Paper("chalk", _blackboard, None, 1.0, 0.5),
    "tablet": Paper("stylus", _screen, None, 0.0, 0.35, grainy=False),
}


def rule_colour(paper: Rgb, rng: Rng) -> Rgb:
    """The colour of what is printed on it: clearly lighter than ink."""
    red, green, blue = pick(rng, _RULES)
    light = between(rng, 0.0, 0.6)
    blend = tuple(part + light * (255 - part) for part in (red, green, blue))
    return _lit((round(blend[0]), round(blend[1]), round(blend[2])), min(paper) / 255)


def _lit(colour: Rgb, light: float) -> Rgb:
    red, green, blue = (min(max(round(light * part), 0), 255) for part in colour)
    return red, green, blue
