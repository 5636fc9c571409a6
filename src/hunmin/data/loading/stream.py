"""Training data as a pure function of a seed and a position: no matter how many workers, nor where a run resumed.

Position p of a stream is one sample; positions never end, a finite source comes round in a new order. Consecutive
positions, `chunk_batches * batch_size` of them, make a chunk: its samples are sorted by width and cut into batches, so
that little of a batch is padding, and the batches are shuffled. A worker builds whole chunks, and no chunk needs those
before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hunmin.data.clean import Ledger, Rules
from hunmin.data.loading.padding import TIGHT, Padding
from hunmin.data.sample import Sample
from hunmin.data.store.lmdb_store import Store
from hunmin.errors import ImageError, InputError

ATTEMPTS = 100
"""How many samples are tried at one position before the source is given up as unfit."""
MIX_BLOCK = 10_000
"""Positions after which a mix has taken exactly its share from every source."""

# What random numbers are for goes into their seed, so that no two purposes share a sequence.
_ORDER, _REPLACEMENT, _BATCHES, _MIX = range(1, 5)


class Source(Protocol):
    """Where samples come from: a store, a generator, a mix of sources."""

    @property
    def name(self) -> str:
        """What messages and reports call it."""

    @property
    def num_samples(self) -> int | None:
        """How many samples it has; None for a generator, which has any number."""

    def sample(self, epoch: int, index: int) -> Sample:
        """Sample `index`, always the same for the same arguments; a store gives the same in every epoch.

        Raises:
            ImageError: the sample's image cannot be used.
        """


def check_not_empty(source: Source) -> None:
    """Refuse a source without samples.

    Raises:
        InputError: it has none.
    """
    if source.num_samples == 0:
        raise InputError(f"{source.name}: holds no samples, so nothing can be trained on it; remove it or fill it")


@dataclass(frozen=True)
class StoreSource:
    """A store as a source."""

    store: Store

    @property
    def name(self) -> str:
        """The path of the store's folder: every import makes a `train`."""
        return str(self.store.path)

    @property
    def num_samples(self) -> int:
        """The samples in the store."""
        return len(self.store)

    def sample(self, epoch: int, index: int) -> Sample:
        """Read sample `index`; `epoch` changes nothing."""
        return self.store.sample(index)


@dataclass(frozen=True)
class SomeOf:
    """So many samples of a source, such as a validation set: the first of a generator, evenly spaced ones of a store.

    A store has its samples in the order in which they were imported, so that the first ones would be of one kind.
    """

    source: Source
    num_samples: int

    @property
    def name(self) -> str:
        """The name of the source."""
        return self.source.name

    def sample(self, epoch: int, index: int) -> Sample:
        """Sample `index` of these."""
        num_all = self.source.num_samples
        return self.source.sample(epoch, index if num_all is None else index * num_all // self.num_samples)


@dataclass(frozen=True)
class ChangedSource:
    """What sources have in common that change the samples of another, sample i of an epoch always in the same way."""

    source: Source

    @property
    def name(self) -> str:
        """The name of the source."""
        return self.source.name

    @property
    def num_samples(self) -> int | None:
        """The samples of the source."""
        return self.source.num_samples


@dataclass(frozen=True)
class MixedSource:
    """Several sources in one endless stream, each with its share.

    In every `MIX_BLOCK` positions each source has exactly its share, in random order. Each source is walked through on
    its own: a finite one gives every sample once before any a second time, a generator gives indices 0, 1, 2 …

    Raises:
        InputError: a source is empty, or its weight is negative or too small for it to be taken at all.
    """

    sources: Sequence[Source]
    weights: Sequence[float]
    seed: int

    def __post_init__(self) -> None:
        if len(self.sources) != len(self.weights) or min(self.weights, default=0) <= 0:
            raise InputError(
                f"data.sources: {len(self.sources)} sources, weights {list(self.weights)}; give each a weight above 0"
            )
        for source, weight, count in zip(self.sources, self.weights, self._counts, strict=True):
            if count == 0:
                raise InputError(
                    f"data.sources: weight {weight} of {source.name!r} is next to nothing; raise or remove it"
                )
            check_not_empty(source)

    @property
    def name(self) -> str:
        """The names of all sources."""
        return "+".join(source.name for source in self.sources)

    @property
    def num_samples(self) -> None:
        """A mix never ends."""
        return None

    def sample(self, epoch: int, index: int) -> Sample:
        """The sample at position `index`; another `epoch` replaces it by another one of the same source."""
        block, offset = divmod(index, MIX_BLOCK)
        which, turn = (int(values[offset]) for values in _mix_block(self._counts, self.seed, block))
        return draw(self.sources[which], self.seed + which, block * self._counts[which] + turn, epoch)

    @cached_property
    def _counts(self) -> tuple[int, ...]:
        """Positions of each source in a block, by the largest remainder."""
        exact = np.asarray(self.weights) / sum(self.weights) * MIX_BLOCK
        counts = np.floor(exact).astype(int)
        counts[np.argsort(counts - exact, kind="stable")[: MIX_BLOCK - counts.sum()]] += 1
        return tuple(counts.tolist())


@lru_cache(maxsize=4)
def _mix_block(counts: tuple[int, ...], seed: int, block: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each position of a block, (MIX_BLOCK,) int64: its source, and how many positions of that came before."""
    which = np.repeat(np.arange(len(counts)), counts)
    np.random.default_rng([seed, _MIX, block]).shuffle(which)
    turn = np.empty_like(which)
    for source, count in enumerate(counts):
        turn[which == source] = np.arange(count)
    return which, turn


# Enough for two epochs of eight stores; an order of 5 million samples takes 20 MB.
@lru_cache(maxsize=16)
def _order(num_samples: int, seed: int, epoch: int) -> NDArray[np.uint32]:
    return np.random.default_rng([seed, _ORDER, epoch]).permutation(np.arange(num_samples, dtype=np.uint32))


def draw(source: Source, seed: int, position: int, attempt: int = 0) -> Sample:
    """The sample at `position` of the endless walk through `source`.

    A finite source is shuffled anew in every epoch; a generator is asked for index = `position`.

    Args:
        source: what to draw from.
        seed: of the shuffling.
        position: from 0, without end.
        attempt: above 0, another sample in the place of one that was unfit: a random one of a finite source, the same
            index in epoch `attempt` of a generator (which may plan its work by the index).

    Raises:
        ImageError: the sample's image cannot be used.
    """
    if source.num_samples is None:
        return source.sample(attempt, position)
    epoch, offset = divmod(position, source.num_samples)
    if attempt == 0:
        index = int(_order(source.num_samples, seed, epoch)[offset])
    else:
        index = int(np.random.default_rng([seed, _REPLACEMENT, position, attempt]).integers(source.num_samples))
    return source.sample(epoch, index)


@dataclass(frozen=True)
class SampleChunk:
    """The samples of `chunk_batches` batches."""

    batches: list[list[Sample]]
    ledger: Ledger
    """What was dropped on the way; a dropped sample is replaced, so every batch is full."""


@dataclass(frozen=True)
class BatchStream:
    """An endless, seeded sequence of batches of similar width.

    Raises:
        InputError: the source is empty.
    """

    source: Source
    rules: Rules
    batch_size: int
    seed: int
    chunk_batches: int = 8
    """Batches sorted by width together: more save padding, fewer give the first batch sooner and take less memory."""
    padding: Padding = TIGHT

    def __post_init__(self) -> None:
        check_not_empty(self.source)

    def chunk(self, number: int) -> SampleChunk:
        """Chunk `number`, from 0, without end.

        Raises:
            InputError: the source has a character that the charset lacks, or hardly anything that is fit.
        """
        ledger = Ledger()
        size = self.chunk_batches * self.batch_size
        samples = [self._fit(position, ledger) for position in range(number * size, (number + 1) * size)]
        samples.sort(key=lambda sample: self.rules.spec.scaled_width_px(sample.image.shape[1], sample.image.shape[0]))
        batches = [samples[start : start + self.batch_size] for start in range(0, size, self.batch_size)]
        turns = np.random.default_rng([self.seed, _BATCHES, number]).permutation(self.chunk_batches)
        return SampleChunk([batches[turn] for turn in turns], ledger)

    def _fit(self, position: int, ledger: Ledger) -> Sample:
        for attempt in range(ATTEMPTS):
            try:
                sample = draw(self.source, self.seed, position, attempt)
            except ImageError as error:
                ledger.drop(error.code, str(error))
                continue
            reason = self.rules.why_unfit(sample)
            if reason is None:
                ledger.keep()
                return sample
            ledger.drop(reason, f"{sample.id}: {sample.text}")
        raise InputError(
            f"{self.source.name}: {ATTEMPTS} samples in a row cannot be trained on ({ledger.summary()}), such as "
            f"{next(iter(ledger.examples.values()))[0]!r}; see hunmin data stats"
        )
