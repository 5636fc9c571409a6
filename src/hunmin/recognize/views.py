"""Looking again at a line whose reading is in doubt: when, and what the model is shown then.

Several views of one line, read by one model, go wrong in different places, and a model knows fairly well which of its readings
is the right one. What each constant here gives and costs is measured in
docs/experiments/2026-11-23-stretched-lines-and-three-views.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

DOUBT = 0.8
"""A reading whose tokens have probabilities with at least this product needs no second one."""
HOPELESS = 0.05
"""A reading below this hardly ever becomes right by looking again."""


@dataclass(frozen=True)
class LineReading:
    """What the model says of a line, or of a piece of one, in one view."""

    text: str
    log_prob: float
    """The log-probabilities of all tokens, summed."""
    num_tokens: int
    """With `<eos>`."""


@dataclass(frozen=True)
class View:
    """A line with its margins cut and wider than it is; what is left of its height fills it."""

    top: float
    """The share of the height that is cut at the top, and …"""
    bottom: float
    """… at the bottom."""
    stretch: float
    """How many times as wide as before, beside what the cut makes larger."""

    def of(self, line: NDArray[np.uint8], max_width_px: int) -> NDArray[np.uint8]:
        """(H, W, 3) → (H, W', 3) with W' at most `max_width_px`."""
        height, width = line.shape[:2]
        rest = line[round(self.top * height) : height - round(self.bottom * height)]
        new_width = round(width * self.stretch * height / len(rest))
        return cv2.resize(rest, (min(new_width, max_width_px), height), interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]


AGAIN = (View(top=0.04, bottom=0.04, stretch=1.25), View(top=0.1, bottom=0, stretch=1))
"""The views after the first, the line as it is. One is taken after the other as long as `is_in_doubt`."""


def is_in_doubt(readings: Sequence[LineReading]) -> bool:
    """Whether a line is worth another look: its surest reading is neither sure nor hopeless, and no two agree."""
    agree = len({reading.text for reading in readings}) < len(readings)
    return not agree and HOPELESS < np.exp(surest(readings).log_prob) < DOUBT


def surest(readings: Sequence[LineReading]) -> LineReading:
    """The reading whose tokens have the highest mean probability, of one line's."""
    return max(readings, key=lambda reading: reading.log_prob / reading.num_tokens)
