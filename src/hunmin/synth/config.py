"""What generated lines are made of, and the runs that write them: a store of lines, a pack of fonts and texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from hunmin.compose import Config, NotNegative, Paths, Positive, Share, Weight, load_config
from hunmin.errors import InputError
from hunmin.synth.lines.handwriting.config import HandsConfig
from hunmin.synth.pages.config import PagesConfig

# Lower pictures hold no letters; of higher ones the widest would have more pixels than a crop may have.
Height = Annotated[int, Field(ge=8, le=512)]


@dataclass(frozen=True, slots=True)
class SynthConfig:
    """What synthetic lines are made of. Values: `configs/synth/lines.yaml`.

    Raises:
        InputError: no kind has a weight, or a least value is above its greatest.
    """

    kinds: Mapping[str, Weight]
    """Kind of line → how often, in any unit. Kinds: document, receipt, sign, screen, form, handwriting."""
    styles: Mapping[str, Mapping[str, Weight]]
    """Kind → style of face → how often. `form` sets a form's labels, `form_value` what was filled in."""
    height_px: tuple[Height, Height]
    """Least and greatest height of a picture."""
    min_length: Positive
    """Fewest characters of a line."""
    max_length: Positive
    """Most characters of a line, spaces included."""
    max_aspect: Annotated[float, Field(ge=1, allow_inf_nan=False)]
    """Widest picture, as a multiple of its height; a wider one is drawn anew with a shorter text."""
    held_out: bool
    """True = only faces and texts kept out of training, for validation."""
    strength: Share
    """How strong degradations get: 0 clean, 1 as bad as real crops of the worse sort."""
    mild_share: Share
    """Share of lines that get at most a third of `strength`: most real crops are clean."""
    least_contrast: Annotated[float, Field(ge=0, le=255)]
    """Grey levels between strokes and ground below which a picture is drawn anew."""
    canonical: bool
    """Whether labels have one code point for what prints alike (`hunmin.text.canonical`): a model cannot tell them apart."""
    pack: str | None
    """A file of `hunmin synth pack` whose fonts and texts stand in for the installed ones; whoever makes the `Recipe`
    opens it. None = the installed ones."""
    page_share: Share
    """Share of samples that are crops of whole pages; 0 = single lines only."""
    hands: HandsConfig
    """What a hand does beyond its face."""
    pages: PagesConfig
    """What pages are made of, and how lines are cut out of them."""

    def __post_init__(self) -> None:
        if not sum(self.kinds.values()) > 0:
            raise InputError("synth.kinds gives every kind the weight 0; give one of them more")
        low, high = self.height_px
        if low > high:
            raise InputError(f"synth.height_px=[{low}, {high}]: the least height comes first")
        if self.min_length > self.max_length:
            raise InputError(
                f"synth.min_length={self.min_length} is more than the {self.max_length} characters that a line may have"
            )


@dataclass(frozen=True)
class SynthRun(Config):
    """A store of generated lines."""

    FILE = "synth"

    num: Positive
    """How many lines."""
    seed: NotNegative
    """The same seed gives the same lines."""
    workers: NotNegative
    """Processes that draw; 0 = one for each core. The lines are the same for any number."""
    charset: str
    """`korean`, `ksx1001`, or a file with one character a line."""
    fonts: Paths
    """Folders with fonts of your own, beside the installed ones."""
    corpus: Paths
    """Text files of your own, one line a line of text, as FILE or FILE:WEIGHT."""
    synth: SynthConfig


@dataclass(frozen=True)
class PackRun(Config):
    """Fonts and texts in one file."""

    FILE = "pack"

    charset: str
    """What the fonts are cut down to: `korean`, `ksx1001`, or a file with one character a line."""
    fonts: Paths
    """Folders with fonts of your own, beside the installed ones."""
    corpus: Paths
    """Text files of your own, one line a line of text, as FILE or FILE:WEIGHT."""
    workers: NotNegative
    """Processes that cut fonts down; 0 = one for each core."""


def default_config() -> SynthConfig:
    """The values that ship with hunmin."""
    return load_config(SynthRun, []).synth
