"""What scanners, cameras and compression do to pixels: the operations of training's augmentation and of generated lines.

Each takes exact amounts and no randomness: how often, and how much, is for the callers to draw. All take and return uint8
pixels, (H, W) grey or (H, W, 3) RGB, and leave their argument as it was.

Legend: H W pixels, K boxes.
"""

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

NOISE_DEVIATION = 32
"""Standard deviation of the noise pictures that `add_noise` takes, in grey levels."""

_LEVELS = np.arange(256, dtype=np.float32)


def warp(
    image: NDArray[Any], matrix: NDArray[Any], width: int, height: int, border: int = cv2.BORDER_CONSTANT
) -> NDArray[Any]:
    """Move a picture into another of `width` × `height`, interpolating linearly.

    Args:
        image: pixels.
        matrix: (3, 3), from this picture's pixels to the new one's; a third row of 0, 0, 1 takes a faster way.
        width: of the new picture.
        height: of the new picture.
        border: what lies outside this picture, such as `cv2.BORDER_REPLICATE`; else it is 0.
    """
    size = (width, height)
    if matrix[2, 0] or matrix[2, 1]:
        return cv2.warpPerspective(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=border)
    return cv2.warpAffine(image, matrix[:2], size, flags=cv2.INTER_LINEAR, borderMode=border)


def warp_boxes(boxes: NDArray[np.float32], matrix: NDArray[Any], width: int, height: int) -> NDArray[np.float32]:
    """The upright boxes around the corners that `warp` has moved, cut to the new picture: (K, 4) → (K, 4) float32."""
    if not len(boxes):  # OpenCV takes no empty list
        return boxes
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 1, 2)
    moved = cv2.perspectiveTransform(corners, matrix).reshape(-1, 4, 2)
    spread = np.concatenate([moved.min(axis=1), moved.max(axis=1)], axis=1)
    limits = np.array([width, height, width, height], np.float32)
    return np.asarray(np.minimum(np.maximum(spread, 0), limits), np.float32)


def tone(image: NDArray[Any], gamma: float, contrast: float, shift: float) -> NDArray[Any]:
    """Gamma, then contrast about the middle grey, then brightness in grey levels; one table look-up."""
    table = ((_LEVELS / 255) ** gamma * 255 - 128) * contrast + 128 + shift
    return cv2.LUT(image, np.clip(table, 0, 255).astype(np.uint8))


def blur(image: NDArray[Any], sigma_px: float) -> NDArray[Any]:
    """Out of focus: a Gaussian, cut off at 1.8 sigma."""
    side = 2 * math.ceil(1.8 * sigma_px) + 1
    return cv2.GaussianBlur(image, (side, side), sigma_px)


def sharpen(image: NDArray[Any], amount: float) -> NDArray[Any]:
    """Unsharp masking, whose halo phones and scanners add: `amount` times the difference from a blur of 1 px."""
    soft = cv2.GaussianBlur(image, (3, 3), 1.0)
    return cv2.addWeighted(image, 1 + amount, soft, -amount, 0)


def shrink(image: NDArray[Any], height_px: float, interpolation: int = cv2.INTER_AREA) -> NDArray[Any]:
    """The picture at another height, rounded to whole pixels, in its aspect ratio."""
    height, width = image.shape[:2]
    size = (max(round(width * height_px / height), 1), max(round(height_px), 1))
    return cv2.resize(image, size, interpolation=interpolation)


def add_noise(image: NDArray[Any], noise: NDArray[np.uint8], deviation: float) -> NDArray[Any]:
    """Add noise of a standard deviation of `deviation` grey levels.

    Args:
        image: pixels.
        noise: (H, W), or (H, W, 3) for coloured noise: mean 128, standard deviation `NOISE_DEVIATION`. Grey noise is the
            same in all colours.
        deviation: of what is added.
    """
    if image.ndim > noise.ndim:
        noise = cv2.merge((noise, noise, noise))  # type: ignore[assignment]
    gain = deviation / NOISE_DEVIATION
    return cv2.addWeighted(image, 1.0, noise, gain, -128 * gain)


def jpeg(image: NDArray[Any], quality: int) -> NDArray[Any]:
    """Through JPEG and back, at a quality of 1 to 100."""
    # RGB taken for BGR both ways: red and blue trade places inside the file, and nobody could tell.
    _, packed = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, quality))
    flag = cv2.IMREAD_GRAYSCALE if image.ndim == 2 else cv2.IMREAD_COLOR  # noqa: PLR2004 - grey
    return np.asarray(cv2.imdecode(packed, flag))
