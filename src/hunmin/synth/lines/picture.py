"""What goes into a mode and what comes out of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from numpy.random import Generator as Rng

from hunmin.font_manifest import Face
from hunmin.synth.lines.render import GlyphCache, Ink, Pixels

DRAWN_EM_PX = 40
"""Em at which glyphs are drawn and cached before they are brought to the crop's size."""


class UnreadableError(Exception):
    """A picture turned out such that a person could not read it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line to be drawn."""

    cache: GlyphCache
    """Where glyphs come from."""
    runs: Sequence[tuple[Face, str]]
    """Face and text; the texts together are the label."""
    height_px: int
    """Height of the finished picture."""
    strength: float
    """How badly it is degraded, 0–1."""
    another: Callable[[Rng], Sequence[tuple[Face, str]]]
    """Writes another line of the page, for the slices that a crop has of the lines above and below."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished picture of a line."""

    image: Pixels
    """(H, W) or (H, W, 3) uint8."""
    ink: Ink
    """The line's strokes and boxes in the same pixels."""
