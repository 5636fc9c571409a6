"""Test-time augmentation: a line that was read in doubt is read again in other views, and the reading most sure counts.

Several views of one line, read by one model, go wrong in different places, and a model knows fairly well which of its readings
is the right one. What each constant here gives and costs is measured in
docs/experiments/2026-11-23-stretched-lines-and-three-views.md.

Legend: H W pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hunmin.language.correct import Place

SURE_FROM = 0.8
"""A reading whose tokens have probabilities with at least this product needs no other view."""
HOPELESS_BELOW = 0.05
"""A reading up to this hardly ever becomes right in another view."""


@dataclass(frozen=True)
class LineReading:
    """What the model says of a line, or of a piece of one, in one view."""

    text: str
    log_prob: float
    """The log-probabilities of all tokens, summed."""
    num_tokens: int
    """With `<eos>`."""
    ended: bool = True
    """Whether there is an `<eos>`; without one the model ran out of positions, and the line may hold more."""
    places: tuple[Place, ...] = ()
    """What may stand at each place of `text`."""
    middles: tuple[float, ...] = ()
    """Where the middle of each character was found, 0 to 1, as a share of the width; views keep it. Empty where an engine does
    not tell."""


@dataclass(frozen=True)
class View:
    """A way to show a line: a strip cut off at the top and at the bottom, the rest scaled to the line's height, and stretched."""

    top: float
    """Share of the height that is cut off at the top."""
    bottom: float
    """Share of the height that is cut off at the bottom."""
    stretch: float
    """Width over the width that keeps the aspect ratio."""

    def of(self, line: NDArray[np.uint8], max_width_px: int) -> NDArray[np.uint8]:
        """The line in this view: (H, W, 3) → (H, W', 3) uint8 with W' at most `max_width_px`."""
        height, width = line.shape[:2]
        rest = line[round(self.top * height) : height - round(self.bottom * height)]
        new_width = round(width * self.stretch * height / len(rest))
        return cv2.resize(rest, (min(new_width, max_width_px), height), interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]


OTHER_VIEWS = (View(top=0.04, bottom=0.04, stretch=1.25), View(top=0.1, bottom=0, stretch=1))
"""What follows the line as it is, one after the other, as long as `is_doubtful`."""


def is_doubtful(readings: Sequence[LineReading]) -> bool:
    """Whether a line is worth another view: its surest reading is neither sure nor hopeless, and no two readings agree.

    One without an end is not: no view makes room for more characters.
    """
    agree = len({reading.text for reading in readings}) < len(readings)
    return not agree and readings[0].ended and HOPELESS_BELOW < np.exp(surest(readings).log_prob) < SURE_FROM


def surest(readings: Sequence[LineReading]) -> LineReading:
    """The reading of one line whose tokens have the highest geometric mean of their probabilities, of those that ended."""
    return max(readings, key=lambda reading: (reading.ended, reading.log_prob / reading.num_tokens))
