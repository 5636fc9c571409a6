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
from typing import Any

import cv2
import numpy as np
from numpy.random import Generator as Rng
from numpy.typing import NDArray

from hunmin.data.loading.stream import ChangedSource
from hunmin.data.sample import Sample

WIDE = 12
"""Above this width over height a crop is not made wider still: it might no longer fit the model."""

_PURPOSE = 101  # sets these random numbers apart from those of the same seed in `hunmin.data.loading.stream`
_SMALLEST_PX = 8
_BANK_HEIGHT_PX, _BANK_WIDTH_PX, _BANK_DEVIATION = 512, 2048, 32
_LEVELS = np.arange(256, dtype=np.float32)

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
    dice = rng.random(24)
    image, boxes = sample.image, sample.boxes
    if dice[0] < 0.6:  # noqa: PLR2004 - the share of crops that are moved
        image, boxes = _warp(image, boxes, dice[1:11], strength)
    if dice[11] < 0.5:  # noqa: PLR2004
        image = _tone(image, dice[12:15], strength)
    sharpness = dice[15]
    if sharpness < 0.12 + 0.1 * strength:
        image = _blur(image, dice[16], strength)
    elif sharpness < 0.24 + 0.2 * strength:
        image = _few_pixels(image, dice[16], strength)
    elif sharpness < 0.32 + 0.2 * strength:
        image = _sharpen(image, dice[16], strength)
    if dice[17] < 0.15 + 0.25 * strength:
        image = _noise(image, dice[18:21], strength)
    if dice[21] < 0.1 + 0.2 * strength:
        image = _jpeg(image, dice[22], strength)
    return replace(sample, image=image, boxes=boxes)


def _warp(
    image: Pixels, boxes: NDArray[np.float32] | None, dice: NDArray[np.float64], strength: float
) -> tuple[Pixels, NDArray[np.float32] | None]:
    """Margins, width, tilt, slant and perspective in one step; the ground goes on where the crop ended."""
    height, width = image.shape[:2]
    signed = 2 * dice - 1
    wide = width > WIDE * height
    # Cut by up to 3 % of the height, or widened by up to 10 %: left, top, right, bottom.
    least = 0.0 if wide else -0.03
    margins = (least + (0.10 - least) * dice[:4]) * strength * height
    rise = 0.12 * signed[4] * strength * height
    slant = 0.15 * signed[5] * strength * height
    narrowing = 0.08 * signed[6] * strength * height if dice[7] < 0.3 else 0.0  # noqa: PLR2004
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
    size = (new_width, new_height)
    if narrowing:
        matrix = np.asarray(cv2.getPerspectiveTransform(corners.astype(np.float32), frame.astype(np.float32)))
        moved = cv2.warpPerspective(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    else:
        affine = cv2.getAffineTransform(corners[:3].astype(np.float32), frame[:3].astype(np.float32))
        moved = cv2.warpAffine(image, affine, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        matrix = np.vstack([np.asarray(affine), [0.0, 0.0, 1.0]])
    return moved, None if boxes is None else _moved_boxes(boxes, matrix, size)  # type: ignore[return-value]


def _moved_boxes(boxes: NDArray[np.float32], matrix: NDArray[Any], size: tuple[int, int]) -> NDArray[np.float32]:
    """The upright boxes around the moved corners, within the picture."""
    corners = boxes[:, [[0, 1], [2, 1], [2, 3], [0, 3]]].reshape(-1, 2).astype(np.float64)
    moved = np.column_stack([corners, np.ones(len(corners))]) @ matrix.T
    moved = (moved[:, :2] / moved[:, 2:]).reshape(-1, 4, 2)
    found = np.concatenate([moved.min(axis=1), moved.max(axis=1)], axis=1)
    inside: NDArray[np.float32] = np.clip(found, 0, np.array([*size, *size])).astype(np.float32)
    return inside


def _tone(image: Pixels, dice: NDArray[np.float64], strength: float) -> Pixels:
    gamma = math.exp(0.4 * (2 * dice[0] - 1) * strength)
    contrast = 1 + (0.5 * dice[1] - 0.35) * strength
    shift = 25 * (2 * dice[2] - 1) * strength
    table = ((_LEVELS / 255) ** gamma * 255 - 128) * contrast + 128 + shift
    return cv2.LUT(image, np.clip(table, 0, 255).astype(np.uint8))  # type: ignore[return-value]


def _blur(image: Pixels, die: float, strength: float) -> Pixels:
    sigma = max(image.shape[0] * (0.008 + 0.017 * strength * die), 0.3)
    side = 2 * math.ceil(1.8 * sigma) + 1
    return cv2.GaussianBlur(image, (side, side), sigma)  # type: ignore[return-value]


def _few_pixels(image: Pixels, die: float, strength: float) -> Pixels:
    """As if it had been taken from afar: down to 20 px high at strength 1, and up again."""
    height, width = image.shape[:2]
    target = round(40 - (8 + 12 * die) * strength)
    if target >= height:
        return image
    small = cv2.resize(image, (max(round(width * target / height), 1), target), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]


def _sharpen(image: Pixels, die: float, strength: float) -> Pixels:
    amount = 0.2 + 0.8 * die * strength
    soft = cv2.GaussianBlur(image, (3, 3), 1.0)
    return cv2.addWeighted(image, 1 + amount, soft, -amount, 0)  # type: ignore[return-value]


def _noise(image: Pixels, dice: NDArray[np.float64], strength: float) -> Pixels:
    """Grain of 1 to 7 grey levels, the same in all colours."""
    height, width = image.shape[:2]
    bank = _noise_bank()
    y, x = (
        int(die * max(side - have, 0)) for die, side, have in zip(dice[:2], bank.shape, (height, width), strict=True)
    )
    window = bank[y : y + height, x : x + width]
    if window.shape != (height, width):
        window = np.tile(window, (-(-height // len(window)), -(-width // window.shape[1])))[:height, :width]
    if image.ndim == 3:  # noqa: PLR2004 - colour
        window = cv2.merge((window, window, window))  # type: ignore[assignment]
    gain = (1 + 6 * dice[2] * strength) / _BANK_DEVIATION
    return cv2.addWeighted(image, 1.0, window, gain, -128 * gain)  # type: ignore[return-value]


@cache
def _noise_bank() -> Pixels:
    noise = np.random.default_rng(_PURPOSE).normal(128, _BANK_DEVIATION, (_BANK_HEIGHT_PX, _BANK_WIDTH_PX))
    return np.clip(np.round(noise), 0, 255).astype(np.uint8)


def _jpeg(image: Pixels, die: float, strength: float) -> Pixels:
    quality = round(90 - 50 * die * strength)
    # RGB taken for BGR both ways: red and blue trade places inside the file, and nobody could tell.
    _, packed = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, quality))
    flag = cv2.IMREAD_GRAYSCALE if image.ndim == 2 else cv2.IMREAD_COLOR  # noqa: PLR2004 - grey
    return cv2.imdecode(packed, flag)  # type: ignore[return-value]
