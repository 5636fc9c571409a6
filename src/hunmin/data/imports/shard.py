"""A shard of an import: some consecutive pages, cut into the crops of each split, in one process.

A shard's folder holds a store for each split that has crops (`train`, `validation`, `test`), `hashes.npy` and
`shard.json`: the account of each split, and a fingerprint of the labels it was made from.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from hunmin.data.clean import Ledger, Rules
from hunmin.data.imports.config import CutConfig, SplitConfig
from hunmin.data.imports.cut import Cut, cut
from hunmin.data.imports.split import SPLITS, Split, split_of
from hunmin.data.reasons import NO_IMAGE, NO_LABEL, UNREADABLE_IMAGE
from hunmin.data.sample import EncodedSample
from hunmin.data.sources.page import Page, Region
from hunmin.data.sources.parquet import TableImage
from hunmin.data.store.codec import decode_image, encode_image
from hunmin.data.store.lmdb_store import write_encoded
from hunmin.errors import InputError
from hunmin.files import new_folder
from hunmin.image import MAX_PAGE_PIXELS
from hunmin.text.normalize import normalize_label

LARGEST_SHARD: Final = 2000
"""Crops of a shard, or fewer where there are pages to decode: a second or two of one core, so that little is done again
after an interruption, and an interrupted process is soon done."""
LARGEST_SHARD_BYTES: Final = 32 << 20
"""Of images that travel with their pages, as a table's do; several chunks wait for each process."""
_COST_OF_A_PAGE = 50
"""Crops that could be cut while a page of 9 megapixels is decoded."""
_KEPT_FORMATS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


@dataclass(frozen=True)
class ImportConfig:
    """All that crops depend on but the pages."""

    rules: Rules
    cut: CutConfig
    split: SplitConfig


@dataclass(frozen=True)
class Chunk:
    """The pages of one shard."""

    path: Path
    """The shard's folder."""
    pages: tuple[Page, ...]

    @property
    def num_inputs(self) -> int:
        """What the ledger will have seen: texts, and pages without any."""
        return sum(max(len(page.regions), 1) for page in self.pages)

    def fingerprint(self) -> str:
        """A hash of all that the label files say about these pages."""
        digest = hashlib.sha256()
        for page in self.pages:
            image = page.image and page.image.name
            content = (page.id, image, page.group, page.kind, page.part, page.regions, page.key)
            digest.update(repr(content).encode("utf-8", "backslashreplace"))
        return digest.hexdigest()[:32]


def chunks(pages: Iterable[Page], folder: Path) -> Iterator[Chunk]:
    """Consecutive pages for shards `folder`/000000 …, the same in every run over the same pages.

    Raises:
        InputError: what `pages` raises.
    """
    gathered: list[Page] = []
    cost = number = num_bytes = 0
    for page in pages:
        gathered.append(page)
        num_bytes += len(page.image.content) if isinstance(page.image, TableImage) else 0
        is_sheet = any(region.corners is not None for region in page.regions)
        cost += len(page.regions) + (_COST_OF_A_PAGE if is_sheet else 1)
        if cost >= LARGEST_SHARD or num_bytes >= LARGEST_SHARD_BYTES:
            yield Chunk(folder / f"{number:06d}", tuple(gathered))
            gathered, cost, num_bytes, number = [], 0, 0, number + 1
    if gathered:
        yield Chunk(folder / f"{number:06d}", tuple(gathered))


@dataclass
class _Bin:
    """What a shard has for one split."""

    samples: list[EncodedSample] = field(default_factory=list)
    hashes: list[int] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)


def write_shard(config: ImportConfig, chunk: Chunk) -> int:
    """Cut a chunk's crops and write its shard, whole or not at all.

    Returns:
        The number of inputs, kept or dropped.

    Raises:
        InputError: the disk is full; or a label has an unknown character and the rules say that this is an error.
    """
    cv2.setNumThreads(1)  # There is a process for each core.
    rules = _rules(config.rules)
    bins: dict[Split, _Bin] = {split: _Bin() for split in SPLITS}
    for page in chunk.pages:
        _add_page(page, config, rules, bins[split_of(page.group or page.key, page.part, config.split)])
    with new_folder(chunk.path) as partial:
        for split, one in bins.items():
            one.ledger.check()
            if one.samples:
                write_encoded(one.samples, partial / split, ledger=one.ledger)
        np.save(partial / "hashes.npy", np.array([hash_ for one in bins.values() for hash_ in one.hashes], np.uint64))
        note = {
            "fingerprint": chunk.fingerprint(),
            "ledgers": {split: one.ledger.to_dict() for split, one in bins.items()},
        }
        (partial / "shard.json").write_text(json.dumps(note, ensure_ascii=False), encoding="utf-8", errors="replace")
    return chunk.num_inputs


# The charset's index takes longer to build than a shard's labels take to check.
@lru_cache(maxsize=1)
def _rules(rules: Rules) -> Rules:
    return rules


def _add_page(page: Page, config: ImportConfig, rules: Rules, to: _Bin) -> None:
    """Account for every text of a page, and keep the crops of those that are fit."""
    ledger = to.ledger
    if not page.regions:
        ledger.drop(NO_LABEL, page.id)
    fit: list[tuple[str, Region, str]] = []
    for number, region in enumerate(page.regions):
        where = page.region_id(number)
        text = normalize_label(region.text or "")
        reason = region.drop_reason or rules.why_label_unfit(text, where)
        if reason:
            ledger.drop(reason, f"{where}: {text}")
        elif page.image is None:
            ledger.drop(NO_IMAGE, f"{where}: {text}")
        else:
            fit.append((where, region, text))
    if not fit or page.image is None:
        return
    try:
        encoded = page.image.read()
        image = decode_image(encoded, where=page.image.name, max_pixels=MAX_PAGE_PIXELS)
    except InputError as error:
        for _, _, text in fit:
            ledger.drop(UNREADABLE_IMAGE, f"{error}: {text}")
        return
    for where, region, text in fit:
        crop = cut(image, region.corners, config.cut, text=text, vertical=region.vertical, turn=region.turn)
        reason = crop.drop_reason
        if crop.image is not None:
            reason = rules.why_size_unfit(crop.image.shape[1], crop.image.shape[0]) or ""
        if crop.image is None or reason:
            ledger.drop(reason, f"{where}: {text}")
            continue
        ledger.keep()
        to.hashes.append(_hash(crop.image, text))
        file = _encode(crop, crop.image, encoded, config.cut.jpeg_quality)
        boxes = _boxes(region, text) if crop.is_whole else None
        to.samples.append(EncodedSample(file, text, where, page.kind, boxes, page.group))


def _encode(crop: Cut, pixels: NDArray[np.uint8], encoded: bytes, jpeg_quality: int) -> bytes:
    if not crop.is_whole:
        return encode_image(pixels, jpeg_quality)
    # Others who read the store may know PNG and JPEG only.
    return encoded if encoded.startswith(_KEPT_FORMATS) else encode_image(pixels)


def _boxes(region: Region, text: str) -> NDArray[np.float32] | None:
    """(len(text), 4), or None where the label file has none, or not one for each character of the normal form."""
    return np.array(region.boxes, np.float32) if region.boxes and len(region.boxes) == len(text) else None


def _hash(pixels: NDArray[np.uint8], text: str) -> int:
    """Of pixels and label together: the same for crops that are duplicates."""
    digest = hashlib.sha256(pixels.tobytes())
    digest.update(repr((pixels.shape, text)).encode("utf-8", "backslashreplace"))
    return int.from_bytes(digest.digest()[:8])


@dataclass(frozen=True)
class Shard:
    """A finished shard."""

    path: Path
    fingerprint: str
    ledgers: Mapping[Split, Ledger]
    """What each split kept and dropped; crops lie in this order, too, in the stores and in `hashes`."""

    def hashes(self) -> NDArray[np.uint64]:
        """(n,) hashes of pixels and label, split after split.

        Raises:
            InputError: the file is damaged.
        """
        path = self.path / "hashes.npy"
        try:
            array: NDArray[np.uint64] = np.load(path, allow_pickle=False)
        except (OSError, ValueError) as error:
            raise _damaged(self.path, error) from error
        if array.shape != (sum(ledger.kept for ledger in self.ledgers.values()),) or array.dtype != np.uint64:
            raise _damaged(self.path, f"{path.name} holds {array.dtype} {array.shape}")
        return array


def read_shard(path: Path) -> Shard:
    """Read what a finished shard says of itself.

    Raises:
        InputError: it is damaged.
    """
    try:
        note = json.loads((path / "shard.json").read_text(encoding="utf-8"))
        ledgers = {split: Ledger.from_dict(note["ledgers"][split]) for split in SPLITS}
        return Shard(path, note["fingerprint"], ledgers)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, what: object) -> InputError:
    return InputError(f"{path}: not readable ({what}); delete it, the same command makes it again")
