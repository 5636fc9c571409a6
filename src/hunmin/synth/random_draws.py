"""Draws from a generator, in the words that the renderer thinks in.

`Generator.uniform` and `.integers` cost 2–3 µs a call and one line needs some sixty draws, so everything here rests on
`Generator.random`, which costs a tenth of that.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import TypeVar

import numpy as np
from numpy.random import Generator as Rng

Item = TypeVar("Item")

# No sample for training has this number behind its others, so whatever the seeds, no held-out one begins where it does.
_HELD_OUT = 101


def rng_of(key: Sequence[int], *, held_out: bool) -> Rng:
    """The generator of one sample, page or order.

    Held-out samples have generators of their own: with the same one a date, an amount or a phone number, which no half of the
    words tells apart, would come out as it does in training.

    Args:
        key: what tells it from all others of its half, such as seed, epoch and index.
        held_out: which half.
    """
    return np.random.default_rng([*key, _HELD_OUT] if held_out else [*key])


def sample_prefix(*, held_out: bool) -> str:
    """How the ids of samples of a half begin."""
    return "synth/held_out/" if held_out else "synth/"


def between(rng: Rng, low: float, high: float) -> float:
    """A uniform float in [low, high)."""
    return low + (high - low) * rng.random()


def whole(rng: Rng, low: int, high: int) -> int:
    """A uniform integer in [low, high], both ends included."""
    return low + int((high - low + 1) * rng.random())


def chance(rng: Rng, probability: float) -> bool:
    """True with the given probability."""
    return rng.random() < probability


def pick(rng: Rng, items: Sequence[Item]) -> Item:
    """One of `items`, each as likely as the next."""
    return items[int(len(items) * rng.random())]


def weighted(rng: Rng, items: Sequence[Item], weights: Sequence[float]) -> Item:
    """One of `items`, as likely as its weight; weights need not add up to 1."""
    steps = list(accumulate(weights))
    draw = steps[-1] * rng.random()
    for item, step in zip(items, steps, strict=True):
        if draw < step:
            return item
    return items[-1]
