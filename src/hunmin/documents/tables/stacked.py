"""Letters that stand upright, one below the other, in a narrow cell: 신, 청, 인 down the side of a form.

The detector finds them one by one, or takes them for one line that lies on its side. They are one line that runs down.

Legend: h w pixels of a crop.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hunmin.documents.tables.parts import INK
from hunmin.pages.cut import cut_quad, quad_size
from hunmin.pages.line import Line
from hunmin.recognize.ink import contrast
from hunmin.text.hangul import is_syllable

TALL_RATIO: Final = 1.4
"""A box this many times as high as wide may hold two letters."""
PITCH: Final = (0.85, 1.7)
"""From one letter to the next, in widths of the column."""
SOUGHT: Final = 0.25
"""How far from where letters of one height would part the gap between two is looked for, in pitches."""
MARGIN: Final = 0.12
"""Around the ink of a letter, in widths of the column."""
ALIGNED: Final = 0.4
"""So far off the middle of the column, in its widths, a letter may stand."""


def letters(pixels: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.float32]:
    """The letters of a tall box, if it may hold several.

    Args:
        pixels: (H, W, 3) uint8 RGB, the page upright.
        box: (4, 2) corners, clockwise from the top left.

    Returns:
        (N, 4, 2) corners of each, from top to bottom; N is 0 where it holds no column of letters.
    """
    none = np.empty((0, 4, 2), dtype=np.float32)
    width, height = quad_size(box)
    if height < TALL_RATIO * width:
        return none
    crop = cut_quad(pixels, box, margin_share=0.0)
    mask = INK.mask(contrast(crop))
    columns = np.flatnonzero(mask.any(axis=0))
    if not len(columns):
        return none
    first, last = int(columns[0]), int(columns[-1]) + 1
    column_px = last - first
    rows = np.flatnonzero(mask.any(axis=1))
    cuts = _cuts(mask[rows[0] : rows[-1] + 1].sum(axis=1), column_px)
    edges = (np.array([0, *cuts, rows[-1] + 1 - rows[0]]) + rows[0]) / crop.shape[0]
    if not cuts:
        return none
    margin = MARGIN * column_px / crop.shape[0]
    edges[0], edges[-1] = max(edges[0] - margin, 0.0), min(edges[-1] + margin, 1.0)
    down_left, down_right = box[3] - box[0], box[2] - box[1]
    return np.array(
        [
            (
                box[0] + top * down_left,
                box[1] + top * down_right,
                box[1] + bottom * down_right,
                box[0] + bottom * down_left,
            )
            for top, bottom in pairwise(edges.tolist())
        ],
        dtype=np.float32,
    )


def are_stacked(lines: Sequence[Line]) -> bool:
    """Whether lines, from top to bottom, are single syllables in one column."""
    if len(lines) < 2 or not all(len(line.text) == 1 and is_syllable(line.text) for line in lines):  # noqa: PLR2004
        return False
    boxes = np.array([line.box for line in lines])
    widest = float(np.ptp(boxes[:, :, 0], axis=1).max())
    middles = boxes.mean(axis=1)
    is_below = (np.diff(middles[:, 1]) > 0).all()
    return bool(is_below and np.abs(middles[:, 0] - np.median(middles[:, 0])).max() <= ALIGNED * widest)


def joined(lines: Sequence[Line]) -> Line:
    """One line that runs down, of the letters of a column, from top to bottom."""
    corners = np.array([line.box for line in lines]).reshape(-1, 2)
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    characters = []
    for line in lines:
        ys = [y for _, y in line.box]
        begins, ends = (min(ys) - top) / (bottom - top), (max(ys) - top) / (bottom - top)
        characters += [replace(one, left=begins, right=ends) for one in line.characters]
    return Line(
        "".join(line.text for line in lines),
        float(np.prod([line.confidence for line in lines])),
        # The first two corners run along the text.
        ((right, top), (right, bottom), (left, bottom), (left, top)),
        any(line.truncated for line in lines),
        tuple(characters),
    )


def _cuts(ink: NDArray[np.int_], column_px: int) -> list[int]:
    """Where letters of about one height part: the rows between them, without ink; none where that is not seen.

    Args:
        ink: (h,) how much there is in each row, from the first with ink to the last.
        column_px: how wide the ink is.
    """
    best: tuple[float, list[int]] = (0.0, [])
    fewest, most = (len(ink) / (share * column_px) for share in reversed(PITCH))
    for num in range(max(math.ceil(fewest), 2), math.floor(most) + 1):
        pitch = len(ink) / num
        gaps = [_gap(ink, number * pitch, SOUGHT * pitch) for number in range(1, num)]
        narrowest = min(bottom - top for top, bottom in gaps)
        if narrowest > best[0]:
            best = (narrowest, [round((top + bottom) / 2) for top, bottom in gaps])
    return best[1]


def _gap(ink: NDArray[np.int_], middle: float, reach: float) -> tuple[int, int]:
    """Start and end (exclusive) of the longest run of rows without ink whose middle lies near; equal without one."""
    edges = np.diff(np.concatenate([[0], (ink == 0).astype(np.int8), [0]]))
    runs = zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True)
    near = [(top, bottom) for top, bottom in runs if abs((top + bottom) / 2 - middle) <= reach]
    return max(near, key=lambda run: run[1] - run[0], default=(0, 0))
