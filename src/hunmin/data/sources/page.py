"""What an importer yields: an image file and the texts in it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from hunmin.data.turns import Turn

ILLEGIBLE_MARK: Final = "illegible mark"
"""Drop reason: the publisher marks the text as not readable."""
MALFORMED_BOX: Final = "malformed box"
"""Drop reason: the box is not made of four numbers, or encloses nothing."""
SINGLE_CHARACTER: Final = "character of a word"
"""Drop reason: one character of a word that has a region of its own."""
AMBIGUOUS_IMAGE: Final = "ambiguous image"
"""Drop reason: several images fit the label file, and nothing tells which is meant."""
AMBIGUOUS_QUOTES: Final = "ambiguous quotes"
"""Drop reason: nothing tells whether the quotation marks around a text are printed or were put there by what wrote the list."""
CONTRADICTED: Final = "contradicting label"
"""Drop reason: the list has another text for the same image further up."""
UNREADABLE_LABEL: Final = "unreadable label"
"""Drop reason: the label or its file is damaged or differs from every known form; the region's text says how."""

Corners: TypeAlias = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
"""(x, y) in pixels from the top left of the image: top left, top right, bottom right, bottom left of the text."""


class EncodedImage(Protocol):
    """An image file somewhere: in a folder, an archive, a store, a table. Small and picklable, so that a worker reads it."""

    @property
    def name(self) -> str:
        """How messages call it, such as `train.zip: 인.허가/5350109-1999-0001.jpg`."""

    def read(self) -> bytes:
        """The file's bytes.

        Raises:
            InputError: it cannot be read any more.
        """


@dataclass(frozen=True)
class Region:
    """One text in an image."""

    text: str | None
    """As the label file has it; None where it says null or has no text, which counts as an empty label."""
    corners: Corners | None = None
    """Where the text stands, not yet held against the image's size; None = the image is the crop."""
    drop_reason: str = ""
    """Why the label file itself rules it out, one of the reasons above; empty = nothing does."""
    vertical: bool = False
    """The characters run from top to bottom."""
    boxes: tuple[tuple[float, ...], ...] | None = None
    """x0, y0, x1, y1 of every character in pixels, where the image is the crop and somebody knows; see `Sample.boxes`."""
    turn: Turn | None = None
    """How its crop is put right, where a list of corrections says that it stands wrong."""


@dataclass(frozen=True)
class Page:
    """An image with its texts: a sheet with a hundred words, or a crop with one."""

    id: str
    """Unique in an import and the same in every run."""
    image: EncodedImage | None
    """None = the labels name an image that is not there."""
    regions: tuple[Region, ...]
    """In the order of the label file; empty for an image without labels."""
    group: str
    """Document, writer or page, as the labels say or because several crops are cut out of one image: what shares it stays
    in one split. It comes from what the publisher names, not from where the files lie, so that a text keeps its split
    when its folder is renamed. Empty = nobody says."""
    kind: str = ""
    """What the publisher calls it, such as `인.허가` or `손글씨`."""
    part: str = ""
    """`training` or `validation` where the publisher parts the set, else empty."""
    key: str = ""
    """What decides the split where `group` is empty: stays the same when the set grows, or its folder is renamed."""

    def region_id(self, number: int) -> str:
        """What text `number` is called: as its page, where that is a crop."""
        is_crop = len(self.regions) == 1 and self.regions[number].corners is None
        return self.id if is_crop else f"{self.id}#{number}"


def content_key(image: bytes) -> str:
    """A `Page.key` for an image whose place in a table or a store says nothing: it moves when others come before it."""
    return hashlib.sha256(image).hexdigest()


def without_image(regions: Iterable[Region]) -> tuple[Region, ...]:
    """The regions of a label that several images fit: dropped as `AMBIGUOUS_IMAGE`, unless the label rules them out."""
    return tuple(Region(region.text, None, region.drop_reason or AMBIGUOUS_IMAGE) for region in regions)
