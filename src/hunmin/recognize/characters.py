"""The characters of a line: how sure each is, what else it may be, and where it stands.

The model says where it found the middle of each character, within a fraction of a character. Where two characters part is then
the column with the least ink about half way between their middles, and each reaches as far as its own ink does.

Legend: T characters, W pixels of a line's width.
"""

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hunmin.language.correct import Place
from hunmin.recognize.ink import NOISE_LEVEL, InkThreshold, contrast, ink_of_columns
from hunmin.text.canonical import canonical as to_canonical

INK: Final = InkThreshold(share=0.35, strongest=99, noise=NOISE_LEVEL)
"""As where a wide line is split: smears between letters close no gap."""
LEAST_ALTERNATIVE: Final = 0.01
"""What is less likely than this is not named as an alternative."""
SEARCHED: Final = 0.3
"""How far from the expected border the least ink is looked for: this share of the distance between the two middles."""
DISTANCE_WEIGHT: Final = 0.05
"""What lying that far off costs, in shares of the line's height that are ink."""
REACH: Final = 0.75
"""How far the first and the last character may reach outwards from their middles, as a share of their usual width."""

_NARROW: Final = frozenset("ijlftrI1.,:;'`!|()[]{}·‘’“”\"-")
_SPACE_ADVANCE, _NARROW_ADVANCE, _HALF_ADVANCE, _CAPITAL_ADVANCE = 0.3, 0.33, 0.55, 0.66


@dataclass(frozen=True)
class Character:
    """One character of a line."""

    text: str
    confidence: float
    """0 to 1: how likely it is to stand here; by the image, and where that leaves it open also by the language."""
    left: float
    """Where it begins, as a share of the width of the crop or of the line's box, 0 to 1."""
    right: float
    """Where it ends; a space ends where the next character begins."""
    alternatives: tuple[tuple[str, float], ...] = ()
    """What else it may be, and how likely; the likeliest first, from `LEAST_ALTERNATIVE` on. None of a sure one."""


def characters_to_dicts(characters: Sequence[Character]) -> list[dict[str, Any]]:
    """Plain values for JSON: of each `text`, `confidence`, `left`, `right`, and `alternatives` where there are any."""
    return [
        {
            "text": one.text,
            "confidence": round(one.confidence, 4),
            "left": round(one.left, 4),
            "right": round(one.right, 4),
            **(
                {"alternatives": [[name, round(share, 4)] for name, share in one.alternatives]}
                if one.alternatives
                else {}
            ),
        }
        for one in characters
    ]


def advance(character: str) -> float:
    """How wide a character is set, in ems: 1 for a syllable of Hangul, about half of it for Latin letters and digits."""
    if character.isspace():
        return _SPACE_ADVANCE
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in _NARROW:
        return _NARROW_ADVANCE
    return _CAPITAL_ADVANCE if character.isupper() or character in "mw%@&" else _HALF_ADVANCE


def likelihoods(
    text: str, places: Sequence[Place], *, canonical: bool
) -> Iterable[tuple[float, tuple[tuple[str, float], ...]]]:
    """Confidence and alternatives of each character.

    Args:
        text: what the line says, a character a place.
        places: what may stand there.
        canonical: whether alternatives that print alike are one, as in the text.
    """
    for character, place in zip(text, places, strict=True):
        others: dict[str, float] = {}
        if len(place.characters) > 1:
            names = to_canonical(place.characters) if canonical else place.characters
            for name, log_prob in zip(names, place.log_probs, strict=True):
                others[name] = others.get(name, 0.0) + math.exp(log_prob)
        confidence = others.pop(character, math.exp(place.log_probs[0]))
        named = [(name, share) for name, share in others.items() if share >= LEAST_ALTERNATIVE]
        yield min(confidence, 1.0), tuple(sorted(named, key=lambda one: -one[1]))


def extents(pixels: NDArray[np.uint8], text: str, middles: Sequence[float]) -> NDArray[np.float64]:
    """Where each character begins and ends.

    Args:
        pixels: (H, W, 3) uint8, the line.
        text: T characters.
        middles: where each was found, as shares of the width; empty where nobody knows: then the characters divide the ink by
            how wide they usually are.

    Returns:
        (T, 2): left and right edge in columns of the line, 0 to W; never decreasing.
    """
    height, width = pixels.shape[:2]
    ink = ink_of_columns(INK.mask(contrast(pixels))) / height
    widths = np.array([advance(character) for character in text])
    if len(middles):
        centres = np.maximum.accumulate(np.clip(np.asarray(middles, dtype=np.float64) * width, 0, width))
    else:
        inked = np.flatnonzero(ink)
        start, end = (inked[0], inked[-1] + 1) if len(inked) else (0, width)
        centres = start + (end - start) * (widths.cumsum() - widths / 2) / widths.sum()
    em_px = _em_px(centres, widths, height)
    first = _outwards(ink, centres[0], -REACH * widths[0] * em_px)
    last = _outwards(ink, centres[-1], REACH * widths[-1] * em_px)
    borders = [first, *_borders(ink, centres.tolist(), widths.tolist()), last]
    spans = np.maximum.accumulate(np.array(borders, dtype=np.float64))
    return _on_ink(ink, text, np.stack([spans[:-1], spans[1:]], axis=1))


def _em_px(centres: NDArray[np.float64], widths: NDArray[np.float64], height_px: int) -> float:
    """How many pixels an em of this line has, at most its height."""
    if len(centres) == 1:
        return float(height_px)
    ems = widths.sum() - (widths[0] + widths[-1]) / 2
    return float(min((centres[-1] - centres[0]) / ems, height_px))


def _outwards(ink: NDArray[np.float64], centre: float, reach_px: float) -> float:
    """How far the ink of the outermost character reaches: the farthest inked column within reach, its outer edge."""
    start, end = sorted((centre, centre + reach_px))
    first, last = max(int(start), 0), min(math.ceil(end), len(ink))
    inked = np.flatnonzero(ink[first:last])
    if not len(inked):
        return float(np.clip(centre + reach_px / 2, 0, len(ink)))
    return float(first + inked[0]) if reach_px < 0 else float(first + inked[-1] + 1)


def _borders(ink: NDArray[np.float64], centres: Sequence[float], widths: Sequence[float]) -> list[float]:
    """The column edges between neighbours, of which `centres` are the middles and `widths` the usual widths."""
    borders = []
    for i in range(len(centres) - 1):
        distance = centres[i + 1] - centres[i]
        expected = centres[i] + distance * widths[i] / (widths[i] + widths[i + 1])
        reach = SEARCHED * distance
        first, last = max(math.ceil(expected - reach), 0), min(int(expected + reach), len(ink) - 1)
        if first >= last:
            borders.append(expected)
            continue
        off = DISTANCE_WEIGHT / reach * np.abs(np.arange(first, last + 1) + 0.5 - expected)
        borders.append(first + int((ink[first : last + 1] + off).argmin()) + 0.5)
    return borders


def _on_ink(ink: NDArray[np.float64], text: str, spans: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each character as far as its ink reaches; spaces fill what is between."""
    tight = spans.copy()
    for i, (left, right) in enumerate(spans):
        first, last = int(left), math.ceil(right)
        inked = np.flatnonzero(ink[first:last])
        if not text[i].isspace() and len(inked):
            tight[i] = max(first + inked[0], left), min(first + inked[-1] + 1, right)
    for i, character in enumerate(text):
        if character.isspace():
            tight[i] = (tight[i - 1, 1] if i else tight[i, 0], tight[i + 1, 0] if i + 1 < len(text) else tight[i, 1])
    return tight
