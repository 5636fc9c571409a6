"""What an importer yields: an image file and the texts in it."""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

Corners: TypeAlias = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
"""(x, y) in pixels from the top left of the image: top left, top right, bottom right, bottom left of the text."""


class EncodedImage(Protocol):
    """An image file somewhere: in a folder, an archive, a store, a table. Picklable, so that a worker can read it."""

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
    """As the label file has it; None where it says null."""
    corners: Corners | None = None
    """Where the text stands, not yet held against the image's size; None = the image is the crop."""
    drop_reason: str = ""
    """Why the label file itself rules it out, such as `illegible mark` or `malformed box`; empty = nothing does."""
    vertical: bool = False
    """The characters run from top to bottom."""


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
    """Document, writer or page: what shares it stays in one split."""
    kind: str = ""
    """What the publisher calls it, such as `인.허가` or `손글씨`."""
    part: str = ""
    """`training` or `validation` where the publisher parts the set, else empty."""
