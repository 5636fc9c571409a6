"""A text's crop out of a page: held against the image, cut with a margin, upright, and no larger than training needs.

Legend: H W pixels of the page, h w pixels of the crop.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from hunmin.data.imports.config import CutConfig
from hunmin.data.reasons import BOX_OUTSIDE, TOO_SMALL, VERTICAL_TEXT
from hunmin.data.sources.page import MALFORMED_BOX, Corners
from hunmin.image import MAX_CROP_PIXELS

LEAST_INSIDE: Final = 0.9
"""Share of a box's area that must lie in the image: boxes drawn by hand stick out a little, and nothing is lost."""
_LEVEL_PX = 1.0
"""Corners that differ by less make an upright box; straightening it would blur it for nothing."""


@dataclass(frozen=True)
class Cut:
    """A crop, or why there is none."""

    image: NDArray[np.uint8] | None
    """(h, w) or (h, w, 3), as the page; a view of it where nothing had to be straightened."""
    drop_reason: str = ""
    is_whole: bool = False
    """The crop is the image as it is: same pixels, same size."""


def cut(image: NDArray[np.uint8], corners: Corners | None, config: CutConfig, *, text: str, vertical: bool) -> Cut:
    """Cut one text out of a page.

    An upright box is sliced; one that stands askew is straightened by a perspective. What lies outside the image repeats
    its edge.

    Args:
        image: (H, W) or (H, W, 3) uint8.
        corners: of the text; None = the whole image is the crop.
        config: margin, turning, sizes.
        text: the label, normalised.
        vertical: the characters run from top to bottom, see `Region.vertical`.
    """
    if corners is None:
        crop = image
        height, width = image.shape[:2]
    else:
        box = np.array(corners, dtype=np.float64)
        reason = _why_no_box(box, image.shape[1], image.shape[0])
        if reason:
            return Cut(None, reason)
        width, height = _sides(box)
    if min(width, height) < config.min_side_px:
        return Cut(None, TOO_SMALL)
    is_column = vertical and len(text) > 1
    if is_column and config.vertical == "drop":
        return Cut(None, VERTICAL_TEXT)
    if corners is not None:
        margin = config.margin * min(width, height)
        crop = _slice(image, box, margin) if _is_upright(box) else _straighten(image, box, margin)
    turned = is_column and config.vertical == "turn"
    if turned:
        crop = np.ascontiguousarray(np.rot90(crop))
    shrunk = _shrink(crop, 0 if corners is None else config.max_height_px)
    return Cut(shrunk, is_whole=corners is None and not turned and shrunk is crop)


def _why_no_box(box: NDArray[np.float64], width: int, height: int) -> str:
    """`box` is (4, 2), clockwise from the top left."""
    # Finite, and small enough that areas and integers cannot overflow.
    if not (np.abs(box) < 1e6).all():  # noqa: PLR2004 - NaN fails, too
        return MALFORMED_BOX
    edges = np.roll(box, -1, axis=0) - box
    following = np.roll(edges, -1, axis=0)
    # Clockwise and convex: it turns right at every corner. A mirrored or folded box does not.
    if (edges[:, 0] * following[:, 1] - edges[:, 1] * following[:, 0] <= 0).any():
        return MALFORMED_BOX
    if (box >= 0).all() and (box <= (width, height)).all():
        return ""
    frame = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float32)
    inside, _ = cv2.intersectConvexConvex(box.astype(np.float32), frame)
    return BOX_OUTSIDE if inside < LEAST_INSIDE * cv2.contourArea(box.astype(np.float32)) else ""


def _sides(box: NDArray[np.float64]) -> tuple[float, float]:
    """Width and height of a box."""
    top, right, bottom, left = np.hypot(*(np.roll(box, -1, axis=0) - box).T).tolist()
    return max(top, bottom), max(left, right)


def _is_upright(box: NDArray[np.float64]) -> bool:
    (left_0, top_0), (right_0, top_1), (right_1, bottom_0), (left_1, bottom_1) = box.tolist()
    askew = max(abs(left_0 - left_1), abs(top_0 - top_1), abs(right_0 - right_1), abs(bottom_0 - bottom_1))
    # A box whose top left lies below or to the right is upside down, however straight it stands.
    return bool(askew < _LEVEL_PX and left_0 < right_0 and top_0 < bottom_0)


def _slice(image: NDArray[np.uint8], box: NDArray[np.float64], margin: float) -> NDArray[np.uint8]:
    left, top = np.floor(box.min(axis=0) - margin).astype(int).clip(0).tolist()
    right, bottom = np.ceil(box.max(axis=0) + margin).astype(int).tolist()
    return image[top:bottom, left:right]


def _straighten(image: NDArray[np.uint8], box: NDArray[np.float64], margin: float) -> NDArray[np.uint8]:
    width, height = _sides(box)
    full_width, full_height = width + 2 * margin, height + 2 * margin
    scale = min(1.0, (MAX_CROP_PIXELS / (full_width * full_height + 1)) ** 0.5)
    size = (max(2, round(full_width * scale)), max(2, round(full_height * scale)))
    upright = np.array([(0, 0), (width, 0), (width, height), (0, height)]) + margin
    to_crop = cv2.getPerspectiveTransform(box.astype(np.float32), (upright * scale).astype(np.float32))
    return cv2.warpPerspective(  # type: ignore[return-value]
        image, to_crop, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )


def _shrink(crop: NDArray[np.uint8], max_height_px: int) -> NDArray[np.uint8]:
    """The crop at a height (0 = any) and with a number of pixels that a store may hold; the crop itself where it fits."""
    height, width = crop.shape[:2]
    scale = min(1.0, (max_height_px or height) / height, (MAX_CROP_PIXELS / (width * height)) ** 0.5)
    if scale == 1:
        return crop
    size = (max(2, int(width * scale)), max(2, int(height * scale + 1e-6)))
    return cv2.resize(crop, size, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]
