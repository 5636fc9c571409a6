"""A text's crop out of a page: held against the image, cut as reading cuts it, and no larger than training needs.

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
from hunmin.data.turns import Turn, turned
from hunmin.image import MAX_CROP_PIXELS
from hunmin.pages.cut import MARGIN_SHARE, cut_quad, quad_size

LEAST_INSIDE: Final = 0.9
"""Share of a box's area that must lie in the image: boxes drawn by hand stick out a little, and nothing is lost."""


@dataclass(frozen=True)
class Cut:
    """A crop, or why there is none."""

    image: NDArray[np.uint8] | None
    """(h, w) or (h, w, 3), as the page."""
    drop_reason: str = ""
    is_whole: bool = False
    """The crop is the image as it is: same pixels, same size."""


def cut(
    image: NDArray[np.uint8],
    corners: Corners | None,
    config: CutConfig,
    *,
    text: str,
    vertical: bool,
    turn: Turn | None = None,
) -> Cut:
    """Cut one text out of a page.

    It is the cut that `hunmin read` makes, so a model is trained on what it will be given.

    Args:
        image: (H, W) or (H, W, 3) uint8.
        corners: of the text; None = the whole image is the crop.
        config: margin, turning, sizes.
        text: the label, normalised.
        vertical: the characters run from top to bottom, see `Region.vertical`.
        turn: how the crop is put right.
    """
    if corners is None:
        crop = image
        height, width = image.shape[:2]
    else:
        box = np.array(corners, dtype=np.float64)
        reason = _why_no_box(box, image.shape[1], image.shape[0])
        if reason:
            return Cut(None, reason)
        width, height = quad_size(box)
    if min(width, height) < config.min_side_px:
        return Cut(None, TOO_SMALL)
    is_column = vertical and len(text) > 1
    if is_column and config.vertical == "drop":
        return Cut(None, VERTICAL_TEXT)
    if corners is not None:
        margin_share = MARGIN_SHARE if config.margin is None else config.margin
        crop = cut_quad(image, box.astype(np.float32), margin_share)
    as_cut = crop
    if is_column and config.vertical == "turn":
        crop = turned(crop, "left")
    if turn:
        crop = turned(crop, turn)
    shrunk = _shrink(crop, 0 if corners is None else config.max_height_px)
    return Cut(shrunk, is_whole=corners is None and shrunk is as_cut)


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


def _shrink(crop: NDArray[np.uint8], max_height_px: int) -> NDArray[np.uint8]:
    """The crop at a height (0 = any) and with a number of pixels that a store may hold; the crop itself where it fits."""
    height, width = crop.shape[:2]
    scale = min(1.0, (max_height_px or height) / height, (MAX_CROP_PIXELS / (width * height)) ** 0.5)
    if scale == 1:
        return crop
    size = (max(2, int(width * scale)), max(2, int(height * scale + 1e-6)))
    return cv2.resize(crop, size, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]
