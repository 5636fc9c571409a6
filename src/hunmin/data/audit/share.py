"""Shares of lines: how sure to be of them, and whether they are more than a reader's mistakes."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

READERS_MISTAKES: Final = 0.005
"""Share of lines in which a sure reading is far from a right label; at most 1 in 470 was measured, see `distance.NARROW`."""
FEWEST_LINES: Final = 3
"""Lines that must show a fault."""
CHANCE: Final = 1e-3
"""Probability, under the reader's mistakes alone, below which lines that disagree are a fault."""
_Z: Final = 1.96
_DRAWS: Final = 4_000
_MOST_CERTAIN: Final = 10
"""Times the lines judged that an interval of all lines of a store may be as narrow as: even then some are misjudged."""


@dataclass(frozen=True)
class Share:
    """Lines of one sort among those that were judged, and what follows for all lines of the store."""

    num: int
    judged: int
    share: float
    """Estimate, 0 to 1."""
    low: float
    high: float
    """The 95 % interval."""

    def __str__(self) -> str:
        return f"{self.share:.1%} ({self.low:.1%} to {self.high:.1%})"


def share_of(num: int, judged: int, num_lines: int) -> Share:
    """A share with its interval (Wilson 1927), narrower the more of a store's lines were judged.

    Args:
        num: lines of the sort.
        judged: lines that were judged, drawn by lot.
        num_lines: of the store.
    """
    if not judged:
        return Share(0, 0, 0.0, 0.0, 1.0)
    n = min(judged * (num_lines - 1) / max(num_lines - judged, 1e-9), _MOST_CERTAIN * judged)
    n = max(n, judged)
    p = num / judged
    middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
    return Share(num, judged, p, max(0.0, middle - half), min(1.0, middle + half))


@dataclass(frozen=True)
class Evidence:
    """What the lines that were read say of a store's labels: counts."""

    sure_right: int
    """The reader is sure, and reads what the label says."""
    sure_wrong: int
    """It is sure, and reads something else."""
    unsure_right: int
    unsure_wrong: int
    """It is not sure, but another explanation fits, such as another row's label."""
    unsure: int
    """It is not sure, and reads something else."""

    @property
    def num(self) -> int:
        """All of them."""
        return self.sure_right + self.sure_wrong + self.unsure_right + self.unsure_wrong + self.unsure


def wrong_share(seen: Evidence, num_lines: int, told_apart: float) -> Share:
    """How many labels of a store are wrong: the posterior of their share, by simulation.

    A wrong label is contradicted with probability `told_apart`; a right one by a sure reader with `READERS_MISTAKES`, by an
    unsure one with a probability q that nobody knows: it follows from the lines themselves, beginning with Beta(1, 3). The share
    has Jeffreys' prior. Lines that were not read are wrong with the same probability.

    Args:
        seen: lines drawn by lot.
        num_lines: of the store.
        told_apart: the share of wrong labels that are recognized as such.
    """
    if not seen.num:
        return Share(0, 0, 0.0, 0.0, 1.0)
    share = ((np.arange(1000) + 0.5) / 1000)[:, None]
    q = ((np.arange(50) + 0.5) / 50)[None, :]
    contradicted, misread = told_apart * share, READERS_MISTAKES
    unsure_bad = seen.unsure + seen.unsure_wrong
    log_posterior = (
        seen.sure_wrong * np.log(contradicted + (1 - share) * misread)
        + seen.sure_right * np.log(share - contradicted + (1 - share) * (1 - misread))
        + unsure_bad * np.log(contradicted + (1 - share) * q)
        + seen.unsure_right * np.log(share - contradicted + (1 - share) * (1 - q))
        - 0.5 * np.log(share * (1 - share))
        + 2 * np.log(1 - q)
    )
    weights = np.exp(log_posterior - log_posterior.max()).ravel()
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(weights), _DRAWS, p=weights / weights.sum())
    share, q = share[chosen // q.size, 0], q[0, chosen % q.size]

    def wrong(num: int, if_wrong: NDArray[np.float64], if_right: NDArray[np.float64]) -> NDArray[np.int64]:
        """Of `num` lines that look alike, those that are wrong."""
        chance = share * if_wrong / (share * if_wrong + (1 - share) * if_right)
        drawn: NDArray[np.int64] = rng.binomial(num, chance)
        return drawn

    apart, error = np.full(_DRAWS, told_apart), np.full(_DRAWS, READERS_MISTAKES)
    num_wrong = (
        seen.unsure_wrong
        + wrong(seen.sure_wrong, apart, error)
        + wrong(seen.unsure, apart, q)
        + wrong(seen.sure_right, 1 - apart, 1 - error)
        + wrong(seen.unsure_right, 1 - apart, 1 - q)
        + rng.binomial(max(num_lines - seen.num, 0), share)
    ) / max(num_lines, seen.num)
    low, high = np.quantile(num_wrong, (0.025, 0.975))
    return Share(seen.sure_wrong + seen.unsure_wrong, seen.num, float(num_wrong.mean()), float(low), float(high))


def is_more_than_chance(num: int, judged: int, rate: float = READERS_MISTAKES) -> bool:
    """Whether so many lines of those judged are hardly a reader's mistakes, each made at `rate`."""
    if num < FEWEST_LINES:
        return False
    log_rate, log_rest = math.log(rate), math.log1p(-rate)
    log_ways = [math.lgamma(judged + 1) - math.lgamma(k + 1) - math.lgamma(judged - k + 1) for k in range(num)]
    fewer = sum(math.exp(ways + k * log_rate + (judged - k) * log_rest) for k, ways in enumerate(log_ways))
    return 1 - fewer < CHANCE
