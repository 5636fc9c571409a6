"""Printers whose own marks show: thermal till printers and halftone presses. What they print is then scanned or photographed."""

import math

import cv2
import numpy as np
from numpy.random import Generator as Rng

from hunmin.synth.devices.optics import contrast_curve, grain, levels, resample, resized, soften
from hunmin.synth.devices.scanner import between_ink_and_paper, threshold
from hunmin.synth.lines.colour import to_grey
from hunmin.synth.lines.render import Pixels
from hunmin.synth.pages.page import Page
from hunmin.synth.random_draws import between, chance, pick, whole

THERMAL_DPI = 203


def thermal(page: Page, rng: Rng, strength: float) -> Page:
    """A till roll: 203 dots to the inch, dead dots, unevenly fed rows, fading; grey ink on warm or greyish paper."""
    page = resample(page, THERMAL_DPI)
    # Dots first, then what heat and paper make of them.
    image = to_grey(page.image)
    dots = cv2.bitwise_not(threshold(image, between_ink_and_paper(image, between(rng, 0.4, 0.7))))
    if chance(rng, 0.25 * strength):
        for _ in range(whole(rng, 1, 3)):
            dots[:, whole(rng, 0, dots.shape[1] - 1)] = 0
    if chance(rng, 0.35):
        dots = _uneven_rows(dots, rng, between(rng, 0.15, 0.3 + 0.4 * strength))
    if chance(rng, 0.2 + 0.4 * strength):
        dots = _faded(dots, rng, between(rng, 0.2, 0.3 + 0.45 * strength))
    page = resized(page.shown(dots), 2.0, 2.0) if chance(rng, 0.5) else page.shown(dots)
    spread = soften(page.image, between(rng, 0.4, 0.9) * (page.image.shape[0] / dots.shape[0]))
    pen = between(rng, 10, 60 + 55 * strength)
    paper = between(rng, max(pen + 110, 225), 255)
    return page.shown(grain(levels(cv2.bitwise_not(spread), pen, paper), rng, between(rng, 0.5, 3.0), soft=True))


def press(page: Page, rng: Rng, strength: float) -> Page:
    """Offset print: ink that runs a little, grey printed in dots of a screen, off-white paper."""
    image = to_grey(page.image) if chance(rng, 0.6) else page.image
    image = soften(image, between(rng, 0.4, 0.7 + 0.6 * strength))
    if chance(rng, 0.35):
        image = _halftone(to_grey(image), rng)
    image = contrast_curve(image, between(rng, 125, 145 + 30 * strength), between(rng, 0.03, 0.05))
    image = levels(image, between(rng, 10, 30 + 35 * strength), between(rng, 222, 255))
    return page.shown(grain(image, rng, between(rng, 0.5, 1.5 + 3 * strength), soft=True))


def _uneven_rows(dots: Pixels, rng: Rng, depth: float) -> Pixels:
    """Bands of weaker print where the paper ran faster; some rows not printed at all."""
    height = dots.shape[0]
    rows = np.arange(height)
    wave = np.sin(rows * 2 * math.pi / between(rng, 3, 40) + between(rng, 0, 6))
    factor = 1 - depth * (0.5 + 0.5 * wave)
    for _ in range(whole(rng, 0, 3)):
        factor[whole(rng, 0, height - 1)] = pick(rng, (0.0, 0.3))
    return cv2.multiply(
        dots, np.repeat(np.rint(255 * factor).astype(np.uint8)[:, None], dots.shape[1], axis=1), scale=1 / 255
    )


def _faded(dots: Pixels, rng: Rng, depth: float) -> Pixels:
    """Print that has paled in patches."""
    height, width = dots.shape
    coarse = rng.random((whole(rng, 2, 6), whole(rng, 3, 8)), np.float32)
    patches = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return cv2.multiply(dots, cv2.convertScaleAbs(patches, alpha=-255 * depth, beta=255), scale=1 / 255)


def _halftone(image: Pixels, rng: Rng) -> Pixels:
    """Greys between black and white as dots of a screen; black strokes stay nearly whole."""
    height, width = image.shape
    pitch, angle = between(rng, 3.0, 5.0), math.radians(pick(rng, (0, 15, 45, 75)))
    columns = np.arange(width, dtype=np.float32) * (2 * math.pi / pitch)
    rows = np.arange(height, dtype=np.float32)[:, None] * (2 * math.pi / pitch)
    along, across = math.cos(angle), math.sin(angle)
    # cos(a)·cos(b) of turned axes, from four one-dimensional waves: a full table of cosines would cost ten times as much.
    cells = np.cos(columns * along) * np.cos(rows * across) - np.sin(columns * along) * np.sin(rows * across)
    cells += np.cos(columns * across) * np.cos(rows * along) + np.sin(columns * across) * np.sin(rows * along)
    screen = cv2.convertScaleAbs(cells, alpha=40, beta=128)
    return cv2.addWeighted(image, 1.0, screen, 0.55, -70)
