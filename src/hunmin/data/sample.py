"""One labelled line image, the coin that everything in data preparation passes on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Sample:
    """A crop of one text line and what it says."""

    image: NDArray[np.uint8]
    """(H, W) grey or (H, W, 3) RGB, uint8."""
    text: str
    """The label, normalised (NFC, single spaces)."""
    id: str
    """Names the sample within a run: `synth/0/123`, `lines/000000001`."""
    kind: str = ""
    """What the crop was cut from, where that is known: `document`, `receipt`, `sign`, `screen`, `form`, `handwriting`."""
    boxes: NDArray[np.float32] | None = None
    """(len(text), 4) x0, y0, x1, y1 of every character in pixels of `image`; None where nobody knows."""
    group: str = ""
    """The document, page or writer that it comes from; what shares it stays in one split. Empty = nobody knows."""


@dataclass(frozen=True, slots=True)
class EncodedSample:
    """A sample whose image is a file, as a store keeps it."""

    image: bytes
    """PNG or JPEG, or whatever else `decode_image` reads."""
    text: str
    """The label, normalised."""
    id: str
    kind: str = ""
    boxes: NDArray[np.float32] | None = None
    """(len(text), 4), as in `Sample`."""
    group: str = ""
