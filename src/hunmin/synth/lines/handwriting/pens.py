"""What pens leave: how wide they write, how evenly, and in which colours.

H W pixels. Ink is (H, W) uint8, 255 where it covers.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator as Rng

from hunmin.synth.lines import degrade
from hunmin.synth.lines.colour import Colour
from hunmin.synth.lines.handwriting.writing import Written
from hunmin.synth.lines.render import Pixels
from hunmin.synth.lines.textures import cut, textures
from hunmin.synth.random_draws import between, chance, pick

_BLUES = ((20, 40, 150), (40, 60, 170), (15, 25, 100), (60, 80, 190))
_REDS = ((200, 30, 40), (170, 20, 30), (220, 60, 70))
_OTHERS = ((20, 110, 60), (110, 40, 140), (190, 90, 20), (30, 120, 130))
_PEN_POINT = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
_LEVELS = np.arange(256, dtype=np.float32)
_LEAST_CHANGE_PX = 0.25
_LEAST_WIDTH_PX = 1.9
"""Thinner strokes break."""
_MOST_GROWTH = 0.35
"""Share of the narrow gaps inside a syllable that wider strokes may fill."""
_END_WINDOW = 3.0
"""Side of the window that tells the end of a stroke from its middle, in strokes."""
_SWELL = 0.55
"""Grey levels of the threshold per grey level of the bank, at full strength: ±1 px at two deviations."""


@dataclass(frozen=True, slots=True)
class Pen:
    """A kind of pen."""

    width_em: tuple[float, float]
    """Least and greatest width of a stroke."""
    swell: float
    """How much strokes swell and thin, 0–1."""
    ends: tuple[float, float]
    """How strokes end, from −1, run out, to 1, in a pool of ink."""
    grain: tuple[float, float]
    """Least and greatest roughness: 0 covers evenly, 1 leaves half of the paper's grain bare."""
    fade: tuple[float, float]
    """Least and greatest strength of patches where ink runs out."""
    levels: tuple[int, int]
    """Darkest and lightest grey of its black."""
    colours: float
    """Share of lines in colour, where the paper shows colours at all."""


PENS: Mapping[str, Pen] = {
    "ballpoint": Pen((0.045, 0.085), 0.7, (-0.4, 0.9), (0.0, 0.5), (0.0, 0.5), (10, 80), 0.55),
    "gel": Pen((0.05, 0.1), 0.4, (-0.2, 0.8), (0.0, 0.1), (0.0, 0.15), (0, 60), 0.4),
    "felt": Pen((0.07, 0.12), 0.4, (0.0, 1.0), (0.0, 0.15), (0.0, 0.2), (0, 70), 0.4),
    "fountain": Pen((0.04, 0.12), 1.0, (-1.0, 0.7), (0.0, 0.15), (0.0, 0.5), (5, 80), 0.5),
    "pencil": Pen((0.05, 0.09), 0.8, (-0.9, 0.2), (0.3, 0.9), (0.0, 0.4), (50, 125), 0.05),
    "brush": Pen((0.08, 0.15), 1.0, (-1.0, 0.5), (0.0, 0.4), (0.0, 0.7), (0, 60), 0.05),
    "marker": Pen((0.09, 0.15), 0.3, (-0.1, 0.9), (0.0, 0.2), (0.0, 0.35), (0, 70), 0.45),
    "chalk": Pen((0.07, 0.13), 0.6, (-0.5, 0.3), (0.5, 1.0), (0.1, 0.5), (0, 40), 0.2),
    "stylus": Pen((0.04, 0.13), 0.3, (-0.6, 0.2), (0.0, 0.0), (0.0, 0.0), (0, 60), 0.4),
}


def weigh(written: Written, pen: Pen, strength: float, rng: Rng) -> Pixels:
    """Strokes as wide as the pen writes, swelling and thinning.

    Args:
        written: as the face draws it.
        pen: what it is written with.
        strength: 0 leaves the ink as it is.
        rng: randomness.
    """
    ink, stroke_px = written.ink.mask, written.stroke_px
    if not strength:
        return ink
    wanted = between(rng, *pen.width_em) * written.ink.em_px
    change = strength * between(rng, 0.3, 1.0) * (wanted - stroke_px)
    change = min(max(change, -0.4 * stroke_px, min(_LEAST_WIDTH_PX - stroke_px, 0)), _MOST_GROWTH * written.room_px)
    if change > 1:
        side = 1 + round(change)
        ink = cv2.dilate(ink, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    elif abs(change) > _LEAST_CHANGE_PX:
        ink = degrade.thicken(ink, max(change, -1.0))
    # A soft edge cut at a level that wanders: thin where the pen is light, thick where it rests.
    firm = min(max((stroke_px + change) / _LEAST_WIDTH_PX - 0.8, 0.0), 1.0)
    swell = _SWELL * strength * pen.swell * between(rng, 0.2, 1.0) * firm
    if swell < 0.05:  # noqa: PLR2004 - no difference to be seen
        return ink
    soft = cv2.blur(ink, (3, 3))
    window = cut(textures().pressure, rng, *ink.shape)
    gain = 1.8
    return cv2.addWeighted(soft, gain, window, swell, 128 - 124 * gain - 128 * swell)


def end_strokes(ink: Pixels, stroke_px: float, pen: Pen, strength: float, rng: Rng) -> Pixels:
    """Strokes that end in a pool of ink or run out thin.

    A window about the end of a stroke holds half as much ink as one about its middle.

    Args:
        ink: of a line.
        stroke_px: how wide its strokes are.
        pen: what it is written with.
        strength: 0 leaves the ink as it is.
        rng: randomness.
    """
    amount = strength * between(rng, *pen.ends)
    if abs(amount) < 0.25:  # noqa: PLR2004 - no difference to be seen
        return ink
    side = 2 * max(round(_END_WINDOW * stroke_px / 2), 1) + 1
    inside = 255 * min(stroke_px / side, 1.0)
    ramp = np.minimum(np.maximum((0.85 - _LEVELS / inside) * 4.5, 0), 1)
    ends = cv2.min(cv2.LUT(cv2.blur(ink, (side, side)), np.rint(255 * abs(amount) * ramp).astype(np.uint8)), ink)
    if amount < 0:
        return cv2.subtract(ink, cv2.convertScaleAbs(ends, alpha=0.85))
    return cv2.max(ink, cv2.dilate(ends, _PEN_POINT))


def texture(ink: Pixels, pen: Pen, strength: float, rng: Rng) -> Pixels:
    """The ink with the grain of the paper in it, and patches where it runs out."""
    grain = strength * between(rng, *pen.grain)
    fade = strength * between(rng, *pen.fade)
    if grain > 0.1:  # noqa: PLR2004 - no difference to be seen
        window = cut(pick(rng, (textures().grain, textures().soft_grain)), rng, *ink.shape)
        cover = cv2.convertScaleAbs(window, alpha=2.0 * grain, beta=255 * (1 - 0.3 * grain) - 256 * grain)
        ink = cv2.multiply(ink, cover, scale=1 / 255)
    if fade > 0.1:  # noqa: PLR2004
        ink = degrade.wear(ink, rng, fade)
    return ink


def ink_colour(pen: Pen, on_colour: bool, rng: Rng) -> Colour:
    """What it writes in: a grey, or a colour where the paper shows colours."""
    level = round(between(rng, *pen.levels))
    if not on_colour:
        return level
    if chance(rng, pen.colours):
        red, green, blue = pick(rng, pick(rng, (_BLUES, _BLUES, _BLUES, _REDS, _OTHERS)))
        light = between(rng, 0.0, 0.35)
        return tuple(round(part + light * (255 - part)) for part in (red, green, blue))  # type: ignore[return-value]
    cast = round(between(rng, -10, 25))
    return (level, min(level + cast // 3, 255) if cast > 0 else level, max(level + cast, 0))
