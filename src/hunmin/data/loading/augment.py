"""Small changes to a real crop, other ones each time it is drawn, so that few crops teach more than themselves.

`strength` is one number: 0 changes nothing, 1 is much. At any strength many crops stay as they are, for most of what a
model will read is clean. Of 1,000 generated lines the bundled model read 87.0 % without a mistake at strength 0, 86.1 % at
0.5 and 83.6 % at 1, spaces aside (`benchmarks/bench_augment.py`): at 1, about one line in 29 becomes too hard for it.

A core should read 1,000 crops a second, hence one warp for all geometry, a look-up table for all tones, and noise cut
from a bank instead of drawn.
"""

import math
from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np
from numpy.random import Generator as Rng
from numpy.typing import NDArray

from hunmin import distort
from hunmin.data.loading.stream import ChangedSource
from hunmin.data.sample import Sample

WIDE = 12
"""Above this width over height a crop is not made wider still: it might no longer fit the model."""

_PURPOSE = 101  # sets these random numbers apart from those of the same seed in `hunmin.data.loading.stream`
_SMALLEST_PX = 8
_BANK_HEIGHT_PX, _BANK_WIDTH_PX = 512, 2048

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Augmented(ChangedSource):
    """A source whose samples are augmented."""

    strength: float
    """0 to 1."""
    seed: int

    def sample(self, epoch: int, index: int) -> Sample:
        """Sample `index` of the source as it looks in `epoch`."""
        rng = np.random.default_rng([self.seed, _PURPOSE, epoch, index])
        return augment(self.source.sample(epoch, index), rng, self.strength)


def augment(sample: Sample, rng: Rng, strength: float) -> Sample:
    """Change geometry, tones, sharpness, noise and compression, each by chance.

    Args:
        sample: (H, W) or (H, W, 3), left as it is.
        rng: randomness.
        strength: 0 to 1.

    Returns:
        A sample of another size as a rule; boxes go along with the pixels.
    """
    if strength <= 0 or min(sample.image.shape[:2]) < _SMALLEST_PX:
        return sample
    # All numbers are drawn at once: one call costs as much as three steps of the warp.
    draws = rng.random(24)
    image, boxes = sample.image, sample.boxes
    if draws[0] < 0.6:  # noqa: PLR2004 - the share of crops that are moved
        image, boxes = _warp(image, boxes, draws[1:11], strength)
    if draws[11] < 0.5:  # noqa: PLR2004
        image = _tone(image, draws[12:15], strength)
    sharpness = draws[15]
    if sharpness < 0.12 + 0.1 * strength:
        image = distort.blur(image, max(image.shape[0] * (0.008 + 0.017 * strength * draws[16]), 0.3))
    elif sharpness < 0.24 + 0.2 * strength:
        image = _few_pixels(image, draws[16], strength)
    elif sharpness < 0.32 + 0.2 * strength:
        image = distort.sharpen(image, 0.2 + 0.8 * draws[16] * strength)
    if draws[17] < 0.15 + 0.25 * strength:
        image = _noise(image, draws[18:21], strength)
    if draws[21] < 0.1 + 0.2 * strength:
        image = distort.jpeg(image, round(90 - 50 * draws[22] * strength))
    return replace(sample, image=image, boxes=boxes)


def _warp(
    image: Pixels, boxes: NDArray[np.float32] | None, draws: NDArray[np.float64], strength: float
) -> tuple[Pixels, NDArray[np.float32] | None]:
    """Margins, width, tilt, slant and perspective in one step; the ground goes on where the crop ended."""
    height, width = image.shape[:2]
    signed = 2 * draws - 1
    wide = width > WIDE * height
    # Cut by up to 3 % of the height, or widened by up to 10 %: left, top, right, bottom.
    least = 0.0 if wide else -0.03
    margins = (least + (0.10 - least) * draws[:4]) * strength * height
    rise = 0.12 * signed[4] * strength * height
    slant = 0.15 * signed[5] * strength * height
    narrowing = 0.08 * signed[6] * strength * height if draws[7] < 0.3 else 0.0  # noqa: PLR2004
    stretch = math.exp(0.15 * signed[8] * strength)
    if wide:
        stretch = min(stretch, 1.0)
    left, top, right, bottom = margins
    new_width = max(round((width + left + right) * stretch + abs(slant)), _SMALLEST_PX)
    new_height = max(round(height + top + bottom + abs(rise)), _SMALLEST_PX)
    # Top left, top right, bottom right, bottom left: of the widened crop, and where they go.
    corners = np.array(
        [[-left, -top], [width + right, -top], [width + right, height + bottom], [-left, height + bottom]]
    )
    frame = np.array([[0, 0], [new_width, 0], [new_width, new_height], [0, new_height]], np.float64)
    frame[:, 0] += [max(slant, 0), -max(-slant, 0), -max(slant, 0), max(-slant, 0)]
    frame[:, 1] += [max(rise, 0), max(-rise, 0), -max(rise, 0), -max(-rise, 0)]
    frame[:, 1] += np.array([max(-narrowing, 0), max(narrowing, 0), -max(narrowing, 0), -max(-narrowing, 0)]) / 2
    if narrowing:
        matrix = np.asarray(cv2.getPerspectiveTransform(corners.astype(np.float32), frame.astype(np.float32)))
    else:
        affine = cv2.getAffineTransform(corners[:3].astype(np.float32), frame[:3].astype(np.float32))
        matrix = np.vstack([np.asarray(affine), [0.0, 0.0, 1.0]])
    moved = distort.warp(image, matrix, new_width, new_height, cv2.BORDER_REPLICATE)
    return moved, None if boxes is None else distort.warp_boxes(boxes, matrix, new_width, new_height)


def _tone(image: Pixels, draws: NDArray[np.float64], strength: float) -> Pixels:
    gamma = math.exp(0.4 * (2 * draws[0] - 1) * strength)
    contrast = 1 + (0.5 * draws[1] - 0.35) * strength
    shift = 25 * (2 * draws[2] - 1) * strength
    return distort.tone(image, gamma, contrast, shift)


def _few_pixels(image: Pixels, draw: float, strength: float) -> Pixels:
    """As if it had been taken from afar: down to 20 px high at strength 1, and up again."""
    height, width = image.shape[:2]
    target = round(40 - (8 + 12 * draw) * strength)
    if target >= height:
        return image
    small = distort.shrink(image, target)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]


def _noise(image: Pixels, draws: NDArray[np.float64], strength: float) -> Pixels:
    """Grain of 1 to 7 grey levels, the same in all colours."""
    height, width = image.shape[:2]
    bank = _noise_bank()
    y, x = (
        int(draw * max(side - have, 0)) for draw, side, have in zip(draws[:2], bank.shape, (height, width), strict=True)
    )
    window = bank[y : y + height, x : x + width]
    if window.shape != (height, width):
        window = np.tile(window, (-(-height // len(window)), -(-width // window.shape[1])))[:height, :width]
    return distort.add_noise(image, window, 1 + 6 * draws[2] * strength)


@cache
def _noise_bank() -> Pixels:
    noise = np.random.default_rng(_PURPOSE).normal(128, distort.NOISE_DEVIATION, (_BANK_HEIGHT_PX, _BANK_WIDTH_PX))
    return np.clip(np.round(noise), 0, 255).astype(np.uint8)
