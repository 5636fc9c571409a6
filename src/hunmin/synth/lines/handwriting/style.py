"""How one hand writes one line, drawn from the strengths of the settings."""

from dataclasses import dataclass

from numpy.random import Generator as Rng

from hunmin.synth.lines.handwriting.config import HandsConfig
from hunmin.synth.lines.picture import DRAWN_EM_PX
from hunmin.synth.random_draws import between, chance, weighted

Habit = tuple[float, float, float, float]
"""How a hand places a jamo wherever it stands: right and down in em, width and height as factors."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a line is written."""

    size_px: int
    """The em in pixels."""
    tracking_em: float
    """Added after every glyph."""
    word_gap_em: float
    """Added to every space, about."""
    gap_spread_em: float
    """How much gaps differ from each other."""
    loose: float
    """How much of that difference shows between the glyphs of a word as well, 0–1."""
    lift_em: float
    """How far the baseline wanders."""
    sag_em: float
    """How far the middle of the line lies above (below: negative) its ends."""
    size: float
    """Sizes vary by this share."""
    stretch: float
    """Width of glyphs as a factor."""
    slant: float
    """Every glyph leans by this shear, positive to the right."""
    lean: float
    """The shear varies by this much."""
    turn: float
    """Glyphs turn by up to this many degrees."""
    latin_size: float
    """Size of letters and digits as a factor."""
    apart: bool
    """Whether jamo move at all."""
    part_shift_em: float
    """Jamo move by up to half of this, both ways."""
    part_size: float
    """Jamo grow by up to half of this share, both ways."""
    habits: tuple[Habit, Habit, Habit]
    """Of initials, medials and finals."""
    joined: float
    """How often the pen stays on the paper between two strokes; 0 = it is always lifted."""
    struck: float
    """How likely a gap holds a word that was scribbled out."""
    cell_em: float
    """Width of a manuscript square; 0 = there are none."""
    margin_em: float
    """Bare paper around the line."""


def draw_style(config: HandsConfig, wild: float, cell_em: float, rng: Rng, calm: float = 1.0) -> Style:
    """A hand.

    Args:
        config: strengths and shares.
        wild: 0–1, how far from steady this line is.
        cell_em: width of a manuscript square; 0 = none.
        rng: randomness.
        calm: 0–1, how far jamo may move compared to other hands.
    """
    wander, parts = config.wander * wild, config.parts * wild * calm
    gap = weighted(rng, (between(rng, -0.2, 0.05), between(rng, 0.05, 0.4), between(rng, 0.4, 1.0)), (30, 50, 20))
    return Style(
        DRAWN_EM_PX,
        tracking_em=config.wander
        * weighted(rng, (between(rng, -0.16, 0.02), between(rng, 0.02, 0.12), between(rng, 0.12, 0.5)), (80, 17, 3)),
        word_gap_em=config.wander * gap,
        gap_spread_em=wander * between(rng, 0.04, 0.22),
        loose=between(rng, 0.0, 0.7),
        lift_em=wander * between(rng, 0.02, 0.09),
        sag_em=wander * between(rng, -0.25, 0.25) if chance(rng, 0.2) else 0.0,
        size=wander * between(rng, 0.03, 0.15),
        stretch=1 + config.wander * between(rng, -0.18, 0.22),
        slant=wander * between(rng, -0.16, 0.4),
        lean=wander * between(rng, 0.02, 0.14),
        turn=wander * between(rng, 1.0, 8.0),
        latin_size=1 + config.wander * between(rng, -0.22, 0.25),
        apart=parts > 0 and chance(rng, 0.7),
        part_shift_em=parts * between(rng, 0.03, 0.17),
        part_size=parts * between(rng, 0.08, 0.4),
        habits=(_habit(parts, rng), _habit(parts, rng), _habit(parts, rng)),
        joined=between(rng, 0.2, 0.9) if chance(rng, config.joined_share) else 0.0,
        struck=0.3 if chance(rng, config.struck_share) else 0.0,
        cell_em=cell_em,
        margin_em=0.6,
    )


def _habit(parts: float, rng: Rng) -> Habit:
    shift, size = 0.06 * parts, 0.28 * parts
    return (
        between(rng, -shift, shift),
        between(rng, -shift, shift),
        1 + between(rng, -size, size),
        1 + between(rng, -size, size),
    )
