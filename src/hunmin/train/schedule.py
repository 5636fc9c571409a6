"""What changes while a run goes on: the learning rate, the longest line, the memory of the averaged weights."""

import math
from dataclasses import dataclass


def learning_rate_factor(step: int, warmup_steps: int, max_steps: int) -> float:
    """One cycle: linear from 0 to 1 during the warm-up, then a half cosine to 0 at `max_steps`.

    Args:
        step: finished steps.
        warmup_steps: length of the rise.
        max_steps: length of the run.

    Returns:
        0..1, to multiply the peak rate with.
    """
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    progress = (step - warmup_steps) / max(1, max_steps - warmup_steps)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


@dataclass(frozen=True)
class Curriculum:
    """How many characters generated line `index` may have: a straight rise over the first `share` of the run.

    A class, not a closure: it travels to the loader's worker processes.
    """

    num_samples: int
    """Lines in the whole run."""
    start_length: int
    """At the start."""
    max_length: int
    """From `share` of the run on."""
    share: float
    """0 switches the rise off."""

    def __call__(self, index: int) -> int:
        """`start_length` … `max_length` for line `index` of the run."""
        if self.share <= 0 or self.num_samples <= 0:
            return self.max_length
        progress = min(1.0, index / (self.share * self.num_samples))
        return round(self.start_length + progress * (self.max_length - self.start_length))


def averaging_decay(num_averaged: int, highest: float) -> float:
    """How much of the averaged weights stays when one more step goes in.

    With a fixed decay of 0.999 the random initial weights would still weigh 37 % after 1,000 steps, and early validation would
    measure them. So the decay rises as (1 + n) / (10 + n) until it reaches its value.

    Args:
        num_averaged: how many steps went into the average (n).
        highest: the value that is reached.

    Returns:
        0..`highest`.
    """
    return min(highest, (1 + num_averaged) / (10 + num_averaged))
