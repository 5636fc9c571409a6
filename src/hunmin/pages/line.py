"""A line of a page: what it says, and where it stands."""

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from hunmin.recognize.characters import Character

Box: TypeAlias = tuple[tuple[float, float], ...]
"""Four corners x, y in pixels of the page as it was given: top left, top right, bottom right, bottom left. Where a page or a line
is turned they begin at what is the top left once it is upright, so the first two run along the text."""


@dataclass(frozen=True)
class Line:
    """One line of a page."""

    text: str
    """What it says; empty where the recognizer saw nothing."""
    confidence: float
    """As in `Reading`."""
    box: Box
    truncated: bool = False
    """As in `Reading`: whether the line may hold more than `text`."""
    characters: tuple[Character, ...] = field(default=(), compare=False)
    """Those of `text`; where they stand are shares of the way from the left to the right side of `box`. None where the text was
    not read, but taken as a PDF has it."""

    def part(self, left: float, right: float) -> Box:
        """The part of `box` between two shares of the way from its left to its right side, such as those of a character."""
        top_left, top_right, bottom_right, bottom_left = np.array(self.box)
        points = (
            top_left + left * (top_right - top_left),
            top_left + right * (top_right - top_left),
            bottom_left + right * (bottom_right - bottom_left),
            bottom_left + left * (bottom_right - bottom_left),
        )
        return tuple((round(float(x), 1), round(float(y), 1)) for x, y in points)

    def __repr__(self) -> str:
        xs, ys = zip(*self.box, strict=True)
        edges = ", ".join(f"{edge:g}" for edge in (min(xs), min(ys), max(xs), max(ys)))
        return f"<Line {self.text!r}, confidence {self.confidence:.4g}, in {edges}>"
