"""What stores share with one another: a model validated on lines that it was trained on looks better than it is.

Copies of a file are found by the hash of its pixels. Copies that were saved, scaled or cut out anew are found by a
sketch (`hunmin.data.inspect.fingerprint`), compared only where the labels are equal. `benchmarks/bench_near_copies.py` on 1,000
generated lines: of copies saved as JPEG of quality 30 to 95, 99 % were found; scaled by 0.5 to 2, 95 %; cut out anew with
each edge moved by up to 6 % of the height, 84 %; all three at once, 83 %. Two prints of one text in plain print were taken
for copies in 1.4 % of cases in two faces, but in 62 % in one and the same face, and with ten such prints to compare with in
90 %. So among printed forms near-copies are mostly chance, and hint at a leak only where labels are rare; texts of fewer
than `NEAR_LENGTH` characters, which look alike everywhere, are left to the exact hashes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from hunmin.data.inspect.fingerprint import Fingerprints, fingerprint
from hunmin.data.store.lmdb_store import Store

NEAR_LENGTH = 4
NEAR_COSINE = 0.94
NEAR_ASPECT = 0.06
"""Largest difference of the logarithms, so 6 % in width over height."""
EXAMPLES = 5

_BLOCK = 1 << 22  # comparisons at a time: 50 MB
_ODD = np.uint64(0x9E3779B97F4A7C15)  # spreads a label's 32 bits over 64

Report = Callable[[Store, int], None]


class Reason(Enum):
    """In what way two samples are the same; the value is how it is told."""

    COPY = "same picture, same label"
    RELABELLED = "same picture, other label"
    NEAR = "nearly the same picture, same label"
    ID = "same id and label"
    GROUP = "same document, writer or page"


@dataclass(frozen=True)
class Shared:
    """How many samples of two stores are the same in one way."""

    num_first: int
    """Samples of the first store that have such a twin in the second."""
    num_second: int
    """The other way round; one sample may have many twins."""
    examples: tuple[tuple[int, int], ...]
    """Indices in the first and the second store; `EXAMPLES` at most."""


@dataclass(frozen=True)
class Overlap:
    """What two stores share."""

    first: Store
    second: Store
    shared: dict[Reason, Shared]
    """Only the reasons that occur. COPY, RELABELLED and NEAR exclude one another."""


@dataclass(frozen=True)
class LeakReport:
    """What stores share, pair by pair."""

    overlaps: tuple[Overlap, ...]
    """Every pair, also those that share nothing."""
    num_unreadable: dict[str, int]
    """Path of a store → pictures that could not be decoded and so not compared."""
    one_in: int
    """Pictures of one in so many labels were looked at; ids and groups always of all."""

    @property
    def leaks(self) -> bool:
        """Whether any two stores share anything."""
        return any(overlap.shared for overlap in self.overlaps)


def _silent(store: Store, num_read: int) -> None:
    """Nobody is told."""


def find_shared(stores: Sequence[Store], *, max_pictures: int | None = None, report: Report = _silent) -> LeakReport:
    """Compare every two stores; about 100 bytes of memory a sample.

    Args:
        stores: two or more, such as training, validation and test set.
        max_pictures: decode about so many at most, chosen by label so that what is shared is found in proportion; None
            decodes all. Labels, ids and groups are read in any case.
        report: told now and then how many samples of a store were read.

    Raises:
        StoreError: a key is missing or holds something else.
    """
    one_in = 1 if max_pictures is None else max(1, -(-sum(map(len, stores)) // max_pictures))
    prints = [fingerprint(store, partial(report, store), one_in) for store in stores]
    overlaps = tuple(
        Overlap(stores[one], stores[other], _compare(prints[one], prints[other]))
        for one, other in combinations(range(len(stores)), 2)
    )
    unreadable = {str(store.path): one.num_unreadable for store, one in zip(stores, prints, strict=True)}
    return LeakReport(overlaps, {path: num for path, num in unreadable.items() if num}, one_in)


@dataclass(frozen=True)
class _Twins:
    """Which samples of two sets have a twin in the other set."""

    first: NDArray[np.bool_]
    second: NDArray[np.bool_]
    examples: list[tuple[int, int]]
    """Positions in the two sets."""


def _compare(first: Fingerprints, second: Fingerprints) -> dict[Reason, Shared]:
    pictures = first.seen, second.seen
    everything = np.arange(len(first.labels)), np.arange(len(second.labels))
    same_pixels = _equal(first.pixels, second.pixels)
    copies = _equal(_with_label(first.pixels, first, first.seen), _with_label(second.pixels, second, second.seen))
    # What has a copy with its own label, too, is no case of two labels for one picture.
    relabelled = _equal(first.pixels, second.pixels, ~copies.first, ~copies.second)
    near = _near(first, second, ~same_pixels.first, ~same_pixels.second)
    ids = _equal(_with_label(first.ids, first, everything[0]), _with_label(second.ids, second, everything[1]))
    groups = _equal(first.groups, second.groups)
    shared = {
        Reason.COPY: _told(copies, pictures),
        Reason.RELABELLED: _told(relabelled, pictures),
        Reason.NEAR: _told(near, pictures),
        Reason.ID: _told(ids, everything),
        Reason.GROUP: _told(groups, everything),
    }
    return {reason: one for reason, one in shared.items() if one.num_first or one.num_second}


def _told(twins: _Twins, numbers: tuple[NDArray[np.int64], NDArray[np.int64]]) -> Shared:
    """Twins in the stores' own numbers, which stand at the positions of `numbers`."""
    pairs = tuple((int(numbers[0][one]), int(numbers[1][other])) for one, other in twins.examples)
    return Shared(int(twins.first.sum()), int(twins.second.sum()), pairs)


def _with_label(keys: NDArray[np.uint64], prints: Fingerprints, which: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Keys that are equal where both key and label are; 0 stays 0."""
    return np.where(keys == 0, np.uint64(0), keys ^ (prints.labels[which].astype(np.uint64) * _ODD))


def _equal(
    first: NDArray[np.uint64],
    second: NDArray[np.uint64],
    of_first: NDArray[np.bool_] | None = None,
    of_second: NDArray[np.bool_] | None = None,
) -> _Twins:
    """Whose key the other set has, too; of `of_first` and `of_second` only, where they are given."""
    in_first, in_second = (keys != 0 for keys in (first, second))
    in_first &= np.isin(first, second)
    in_second &= np.isin(second, first)
    if of_first is not None and of_second is not None:
        in_first &= of_first
        in_second &= of_second
    some = np.flatnonzero(in_first)[:EXAMPLES].tolist()
    examples = [(one, int(np.flatnonzero(second == first[one])[0])) for one in some]
    if not some:
        some = np.flatnonzero(in_second)[:EXAMPLES].tolist()
        examples = [(int(np.flatnonzero(first == second[other])[0]), other) for other in some]
    return _Twins(in_first, in_second, examples)


def _near(
    first: Fingerprints, second: Fingerprints, of_first: NDArray[np.bool_], of_second: NDArray[np.bool_]
) -> _Twins:
    """Whose label the other set has, too, under much the same picture; label by label, the rest is never compared."""
    places_first, labels_first = _by_label(first, of_first)
    places_second, labels_second = _by_label(second, of_second)
    in_first, in_second = np.zeros(len(first.seen), np.bool_), np.zeros(len(second.seen), np.bool_)
    examples: list[tuple[int, int]] = []
    for label in np.intersect1d(labels_first, labels_second):
        mine, others = _of_label(label, places_first, labels_first), _of_label(label, places_second, labels_second)
        rows = max(_BLOCK // len(others), 1)
        for ones in (mine[start : start + rows] for start in range(0, len(mine), rows)):
            alike = _alike(first, ones, second, others)
            in_first[ones] |= alike.any(axis=1)
            in_second[others] |= alike.any(axis=0)
            if len(examples) < EXAMPLES and alike.any():
                one, other = (int(place) for place in np.argwhere(alike)[0])
                examples.append((int(ones[one]), int(others[other])))
    return _Twins(in_first, in_second, examples)


def _by_label(prints: Fingerprints, of: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Positions of the pictures to compare, in the order of their labels' hashes, and these hashes."""
    places = np.flatnonzero(of & (prints.lengths[prints.seen] >= NEAR_LENGTH))
    labels = prints.labels[prints.seen[places]]
    order = np.argsort(labels, kind="stable")
    return places[order], labels[order]


def _of_label(label: np.uint32, places: NDArray[np.int64], labels: NDArray[np.uint32]) -> NDArray[np.int64]:
    return places[np.searchsorted(labels, label, "left") : np.searchsorted(labels, label, "right")]


def _alike(
    first: Fingerprints, ones: NDArray[np.int64], second: Fingerprints, others: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """(ones, others) bool, True = a near-copy."""
    aspects = first.aspects[ones, None].astype(np.float32) - second.aspects[None, others].astype(np.float32)
    return (_unit(first.sketches[ones]) @ _unit(second.sketches[others]).T >= NEAR_COSINE) & (
        abs(aspects) <= NEAR_ASPECT
    )


def _unit(sketches: NDArray[np.int8]) -> NDArray[np.float32]:
    vectors = sketches.astype(np.float32)
    # A blank picture has no direction, so it is near to nothing.
    lengths: NDArray[np.float32] = np.sqrt(np.einsum("ij,ij->i", vectors, vectors)).clip(1)
    return vectors / lengths[:, None]
