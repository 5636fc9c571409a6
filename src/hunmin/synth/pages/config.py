"""Settings of pages and of the crops that are cut from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from hunmin.compose import Weight


@dataclass(frozen=True, slots=True)
class PagesConfig:
    """What pages are made of. Values: `configs/synth/pages.yaml`."""

    types: Mapping[str, Weight]
    """Type of page → how often, in any unit."""
    devices: Mapping[str, Mapping[str, Weight]]
    """Type of page → device that it goes through → how often, in any unit."""
    crops_per_page: Annotated[int, Field(ge=1)]
    """Crops cut from one page. More cost less each and resemble each other more. A chunk of the loader (8 batches) whose
    page crops are a multiple of this draws no page twice."""
    least_em_px: Annotated[float, Field(ge=4)]
    """Lines set smaller than this on the finished page are not cut out."""
    max_height_px: Annotated[int, Field(ge=16)]
    """Higher crops are scaled down to this; twice the height that a model reads at loses nothing."""
    whole_row_share: Annotated[float, Field(ge=0, le=1)]
    """Of rows with wide blanks, how many stay in one crop; the others are split there, as detectors do."""
    part_share: Annotated[float, Field(ge=0, le=1)]
    """Share of crops that show only some words of their line."""
