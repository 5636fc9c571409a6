"""Crops of a page as a text detector gives them: whole lines, rows split at wide blanks, some words; tight, loose, turned.

Legend: L characters of the label, h w pixels of the crop.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator as Rng
from numpy.typing import NDArray

# The one place of the generator that knows how reading cuts.
from hunmin.pages.cut import cut_quad
from hunmin.synth.lines.colour import to_grey
from hunmin.synth.lines.render import Pixels
from hunmin.synth.pages.config import PagesConfig
from hunmin.synth.pages.page import Outline, Page, TextLine
from hunmin.synth.random_draws import between, chance, pick, whole
from hunmin.text.hangul import is_syllable

WIDE_BLANK_EM = 1.2
"""A blank wider than this parts a row in two for most detectors."""
# A detector gives "1-1" or "…" the height of a line all the same.
_LEAST_HEIGHT_EM = 0.72
# Share of a syllable's box that its strokes cover: the thinnest faces have 0.1, the heaviest 0.75.
_LEAST_INK, _MOST_INK = 0.055, 0.86
# Of the syllables of a crop, as many may be worse: a stamp lies on some, a fold on others.
_MOST_LOST = 0.1


@dataclass(frozen=True, slots=True)
class Span:
    """Part of a line: consecutive characters, neither the first nor the last a space."""

    line: int
    start: int
    end: int
    """Counted from the line's first character; one past the last."""


@dataclass(frozen=True, slots=True)
class Crop:
    """What was cut out and what it shows."""

    image: Pixels
    """(h, w) or (h, w, 3) uint8."""
    text: str
    boxes: NDArray[np.float32]
    """(L, 4) x0, y0, x1, y1 of each character, inside the crop."""


def choose_span(page: Page, line: int, rng: Rng, config: PagesConfig, max_length: int, max_aspect: float) -> Span:
    """What of a line a crop shows: at most `max_length` characters and `max_aspect` times as wide as high.

    A row with wide blanks is taken whole or split there; some crops show single words; a word that is too long by itself
    is cut between characters.
    """
    text, em = page.lines[line], page.em_px(line)
    words = text.words()
    widths = _widths(page, text)
    groups: list[list[tuple[int, int]]] = [[words[0]]]
    for word in words[1:]:
        if widths[word[0] - 1] > WIDE_BLANK_EM * em:
            groups.append([])
        groups[-1].append(word)
    group = words if chance(rng, config.whole_row_share) else pick(rng, groups)
    if chance(rng, config.part_share):
        first = whole(rng, 0, len(group) - 1)
        group = group[first : first + whole(rng, 1, 4)]
    most_px = max(0.9 * max_aspect * em, em)
    # As many words from a random one on as fit; there is no way to begin that fits none, but for a word too long.
    first = 0 if _fits(group, widths, max_length, most_px) else whole(rng, 0, len(group) - 1)
    last = first
    while last + 1 < len(group) and _fits(group[first : last + 2], widths, max_length, most_px):
        last += 1
    start, end = group[first][0], group[last][1]
    if end - start > max_length:
        start += whole(rng, 0, end - start - max_length)
        end = start + max_length
    return Span(line, start, end)


def _widths(page: Page, line: TextLine) -> NDArray[np.float32]:
    """(L,) of each character's box along the line."""
    corners = page.corners[line.first : line.end]
    return np.asarray(np.hypot(*(corners[:, 1] - corners[:, 0]).T), np.float32)


def _fits(words: list[tuple[int, int]], widths: NDArray[np.float32], max_length: int, most_px: float) -> bool:
    start, end = words[0][0], words[-1][1]
    return end - start <= max_length and float(widths[start:end].sum()) <= most_px


def cut(page: Page, span: Span, rng: Rng, config: PagesConfig, strength: float) -> Crop | None:
    """Cut a span out of its page.

    Args:
        page: as the device delivered it.
        span: what to cut out.
        rng: for the margins and the turn of the box.
        config: greatest height.
        strength: 0 even margins, 1 boxes as bad as detectors give.

    Returns:
        None where the type is smaller than `config.least_em_px`, or part of the span lies outside the picture.
    """
    line, em = page.lines[span.line], page.em_px(span.line)
    if em < config.least_em_px:
        return None
    corners = page.corners[line.first + span.start : line.first + span.end]
    height, width = page.image.shape[:2]
    low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
    if low.min() < -1 or high[0] > width + 1 or high[1] > height + 1:
        return None
    middle, size, angle = _box(page.outline(line.first + span.start, line.first + span.end), em, rng, strength)
    along = np.array([math.cos(angle), math.sin(angle)])
    across = np.array([-along[1], along[0]])
    half = size / 2
    quad = np.array(
        [middle + x * half[0] * along + y * half[1] * across for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    )
    image: Pixels = cut_quad(page.image, quad.astype(np.float32))
    crop_h, crop_w = image.shape[:2]
    # The box and its margin are straightened about their middle, which is the crop's.
    upright = (corners.reshape(-1, 2) - middle) @ np.stack([along, across], axis=1) + np.array([crop_w, crop_h]) / 2
    spread = upright.reshape(-1, 4, 2)
    boxes = np.concatenate([spread.min(axis=1), spread.max(axis=1)], axis=1)
    if crop_h > config.max_height_px:
        factor = config.max_height_px / crop_h
        size_px = (max(round(crop_w * factor), 2), config.max_height_px)
        image = cv2.resize(image, size_px, interpolation=cv2.INTER_AREA)
        boxes *= np.array([size_px[0] / crop_w, factor] * 2)
    limits = np.array([image.shape[1], image.shape[0]] * 2)
    text = line.text[span.start : span.end]
    return Crop(image, text, np.clip(boxes, 0, limits).astype(np.float32))


def _box(
    outline: Outline, em: float, rng: Rng, strength: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Middle, width and height, and direction in radians of the box that a detector draws around an outline."""
    (x0, y0), (x1, y1), angle = outline.low, outline.high, outline.angle
    short = max(_LEAST_HEIGHT_EM * em - (y1 - y0), 0.0)
    y0, y1 = y0 - 0.6 * short, y1 + 0.4 * short
    top, bottom, left, right = _margins(rng, strength)
    box = np.array([x0 - left * em, y0 - top * em, x1 + right * em, y1 + bottom * em])
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    middle = np.array([x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)])
    size = np.maximum(np.array([box[2] - box[0], box[3] - box[1]]), 3.0)
    if chance(rng, 0.25):
        # Never so far that the ends of a long line leave the box.
        reach = min(0.035, 0.25 * em / float(size[0])) * strength
        angle += between(rng, -reach, reach)
    return middle, size, angle


def _margins(rng: Rng, strength: float) -> tuple[float, float, float, float]:
    """Above, below, left and right of the ink in em: mostly a little room, seldom much, seldom hardly any."""
    which = rng.random()
    if which < 0.06 + 0.06 * strength:
        low, high = -0.04, 0.08
    elif which < 0.2 + 0.1 * strength:
        low, high = 0.1, 0.5
    else:
        low, high = 0.0, 0.2
    top, bottom, left, right = (between(rng, low, high) for _ in range(4))
    return top, bottom, left, right


def legible(crop: Crop, least_contrast: float) -> bool:
    """Whether a person could read the crop: ink and ground differ, and hardly a syllable has lost its strokes or drowned.

    Ink and ground are parted by Otsu's threshold; whichever covers less is the ink.

    Args:
        crop: as `cut` returns it.
        least_contrast: grey levels that must lie between the two.
    """
    grey = to_grey(crop.image)
    # Against the surroundings, so that a shadow across the crop is neither ink nor ground.
    grey = cv2.addWeighted(grey, 1.0, cv2.blur(grey, (4 * grey.shape[0], 2 * grey.shape[0])), -1.0, 128)
    _, light = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    num_light = cv2.countNonZero(light)
    if num_light in (0, grey.size):
        return False
    is_light_ground = 2 * num_light > grey.size
    if cv2.mean(grey, light)[0] - cv2.mean(grey, 1 - light)[0] < least_contrast:
        return False
    syllables = [number for number, char in enumerate(crop.text) if is_syllable(char)]
    if not syllables:
        return True
    sums = cv2.integral(1 - light if is_light_ground else light)
    x0, y0, x1, y1 = np.rint(crop.boxes[syllables]).astype(int).T
    covered = sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0]
    shares = covered / np.maximum((x1 - x0) * (y1 - y0), 1)
    lost = np.count_nonzero((shares < _LEAST_INK) | (shares > _MOST_INK))
    return bool(lost <= _MOST_LOST * len(syllables))
