"""Predictions against labels: counts for each group of lines, rates from the counts, and how sure to be of the rates."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hunmin.evaluation.breakdown import GROUPINGS, ORDER
from hunmin.evaluation.confusion import AlignedLine, Confusion, character_confusions, jamo_confusions
from hunmin.evaluation.reliability import Reliability, reliability
from hunmin.metrics import EditCounts, HitCounts, align, count_edits, count_spaces, count_words
from hunmin.text.normalize import fold_for_comparison, normalize_label

NUM_RESAMPLES = 1000
LEVEL = 0.95
"""Of the confidence intervals."""


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
    """Counts over any number of lines; `+` joins them."""

    spaced: EditCounts = field(default_factory=EditCounts)
    """Spaces count as characters."""
    unspaced: EditCounts = field(default_factory=EditCounts)
    """Every space removed first."""
    spaces: HitCounts = field(default_factory=HitCounts)
    """The spaces alone."""
    words: HitCounts = field(default_factory=HitCounts)
    """What stands between spaces, right as a whole and in order."""

    def __add__(self, other: "Scores") -> "Scores":
        """The counts of both together."""
        return Scores(
            self.spaced + other.spaced,
            self.unspaced + other.unspaced,
            self.spaces + other.spaces,
            self.words + other.words,
        )

    def rates(self) -> dict[str, float]:
        """All rates in 0..1 (error rates may be above), `_ns` without spaces.

        Returns:
            `exact`, `cer`, `one_minus_ned`, `jamo_error_rate`, the same four with `_ns`, `space_precision`, `space_recall`,
            `word_precision`, `word_recall`, `word_f1`.
        """
        of_edits = {
            f"{name}{suffix}": rate
            for suffix, counts in (("", self.spaced), ("_ns", self.unspaced))
            for name, rate in (
                ("exact", counts.exact_match),
                ("cer", counts.cer),
                ("one_minus_ned", counts.one_minus_ned),
                ("jamo_error_rate", counts.jamo_error_rate),
            )
        }
        of_hits = {
            f"{name}_{rate}": getattr(hits, rate)
            for name, hits in (("space", self.spaces), ("word", self.words))
            for rate in ("precision", "recall")
        }
        return {**of_edits, **of_hits, "word_f1": self.words.f1}


@dataclass(frozen=True)
class ScoredLine:
    """One prediction with its counts."""

    prediction: Prediction
    scores: Scores
    aligned: AlignedLine

    @property
    def is_right(self) -> bool:
        """Whether it says what the label says, spaces aside."""
        return self.scores.unspaced.num_edits == 0


@dataclass(frozen=True)
class Interval:
    """Where a rate lies, with `LEVEL` confidence."""

    low: float
    high: float


@dataclass(frozen=True)
class Report:
    """Everything a set of predictions says about a recognizer."""

    lines: tuple[ScoredLine, ...]
    scores: Scores
    """Of all lines."""
    intervals: Mapping[str, Interval]
    """By bootstrap over lines, of the rates `exact`, `exact_ns`, `cer`, `cer_ns`."""
    breakdowns: Mapping[str, Mapping[str, Scores]]
    """`kind`, `length`, `script` and `frequency`, each with the groups that occur."""
    characters: tuple[Confusion, ...]
    """Mistakes by character, the most frequent first."""
    jamo: tuple[Confusion, ...]
    """Mistakes by jamo within syllables that were read for others."""
    reliability: Reliability | None
    """How far to trust the confidences; None where all lines have the same, as of peers that tell none."""

    def worst(self, num: int) -> list[int]:
        """Indices of the worst lines: by edits a label character, then by how sure the recognizer was; right ones last."""
        return sorted(range(len(self.lines)), key=lambda index: badness(self.lines[index]), reverse=True)[:num]

    def figures(self) -> dict[str, float]:
        """Flat names for logs: all of `Scores.rates`, `ece`, and of each group `script/hangul/exact_ns` and `…/cer_ns`."""
        flat = dict(self.scores.rates())
        if self.reliability:
            flat["ece"] = self.reliability.ece
        for breakdown, groups in self.breakdowns.items():
            for group, scores in groups.items():
                rates = scores.rates()
                if group:
                    flat |= {f"{breakdown}/{group}/{name}": rates[name] for name in ("exact_ns", "cer_ns")}
        return flat

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without the lines."""
        return {
            "lines": len(self.lines),
            "rates": _rounded(self.scores.rates()),
            "intervals": {name: [round(one.low, 6), round(one.high, 6)] for name, one in self.intervals.items()},
            "by": {
                name: {
                    group: {"lines": one.spaced.num_samples, **_rounded(one.rates())} for group, one in groups.items()
                }
                for name, groups in self.breakdowns.items()
            },
            "confidence": self.reliability and _reliability_values(self.reliability),
            "confusions": {
                "characters": [_confusion_values(one) for one in self.characters],
                "jamo": [{"part": one.part, **_confusion_values(one)} for one in self.jamo],
            },
        }


def badness(line: ScoredLine) -> tuple[float, float]:
    """Sorts lines: edits a label character, then confidence, for being sure of a mistake is worse than doubting it."""
    edits = line.scores.spaced.num_edits
    return edits / max(line.scores.spaced.num_characters, 1), line.prediction.confidence if edits else 0.0


def score_line(prediction: Prediction, *, fold: bool = False) -> ScoredLine:
    """Count one prediction.

    Args:
        prediction: with its label.
        fold: whether characters that print alike count as the same, as `text.normalize.fold_for_comparison` maps them.
    """
    normalize = fold_for_comparison if fold else normalize_label
    label, text = normalize(prediction.label), normalize(prediction.text)
    columns = align(text, label)
    spaced, unspaced = (count_edits(text, label, spaces=spaces) for spaces in (True, False))
    scores = Scores(spaced, unspaced, count_spaces(columns), count_words(text, label))
    return ScoredLine(prediction, scores, AlignedLine(label, text, columns))


def build_report(predictions: Iterable[Prediction], *, fold: bool = False) -> Report:
    """Score predictions.

    Args:
        predictions: what was read; none at all gives rates of 0 and no groups.
        fold: as for `score_line`.
    """
    lines = tuple(score_line(one, fold=fold) for one in predictions)
    groups: dict[str, dict[str, list[ScoredLine]]] = {name: {} for name in ("kind", *GROUPINGS)}
    for line in lines:
        groups["kind"].setdefault(line.prediction.kind, []).append(line)
        for name, group_of in GROUPINGS.items():
            groups[name].setdefault(group_of(line.aligned.label), []).append(line)
    aligned = [line.aligned for line in lines]
    confidences = [line.prediction.confidence for line in lines]
    return Report(
        lines=lines,
        scores=_sum(lines),
        intervals=bootstrap(lines),
        breakdowns={
            name: {group: _sum(members[group]) for group in sorted(members, key=_position)}
            for name, members in groups.items()
        },
        characters=character_confusions(aligned),
        jamo=jamo_confusions(aligned),
        reliability=reliability(confidences, [line.is_right for line in lines]) if len(set(confidences)) > 1 else None,
    )


def bootstrap(lines: Sequence[ScoredLine], seed: int = 0) -> dict[str, Interval]:
    """Percentile intervals from `NUM_RESAMPLES` draws of as many lines, with replacement (Efron 1979).

    Where no line or no character is wrong, or all are, draws say nothing: the bound is that of Clopper and Pearson (1934).

    Lines are drawn one by one, as if they were independent. Lines of one page are not, so the truth is somewhat wider.

    Args:
        lines: none gives intervals from 0 to 0.
        seed: the same seed and lines give the same intervals.

    Returns:
        Intervals of `exact`, `exact_ns`, `cer` and `cer_ns`.
    """
    names = ("exact", "exact_ns", "cer", "cer_ns")
    if not lines:
        return {name: Interval(0.0, 0.0) for name in names}
    counts = np.array([_resampled_counts(line.scores) for line in lines], dtype=np.float64)
    rng = np.random.default_rng([seed, len(lines)])
    drawn = np.empty((NUM_RESAMPLES, len(names)))
    for row in drawn:
        exact, exact_ns, edits, characters, edits_ns, characters_ns = counts[
            rng.integers(0, len(lines), len(lines))
        ].sum(axis=0)
        row[:] = (
            exact / len(lines),
            exact_ns / len(lines),
            edits / max(characters, 1),
            edits_ns / max(characters_ns, 1),
        )
    tail = (1 - LEVEL) / 2
    lows, highs = np.quantile(drawn, (tail, 1 - tail), axis=0)
    # All lines right, or none, and every draw is the same: then the exact bounds of the binomial stand in.
    totals = counts.sum(axis=0)
    trials = np.maximum([len(lines), len(lines), totals[3], totals[5]], 1)
    hits = totals[[0, 1, 2, 4]]
    lows = np.where(hits == trials, np.minimum(lows, tail ** (1 / trials)), lows)
    highs = np.where(hits == 0, 1 - tail ** (1 / trials), highs)
    return {name: Interval(float(low), float(high)) for name, low, high in zip(names, lows, highs, strict=True)}


def _resampled_counts(scores: Scores) -> tuple[int, ...]:
    spaced, unspaced = scores.spaced, scores.unspaced
    return (
        spaced.num_exact,
        unspaced.num_exact,
        spaced.num_edits,
        spaced.num_characters,
        unspaced.num_edits,
        unspaced.num_characters,
    )


def _sum(lines: Iterable[ScoredLine]) -> Scores:
    return sum((line.scores for line in lines), Scores())


def _position(group: str) -> tuple[int, str]:
    return (ORDER.index(group) if group in ORDER else 0, group)


def _rounded(rates: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 6) for name, value in rates.items()}


def _reliability_values(one: Reliability) -> dict[str, Any]:
    cut = one.threshold
    return {
        "ece": round(one.ece, 6),
        "threshold": cut and {"confidence": cut.confidence, "kept": cut.num_kept, "right": cut.num_right},
        "bins": [
            {"lines": bin_.num_lines, "confidence": round(bin_.mean_confidence, 6), "right": round(bin_.share_right, 6)}
            for bin_ in one.bins
        ],
    }


def _confusion_values(one: Confusion) -> dict[str, Any]:
    examples = [{"label": example.line.label, "prediction": example.line.prediction} for example in one.examples]
    return {"wanted": one.wanted, "read": one.read, "count": one.count, "examples": examples}
