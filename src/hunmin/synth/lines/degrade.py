"""What happens to a line between the printer and the recognizer: light, blur, noise, few pixels, compression.

Every function takes and returns uint8 pixels, (H, W) grey or (H, W, 3) RGB, and leaves its argument as it was.
`strength` is 0 for hardly visible to 1 for as bad as a person still reads.
"""

import math

import cv2
import numpy as np
from numpy.random import Generator as Rng
from numpy.typing import NDArray

from hunmin import distort
from hunmin.synth.lines.colour import is_grey, to_grey
from hunmin.synth.lines.render import Pixels
from hunmin.synth.lines.textures import cut, textures
from hunmin.synth.random_draws import between, chance, pick, whole

_SLIGHTEST = 0.05
_RIDGE = 0.7
"""Pixels by which a ridge may lie below the highest place beside it: two strokes need not be a whole number of pixels apart."""
_ENLARGE = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)


def add_bank(image: Pixels, bank: Pixels, rng: Rng, deviation: float) -> Pixels:
    """Add a window of a bank (mean 128, standard deviation 32) with the given standard deviation in grey levels."""
    return distort.add_noise(image, cut(bank, rng, *image.shape[:2]), deviation)


def uneven_light(image: Pixels, rng: Rng, strength: float) -> Pixels:
    """Multiply by smooth light, at strength 1 between 0.64 and 1.36."""
    window = cut(textures().light, rng, *image.shape[:2])
    window = cv2.convertScaleAbs(window, alpha=0.8 * strength, beta=128 - 102.4 * strength)
    if not is_grey(image):
        window = cv2.merge((window, window, window))
    return cv2.multiply(image, window, scale=1 / 128)


def tone(image: Pixels, rng: Rng, strength: float) -> Pixels:
    """Brightness, contrast and gamma in one table look-up."""
    gamma = math.exp(between(rng, -0.5, 0.5) * strength)
    contrast = 1 + between(rng, -0.35, 0.15) * strength
    shift = between(rng, -30, 30) * strength
    return distort.tone(image, gamma, contrast, shift)


def blur(image: Pixels, rng: Rng, strength: float) -> Pixels:
    """Out of focus, or moved: sigma up to 3.5 % of the height."""
    limit = 0.012 + 0.023 * strength
    sigma = max(image.shape[0] * limit * between(rng, 0.4, 1.0), 0.3)
    if chance(rng, 0.2):
        length = 2 * round(1.3 * sigma) + 1
        kernel = (length, 1) if chance(rng, 0.6) else (1, length)
        return cv2.blur(image, kernel)
    return distort.blur(image, sigma)


def low_resolution(image: Pixels, rng: Rng, strength: float) -> Pixels:
    """Take it down to a few pixels and back up: at strength 1 to a height of 13–18 px, at strength 0 of 26–40."""
    height, width = image.shape[:2]
    target = between(rng, 26 - 13 * strength, 40 - 22 * strength)
    if target >= height:
        return image
    tiny = distort.shrink(image, target, cv2.INTER_AREA if chance(rng, 0.7) else cv2.INTER_LINEAR)
    if chance(rng, 0.3):
        tiny = jpeg(tiny, rng, 0.6 * strength)
    return cv2.resize(tiny, (width, height), interpolation=pick(rng, _ENLARGE))


def jpeg(image: Pixels, rng: Rng, strength: float) -> Pixels:
    """Through JPEG, quality 90 down to 25."""
    quality = whole(rng, round(75 - 50 * strength), round(92 - 30 * strength))
    return distort.jpeg(image, quality)


def sharpen(image: Pixels, rng: Rng, strength: float) -> Pixels:
    """The halo that phones and scanners add."""
    return distort.sharpen(image, between(rng, 0.3, 0.5 + strength))


def noise(image: Pixels, rng: Rng, strength: float) -> Pixels:
    """Sensor noise of 1–9 grey levels, fine or soft; in colour pictures half of it is coloured."""
    banks = textures()
    deviation = between(rng, 1.0, 2.5 + 6.5 * strength)
    if not is_grey(image) and chance(rng, 0.5):
        return add_bank(image, banks.colour_grain, rng, deviation)
    return add_bank(image, pick(rng, (banks.grain, banks.soft_grain, banks.soft_grain)), rng, deviation)


def wear(ink: Pixels, rng: Rng, strength: float) -> Pixels:
    """Print that has faded in patches and bands; never below a third of its strength."""
    window = cut(textures().wear, rng, *ink.shape[:2])
    window = cv2.convertScaleAbs(window, alpha=strength, beta=255 * (1 - strength))
    return cv2.multiply(ink, window, scale=1 / 255)


def binarise(image: Pixels, rng: Rng) -> Pixels:
    """Black or white, as fax machines and document scanners send it."""
    threshold, _ = cv2.threshold(image, 0, 255, cv2.THRESH_OTSU)
    _, hard = cv2.threshold(image, threshold + between(rng, -12, 12), 255, cv2.THRESH_BINARY)
    return hard


def thicken(ink: Pixels, amount: float) -> Pixels:
    """Bolder (amount > 0) or lighter (< 0) strokes: at ±1 by one pixel, between by mixing."""
    if abs(amount) < _SLIGHTEST:
        return ink
    kernel = np.ones((2, 2), np.uint8)
    changed = cv2.dilate(ink, kernel) if amount > 0 else cv2.erode(ink, kernel)
    return cv2.addWeighted(ink, 1 - abs(amount), changed, abs(amount), 0)


def fatten(ink: Pixels, reach_px: float) -> Pixels:
    """Strokes that grow into the ground by up to `reach_px`, and leave hairlines between each other as the heaviest type does."""
    large = cv2.resize(ink, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    _, ground = cv2.threshold(large, 127, 255, cv2.THRESH_BINARY_INV)
    away = cv2.distanceTransform(ground, cv2.DIST_L2, 3)
    # Where two strokes would meet, the distance has its ridge.
    hairline = (away > 0) & (away > cv2.dilate(away, np.ones((3, 3), np.uint8)) - _RIDGE)
    fat = ((away <= 2 * reach_px) & ~hairline).astype(np.uint8) * 255
    return cv2.max(ink, cv2.resize(fat, ink.shape[::-1], interpolation=cv2.INTER_AREA))


def legibility(image: Pixels, ink: Pixels, boxes: NDArray[np.float32]) -> float:
    """How many grey levels lie between the strokes and the ground next to them.

    Args:
        image: (H, W) or (H, W, 3) the finished picture.
        ink: (H, W) where the strokes are, 255 in their middle.
        boxes: (L, 4) of the characters; the ground is measured within their bounds.

    Returns:
        Difference of the two mean luminances less half the ground's standard deviation, in the worst section of the
        line (about three heights wide each, four at most); 0 where there is no ink.
    """
    low, high = boxes.min(axis=0), boxes.max(axis=0)
    window = np.s_[int(low[1]) : math.ceil(high[3]), int(low[0]) : math.ceil(high[2])]
    grey, ink = to_grey(image)[window], ink[window]
    if grey.size == 0:
        return 0.0
    _, strokes = cv2.threshold(ink, 150, 255, cv2.THRESH_BINARY)
    _, ground = cv2.threshold(ink, 20, 255, cv2.THRESH_BINARY_INV)
    height, width = grey.shape
    num_sections = min(max(width // (3 * height), 1), 4)
    worst = math.inf
    for start in range(num_sections):
        part = np.s_[:, start * width // num_sections : (start + 1) * width // num_sections]
        # A section may be the gap between two columns.
        if not cv2.countNonZero(strokes[part]):
            continue
        level = cv2.mean(grey[part], strokes[part])[0]
        mean, deviation = cv2.meanStdDev(grey[part], mask=ground[part])
        worst = min(worst, abs(level - mean[0, 0]) - 0.5 * deviation[0, 0])
    return 0.0 if worst == math.inf else float(worst)


def capture(image: Pixels, rng: Rng, strength: float, photographed: bool = False) -> Pixels:
    """One pass through a scanner, a camera or a messenger: a few of the steps above, more of them as strength grows.

    Args:
        image: the clean picture.
        rng: randomness.
        strength: 0–1.
        photographed: uneven light and softness as well, as a camera gives.
    """
    if photographed and chance(rng, 0.5):
        image = uneven_light(image, rng, strength)
    if chance(rng, 0.2 + 0.35 * strength):
        image = blur(image, rng, strength)
    if chance(rng, 0.12 + 0.3 * strength):
        image = low_resolution(image, rng, strength)
    if chance(rng, 0.1):
        image = sharpen(image, rng, strength)
    if chance(rng, 0.15 + 0.45 * strength):
        image = noise(image, rng, strength)
    if chance(rng, 0.5):
        image = tone(image, rng, strength)
    if chance(rng, 0.2 + 0.25 * strength):
        image = jpeg(image, rng, strength)
    return image
