"""A few samples to look at out of many that pass by: some of each kind, and the oddest."""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from hunmin.data.sample import Sample
from hunmin.data.store.lmdb_store import Store
from hunmin.errors import ImageError

PER_KIND = 12
MOST_KINDS = 16
NUM_ODD = 8


@dataclass(frozen=True, slots=True)
class Seen:
    """A sample and its number."""

    index: int
    """In the store, from 0."""
    sample: Sample


def _pitch(sample: Sample) -> float:
    """Width of a character as a share of the height."""
    height, width = sample.image.shape[:2]
    return float(width / height / max(len(sample.text), 1))


ODDITIES: dict[str, Callable[[Sample], float]] = {
    "narrowest characters": lambda sample: _pitch(sample) if sample.text else np.inf,
    "widest characters": lambda sample: -_pitch(sample),
    "longest labels": lambda sample: -len(sample.text),
    "fewest pixels": lambda sample: sample.image.shape[0] * sample.image.shape[1],
}
"""What is odd about a sample → a figure that is least for the oddest."""


@dataclass
class Readable:
    """The samples of a store one after the other, with None for those whose image is damaged."""

    store: Store
    num_damaged: int = 0

    def samples(self, indices: Iterable[int]) -> Iterator[Sample | None]:
        """Those at some places."""
        for index in indices:
            try:
                yield self.store.sample(index)
            except ImageError:
                self.num_damaged += 1
                yield None

    def told(self) -> str:
        """What to say of them; empty where there are none."""
        num = self.num_damaged
        return (
            f"{num:,} sample{'s' if num != 1 else ''} with a damaged image left out; hunmin data verify names them"
            if num
            else ""
        )


@dataclass
class Gallery:
    """What is kept; its size does not depend on how many samples pass by."""

    seed: int = 0
    """Of the choice among the samples of a kind."""
    kinds: dict[str, list[Seen]] = field(default_factory=dict)
    """Kind → a random choice of its samples; `MOST_KINDS` kinds, those that come first."""
    _num_of_kind: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    _heaps: dict[str, list[tuple[float, int, Seen]]] = field(default_factory=dict)

    def watch(self, samples: Iterable[Sample | None]) -> Iterator[Sample]:
        """Pass on all samples, in order, and keep some; None stands for one that cannot be read, and is left out."""
        rng = np.random.default_rng(self.seed)
        for index, sample in enumerate(samples):
            if sample is None:
                continue
            seen = Seen(index, sample)
            self._keep_of_kind(seen, rng)
            for name, figure in ODDITIES.items():
                heap = self._heaps.setdefault(name, [])
                # The heap's top is the least odd of those kept; of equals the first stays.
                entry = (-figure(sample), -index, seen)
                if len(heap) < NUM_ODD:
                    heapq.heappush(heap, entry)
                elif entry > heap[0]:
                    heapq.heapreplace(heap, entry)
            yield sample

    def oddest(self, name: str) -> list[Seen]:
        """The samples kept for one of `ODDITIES`, the oddest first."""
        return [seen for _, _, seen in sorted(self._heaps.get(name, []), reverse=True)]

    def _keep_of_kind(self, seen: Seen, rng: np.random.Generator) -> None:
        """Each sample of a kind ends up kept with the same chance."""
        kind = seen.sample.kind
        if kind not in self.kinds and len(self.kinds) == MOST_KINDS:
            return
        kept = self.kinds.setdefault(kind, [])
        self._num_of_kind[kind] += 1
        if len(kept) < PER_KIND:
            kept.append(seen)
        else:
            place = int(rng.integers(self._num_of_kind[kind]))
            if place < PER_KIND:
                kept[place] = seen
