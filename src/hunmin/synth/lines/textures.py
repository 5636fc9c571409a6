"""Noise, paper and scenery, made once per process from a fixed seed and cut from ever after.

Drawing fresh noise for one line costs ten times as much as cutting it from a bank. Every bank is uint8 and wider than
nearly every line; unless said otherwise 128 means "no change".
"""

# ruff: noqa: PLR2004 - grey levels, pixels and shares read better where they are used

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.random import Generator as Rng

from hunmin.synth.lines.render import Pixels
from hunmin.synth.random_draws import chance, whole

_HEIGHT, _WIDTH = 320, 4608
_SEED = 20240607


@dataclass(frozen=True, slots=True)
class Textures:
    """The banks, each (320, 4608) or (320, 4608, 3) uint8."""

    grain: Pixels
    """White noise, standard deviation 32 around 128."""
    colour_grain: Pixels
    """The same in three channels, as cameras make it."""
    soft_grain: Pixels
    """Noise a few pixels coarse, standard deviation 32 around 128."""
    paper: Pixels
    """Fibres and clouds of paper, standard deviation 32 around 128."""
    light: Pixels
    """Uneven light, very smooth, 70–186 around 128."""
    wear: Pixels
    """Strength of worn print: 255 whole, down to about 90 in patches and bands."""
    scenery: Pixels
    """Colour pictures of nothing in particular: panels, planks, bricks, leaves, blurred shapes."""
    sway: Pixels
    """Smooth displacement in two channels, standard deviation 32 around 128; bumps as wide as half a letter."""
    shake: Pixels
    """The same with bumps as wide as a few strokes."""
    pressure: Pixels
    """How hard a pen is pressed: bumps from a stroke to a few letters wide, standard deviation 32 around 128."""


@cache
def textures() -> Textures:
    """The banks of this process. About 0.3 s, once; 20 MB."""
    rng = np.random.default_rng(_SEED)
    fine = rng.standard_normal((_HEIGHT, _WIDTH), np.float32)
    soft = cv2.GaussianBlur(fine, (0, 0), 1.3)
    clouds = sum(_clouds(rng, cell) * cell**0.5 for cell in (3, 12, 60))
    bands = cv2.resize(rng.standard_normal((_HEIGHT, 6), np.float32), (_WIDTH, _HEIGHT), interpolation=cv2.INTER_CUBIC)
    wear = _clouds(rng, 14) + 0.8 * _clouds(rng, 5) + 0.7 * _normed(cv2.GaussianBlur(bands, (0, 0), 1.5))
    sway, shake = (np.dstack([_clouds(rng, cell), _clouds(rng, cell)]) for cell in (22, 10))
    return Textures(
        grain=_around(fine, 32),
        colour_grain=_around(rng.standard_normal((_HEIGHT, _WIDTH, 3), np.float32), 32),
        soft_grain=_around(_normed(soft), 32),
        paper=_around(_normed(np.asarray(clouds) + fine), 32),
        light=_around(np.tanh(_clouds(rng, 300)), 58),
        wear=np.clip(235 - 70 * np.maximum(wear, -0.3), 90, 255).astype(np.uint8),
        scenery=_scenery(rng),
        sway=_around(sway, 32),
        shake=_around(shake, 32),
        pressure=_around(_normed(_clouds(rng, 9) + _clouds(rng, 30) + 0.7 * _clouds(rng, 120)), 32),
    )


def cut(bank: Pixels, rng: Rng, height: int, width: int) -> Pixels:
    """A random window of a bank, (height, width) or (height, width, 3); a view, never written to.

    A window larger than the bank is stretched from the whole of it.
    """
    rows, columns = bank.shape[:2]
    if height > rows or width > columns:
        return cv2.resize(bank, (width, height), interpolation=cv2.INTER_LINEAR)
    y, x = whole(rng, 0, rows - height), whole(rng, 0, columns - width)
    return bank[y : y + height, x : x + width]


def _around(noise: Pixels, spread: float) -> Pixels:
    return np.clip(np.rint(128 + spread * noise), 0, 255).astype(np.uint8)


def _normed(noise: Pixels) -> Pixels:
    normed: Pixels = (noise - noise.mean()) / noise.std()
    return normed


def _clouds(rng: Rng, cell_px: int) -> Pixels:
    """Smooth noise whose bumps are about `cell_px` wide, mean 0 and deviation 1."""
    coarse = rng.standard_normal((_HEIGHT // cell_px + 3, _WIDTH // cell_px + 3), np.float32)
    return _normed(cv2.resize(coarse, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_CUBIC))


def _scenery(rng: Rng) -> Pixels:
    """Four strips, each of panels 200–900 px wide in one of five makes."""
    picture = np.zeros((_HEIGHT, _WIDTH, 3), np.float32)
    strip = _HEIGHT // 4
    for top in range(0, _HEIGHT, strip):
        left = 0
        while left < _WIDTH:
            right = min(left + whole(rng, 200, 900), _WIDTH)
            picture[top : top + strip, left:right] = _panel(rng, strip, right - left)
            left = right
    return np.clip(picture, 0, 255).astype(np.uint8)


def _panel(rng: Rng, height: int, width: int) -> Pixels:
    base = rng.uniform(15, 225, 3).astype(np.float32)
    if chance(rng, 0.7):
        base = base.mean() + 0.3 * (base - base.mean())
    panel: Pixels = np.broadcast_to(base, (height, width, 3)).copy()
    make = whole(rng, 0, 4)
    rough = rng.standard_normal((height, width), np.float32)
    if make == 0:  # brushed metal, planks: noise smeared along the line
        streaks = _normed(cv2.GaussianBlur(rough, (0, 0), sigmaX=40, sigmaY=1.2))
        panel += 12 * streaks[..., None]
    elif make == 1:  # stone, concrete
        panel += 9 * rough[..., None] + 14 * _normed(cv2.GaussianBlur(rough, (0, 0), 6))[..., None]
    elif make == 2:  # bricks
        row = whole(rng, 14, 26)
        for index, y in enumerate(range(0, height, row)):
            cv2.line(panel, (0, y), (width, y), (base * 0.6 + 40).tolist(), 2)
            for x in range((index % 2) * row, width, 2 * row):
                cv2.line(panel, (x, y), (x, y + row), (base * 0.6 + 40).tolist(), 2)
        panel += 8 * rough[..., None]
    elif make == 3:  # leaves, crowds: colour noise at two sizes
        for sigma, strength in ((2.5, 22), (9.0, 24)):
            grains = rng.standard_normal((height, width, 3), np.float32)
            grains = 0.7 * rough[..., None] + rng.uniform(0.1, 0.6) * grains
            leaves = cv2.GaussianBlur(grains, (0, 0), sigma)
            panel += strength * _normed(leaves)
    else:  # things out of focus
        for _ in range(width // 24):
            centre = (whole(rng, 0, width), whole(rng, 0, height))
            axes = (whole(rng, 8, 70), whole(rng, 6, 40))
            colour = (base + rng.uniform(-60, 60) + rng.uniform(-30, 30, 3)).tolist()
            cv2.ellipse(panel, centre, axes, whole(rng, 0, 180), 0, 360, colour, -1)
        panel = cv2.GaussianBlur(panel, (0, 0), 4)
    shade = np.linspace(rng.uniform(0.75, 1.1), rng.uniform(0.75, 1.1), width, dtype=np.float32)
    return panel * shade[None, :, None]
