"""Ruling lines of a picture: straight, thin, darker than what lies on both sides of them.

A rule is dark across only a few pixels and dark along many, so the picture is compared with one in which everything thin
is filled up (a closing across), and what is left must hold along a run (an opening along). Noise does not last that long, and
grey fills are not thin. A page that lies aslant is set level first.

Legend: H W pixels of the page.
"""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from hunmin.documents.tables.ruling.dots import without_dots

MOST_PIXELS: Final = 6_000_000
"""A larger page is searched at this size."""
THICKEST_EMS: Final = 0.6
"""Anything thicker is a bar or a picture."""
SHORTEST_EMS: Final = 1.0
"""The strokes of a syllable are shorter than this."""
IN_FILL_EMS: Final = 2.5
"""In a fill of dots, chance makes runs that are shorter than this."""
BRIDGED_EMS: Final = 0.15
"""A rule may break for so long; what a scanner loses of a thin one."""
CROSSED_EMS: Final = 0.35
"""As thick may a rule be that another crosses."""
LEAST_CONTRAST: Final = 16
"""Grey levels."""
SHOW_THROUGH: Final = 0.15
"""Beside rules as strong as the strongest of a page, what is paler than this share of them is printed on the other side."""
LEAST_EVENNESS: Final = 0.5
"""A rule is nowhere paler than this share of what it is beside."""
NOISE_FACTOR: Final = 4.0
"""Times the median of what is thin, which on most of a page is only noise."""
LEAST_SLANT_DEG: Final = 0.05
MOST_SLANT_DEG: Final = 5.0
_LONG_EMS: Final = 6.0
_SPREAD_PX: Final = 3
"""A rule that climbs by a pixel goes on."""
_SAME_PX = 1.5
"""Across a crossing it climbs no more."""


@dataclass(frozen=True)
class Rule:
    """A piece of a rule in the level picture: a level one from x `start` to x `end` at y `at`, an upright one likewise."""

    at: float
    start: float
    end: float
    thick: float
    """In pixels, as the others."""

    @property
    def length(self) -> float:
        """In pixels."""
        return self.end - self.start


@dataclass(frozen=True)
class Ruling:
    """The rules of a page."""

    level: tuple[Rule, ...]
    upright: tuple[Rule, ...]
    to_page: NDArray[np.float64]
    """(3, 3): times (x, y, 1) in the level picture it gives the same point of the page."""


def find_rules(pixels: NDArray[np.uint8], em_px: float) -> Ruling:
    """The rules of a page that lies upright, to a few degrees.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        em_px: size of the page's type.
    """
    grey = _uint8(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
    scale = min(1.0, (MOST_PIXELS / grey.size) ** 0.5)
    if scale < 1:
        grey = _uint8(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    em = em_px * scale
    grey = without_dots(grey, em)
    to_page = np.diag([1 / scale, 1 / scale, 1.0])
    level = _runs(grey, em)
    slant = _slant(level, em)
    if LEAST_SLANT_DEG < abs(slant) <= MOST_SLANT_DEG:
        grey, turn = _turned(grey, slant)
        to_page = to_page @ np.linalg.inv(turn)
        level = _runs(grey, em)
    upright = _runs(np.ascontiguousarray(grey.T), em)
    return Ruling(tuple(run.rule for run in level), tuple(run.rule for run in upright), to_page)


@dataclass(frozen=True)
class _Run:
    """A level run of ink, from x `start` at y `first` to x `end` at y `last`."""

    start: float
    end: float
    first: float
    last: float
    thick: float
    contrast: float
    """In grey levels."""

    @property
    def length(self) -> float:
        return self.end - self.start

    @property
    def rule(self) -> Rule:
        return Rule((self.first + self.last) / 2, self.start, self.end, self.thick)


def _runs(grey: NDArray[np.uint8], em: float) -> list[_Run]:
    """Level runs of thin ink."""
    across = max(round(THICKEST_EMS * em), 3) | 1
    thin = _morphed(grey, cv2.MORPH_BLACKHAT, across, 1)
    least = max(LEAST_CONTRAST, NOISE_FACTOR * float(np.median(thin)))
    thin = _morphed(thin, cv2.MORPH_DILATE, _SPREAD_PX, 1)
    runs = _traced(thin, em, least)
    strong = [run.contrast for run in runs if run.length >= _LONG_EMS * em]
    least_seen = SHOW_THROUGH * float(np.percentile(strong, 90)) if strong else 0.0
    # Where a rule of the other side goes on from one of this side, they are one run as long as the paler one counts.
    return _traced(thin, em, least_seen) if least_seen > least else runs


def _traced(thin: NDArray[np.uint8], em: float, least: float) -> list[_Run]:
    """The runs of what is thin that are as dark as `least`, in grey levels."""
    # Of odd lengths, for OpenCV moves what an even one opens.
    across = max(round(THICKEST_EMS * em), 3) | 1
    along = max(round(SHORTEST_EMS * em), 8) | 1
    bridged = max(round(BRIDGED_EMS * em), 3) | 1
    # The dots that dithering and thresholds make of a rule are one again ...
    mask = _lasting(_morphed(thin, cv2.MORPH_CLOSE, 1, bridged), along, bridged, least)
    # ... and so are those of a fill.
    fill = _morphed(mask, cv2.MORPH_OPEN, across + _SPREAD_PX, 1)
    if fill.any():
        mask &= 1 - _morphed(fill, cv2.MORPH_DILATE, across, across)
        mask |= _lasting(thin, round(IN_FILL_EMS * em) | 1, bridged, least)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    runs = []
    for number in range(1, count):
        left, top, width, height, area = stats[number].tolist()
        if area <= (across + _SPREAD_PX) * width and width >= 2 * height:
            window = np.s_[top : top + height, left : left + width]
            runs.append(_run(labels[window] == number, thin[window], left, top))
    return _across_crossings(runs, CROSSED_EMS * em)


def _run(part: NDArray[np.bool_], thin: NDArray[np.uint8], left: int, top: int) -> _Run:
    """The run that some pixels, (h, w), make, given how dark each is."""
    height, width = part.shape
    middles = (np.arange(height)[:, np.newaxis] * part).sum(axis=0) / np.maximum(part.sum(axis=0), 1)
    quarter = max(width // 4, 1)
    rise = float(middles[-quarter:].mean() - middles[:quarter].mean()) * width / max(width - quarter, 1)
    at = top + float(middles.mean()) + 0.5
    thick = max(float(part.sum()) / width - _SPREAD_PX + 1, 1.0)
    return _Run(float(left), float(left + width), at - rise / 2, at + rise / 2, thick, float(thin[part].mean()))


def _across_crossings(runs: list[_Run], most_px: float) -> list[_Run]:
    """Runs put together where one goes on from the other: where two rules cross, the ink is thin in no direction."""
    chains: list[_Run] = []
    ends, lasts = np.empty(len(runs)), np.empty(len(runs))
    for run in sorted(runs, key=lambda run: run.start):
        num = len(chains)
        goes_on = (np.abs(run.start - ends[:num]) <= most_px) & (np.abs(run.first - lasts[:num]) <= _SAME_PX)
        if not goes_on.any():
            chains.append(run)
        else:
            num = int(np.flatnonzero(goes_on)[-1])
            chain = chains[num]
            share = run.length / (chain.length + run.length)
            thick = (1 - share) * chain.thick + share * run.thick
            dark = (1 - share) * chain.contrast + share * run.contrast
            chains[num] = _Run(chain.start, max(chain.end, run.end), chain.first, run.last, thick, dark)
        ends[num], lasts[num] = chains[num].end, chains[num].last
    return chains


def _lasting(thin: NDArray[np.uint8], along: int, bridged: int, least: float) -> NDArray[np.uint8]:
    """(H, W) uint8, 1 where thin ink goes on for `along` pixels and is as dark all along."""
    lasting = _morphed(thin, cv2.MORPH_OPEN, 1, along)
    # Strokes that a soft picture joins are much darker than what joins them.
    is_even = ((lasting >= LEAST_EVENNESS * thin) & (lasting >= least)).astype(np.uint8)
    return _morphed(_morphed(is_even, cv2.MORPH_CLOSE, 1, bridged), cv2.MORPH_OPEN, 1, along)


def _morphed(image: NDArray[np.uint8], operation: int, height: int, width: int) -> NDArray[np.uint8]:
    """The picture after an operation of morphology with a rectangle."""
    return _uint8(cv2.morphologyEx(image, operation, np.ones((height, width), np.uint8)))


def _uint8(image: NDArray[Any]) -> NDArray[np.uint8]:
    """What OpenCV's types leave open."""
    return np.asarray(image, dtype=np.uint8)


def _slant(level: list[_Run], em: float) -> float:
    """How far the long rules fall to the right, in degrees; 0 without such rules."""
    long = [run for run in level if run.length >= _LONG_EMS * em]
    if not long:
        return 0.0
    slopes = np.array([(run.last - run.first) / run.length for run in long])
    order = np.argsort(slopes)
    weights = np.array([run.length for run in long])[order].cumsum()
    middle = slopes[order][np.searchsorted(weights, weights[-1] / 2)]
    return float(np.degrees(np.arctan(middle)))


def _turned(grey: NDArray[np.uint8], degrees: float) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The picture turned counterclockwise, whole, and the (3, 3) that moves its points so."""
    height, width = grey.shape
    turn = np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0), [0, 0, 1]])
    cos, sin = abs(turn[0, 0]), abs(turn[0, 1])
    new_width, new_height = int(np.ceil(width * cos + height * sin)), int(np.ceil(width * sin + height * cos))
    turn[0, 2] += (new_width - width) / 2
    turn[1, 2] += (new_height - height) / 2
    turned = cv2.warpAffine(
        grey, turn[:2], (new_width, new_height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return _uint8(turned), turn
