"""Cutting a line that is too wide for the model into pieces, at gaps between words where there are any."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hunmin.recognize.ink import InkThreshold, contrast, empty_runs, ink_of_columns

INK = InkThreshold(share=0.35, strongest=99, noise=1)
"""Stronger than in `margins`: smears between letters close no gap, and what is called paper here is not lost. The strongest
contrast is that of the strokes, which fill more than a hundredth of a long line; a few blots do not."""
SPACE_SHARE = 0.18
"""A gap this wide, as a share of the image's height, stands for a space; gaps inside words are about a third of it."""


@dataclass(frozen=True)
class Piece:
    """The columns `left` to `right` (exclusive) of a line."""

    left: int
    right: int
    space_before: bool
    """Whether the gap towards the piece before is as wide as a space."""


def split_at_gaps(line: NDArray[np.uint8], max_width_px: int) -> list[Piece]:
    """Cut a line into pieces of at most `max_width_px`, which together cover it from left to right.

    Each cut goes through the middle of the widest gap in the second half of what the piece may hold; where ink leaves
    no gap there, through the column with the least ink in the last quarter.

    Args:
        line: (H, W) or (H, W, 3) uint8; dark on light or light on dark.
        max_width_px: the widest piece; at least 4.

    Returns:
        One piece or more, in reading order.
    """
    width = line.shape[1]
    if width <= max_width_px:
        return [Piece(0, width, space_before=False)]
    ink = ink_of_columns(INK.mask(contrast(line)))
    gaps = empty_runs(ink)
    space_px = SPACE_SHARE * line.shape[0]
    pieces, left, space_before = [], 0, False
    while width - left > max_width_px:
        earliest, latest = left + max_width_px // 2, left + max_width_px
        inside = [(start, end) for start, end in gaps if end > earliest and start < latest]
        if inside:
            start, end = max(inside, key=lambda gap: (gap[1] - gap[0], gap[0]))
            cut = min(max((start + end) // 2, earliest), latest)
            has_space = end - start >= space_px
        else:
            from_px = left + max_width_px * 3 // 4
            cut = from_px + int(ink[from_px:latest].argmin())
            has_space = False
        pieces.append(Piece(left, cut, space_before))
        left, space_before = cut, has_space
    pieces.append(Piece(left, width, space_before))
    return pieces
