"""A page and where every character of it stands.

Legend: N characters of the page, K lines, H W pixels. Points are x, y in pixels, the origin is the page's top left corner
(not the middle of its first pixel), x runs right, y runs down.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hunmin.synth.lines.render import Pixels

Points = NDArray[Any]
"""(…, 2) float32 x, y."""
Move = Callable[[Points], Points]
"""Where points (M, 2) of a page are after a device has moved them."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of a page: what stands on one baseline, blanks between its parts included."""

    text: str
    """Words have one space between them, however wide the blank is."""
    first: int
    """Its first character's place in `Page.corners`."""
    block: int
    """Number of the paragraph, cell or row that it belongs to, in reading order."""

    @property
    def end(self) -> int:
        """One past its last character's place in `Page.corners`."""
        return self.first + len(self.text)

    def words(self) -> list[tuple[int, int]]:
        """First character and one past the last of each word, counted from the line's first."""
        spans, start = [], 0
        for word in self.text.split(" "):
            spans.append((start, start + len(word)))
            start += len(word) + 1
        return spans


@dataclass(frozen=True, slots=True)
class Outline:
    """A rectangle turned about the page's origin by `angle`."""

    low: NDArray[np.float64]
    """(2,) x0, y0 before the turn."""
    high: NDArray[np.float64]
    """(2,) x1, y1 before the turn."""
    angle: float
    """In radians, clockwise as pixels are counted."""

    def corners(self) -> NDArray[np.float64]:
        """(4, 2) on the page: top left, top right, bottom right, bottom left."""
        along = np.array([math.cos(self.angle), math.sin(self.angle)])
        across = np.array([-along[1], along[0]])
        (x0, y0), (x1, y1) = self.low, self.high
        return np.array([x * along + y * across for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))])


@dataclass(frozen=True, slots=True)
class Page:
    """A picture of a page with the boxes of its characters, words and lines."""

    image: Pixels
    """(H, W) or (H, W, 3) uint8."""
    kind: str
    """Type of page, a key of `PAGE_TYPES`."""
    lines: tuple[TextLine, ...]
    """In reading order."""
    corners: Points
    """(N, 4, 2) of each character: top left, top right, bottom right, bottom left. A space has the blank that it is."""
    ems: Points
    """(K, 2, 2) top and bottom of the em in the middle of each line; their distance is the size of its type."""
    px_per_pt: float
    """Pixels of one typographic point (1/72 inch), before any perspective."""
    device: str = ""
    """What it went through, a key of `DEVICES`; empty as long as it is only written."""

    def em_px(self, line: int) -> float:
        """Size of a line's type in pixels."""
        top, bottom = self.ems[line]
        return float(np.hypot(*(bottom - top)))

    def shown(self, image: Pixels) -> "Page":
        """The same page with other pixels in the same places."""
        assert image.shape[:2] == self.image.shape[:2], "nothing may move"
        return replace(self, image=image)

    def scaled(self, image: Pixels) -> "Page":
        """The page brought to the size of `image`; its sides may be scaled by different factors."""
        (old_h, old_w), (new_h, new_w) = self.image.shape[:2], image.shape[:2]
        factors = np.array([new_w / old_w, new_h / old_h], np.float32)
        return replace(
            self,
            image=image,
            corners=self.corners * factors,
            ems=self.ems * factors,
            px_per_pt=self.px_per_pt * float(factors[0] * factors[1]) ** 0.5,
        )

    def moved(self, image: Pixels, move: Move) -> "Page":
        """The page after its points have moved."""
        corners = np.asarray(move(self.corners.reshape(-1, 2)), np.float32).reshape(-1, 4, 2)
        ems = np.asarray(move(self.ems.reshape(-1, 2)), np.float32).reshape(-1, 2, 2)
        return replace(self, image=image, corners=corners, ems=ems)

    def outline(self, first: int, end: int) -> "Outline":
        """The rectangle around some characters that lies along their line."""
        corners = self.corners[first:end]
        way = (corners[:, 1] - corners[:, 0]).sum(axis=0)
        angle = math.atan2(float(way[1]), float(way[0]))
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        level = corners.reshape(-1, 2) @ turn
        return Outline(level.min(axis=0), level.max(axis=0), angle)

    def upright_boxes(self) -> NDArray[np.float32]:
        """(N, 4) x0, y0, x1, y1 around each character."""
        return np.concatenate([self.corners.min(axis=1), self.corners.max(axis=1)], axis=1)
