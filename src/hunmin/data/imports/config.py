"""The configuration of an import; its values are in `configs/import.yaml`."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from hunmin.compose import Config, NotNegative, Positive, Share
from hunmin.errors import InputError


@dataclass(frozen=True)
class CutConfig:
    """How crops are cut out of pages."""

    margin: Share | None
    """Crops are taken larger than their box by this share of its shorter side, on every side; null = as `hunmin read`
    takes them (`pages.cut.MARGIN_SHARE`)."""
    min_side_px: Annotated[int, Field(ge=2)]
    """A box with a shorter side is dropped as `too small`; also a whole image."""
    vertical: Literal["turn", "keep", "drop"]
    """Text that runs from top to bottom. `turn`: a quarter to the left, so that it runs from left to right, its
    characters lying on their backs; `hunmin read` turns tall boxes that way, too. `keep`: as it stands, for a model that
    reads columns. `drop`: left out as `vertical text`. One character alone is never vertical."""
    max_height_px: NotNegative
    """Higher crops are scaled down to this, which saves room and, in training, time; 0 keeps every size. Twice the
    height that a model reads at loses nothing that training could use. An image that is a crop as it is stays so."""
    jpeg_quality: Annotated[int, Field(ge=1, le=100)]
    """Of crops that were cut, turned or scaled down. Images that are a crop as they are keep their bytes."""


@dataclass(frozen=True)
class SplitConfig:
    """How groups are spread over training, validation and test.

    Raises:
        InputError: nothing would be left to train on.
    """

    validation: Share
    """Share of the groups that a run looks at while it trains."""
    test: Share
    """Share of the groups that nobody looks at before the end."""
    by: Literal["group", "publisher"]
    """`group`: by the hash of a text's document, writer or page. `publisher`: what the publisher calls training is
    trained on, and its validation part is spread over validation and test in the proportion of their shares; where it
    names no part, as `group`."""

    def __post_init__(self) -> None:
        if self.validation + self.test >= 1:
            raise InputError(
                f"split.validation={self.validation} and split.test={self.test} leave nothing to train on; "
                "together they must be less than 1"
            )


@dataclass(frozen=True)
class ImportRun(Config):
    """Stores of crops from labelled images, one for each split."""

    FILE = "import"

    charset: str
    """`korean`, `ksx1001`, or a file with one character a line."""
    on_unknown_character: Literal["error", "drop"]
    """A label with a character that the charset lacks: stop and say so, or drop the text and count it."""
    max_label_length: Positive
    """The most characters in a crop; longer ones are dropped, never cut."""
    height_px: Positive
    """Height that a model will scale crops to; with `max_width_px` it says which crop is too wide. Crops are stored as
    `cut` has them."""
    max_width_px: Positive
    """The widest crop at that height; wider ones are dropped, never squashed."""
    cut: CutConfig
    split: SplitConfig
    corrections: str | None
    """A list of corrections, as `hunmin data audit --out` writes it: columns `id`, `text` and, where pictures stand wrong,
    `turn`. Texts in it stand in for the labels; a text that is empty there is left out. null = no list."""
    workers: NotNegative
    """Processes that cut, each with one core; 0 = one for each core. The stores are the same for any number."""
    engine: Literal["local", "ray"]
    """`local`: this machine. `ray`: a Ray cluster whose machines see the same files under the same paths (extra `[ray]`);
    `workers` is then the number of its cores to use, 0 = all."""
    ray_address: str | None
    """Of the cluster, such as `auto` or `ray://host:10001`; null takes RAY_ADDRESS, and without that this machine."""
