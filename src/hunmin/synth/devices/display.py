"""Displays: pages rendered to pixels, sub-pixels, scaled pictures, JPEG and WebP again and again."""

# ruff: noqa: PLR2004 - grey levels, pixels and shares read better where they are used

import cv2
import numpy as np
from numpy.random import Generator as Rng

from hunmin.synth.devices.optics import LEAST_EM_PX, jpeg, middle_em_px, resample, resized, sharpened, soften
from hunmin.synth.lines.colour import is_grey
from hunmin.synth.lines.render import Pixels
from hunmin.synth.pages.page import Page
from hunmin.synth.random_draws import between, chance, pick, weighted, whole


def rendered(page: Page, rng: Rng, strength: float) -> Page:
    """A born-digital page made into pixels at 72–400 dpi and stored without loss or as a fair JPEG."""
    page = resample(page, weighted(rng, (72, 96, 110, 150, 200, 300, 400), (8, 16, 14, 26, 18, 12, 6)))
    image = page.image
    if chance(rng, 0.15):
        # Enlarging viewers and thin strokes: rendering is not always crisp.
        image = soften(image, between(rng, 0.3, 0.4 + 0.4 * strength))
    return page.shown(jpeg(image, whole(rng, round(85 - 30 * strength), 96)) if chance(rng, 0.4) else image)


def screenshot(page: Page, rng: Rng, strength: float) -> Page:
    """What stands on a screen, pixel for pixel or scaled, with or without sub-pixel rendering."""
    if page.px_per_pt != 1.0:
        page = resample(page, weighted(rng, (72, 96, 120, 144, 192), (10, 40, 25, 15, 10)))
    if chance(rng, 0.3):
        page = page.shown(sub_pixels(page.image))
    if chance(rng, 0.25 + 0.25 * strength):
        page = _scaled(page, rng, 0.7, 1.8)
    if chance(rng, 0.35):
        page = page.shown(jpeg(page.image, whole(rng, round(88 - 40 * strength), 95)))
    return page


def passed_around(page: Page, rng: Rng, strength: float) -> Page:
    """A picture sent on and on: made smaller and larger, JPEG and WebP, each time anew."""
    if page.px_per_pt != 1.0:
        page = resample(page, weighted(rng, (96, 120, 150), (45, 35, 20)))
    for _ in range(whole(rng, 1, 2 + round(strength))):
        if chance(rng, 0.5):
            page = _scaled(page, rng, 0.72, 1.4)
        quality = whole(rng, round(80 - 45 * strength), 90)
        # WebP costs five times as much as JPEG.
        page = page.shown(_webp(page.image, quality) if chance(rng, 0.12) else jpeg(page.image, quality))
    if chance(rng, 0.25):
        page = page.shown(sharpened(page.image, between(rng, 0.2, 0.3 + 0.7 * strength)))
    return page


def sub_pixels(image: Pixels) -> Pixels:
    """Colour fringes of text rendered on the stripes of a display: red a third of a pixel left, blue right."""
    channels = (image, image, image) if is_grey(image) else cv2.split(image)
    left, right = (np.array([shift], np.float32) for shift in ((1 / 3, 2 / 3, 0.0), (0.0, 2 / 3, 1 / 3)))
    red, green, blue = channels
    return cv2.merge((cv2.filter2D(red, -1, left), green, cv2.filter2D(blue, -1, right)))


def _scaled(page: Page, rng: Rng, least: float, most: float) -> Page:
    """Scaled by a browser, a messenger or a capture tool, whatever filter that has."""
    factor = max(between(rng, least, most), LEAST_EM_PX / max(middle_em_px(page), 1.0))
    height, width = page.image.shape[:2]
    size = (max(round(width * factor), 8), max(round(height * factor), 8))
    if factor < 0.9 or chance(rng, 0.6):
        return resized(page, factor, factor)
    return page.scaled(
        cv2.resize(page.image, size, interpolation=pick(rng, (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST)))
    )


def _webp(image: Pixels, quality: int) -> Pixels:
    _, packed = cv2.imencode(
        ".webp", image if not is_grey(image) else cv2.merge((image, image, image)), (cv2.IMWRITE_WEBP_QUALITY, quality)
    )
    seen = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR))
    return seen[..., 0] if is_grey(image) else seen
