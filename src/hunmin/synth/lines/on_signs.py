"""Lines on signs, posters and menus: big type on colour and texture, seen from an angle."""

# ruff: noqa: PLR2004 - grey levels, pixels and shares read better where they are used

import colorsys
from dataclasses import replace

import cv2
import numpy as np
from numpy.random import Generator as Rng

from hunmin.synth.lines import degrade
from hunmin.synth.lines.colour import Colour, lay, luminance, to_grey
from hunmin.synth.lines.framing import detector_framing, draw_framed
from hunmin.synth.lines.picture import DRAWN_EM_PX, Line, Picture
from hunmin.synth.lines.render import Ink, Pixels, Setting
from hunmin.synth.lines.textures import cut, textures
from hunmin.synth.random_draws import between, chance, pick, weighted, whole

_PENS = ((255, 255, 255), (250, 250, 240), (15, 15, 15), (30, 28, 40), (200, 25, 30), (20, 45, 120), (255, 220, 40))
_LEAST_DIFFERENCE = 85


def sign(line: Line, rng: Rng) -> Picture:
    """A line of a sign."""
    num_characters = sum(len(text) for _, text in line.runs)
    setting = Setting(
        DRAWN_EM_PX,
        tracking_em=weighted(
            rng, (between(rng, -0.05, 0.08), between(rng, 0.08, 0.3), between(rng, 0.3, 1.1)), (70, 21, 9)
        ),
        word_gap_em=between(rng, -0.05, 0.4),
        arc_em=between(rng, -0.5, 0.7) if chance(rng, 0.05) and 3 <= num_characters <= 12 else 0.0,
        stacked=2 <= num_characters <= 10 and chance(rng, 0.04),
    )
    squeeze = weighted(rng, (between(rng, 0.85, 1.1), between(rng, 0.6, 0.85), between(rng, 1.1, 1.4)), (70, 22, 8))
    framing = detector_framing(rng, line.height_px, line.strength, neighbours=0.08, squeeze=squeeze)
    if chance(rng, 0.15 + 0.35 * line.strength):
        narrowing = between(rng, 0.03, 0.08 + 0.2 * line.strength) * pick(rng, (-1, 1))
        framing = replace(framing, narrowing=narrowing, slant=between(rng, -0.18, 0.18) * line.strength)
    ink = draw_framed(line, setting, framing, rng)
    if chance(rng, 0.12):
        ink = fattened(ink, rng)
    drawn = degrade.thicken(ink.mask, between(rng, -0.3, 0.6))
    coloured = chance(rng, 0.6)
    ground, pen = _ground_and_pen(ink, rng, coloured)
    image = _write(drawn, ground, pen, ink, rng)
    image = degrade.uneven_light(image, rng, between(rng, 0.1, 0.3 + 0.5 * line.strength))
    if chance(rng, 0.15):
        image = _edge_of_board(image, ink, rng)
    return Picture(degrade.capture(image, rng, 0.5 * line.strength, photographed=True), ink)


def board_colour(rng: Rng) -> tuple[int, int, int]:
    """A colour as sign makers use them: white, black, greys, and saturated paint."""
    if chance(rng, 0.42):
        level = weighted(rng, (whole(rng, 215, 250), whole(rng, 8, 45), whole(rng, 60, 215)), (45, 25, 30))
        return (level, level, level)
    hue = pick(rng, (0.0, 0.02, 0.08, 0.13, 0.15, 0.33, 0.38, 0.55, 0.6, 0.64, 0.78, 0.92)) + between(rng, -0.02, 0.02)
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, between(rng, 0.4, 0.85), between(rng, 0.25, 0.85))
    return (round(255 * red), round(255 * green), round(255 * blue))


def readable_pen(rng: Rng, ground_level: float, difference: int = _LEAST_DIFFERENCE) -> tuple[int, int, int]:
    """A pen that stands out from a ground of that luminance: one of the usual ones, else black or white."""
    pen = pick(rng, _PENS) if chance(rng, 0.75) else board_colour(rng)
    if abs(luminance(pen) - ground_level) < difference:
        return (255, 255, 255) if ground_level < 140 else (12, 12, 12)
    return pen


def fattened(ink: Ink, rng: Rng) -> Ink:
    """The line in type as heavy as posters, boards and the pictures of videos have it."""
    return replace(ink, mask=degrade.fatten(ink.mask, between(rng, 0.02, 0.07) * ink.em_px))


def _ground_and_pen(ink: Ink, rng: Rng, coloured: bool) -> tuple[Pixels, Colour]:
    """(H, W) or (H, W, 3) ground and a pen that stands out from it."""
    height, width = ink.mask.shape
    colour = board_colour(rng)
    make = weighted(rng, ("plain", "fade", "scenery"), (70, 14, 16))
    if make == "scenery":
        ground = cut(textures().scenery, rng, height, width)
        if chance(rng, 0.4):
            ground = cv2.GaussianBlur(ground, (9, 9), 3)
    else:
        ground = np.full((height, width, 3), colour, np.uint8)
        if make == "fade":
            other = np.array(board_colour(rng), np.float32)
            share = np.linspace(0, between(rng, 0.2, 0.6), height, dtype=np.float32)[:, None, None]
            ground = np.rint(ground * (1 - share) + other * share).astype(np.uint8)
        ground = degrade.add_bank(
            ground, pick(rng, (textures().paper, textures().soft_grain)), rng, between(rng, 0, 2.5)
        )
    if not coloured:
        ground = to_grey(ground)
    pen = readable_pen(rng, float(np.mean(cv2.mean(to_grey(ground))[0])))
    return ground, pen if coloured else luminance(pen)


def _write(drawn: Pixels, ground: Pixels, pen: Colour, ink: Ink, rng: Rng) -> Pixels:
    """The letters with the frills that signs give them."""
    height = drawn.shape[0]
    dark: Colour = 10 if isinstance(pen, int) else (10, 10, 15)
    bright: Colour = 250 if isinstance(pen, int) else (252, 252, 248)
    frill = weighted(rng, ("none", "outline", "shadow", "neon", "shaded"), (70, 9, 9, 3, 9))
    if frill == "outline":
        side = 2 * whole(rng, 1, max(height // 20, 1)) + 1
        halo = cv2.dilate(drawn, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
        return lay(drawn, lay(halo, ground, bright if luminance(pen) < 128 else dark), pen)
    if frill == "shadow":
        shift = max(round(height * between(rng, 0.02, 0.07)), 1)
        shadow = np.zeros_like(drawn)
        shadow[shift:, shift:] = drawn[:-shift, :-shift]
        if chance(rng, 0.6):
            shadow = cv2.blur(shadow, (3, 3))
        return lay(drawn, lay(shadow, ground, dark if luminance(pen) > 90 else 150), pen)
    if frill == "neon" and luminance(pen) > 110:
        glow = cv2.GaussianBlur(drawn, (0, 0), height * 0.09)
        night = cv2.convertScaleAbs(ground, alpha=0.5)
        return lay(drawn, lay(cv2.convertScaleAbs(glow, alpha=1.2), night, pen), bright)
    if frill == "shaded":
        return degrade.uneven_light(lay(drawn, ground, pen), rng, 0.6)
    return lay(drawn, ground, pen)


def _edge_of_board(image: Pixels, ink: Ink, rng: Rng) -> Pixels:
    """Something else begins in the margin: the end of the board, the next panel."""
    height = image.shape[0]
    _, y0, _, y1 = ink.bounds()
    level = whole(rng, 0, 255)
    edged = image.copy()
    if chance(rng, 0.5) and y0 >= 3:
        edged[: max(round(y0 * between(rng, 0.2, 0.7)), 1)] = level
    elif height - y1 >= 3:
        edged[min(round(y1 + (height - y1) * between(rng, 0.4, 0.9)), height - 1) :] = level
    return edged
