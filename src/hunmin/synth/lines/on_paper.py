"""Lines of print on paper: documents, receipts, forms."""

# ruff: noqa: PLR2004 - grey levels, pixels and shares read better where they are used

import cv2
import numpy as np
from numpy.random import Generator as Rng

from hunmin.synth.lines import degrade
from hunmin.synth.lines.colour import Colour, is_grey, lay
from hunmin.synth.lines.framing import detector_framing, draw_framed
from hunmin.synth.lines.picture import DRAWN_EM_PX, Line, Picture
from hunmin.synth.lines.render import Hand, Ink, Pixels, Setting
from hunmin.synth.lines.textures import textures
from hunmin.synth.random_draws import between, chance, pick, weighted, whole


def document(line: Line, rng: Rng) -> Picture:
    """Print on white or greyish paper, scanned or photographed."""
    setting = Setting(
        DRAWN_EM_PX,
        tracking_em=weighted(
            rng,
            (between(rng, -0.04, 0.03), between(rng, -0.1, -0.04), between(rng, 0.03, 0.2), between(rng, 0.3, 0.6)),
            (66, 20, 12, 2),
        ),
        word_gap_em=between(rng, 0.1, 0.7) if chance(rng, 0.15) else between(rng, -0.08, 0.1),
    )
    squeeze = weighted(rng, (between(rng, 0.93, 1.02), between(rng, 0.7, 0.93), between(rng, 1.02, 1.2)), (55, 40, 5))
    framing = detector_framing(rng, line.height_px, line.strength, neighbours=0.2, squeeze=squeeze)
    ink = draw_framed(line, setting, framing, rng)
    drawn = degrade.thicken(ink.mask, between(rng, -0.35, 0.6) * (0.3 + line.strength))
    if chance(rng, 0.05):
        drawn = underline(drawn, ink, rng)
    if chance(rng, 0.07):
        drawn = cell_borders(drawn, ink, rng)
    paper, pen = _document_levels(rng)
    stamped = chance(rng, 0.035)
    image = lay(drawn, (paper, paper, paper) if stamped else paper, pen)
    if chance(rng, 0.08):
        image = show_through(image, drawn, rng)
    if stamped:
        image = stamp(image, ink, rng)
    if paper < 250 and chance(rng, 0.6):
        image = degrade.add_bank(image, textures().paper, rng, between(rng, 0.5, 1.5 + 3 * line.strength))
    image = degrade.capture(image, rng, 0.8 * line.strength, photographed=paper < 225)
    if not stamped and chance(rng, 0.02 + 0.05 * line.strength):
        image = degrade.binarise(image, rng)
    return Picture(image, ink)


def receipt(line: Line, rng: Rng) -> Picture:
    """Thermal or dot-matrix print on a narrow roll."""
    fixed = chance(rng, 0.75)
    setting = Setting(
        DRAWN_EM_PX,
        tracking_em=between(rng, -0.02, 0.12) if fixed else between(rng, -0.06, 0.1),
        word_gap_em=weighted(rng, (0.0, between(rng, 0.0, 0.5), between(rng, 0.5, 2.5)), (60, 28, 12)),
        fixed_pitch=fixed,
    )
    squeeze = weighted(rng, (between(rng, 0.85, 1.15), between(rng, 0.5, 0.8), between(rng, 1.25, 2.0)), (66, 18, 16))
    framing = detector_framing(rng, line.height_px, line.strength, neighbours=0.12, squeeze=squeeze)
    ink = draw_framed(line, setting, framing, rng)
    drawn = degrade.thicken(ink.mask, between(rng, -0.8, 0.6))
    if chance(rng, 0.4):
        drawn = print_rows(drawn, rng, dots=chance(rng, 0.25), depth=between(rng, 0.2, 0.45 + 0.4 * line.strength))
    if chance(rng, 0.2 + 0.4 * line.strength):
        drawn = degrade.wear(drawn, rng, between(rng, 0.4, 1.0) * (0.4 + 0.6 * line.strength))
    if chance(rng, 0.08):
        drawn = ruler(drawn, ink, rng)
    paper = whole(rng, 175, 250)
    pen = max(whole(rng, 20, 125) - (250 - paper), 10)
    ground: Colour = paper
    ink_colour: Colour = pen
    if chance(rng, 0.35):
        warm = whole(rng, 0, 45)
        ground = (paper, paper - warm // 3, paper - warm)
        ink_colour = (pen, max(pen - warm // 4, 0), max(pen - warm // 2, 0))
    image = lay(drawn, ground, ink_colour)
    if chance(rng, 0.4):
        image = degrade.add_bank(image, textures().paper, rng, between(rng, 0.5, 1 + 3 * line.strength))
    image = degrade.capture(image, rng, 0.85 * line.strength, photographed=True)
    return Picture(image, ink)


def form(line: Line, rng: Rng) -> Picture:
    """A printed label and the value someone filled in, between rules and boxes."""
    setting = Setting(
        DRAWN_EM_PX,
        tracking_em=between(rng, -0.06, 0.06),
        word_gap_em=between(rng, 0.0, 0.8) if chance(rng, 0.5) else 0.0,
        hand=Hand(0.04, 0.015, 1.5) if chance(rng, 0.3) else None,
    )
    framing = detector_framing(rng, line.height_px, line.strength, neighbours=0.06, squeeze=between(rng, 0.8, 1.05))
    ink = draw_framed(line, setting, framing, rng)
    drawn = degrade.thicken(ink.mask, between(rng, -0.4, 0.5))
    if chance(rng, 0.3):
        drawn = underline(drawn, ink, rng)
    if chance(rng, 0.3):
        drawn = cell_borders(drawn, ink, rng)
    paper, pen = _document_levels(rng)
    image = lay(drawn, paper, pen)
    if chance(rng, 0.06):
        image = show_through(image, drawn, rng)
    if chance(rng, 0.04):
        image = stamp(cv2.merge((image, image, image)), ink, rng)
    image = degrade.capture(image, rng, line.strength, photographed=paper < 230)
    return Picture(image, ink)


def underline(drawn: Pixels, ink: Ink, rng: Rng) -> Pixels:
    """A rule under the line, or under a part of it."""
    height, width = drawn.shape
    x0, _, x1, y1 = ink.bounds()
    y = min(round(y1 + between(rng, 0.03, 0.12) * ink.em_px), height - 1)
    start, end = (0, width) if chance(rng, 0.4) else (round(x0), round(x1))
    if chance(rng, 0.3):
        start = round(between(rng, start, (start + end) / 2))
    ruled = drawn.copy()
    cv2.line(ruled, (start, y), (end, y), whole(rng, 150, 255), 1 if chance(rng, 0.7) else 2)
    return ruled


def cell_borders(drawn: Pixels, ink: Ink, rng: Rng) -> Pixels:
    """The borders of a table cell, wherever the margins leave room for them."""
    height, width = drawn.shape
    x0, y0, x1, y1 = ink.bounds()
    level, thick = whole(rng, 110, 255), 1 if chance(rng, 0.75) else 2
    ruled = drawn.copy()
    # Two pixels of paper stay between a border and the glyphs: a border on a stroke changes what it reads.
    if y0 >= 4 and chance(rng, 0.6):
        y = round(between(rng, 0, y0 - 3))
        cv2.line(ruled, (0, y), (width, y), level, thick)
    if height - y1 >= 4 and chance(rng, 0.6):
        y = round(between(rng, y1 + 3, height - 1))
        cv2.line(ruled, (0, y), (width, y), level, thick)
    if x0 >= 5 and chance(rng, 0.4):
        x = round(between(rng, 0, x0 - 4))
        cv2.line(ruled, (x, 0), (x, height), level, thick)
    if width - x1 >= 5 and chance(rng, 0.4):
        x = round(between(rng, x1 + 4, width - 1))
        cv2.line(ruled, (x, 0), (x, height), level, thick)
    return ruled


def ruler(drawn: Pixels, ink: Ink, rng: Rng) -> Pixels:
    """A rule of dashes or equals signs in the lower or upper margin."""
    height, width = drawn.shape
    _, y0, _, y1 = ink.bounds()
    y = round(y1 + 0.2 * ink.em_px) if chance(rng, 0.6) else round(y0 - 0.2 * ink.em_px)
    ruled = drawn.copy()
    dash, gap = pick(rng, ((0.42, 0.08), (0.3, 0.2), (0.12, 0.2)))
    step = max(round((dash + gap) * ink.em_px), 3)
    pattern = np.arange(width) % step < dash * ink.em_px
    for row in (y, y + max(round(0.14 * ink.em_px), 2)) if chance(rng, 0.5) else (y,):
        if 0 <= row < height:
            ruled[row, pattern] = 200
    return ruled


def print_rows(drawn: Pixels, rng: Rng, dots: bool, depth: float) -> Pixels:
    """The heating rows of a thermal printer, or the pins of a dot-matrix one, as a dip of `depth` in every stroke."""
    height, width = drawn.shape
    period = max(height / between(rng, 14, 26), 2.0)
    phase = between(rng, 0, 6.28)
    rows = 1 - depth * (0.5 + 0.5 * np.cos(np.arange(height) * (6.2832 / period) + phase))
    grid = np.rint(255 * rows).astype(np.uint8)[:, None]
    if not dots:
        return cv2.multiply(drawn, np.repeat(grid, width, axis=1), scale=1 / 255)
    columns = 1 - depth * (0.5 + 0.5 * np.cos(np.arange(width) * (6.2832 / period)))
    return cv2.multiply(drawn, np.rint(np.outer(grid, columns)).astype(np.uint8), scale=1 / 255)


def show_through(image: Pixels, drawn: Pixels, rng: Rng) -> Pixels:
    """Print of the page's other side: mirrored, soft and faint."""
    back = cv2.blur(cv2.flip(drawn, 1), (3, 3))
    back = np.roll(back, whole(rng, 0, drawn.shape[0]), axis=0)
    if not is_grey(image):
        back = cv2.merge((back, back, back))
    return cv2.addWeighted(image, 1.0, back, -between(rng, 0.04, 0.14), 0)


def stamp(image: Pixels, ink: Ink, rng: Rng) -> Pixels:
    """Part of a red seal across a colour picture (H, W, 3): a ring or a square with a few strokes inside."""
    height, width = image.shape[:2]
    seal: Pixels = np.zeros((height, width), np.uint8)
    radius = round(height * between(rng, 0.45, 1.1))
    x, y = whole(rng, 0, width), round(height * between(rng, 0.1, 0.9))
    thick = max(round(height * between(rng, 0.03, 0.07)), 1)
    if chance(rng, 0.6):
        cv2.circle(seal, (x, y), radius, 255, thick, cv2.LINE_AA)
    else:
        cv2.rectangle(seal, (x - radius, y - radius), (x + radius, y + radius), 255, thick)
    side = round(1.2 * radius)
    piece = ink.mask[:, : max(height, 4)]
    x0, y0 = max(x - side // 2, 0), max(y - side // 2, 0)
    x1, y1 = min(x + side // 2, width), min(y + side // 2, height)
    if x1 - x0 > 3 and y1 - y0 > 3:
        window = seal[y0:y1, x0:x1]
        np.maximum(window, cv2.resize(piece, (x1 - x0, y1 - y0)), out=window)
    seal = cv2.convertScaleAbs(seal, alpha=between(rng, 0.25, 0.6))
    return lay(degrade.wear(seal, rng, 0.8), image, (whole(rng, 170, 225), whole(rng, 20, 60), whole(rng, 20, 60)))


def _document_levels(rng: Rng) -> tuple[int, int]:
    """Grey levels of paper and ink: mostly black on white, some grey scans, some dark packaging."""
    paper = weighted(rng, (255, whole(rng, 240, 254), whole(rng, 205, 240), whole(rng, 125, 205)), (35, 35, 20, 10))
    pen = weighted(rng, (whole(rng, 0, 45), whole(rng, 45, 90), whole(rng, 90, 140)), (70, 24, 6))
    return paper, min(pen, paper - 85)
