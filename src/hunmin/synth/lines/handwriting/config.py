"""Settings of handwriting."""

from collections.abc import Mapping
from dataclasses import dataclass

from hunmin.compose import Share, Weight
from hunmin.errors import InputError


@dataclass(frozen=True, slots=True)
class HandsConfig:
    """What a hand does beyond its face. Values: `configs/synth/hands.yaml`.

    Strengths run from 0, the face as it is, to 1, as unsteady as hands get that a person still reads; each line draws its own
    part of them. Shares are of lines.

    Raises:
        InputError: no pen or no paper has a weight.
    """

    wander: Share
    """Strength: baseline, size, slant and spacing that wander along the line, and words closer or further apart than print."""
    parts: Share
    """Strength: initial, medial and final of a syllable moved and resized on their own, and a hand's own way to share out their
    room."""
    warp: Share
    """Strength: strokes bent, so that no two equal syllables are alike."""
    pressure: Share
    """Strength: strokes that swell and thin along the line, are as wide as the pen writes rather than the face, and skip and
    fade."""
    ends: Share
    """Strength: strokes that end in a pool of ink, or run out thin, as the pen has it."""
    joined_share: Share
    """Share written so fast that the pen does not leave the paper between some strokes and syllables."""
    neighbour_share: Share
    """Share whose crop shows slices of the lines above and below."""
    marked_share: Share
    """Share with an underline, a frame, a ring or a highlighter."""
    struck_share: Share
    """Share with a word scribbled out beyond reading, which the label does not have."""
    notes_share: Share
    """Share that says what people write by hand: notes, lists, letters, diaries, answers, addresses. The rest says what print
    says."""
    print_share: Share
    """Share of the lines with a colon where what stands before it is a form's print."""
    pens: Mapping[str, Weight]
    """Pen → how often, in any unit. Boards and tablets have pens of their own."""
    papers: Mapping[str, Weight]
    """What is written on → how often, in any unit."""

    def __post_init__(self) -> None:
        for name, weights in (("pens", self.pens), ("papers", self.papers)):
            if not sum(weights.values()) > 0:
                raise InputError(f"synth.hands.{name} gives every entry the weight 0; give one of them more")
