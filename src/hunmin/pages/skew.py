"""How far a page is askew: at the right angle its lines fall into the fewest rows.

The edges above and below letters, inside the boxes of lines, are counted by rows that lie at an angle; the angle whose counts
are furthest from even is that of the lines. Legend: K lines, H W pixels, N points.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from hunmin.pages.cut import quad_size

MOST_SKEW_DEG: Final = 15.0
LEAST_RATIO: Final = 2.0
"""A box less wide than this times its height tells nothing."""
MOST_SIDE_PX: Final = 1400
"""A larger page is looked at in this size."""
MOST_POINTS: Final = 30_000
FEWEST_POINTS: Final = 50
EDGE_SHARE: Final = 0.25
"""Of the strongest edges: what is weaker is noise."""
STEPS: Final = ((0.5, 1.0), (0.1, 2.0), (0.02, 2.0))
"""Degrees from one angle that is tried to the next, and rows a pixel; each round looks around the best of the one before."""
EQUAL: Final = 0.999
BLUR: Final = np.array([1, 4, 6, 4, 1]) / 16
"""Of rows, lest an angle fares well for lying along the pixels."""


@dataclass(frozen=True)
class _Edges:
    x: NDArray[np.float32]
    """(N,) in pixels, as `y`."""
    y: NDArray[np.float32]
    strength: NDArray[np.float32]
    """(N,)."""


def skew_deg(pixels: NDArray[np.uint8], boxes: NDArray[np.float32]) -> float:
    """By how many degrees the lines of a page fall to the right.

    Args:
        pixels: (H, W, 3) uint8 RGB, a page that stands upright.
        boxes: (K, 4, 2) of its lines.

    Returns:
        Within `MOST_SKEW_DEG`; 0 where no line tells.
    """
    edges = _edges(pixels, boxes)
    if edges is None:
        return 0.0
    middle, around = 0.0, MOST_SKEW_DEG
    for step, rows_per_px in STEPS:
        angles = np.arange(middle - around, middle + around + step / 2, step)
        found = np.array([_unevenness(edges, angle, rows_per_px) for angle in angles])
        # Short lines fall into the same rows at several angles.
        middle = float(angles[found >= EQUAL * found.max()].mean())
        around = step
    return float(np.clip(round(middle, 2), -MOST_SKEW_DEG, MOST_SKEW_DEG))


def _edges(pixels: NDArray[np.uint8], boxes: NDArray[np.float32]) -> _Edges | None:
    """Where it gets lighter or darker from top to bottom inside boxes that are wide enough; None without any."""
    wide = [box for box in boxes if quad_size(box)[0] >= LEAST_RATIO * quad_size(box)[1]]
    if not wide:
        return None
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    scale = min(1.0, MOST_SIDE_PX / max(grey.shape))
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    mask = np.zeros(grey.shape, np.uint8)
    for box in wide:
        cv2.fillPoly(mask, [np.rint(box * scale).astype(np.int32)], 1)
    edges = np.abs(cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3)) * mask
    if not mask.any():
        return None
    y, x = np.nonzero(edges > EDGE_SHARE * np.percentile(edges[mask > 0], 98))
    if len(x) < FEWEST_POINTS:
        return None
    if len(x) > MOST_POINTS:
        kept = np.random.default_rng(0).choice(len(x), MOST_POINTS, replace=False)
        x, y = x[kept], y[kept]
    return _Edges(x.astype(np.float32), y.astype(np.float32), edges[y, x].astype(np.float32))


def _unevenness(edges: _Edges, degrees: float, rows_per_px: float) -> float:
    """The sum of the squares of what lies in each row of an angle."""
    slope = np.tan(np.radians(degrees))
    rows = edges.y - slope * edges.x
    counts = np.bincount(((rows - rows.min()) * rows_per_px).astype(np.int32), weights=edges.strength)
    soft = np.convolve(counts, BLUR, "same")
    return float((soft * soft).sum())
