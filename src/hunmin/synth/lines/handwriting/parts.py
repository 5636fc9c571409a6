"""A face's syllable taken apart into initial, medial and final, as far as they do not touch."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from hunmin.font_manifest import Face
from hunmin.synth.lines.render import Glyph, GlyphCache, Pixels
from hunmin.text.hangul import JUNG, decompose, is_syllable

INITIAL, MEDIAL, FINAL = range(3)
_UPRIGHT = frozenset("ㅏㅐㅑㅒㅓㅔㅕㅖㅣ")
_LYING = frozenset("ㅗㅛㅜㅠㅡ")
# Where the jamo of a syllable meet, as shares of its height and width.
_ABOVE_FINAL, _LEFT_OF_MEDIAL, _ABOVE_MEDIAL = 0.62, 0.52, 0.5
_INK = 100


@dataclass(frozen=True)
class Part:
    """A jamo, or a whole glyph."""

    mask: Pixels
    """(h, w) uint8, cut to its ink."""
    x: int
    """From the glyph's left edge to the part's."""
    y: int
    """From the glyph's upper edge to the part's."""
    role: int
    """INITIAL, MEDIAL or FINAL."""

    geometry: tuple[float, float, float, float, int]
    """Width, height, how far its middle lies right of and below the glyph's middle, role."""

    @cached_property
    def reach(self) -> tuple[int, int, int, int]:
        """x, y where a pen begins the part, its upper left, and x, y where it leaves it, its lower right."""
        rows, columns = np.nonzero(self.mask > _INK)
        if not len(rows):
            return 0, 0, 0, 0
        across = rows + columns
        first, last = int(across.argmin()), int(across.argmax())
        return int(columns[first]), int(rows[first]), int(columns[last]), int(rows[last])


@dataclass(frozen=True)
class TakenApart:
    """A glyph and its parts."""

    glyph: Glyph
    """As the face draws it."""
    whole: Part
    """All of it as one part."""
    parts: tuple[Part, ...]
    """At least one, in the order of writing."""
    stroke_px: float
    """How wide its strokes are, about."""
    room_px: float
    """How wide the narrow gaps between its strokes are; no more than a tenth has less."""

    @cached_property
    def geometry(self) -> tuple[float, float, float]:
        """Right and down from the pen on the baseline to the glyph's middle, and `room_px`."""
        height, width = self.glyph.mask.shape
        return self.glyph.left + width / 2, self.glyph.top + height / 2, self.room_px


class Parts:
    """Glyphs taken apart, each once."""

    def __init__(self, max_glyphs: int = 40_000) -> None:
        """Start empty; 40,000 glyphs take about 150 MB. The oldest go first."""
        self._max_glyphs = max_glyphs
        self._known: dict[tuple[str, int, int, str], TakenApart] = {}

    def of(self, cache: GlyphCache, face: Face, size_px: int, char: str) -> TakenApart:
        """The parts of a character.

        Raises:
            BlankGlyphError: the face draws nothing for it.
        """
        key = (face.sha256, face.index, size_px, char)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= self._max_glyphs:
                del self._known[next(iter(self._known))]
            known = self._known[key] = _take_apart(cache.glyph(face, size_px, char), char)
        return known


def _take_apart(glyph: Glyph, char: str) -> TakenApart:
    ink = (glyph.mask > _INK).astype(np.uint8)
    area = int(ink.sum())
    inner = int(cv2.erode(ink, np.ones((3, 3), np.uint8), borderValue=0).sum())
    stroke_px = 2 * area / max(area - inner, 1)
    room_px = _room(ink)
    roles = _roles(ink, char) if is_syllable(char) else None
    whole = _part(glyph.mask, 0, 0, INITIAL, glyph.mask.shape)
    if roles is None or roles.max(initial=0) == roles[ink > 0].min(initial=9):
        return TakenApart(glyph, whole, (whole,), stroke_px, room_px)
    # A soft edge belongs to the part whose ink is nearest: grown by a pixel, parts take their edges along.
    parts = []
    for role in (INITIAL, MEDIAL, FINAL):
        own = cv2.dilate((roles == role).astype(np.uint8), np.ones((3, 3), np.uint8))
        x, y, width, height = cv2.boundingRect(own)
        if width:
            window = np.s_[y : y + height, x : x + width]
            parts.append(_part(glyph.mask[window] * own[window], x, y, role, glyph.mask.shape))
    return TakenApart(glyph, whole, tuple(parts), stroke_px, room_px)


def _part(mask: Pixels, x: int, y: int, role: int, shape: tuple[int, ...]) -> Part:
    height, width = mask.shape
    geometry = (width, height, x + (width - shape[1]) / 2, y + (height - shape[0]) / 2, role)
    return Part(mask, x, y, role, geometry)


def _room(ink: Pixels) -> float:
    """Width of the narrow gaps between strokes: the tenth part of the ridges that lie between them."""
    away = cv2.distanceTransform(1 - ink, cv2.DIST_L2, 3)
    ridge = away[(away >= cv2.dilate(away, np.ones((3, 3), np.uint8))) & (ink == 0)]
    if not len(ridge):
        return float(max(ink.shape))
    return 2 * float(np.partition(ridge, len(ridge) // 10)[len(ridge) // 10])


def _roles(ink: Pixels, char: str) -> Pixels | None:
    """(h, w) uint8: the role of each piece of ink, 9 elsewhere; None where all is one piece."""
    num, labels, stats, centres = cv2.connectedComponentsWithStats(ink, connectivity=8)
    if num <= 2:  # noqa: PLR2004 - the ground and one piece
        return None
    height, width = ink.shape
    _, jung, jong = decompose(char)
    medial = JUNG[jung]
    of_label = np.full(num, 9, np.uint8)
    for label in range(1, num):
        x, y = centres[label][0] / width, centres[label][1] / height
        if stats[label, cv2.CC_STAT_WIDTH] > 0.85 * width and stats[label, cv2.CC_STAT_HEIGHT] > 0.85 * height:
            return None
        of_label[label] = _role(x, y, medial, bool(jong))
    roles: Pixels = of_label[labels]
    return roles


def _role(x: float, y: float, medial: str, has_final: bool) -> int:
    """Of a piece of ink by where its middle lies, as shares of the syllable's width and height."""
    if has_final and y > _ABOVE_FINAL:
        return FINAL
    if has_final:
        y /= _ABOVE_FINAL
    if medial in _UPRIGHT:
        return MEDIAL if x > _LEFT_OF_MEDIAL else INITIAL
    if medial in _LYING:
        return MEDIAL if y > _ABOVE_MEDIAL else INITIAL
    return MEDIAL if x > _LEFT_OF_MEDIAL or y > _ABOVE_MEDIAL + 0.1 else INITIAL
