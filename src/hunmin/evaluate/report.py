"""Predictions against labels: counts for each set and kind, rates from the counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hunmin.metrics import EditCounts, count_edits


@dataclass(frozen=True)
class Prediction:
    """What a recognizer read, beside what stands there."""

    label: str
    text: str
    confidence: float
    kind: str = ""
    """What the crop was cut from; reports have a row for each."""
    path: str = ""
    """Which crop it was."""


@dataclass(frozen=True)
class Scores:
    """Counts with and without spaces."""

    spaced: EditCounts
    """Spaces count as characters."""
    unspaced: EditCounts
    """Every space removed first."""

    def rates(self) -> dict[str, float]:
        """All rates in 0..1, `_ns` without spaces: exact_match, cer, one_minus_ned, jamo_error_rate."""
        return {
            f"{name}{suffix}": getattr(counts, name)
            for suffix, counts in (("", self.spaced), ("_ns", self.unspaced))
            for name in ("exact_match", "cer", "one_minus_ned", "jamo_error_rate")
        }


def score(predictions: Iterable[Prediction], *, fold: bool = False) -> dict[str, Scores]:
    """Score predictions, all together under `all`, then kind by kind.

    Args:
        predictions: what was read.
        fold: whether characters that print alike count as the same, as `text.normalize.fold_for_comparison` maps them.
    """
    spaced: dict[str, EditCounts] = {"all": EditCounts()}
    unspaced: dict[str, EditCounts] = {"all": EditCounts()}
    for one in predictions:
        counts = count_edits(one.text, one.label, spaces=True, fold=fold)
        counts_ns = count_edits(one.text, one.label, spaces=False, fold=fold)
        for key in dict.fromkeys(("all", one.kind or "all")):
            spaced[key] = spaced.get(key, EditCounts()) + counts
            unspaced[key] = unspaced.get(key, EditCounts()) + counts_ns
    return {key: Scores(spaced[key], unspaced[key]) for key in ["all", *sorted(spaced.keys() - {"all"})]}


def flatten_rates(scores: Mapping[str, Scores]) -> dict[str, float]:
    """`{"all/cer": 0.12, "sign/cer": …}` for logs and JSON."""
    return {f"{kind}/{name}": rate for kind, one in scores.items() for name, rate in one.rates().items()}
