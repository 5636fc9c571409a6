"""Where the words of a line stand.

A recognizer gives the text of a line, not where its characters are. So a line is divided in proportion to how wide its
characters usually are, and the words move to the blanks that the ink leaves. `line_words` is the one place to replace
once readings know the extents of their characters.

Legend: h w pixels of a line's crop, B blanks.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hunmin.pages.cut import cut_quad, quad_size
from hunmin.pages.page import Box, Line
from hunmin.recognize.ink import NOISE_LEVEL, InkThreshold, contrast, ink_of_columns

INK: Final = InkThreshold(share=0.35, strongest=99, noise=NOISE_LEVEL)
"""As where a wide line is split: smears between letters close no blank."""
LEAST_BLANK_EMS: Final = 0.06
"""Narrower blanks, as shares of the crop's height, never part words."""
WIDE_BLANK_EMS: Final = 0.3
"""From this width on, a blank is as good a space as any."""
BLANK_WEIGHT: Final = 1.5
"""How far off, in ems, a word's width may be for the sake of the widest blank."""

TALL_RATIO: Final = 1.5
"""A box this many times as high as wide, seen from where its text should begin, holds turned text."""

_NARROW: Final = frozenset("ijlftrI1.,:;'`!|()[]{}·‘’“”\"-")
_SPACE_ADVANCE, _NARROW_ADVANCE, _HALF_ADVANCE, _CAPITAL_ADVANCE = 0.3, 0.33, 0.55, 0.66


@dataclass(frozen=True)
class Word:
    """A run of characters without a space."""

    text: str
    box: Box
    """Its corners, as those of a `Line`."""
    confidence: float
    """0 to 1; that of its line, as long as nothing finer is known."""


def advance(character: str) -> float:
    """How wide a character is set, in ems: 1 for a syllable of Hangul, about half of it for Latin letters and digits."""
    if character.isspace():
        return _SPACE_ADVANCE
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in _NARROW:
        return _NARROW_ADVANCE
    return _CAPITAL_ADVANCE if character.isupper() or character in "mw%@&" else _HALF_ADVANCE


def line_words(line: Line, pixels: NDArray[np.uint8] | None = None) -> tuple[Word, ...]:
    """The words of a line, with their boxes.

    Args:
        line: its text is parted at spaces.
        pixels: (H, W, 3) uint8, the page that it stands on; None divides the line by the widths of its characters alone.

    Returns:
        From left to right as the text runs; none for a line without text.
    """
    texts = line.text.split()
    if not texts:
        return ()
    corners = _from_where_text_begins(np.array(line.box, dtype=np.float32), line.text)
    widths = [sum(map(advance, text)) for text in texts]
    spans = _by_advance(widths)
    if pixels is not None:
        spans = _at_blanks(widths, spans, cut_quad(pixels, corners, margin_share=0.0))
    return tuple(
        Word(text, _part(corners, left, right), line.confidence)
        for text, (left, right) in zip(texts, spans, strict=True)
    )


def _from_where_text_begins(corners: NDArray[np.float32], text: str) -> NDArray[np.float32]:
    """The corners, the one first at which the text begins. That of a tall box is taken to run upwards."""
    width, height = quad_size(corners)
    is_turned = height >= TALL_RATIO * width and len(text) > 1
    return np.roll(corners, 1, axis=0) if is_turned else corners


def _by_advance(widths: Sequence[float]) -> list[tuple[float, float]]:
    """Left and right of each word, as shares of the line's length."""
    whole = sum(widths) + _SPACE_ADVANCE * (len(widths) - 1)
    spans, left = [], 0.0
    for width in widths:
        spans.append((left / whole, (left + width) / whole))
        left += width + _SPACE_ADVANCE
    return spans


def _at_blanks(
    widths: Sequence[float], spans: list[tuple[float, float]], crop: NDArray[np.uint8]
) -> list[tuple[float, float]]:
    """Move the words to where the ink is: the first and the last to its ends, those between to its blanks."""
    height, width = crop.shape[:2]
    has_ink = ink_of_columns(INK.mask(contrast(crop))) > 0
    columns = np.flatnonzero(has_ink)
    if not len(columns):
        return spans
    first, last = int(columns[0]), int(columns[-1]) + 1
    spaces = _spaces(widths, _blanks(has_ink, first, last, LEAST_BLANK_EMS * height), first, last, height)
    if spaces is None:
        length = last - first
        return [((first + left * length) / width, (first + right * length) / width) for left, right in spans]
    lefts, rights = [first, *(end for _, end in spaces)], [*(start for start, _ in spaces), last]
    return [(left / width, right / width) for left, right in zip(lefts, rights, strict=True)]


def _blanks(has_ink: NDArray[np.bool_], first: int, last: int, least_px: float) -> list[tuple[int, int]]:
    """Start and end (exclusive) of every run of at least `least_px` columns without ink, between the first and last ink."""
    edges = np.diff(np.concatenate([[1], has_ink[first:last].astype(np.int8), [1]]))
    starts, ends = np.flatnonzero(edges == -1) + first, np.flatnonzero(edges == 1) + first
    return [(int(start), int(end)) for start, end in zip(starts, ends, strict=True) if end - start >= least_px]


def _spaces(
    widths: Sequence[float], blanks: list[tuple[int, int]], first: int, last: int, height_px: int
) -> list[tuple[int, int]] | None:
    """Which blanks are the spaces between the words: the ones that are wide and leave each word about its own width.

    A word's error is how far its width lies from the expected one, in ems; those of all words, less what wide blanks are
    worth, are least (dynamic programming over words and blanks).

    Returns:
        One blank for each space, from left to right; None where there are fewer blanks than spaces.
    """
    num_spaces = len(widths) - 1
    if len(blanks) < num_spaces:
        return None
    if num_spaces == 0:
        return []
    starts, ends = np.array([first, *(end for _, end in blanks)]), np.array([*(start for start, _ in blanks), last])
    em_px = (last - first) / (sum(widths) + _SPACE_ADVANCE * num_spaces)
    worth = BLANK_WEIGHT * np.minimum((starts[1:] - ends[:-1]) / (WIDE_BLANK_EMS * height_px), 1.0)  # (B,)
    lengths = (ends[None, :] - starts[:, None]) / em_px  # (B+1, B+1): of a word from one blank to another
    lengths[lengths <= 0] = np.inf
    cost, came_from = np.abs(lengths[0] - widths[0]), []
    for number in range(1, num_spaces + 1):
        so_far = (cost[:-1] - worth)[:, None] + np.abs(lengths[1:] - widths[number])  # a word that begins after blank b
        came_from.append(so_far.argmin(axis=0))
        cost = so_far.min(axis=0)
    chosen = [len(blanks)]
    for previous in reversed(came_from):
        chosen.append(int(previous[chosen[-1]]))
    return [blanks[index] for index in reversed(chosen[1:])] if np.isfinite(cost[-1]) else None


def _part(corners: NDArray[np.float32], left: float, right: float) -> Box:
    """The part of a quadrangle between two shares of its length."""
    top_left, top_right, bottom_right, bottom_left = corners.astype(np.float64)
    points = (
        top_left + left * (top_right - top_left),
        top_left + right * (top_right - top_left),
        bottom_left + right * (bottom_right - bottom_left),
        bottom_left + left * (bottom_right - bottom_left),
    )
    return tuple((round(float(x), 1), round(float(y), 1)) for x, y in points)
