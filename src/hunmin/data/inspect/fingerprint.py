"""Numbers by which the samples of two stores are compared without holding the samples: under 100 bytes for each.

Legend: M samples of a store, K of them whose pictures were looked at.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hunmin.data.store.codec import decode_image
from hunmin.data.store.lmdb_store import Store
from hunmin.errors import ImageError

SKETCH_ROWS, SKETCH_COLUMNS = 4, 16
REPORT_EVERY = 256

_HEIGHT_PX = 32
_OVERSAMPLING = 4
_EDGE_SHARE = 0.3  # of the strongest edge: below it lie paper grain and the blocks of JPEG
_TAIL = 0.03  # of all edges that may lie outside the text's extent, on each side
_LABEL_BITS = 32


@dataclass(frozen=True)
class Fingerprints:
    """What is remembered of a store; equal hashes mean equal things, 0 means that the store does not say."""

    labels: NDArray[np.uint32]
    """(M,) hashes of the labels without spaces, which sources set differently."""
    lengths: NDArray[np.uint8]
    """(M,) characters of the labels without spaces, 255 at most."""
    ids: NDArray[np.uint64]
    """(M,) hashes of the ids."""
    groups: NDArray[np.uint64]
    """(M,) hashes of the groups."""
    seen: NDArray[np.int64]
    """(K,) which samples' pictures were looked at, in order."""
    pixels: NDArray[np.uint64]
    """(K,) hashes of size and decoded pixels, in grey."""
    sketches: NDArray[np.int8]
    """(K, SKETCH_ROWS * SKETCH_COLUMNS) see `sketch`."""
    aspects: NDArray[np.float16]
    """(K,) see `sketch`."""
    num_unreadable: int
    """Pictures that could not be decoded, and are not among the K."""


def fingerprint(store: Store, report: Callable[[int], None], one_in: int = 1) -> Fingerprints:
    """Read a store once.

    Args:
        store: what to read.
        report: told now and then how many samples were read.
        one_in: look only at the pictures of one in so many labels, the same labels in every store: what two stores
            share has the same label in both, so it is found in this proportion.

    Raises:
        StoreError: a key is missing or holds something else.
    """
    num = len(store)
    labels, lengths = np.zeros(num, np.uint32), np.zeros(num, np.uint8)
    ids, groups = np.zeros(num, np.uint64), np.zeros(num, np.uint64)
    # Filled as pictures come, so that a quick look at a large store takes no room for those it passes over.
    seen, pixels, sketches, aspects = [], [], bytearray(), []
    num_unreadable = 0
    for index in range(num):
        note = store.note(index)
        text = note.text.replace(" ", "")
        labels[index] = hashed(text.encode()) >> _LABEL_BITS
        lengths[index] = min(len(text), 255)
        ids[index], groups[index] = (hashed(name.encode()) if name else 0 for name in (note.id, note.group))
        if labels[index] % one_in == 0:
            try:
                image = decode_image(store.encoded_image(index), where=f"{store.path}, image-{index + 1:09d}")
            except ImageError:
                num_unreadable += 1
            else:
                grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)  # noqa: PLR2004 - axes
                drawn = sketch(grey)  # type: ignore[arg-type]
                seen.append(index)
                pixels.append(hashed(b"%d " % grey.shape[1] + grey.tobytes()))
                sketches += drawn.cells.tobytes()
                aspects.append(drawn.aspect)
        if index % REPORT_EVERY == 0:
            report(index)
    report(num)
    return Fingerprints(
        labels,
        lengths,
        ids,
        groups,
        np.asarray(seen, np.int64),
        np.asarray(pixels, np.uint64),
        np.frombuffer(bytes(sketches), np.int8).reshape(-1, SKETCH_ROWS * SKETCH_COLUMNS),
        np.asarray(aspects, np.float16),
        num_unreadable,
    )


def hashed(content: bytes) -> int:
    """64 bits of BLAKE2b."""
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little")


@dataclass(frozen=True, slots=True)
class Sketch:
    """A picture of a line in few numbers, which stay about the same when it is saved, scaled or cut out anew."""

    cells: NDArray[np.int8]
    """(SKETCH_ROWS * SKETCH_COLUMNS,) grey of a coarse grid over the text: mean 0, length 127; all 0 if it is blank."""
    aspect: float
    """Natural logarithm of the text's width over its height."""


def sketch(grey: NDArray[np.uint8]) -> Sketch:
    """Find where the text stands by its edges, so that margins do not count, and lay a grid over it.

    Two sketches are compared by the cosine of their cells and the difference of their aspects; the aspect tells print
    of another width apart, which looks the same once it fills the same grid.

    Args:
        grey: (H, W) uint8.
    """
    scale = _HEIGHT_PX / grey.shape[0]
    size = (max(round(grey.shape[1] * scale), 4), _HEIGHT_PX)
    image = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    edges = cv2.morphologyEx(cv2.GaussianBlur(image, (3, 3), 0), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    strongest = float(edges.max())
    if strongest == 0:
        return Sketch(np.zeros(SKETCH_ROWS * SKETCH_COLUMNS, np.int8), 0.0)
    edges = cv2.threshold(edges, _EDGE_SHARE * strongest, 255, cv2.THRESH_TOZERO)[1]
    left, right = _extent(edges.sum(axis=0, dtype=np.float64))
    top, bottom = _extent(edges.sum(axis=1, dtype=np.float64))
    width, height = max(right - left, 1.0), max(bottom - top, 1.0)
    columns, rows = SKETCH_COLUMNS * _OVERSAMPLING, SKETCH_ROWS * _OVERSAMPLING
    window = np.array([[width / columns, 0, left], [0, height / rows, top]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    text = cv2.warpAffine(image, window, (columns, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    cells = cv2.resize(text, (SKETCH_COLUMNS, SKETCH_ROWS), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    cells -= cells.mean()
    length = float(np.linalg.norm(cells))
    return Sketch(np.round(cells * (127 / max(length, 1.0))).astype(np.int8), float(np.log(width / height)))


def _extent(profile: NDArray[np.float64]) -> tuple[float, float]:
    """Where all but `_TAIL` of a profile begins and ends."""
    share = np.cumsum(profile) / profile.sum()
    places = np.arange(len(share))
    return float(np.interp(_TAIL, share, places)), float(np.interp(1 - _TAIL, share, places))
