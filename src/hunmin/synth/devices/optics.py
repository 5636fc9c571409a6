"""What several devices do to a page: resample, turn, blur, light, grain, specks, JPEG.

Images are uint8, (H, W) grey or (H, W, 3) RGB, and are never changed in place.
"""

# ruff: noqa: PLR2004 - grey levels, pixels and shares read better where they are used

import math
from functools import cache

import cv2
import numpy as np
from numpy.random import Generator as Rng
from numpy.typing import NDArray

from hunmin.synth.lines.colour import is_grey
from hunmin.synth.lines.render import Pixels
from hunmin.synth.pages.page import Page, Points
from hunmin.synth.random_draws import between, chance, whole

LEAST_EM_PX = 11.5
"""No device makes the middle line of a page smaller: below that syllables with many strokes cannot be told apart."""
_BANK_SHAPE = (1024, 2048)
_SEED = 20260301
_STEPS = np.arange(256, dtype=np.float32)


def resample(page: Page, dpi_x: float, dpi_y: float | None = None) -> Page:
    """The page at another resolution, averaged where it gets smaller; never below `LEAST_EM_PX`."""
    scale_x = dpi_x / 72 / page.px_per_pt
    scale_y = scale_x * (1.0 if dpi_y is None else dpi_y / dpi_x)
    least = LEAST_EM_PX / max(middle_em_px(page), 1.0)
    grow = max(least / min(scale_x, scale_y), 1.0)
    return resized(page, scale_x * grow, scale_y * grow)


def resized(page: Page, scale_x: float, scale_y: float) -> Page:
    """The page with its sides scaled."""
    height, width = page.image.shape[:2]
    size = (max(round(width * scale_x), 8), max(round(height * scale_y), 8))
    if size == (width, height):
        return page
    shrinks = size[0] <= width and size[1] <= height
    return page.scaled(cv2.resize(page.image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC))


def middle_em_px(page: Page) -> float:
    """Size of the middle line's type; 0 on a page without lines."""
    if not page.lines:
        return 0.0
    return float(np.median(np.hypot(*(page.ems[:, 1] - page.ems[:, 0]).T)))


def warp(page: Page, matrix: NDArray[np.float64], size: tuple[int, int]) -> Page:
    """Move a page by a (3, 3) matrix of page points into a picture of `size` (width, height); edges are repeated."""
    # OpenCV counts from the middle of a pixel, points from its corner.
    to_corner = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    of_centres = np.linalg.inv(to_corner) @ matrix @ to_corner
    if matrix[2, 0] or matrix[2, 1]:
        image = cv2.warpPerspective(
            page.image, of_centres, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
    else:
        image = cv2.warpAffine(
            page.image, of_centres[:2], size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )

    def move(points: Points) -> Points:
        moved: Points = cv2.perspectiveTransform(np.asarray(points, np.float32)[None], matrix)[0]
        return moved

    return page.moved(np.asarray(image), move)


def skewed(page: Page, degrees: float) -> Page:
    """The page turned about its middle in a picture of the same size."""
    height, width = page.image.shape[:2]
    turn = np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0), [0, 0, 1]])
    return warp(page, turn, (width, height))


def soften(image: Pixels, sigma_px: float) -> Pixels:
    """Gaussian blur."""
    if sigma_px < 0.2:
        return image
    side = 2 * math.ceil(2 * sigma_px) + 1
    return cv2.GaussianBlur(image, (side, side), sigma_px)


def sharpened(image: Pixels, amount: float, sigma_px: float = 1.0) -> Pixels:
    """Unsharp mask: the halo that scanners and phones add."""
    return cv2.addWeighted(image, 1 + amount, soften(image, sigma_px), -amount, 0)


def grain(image: Pixels, rng: Rng, deviation: float, *, soft: bool = False) -> Pixels:
    """Add noise of `deviation` grey levels; `soft` = a few pixels coarse."""
    window = _window(_banks()[1 if soft else 0], rng, *image.shape[:2])
    if not is_grey(image):
        window = cv2.merge((window, window, window))
    gain = deviation / 32
    return cv2.addWeighted(image, 1.0, window, gain, -128 * gain)


def levels(image: Pixels, black: float, white: float, gamma: float = 1.0) -> Pixels:
    """Map 0 to `black` and 255 to `white`."""
    table = black + (white - black) * (_STEPS / 255) ** gamma
    return cv2.LUT(image, np.clip(np.rint(table), 0, 255).astype(np.uint8))


def contrast_curve(image: Pixels, middle: float, steepness: float) -> Pixels:
    """A smooth threshold: below `middle` towards black, above towards white; 0.03 hardly, 0.2 nearly hard."""
    table = 255 / (1 + np.exp(-steepness * (_STEPS - middle)))
    return cv2.LUT(image, np.rint(table).astype(np.uint8))


def uneven(image: Pixels, rng: Rng, depth: float, *, creases: int = 0) -> Pixels:
    """Multiply by smooth light that falls by up to `depth` (0–1); each crease adds a soft edge across the picture."""
    height, width = image.shape[:2]
    coarse = rng.random((whole(rng, 2, 4), whole(rng, 2, 5)), np.float32)
    small_w, small_h = max(width // 8, 4), max(height // 8, 4)
    light: Pixels = cv2.resize(coarse, (small_w, small_h), interpolation=cv2.INTER_CUBIC)
    if creases:
        rows, columns = np.mgrid[0:small_h, 0:small_w].astype(np.float32)
        for _ in range(creases):
            angle = between(rng, 0, math.pi)
            across = (columns - small_w * rng.random()) * math.cos(angle) + (rows - small_h * rng.random()) * math.sin(
                angle
            )
            light += between(rng, -0.6, 0.6) * np.tanh(across / between(rng, 0.6, 8.0))
    low, high = float(light.min()), float(light.max())
    factor = cv2.convertScaleAbs(light - low, alpha=-255 * depth / max(high - low, 1e-3), beta=255)
    full = cv2.resize(factor, (width, height), interpolation=cv2.INTER_LINEAR)
    if not is_grey(image):
        full = cv2.merge((full, full, full))
    return cv2.multiply(image, full, scale=1 / 255)


def specks(image: Pixels, rng: Rng, per_megapixel: float, level: int) -> Pixels:
    """Dots of one to a few pixels."""
    height, width = image.shape[:2]
    count = round(per_megapixel * height * width / 1e6)
    if count == 0:
        return image
    dotted = image.copy()
    rows, columns = (rng.random(count) * (height - 3)).astype(int), (rng.random(count) * (width - 3)).astype(int)
    dotted[rows, columns] = level
    large = slice(0, count // 3)
    for down, right in ((0, 1), (1, 0), (1, 1)):
        dotted[rows[large] + down, columns[large] + right] = level
    return dotted


def jpeg(image: Pixels, quality: int) -> Pixels:
    """Through a JPEG file."""
    # RGB taken for BGR both ways: red and blue trade places inside the file, and nobody could tell.
    _, packed = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE if is_grey(image) else cv2.IMREAD_COLOR))


def show_through(image: Pixels, rng: Rng, depth: float) -> Pixels:
    """Print of the sheet's other side: mirrored, soft and faint."""
    back = cv2.bitwise_not(soften(cv2.flip(image, 1), between(rng, 1.0, 2.5)))
    shift = whole(rng, 0, image.shape[0] - 1)
    return cv2.subtract(image, cv2.convertScaleAbs(np.roll(back, shift, axis=0), alpha=depth))


def streaks(image: Pixels, rng: Rng, *, along_rows: bool, count: int, level: int) -> Pixels:
    """Thin lines right across the picture: dust on the scanner's glass, a dead dot of a print head."""
    streaked = image.copy()
    for _ in range(count):
        at = whole(rng, 0, image.shape[0 if along_rows else 1] - 1)
        if along_rows:
            streaked[at] = level
        else:
            streaked[:, at] = level
    return streaked


@cache
def _banks() -> tuple[Pixels, Pixels]:
    """White and soft noise, mean 128 and standard deviation 32, drawn once per process."""
    rng = np.random.default_rng(_SEED)
    fine = rng.standard_normal(_BANK_SHAPE, np.float32)
    soft = cv2.GaussianBlur(np.pad(fine, 8, mode="wrap"), (0, 0), 1.2)[8:-8, 8:-8]
    return _as_bank(fine), _as_bank(soft / soft.std())


def _as_bank(noise: Pixels) -> Pixels:
    # Twice in both directions, so that a window may begin anywhere.
    return np.tile(np.clip(np.rint(128 + 32 * noise), 0, 255).astype(np.uint8), (2, 2))


def _window(bank: Pixels, rng: Rng, height: int, width: int) -> Pixels:
    y, x = whole(rng, 0, _BANK_SHAPE[0] - 1), whole(rng, 0, _BANK_SHAPE[1] - 1)
    if height <= _BANK_SHAPE[0] and width <= _BANK_SHAPE[1]:
        window = bank[y : y + height, x : x + width]
    else:
        rows, columns = (y + np.arange(height)) % _BANK_SHAPE[0], (x + np.arange(width)) % _BANK_SHAPE[1]
        window = bank[rows[:, None], columns]
    return cv2.flip(window, 1) if chance(rng, 0.5) else window
