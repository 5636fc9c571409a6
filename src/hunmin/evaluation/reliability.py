"""Whether a confidence means what it says.

A confidence is calibrated if of all lines read with confidence 0.9 nine in ten are right. Reports count a line as right if it
says what its label says, spaces aside.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NUM_BINS = 15
PRECISION = 0.99
"""Share of right lines that the threshold of a report promises."""


@dataclass(frozen=True)
class Bin:
    """Lines of similar confidence."""

    num_lines: int
    mean_confidence: float
    share_right: float


@dataclass(frozen=True)
class Threshold:
    """Where to cut: the lines from this confidence on are right often enough."""

    confidence: float
    num_kept: int
    num_right: int


@dataclass(frozen=True)
class Reliability:
    """How confidence and being right go together."""

    bins: tuple[Bin, ...]
    """From the least to the most confident lines, as many lines in each as can be."""
    ece: float
    """Expected calibration error, in 0..1: the bins' |share right - mean confidence|, weighted by their lines."""
    threshold: Threshold | None
    """The lowest confidence from which on `PRECISION` of the lines are right; None if there is no such."""


def reliability(confidences: Sequence[float], right: Sequence[bool]) -> Reliability:
    """Compare confidences with what came true.

    Bins hold equally many lines (Nguyen and O'Connor 2015, "Posterior calibration and exploratory analysis for natural language
    processing models"): recognizers are sure of most lines, so bins of equal width (Guo et al. 2017) would be nearly empty but
    for the last. Lines of the same confidence count the same, whichever bin they fall into, so their order never matters.

    Args:
        confidences: (N,) in 0..1.
        right: (N,) whether each line was read right.

    Returns:
        At most `NUM_BINS` bins; without lines none, an error of 0 and no threshold.
    """
    order = np.argsort(np.asarray(confidences, dtype=np.float64), kind="stable")
    sure = np.asarray(confidences, dtype=np.float64)[order]
    hits = np.asarray(right, dtype=np.float64)[order]
    if not len(sure):
        return Reliability((), 0.0, None)
    _, ties = np.unique(sure, return_inverse=True)
    shares = (np.bincount(ties, hits) / np.bincount(ties))[ties]
    parts = np.array_split(np.arange(len(sure)), min(NUM_BINS, len(sure)))
    bins = tuple(Bin(len(part), float(sure[part].mean()), float(shares[part].mean())) for part in parts)
    ece = sum(one.num_lines * abs(one.share_right - one.mean_confidence) for one in bins) / len(sure)
    return Reliability(bins, ece, _threshold(sure, hits))


def _threshold(sure: NDArray[np.float64], hits: NDArray[np.float64]) -> Threshold | None:
    """`sure` rises; a cut is possible only below the first of several equal confidences."""
    num_kept = np.arange(len(sure), 0, -1)
    num_right = hits[::-1].cumsum()[::-1]
    can_cut = np.concatenate(([True], sure[1:] > sure[:-1]))
    good = np.flatnonzero(can_cut & (num_right >= PRECISION * num_kept))
    if not len(good):
        return None
    first = good[0]
    return Threshold(float(sure[first]), int(num_kept[first]), int(num_right[first]))
