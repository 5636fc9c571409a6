"""Lines on screens: small hinted type, enlarged, compressed, in themes, buttons and chat bubbles."""

# ruff: noqa: PLR2004 - grey levels, pixels and shares read better where they are used

from dataclasses import replace

import cv2
import numpy as np
from numpy.random import Generator as Rng

from hunmin import distort
from hunmin.synth.lines import degrade
from hunmin.synth.lines.colour import Colour, lay, luminance, to_grey
from hunmin.synth.lines.framing import detector_framing, draw_framed
from hunmin.synth.lines.on_signs import board_colour, fattened, readable_pen
from hunmin.synth.lines.picture import DRAWN_EM_PX, Line, Picture
from hunmin.synth.lines.render import Ink, Pixels, Setting
from hunmin.synth.lines.textures import cut, textures
from hunmin.synth.random_draws import between, chance, pick, weighted, whole

_SIZES_PX = (12, 15, 19, 26)
_ENLARGE = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4, cv2.INTER_NEAREST)


def screen(line: Line, rng: Rng) -> Picture:
    """A line of a web page, an app or a screenshot."""
    native = chance(rng, 0.5)
    smallest = 0 if line.strength > 0.5 else 1
    size_px = _SIZES_PX[whole(rng, smallest, len(_SIZES_PX) - 1)] if native else DRAWN_EM_PX
    setting = Setting(
        size_px,
        tracking_em=between(rng, -0.06, 0.04) if chance(rng, 0.9) else between(rng, 0.04, 0.25),
        word_gap_em=between(rng, -0.06, 0.08),
    )
    framing = detector_framing(rng, None if native else line.height_px, 0.25 * line.strength, neighbours=0.12)
    if native:
        framing = replace(framing, rise=0.0)
    elif chance(rng, 0.3):
        framing = replace(framing, squeeze=between(rng, 0.85, 1.05))
    ink = draw_framed(line, setting, framing, rng)
    if not native and chance(rng, 0.1):
        ink = fattened(ink, rng)
    drawn = degrade.thicken(ink.mask, between(rng, -0.2, 0.5)) if chance(rng, 0.4) else ink.mask
    coloured = chance(rng, 0.45)
    ground, pen = _theme(ink, rng, coloured)
    if chance(rng, 0.04):
        drawn = cv2.max(drawn, _link_line(drawn, ink))
    if coloured and isinstance(ground, tuple) and chance(rng, 0.12):
        image = _sub_pixel(drawn, ground, pen)
    else:
        image = lay(drawn, ground, pen)
    if native:
        image, ink = _enlarge(image, ink, line.height_px, rng)
    return Picture(through_messenger(image, rng, line.strength), ink)


def _theme(ink: Ink, rng: Rng, coloured: bool) -> tuple[Pixels | Colour, Colour]:
    """Ground and pen: mostly dark on white; tints, dark mode, buttons, pictures."""
    height, width = ink.mask.shape
    theme = weighted(rng, ("white", "tint", "dark", "colour", "button", "scenery"), (42, 17, 11, 9, 8, 13))
    ground: Pixels | Colour
    if theme == "white":
        ground = (255, 255, 255)
    elif theme == "tint":
        ground = (whole(rng, 228, 255), whole(rng, 232, 255), whole(rng, 228, 255))
    elif theme == "dark":
        level = whole(rng, 0, 50)
        ground = (level, level, min(level + whole(rng, 0, 15), 255))
    elif theme == "colour":
        ground = board_colour(rng)
    elif theme == "button":
        ground = _button(ink, board_colour(rng), rng)
    else:
        ground = cut(textures().scenery, rng, height, width)
        if chance(rng, 0.6):
            ground = cv2.convertScaleAbs(ground, alpha=0.6, beta=pick(rng, (0, 100)))
    if isinstance(ground, tuple):
        level = luminance(ground)
    else:
        x0, y0, x1, y1 = (int(edge) for edge in ink.bounds())
        level = round(cv2.mean(to_grey(ground[y0 : y1 + 1, x0 : x1 + 1]))[0])
    pen: Colour
    if level > 200 and chance(rng, 0.75):
        shade = weighted(rng, (whole(rng, 0, 60), whole(rng, 60, 125), whole(rng, 125, 170)), (66, 27, 7))
        pen = (shade, shade, min(shade + whole(rng, 0, 20), 255))
    else:
        pen = readable_pen(rng, level, 60)
    if coloured:
        return ground, pen
    return luminance(ground) if isinstance(ground, tuple) else to_grey(ground), luminance(pen)


def _button(ink: Ink, colour: tuple[int, int, int], rng: Rng) -> Pixels:
    """A rounded box of `colour` around the text on a light page."""
    height, width = ink.mask.shape
    x0, y0, x1, y1 = (round(edge) for edge in ink.bounds())
    page = np.full((height, width, 3), whole(rng, 225, 255), np.uint8)
    pad = max(round(0.2 * ink.em_px), 2)
    left, top, right, bottom = x0 - pad, y0 - pad, x1 + pad, y1 + pad
    radius = round(between(rng, 0.1, 0.5) * (bottom - top))
    cv2.rectangle(page, (left + radius, top), (right - radius, bottom), colour, -1)
    cv2.rectangle(page, (left, top + radius), (right, bottom - radius), colour, -1)
    for x in (left + radius, right - radius):
        for y in (top + radius, bottom - radius):
            cv2.circle(page, (x, y), radius, colour, -1, cv2.LINE_AA)
    return page


def _sub_pixel(drawn: Pixels, ground: tuple[int, int, int], pen: Colour) -> Pixels:
    """Ink a third of a pixel apart in red, green and blue, as LCD type is drawn."""
    height, width = drawn.shape
    pens = (pen, pen, pen) if isinstance(pen, int) else pen
    channels = []
    for shift, paper, level in zip((1 / 3, 0.0, -1 / 3), ground, pens, strict=True):
        moved = cv2.warpAffine(drawn, np.array([[1, 0, shift], [0, 1, 0]]), (width, height)) if shift else drawn
        channels.append(lay(moved, paper, level))
    return cv2.merge(channels)


def _link_line(drawn: Pixels, ink: Ink) -> Pixels:
    """(H, W) ink of the line under a link."""
    x0, _, x1, y1 = ink.bounds()
    line = np.zeros_like(drawn)
    y = min(round(y1 + 0.06 * ink.em_px), drawn.shape[0] - 1)
    cv2.line(line, (round(x0), y), (round(x1), y), 255, 1)
    return line


def _enlarge(image: Pixels, ink: Ink, height_px: int, rng: Rng) -> tuple[Pixels, Ink]:
    """Bring a screenshot to the crop's height, boxes and strokes along with it."""
    height, width = image.shape[:2]
    new_w = max(round(width * height_px / height), 4)
    way = pick(rng, _ENLARGE) if height < height_px else cv2.INTER_AREA
    matrix = np.diag([new_w / width, height_px / height, 1.0])
    mask = cv2.resize(ink.mask, (new_w, height_px), interpolation=cv2.INTER_LINEAR)
    boxes = distort.warp_boxes(ink.boxes, matrix, new_w, height_px)
    bigger = cv2.resize(image, (new_w, height_px), interpolation=way)
    return bigger, Ink(mask, boxes, ink.em_px * height_px / height)


def through_messenger(image: Pixels, rng: Rng, strength: float) -> Pixels:
    """What happens to a screenshot on its way: scaling and JPEG, no paper and hardly any light."""
    if chance(rng, 0.1 + 0.35 * strength):
        image = degrade.low_resolution(image, rng, strength)
    if chance(rng, 0.1 + 0.2 * strength):
        image = degrade.blur(image, rng, 0.7 * strength)
    if chance(rng, 0.2 * strength):
        image = degrade.noise(image, rng, 0.6 * strength)
    if chance(rng, 0.1):
        image = degrade.sharpen(image, rng, strength)
    if chance(rng, 0.3 + 0.3 * strength):
        image = degrade.jpeg(image, rng, strength)
    return image
