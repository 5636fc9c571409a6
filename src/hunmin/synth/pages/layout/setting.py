"""How text is set: type, pieces of a row, text that fits a face. Lengths in points (1/72 inch) where a name ends in `_pt`."""

from dataclasses import dataclass
from typing import Literal

from hunmin.font_manifest import Face
from hunmin.synth.lines.colour import Colour
from hunmin.synth.lines.render import Hand

Align = Literal["left", "right", "centre"]
Mark = Literal["underline", "strike", "frame", "highlight"]


@dataclass(frozen=True, slots=True)
class Type:
    """How text is set."""

    face: Face
    size_pt: float
    pen: Colour = 0
    """Colour of the ink."""
    squeeze: float = 1.0
    """Width over natural width (장평)."""
    tracking_em: float = 0.0
    """Added after every glyph."""
    weight: float = 0.0
    """Bolder (to 1) or lighter (to -1) strokes than the face has."""
    fixed_pitch: bool = False
    """Syllables in cells of one em, everything narrower in half of that, as receipt printers do."""
    hand: Hand | None = None
    """Unsteadiness of what is filled in by hand."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text in one type, part of a row."""

    text: str
    x_pt: float
    """Its left edge, or its right edge or middle as `align` says."""
    type: Type
    align: Align = "left"
    width_pt: float | None = None
    """Justify: blanks grow until the text is this wide."""
    word_gap_em: float = 0.0
    """Added to every blank."""
    marks: tuple[Mark, ...] = ()
    mark_colour: Colour = 0


@dataclass(frozen=True, slots=True)
class Fitted:
    """Text that a face draws, with the way from each character to the next in points."""

    text: str
    type: Type
    advances_pt: list[float]


def cut_to(fitted: Fitted, room_pt: float, word_gap_pt: float = 0.0) -> tuple[str, float]:
    """As much of the text as `room_pt` holds, and its width."""
    width = 0.0
    for end, (char, advance) in enumerate(zip(fitted.text, fitted.advances_pt, strict=True)):
        width += advance + (word_gap_pt if char == " " else 0.0)
        if width > room_pt:
            text = fitted.text[:end].rstrip()
            return text, sum(fitted.advances_pt[: len(text)]) + word_gap_pt * text.count(" ")
    return fitted.text, width
