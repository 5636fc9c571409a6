"""Draws from a generator, in the words that the renderer thinks in.

`Generator.uniform` and `.integers` cost 2–3 µs a call and one line needs some sixty draws, so everything here rests on
`Generator.random`, which costs a tenth of that.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import TypeVar

from numpy.random import Generator as Rng

Item = TypeVar("Item")


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
