"""How far predictions are from labels: counts first, ratios last.

Add the counts of all samples, then ask the sum for its rates. Edits are Levenshtein distances over Unicode characters
in NFC, so one wrong syllable is one edit; the jamo counts see how much of that syllable was wrong.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import zip_longest

from rapidfuzz.distance import LCSseq, Levenshtein

from hunmin.text.hangul import to_jamo
from hunmin.text.normalize import fold_for_comparison, normalize_label


@dataclass(frozen=True)
class EditCounts:
    """Counts over any number of samples; `+` joins them, `EditCounts()` is the empty sum."""

    num_samples: int = 0
    """Pairs of prediction and label."""
    num_exact: int = 0
    """Pairs that are equal."""
    num_edits: int = 0
    """Insertions, deletions and substitutions of characters, summed."""
    num_characters: int = 0
    """Characters of the labels."""
    sum_one_minus_ned: float = 0.0
    """1 - edits / max(length of prediction, length of label), summed; a pair of empty texts counts 1."""
    num_jamo_edits: int = 0
    """Edits after every syllable was spelled out in jamo."""
    num_jamo: int = 0
    """Characters of the labels, spelled out."""

    def __add__(self, other: "EditCounts") -> "EditCounts":
        """The counts of both together."""
        return EditCounts(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    @property
    def cer(self) -> float:
        """Character error rate: edits per label character, above 1 where a prediction is much too long."""
        return _rate(self.num_edits, self.num_characters)

    @property
    def jamo_error_rate(self) -> float:
        """Edits per label character where both are spelled out in jamo: 한 read as 힌 costs 1 of 3."""
        return _rate(self.num_jamo_edits, self.num_jamo)

    @property
    def exact_match(self) -> float:
        """Share of samples that are right in full; 0 without samples."""
        return self.num_exact / max(self.num_samples, 1)

    @property
    def one_minus_ned(self) -> float:
        """Mean over samples of one minus the normalised edit distance; 0 without samples."""
        return self.sum_one_minus_ned / max(self.num_samples, 1)


def count_edits(prediction: str, label: str, *, spaces: bool = True, fold: bool = False) -> EditCounts:
    """Compare one prediction with its label.

    Args:
        prediction: what was read; brought into the normal form of labels first.
        label: what stands there, likewise.
        spaces: False drops every space of both, for texts whose spacing is ambiguous.
        fold: True counts characters that print alike (`·` and `ㆍ`, say) as equal.

    Returns:
        The counts of this one sample.
    """
    normalize = fold_for_comparison if fold else normalize_label
    prediction, label = normalize(prediction), normalize(label)
    if not spaces:
        prediction, label = prediction.replace(" ", ""), label.replace(" ", "")
    num_edits = Levenshtein.distance(prediction, label)
    prediction_jamo, label_jamo = to_jamo(prediction), to_jamo(label)
    return EditCounts(
        num_samples=1,
        num_exact=int(num_edits == 0),
        num_edits=num_edits,
        num_characters=len(label),
        sum_one_minus_ned=1 - num_edits / max(len(prediction), len(label), 1),
        num_jamo_edits=Levenshtein.distance(prediction_jamo, label_jamo) if num_edits else 0,
        num_jamo=len(label_jamo),
    )


@dataclass(frozen=True)
class Column:
    """One column of a label and a prediction laid side by side."""

    wanted: str
    """A character of the label; empty where the prediction has one too many."""
    read: str
    """A character of the prediction; empty where it lacks one."""


def align(prediction: str, label: str) -> tuple[Column, ...]:
    """Lay a prediction beside its label so that as few columns as possible differ: their Levenshtein distance.

    Args:
        prediction: what was read.
        label: what stands there. Neither is normalised here.

    Returns:
        One column a character that is right, wrong, missing or too many; of equally short ways always the same one.
    """
    columns: list[Column] = []
    for block in Levenshtein.opcodes(label, prediction):
        wanted = label[block.src_start : block.src_end]
        read = prediction[block.dest_start : block.dest_end]
        columns += (Column(one, other) for one, other in zip_longest(wanted, read, fillvalue=""))
    return tuple(columns)


@dataclass(frozen=True)
class HitCounts:
    """How many of some things, spaces or words, were wanted, read and right; `+` joins them."""

    num_wanted: int = 0
    """In the labels."""
    num_read: int = 0
    """In the predictions."""
    num_right: int = 0
    """In both, at the same place of the alignment."""

    def __add__(self, other: "HitCounts") -> "HitCounts":
        """The counts of both together."""
        return HitCounts(
            self.num_wanted + other.num_wanted, self.num_read + other.num_read, self.num_right + other.num_right
        )

    @property
    def precision(self) -> float:
        """Share of those read that stand there; 1 where none was read, for then none is wrong."""
        return self.num_right / self.num_read if self.num_read else 1.0

    @property
    def recall(self) -> float:
        """Share of those that stand there that were read; 1 where there is none to miss."""
        return self.num_right / self.num_wanted if self.num_wanted else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; 1 where there was nothing to read and nothing was read."""
        both = self.num_read + self.num_wanted
        return 2 * self.num_right / both if both else 1.0


def count_spaces(columns: Iterable[Column]) -> HitCounts:
    """The spaces of one aligned pair."""
    pairs = [(column.wanted == " ", column.read == " ") for column in columns]
    return HitCounts(sum(wanted for wanted, _ in pairs), sum(read for _, read in pairs), sum(w and r for w, r in pairs))


def count_words(prediction: str, label: str) -> HitCounts:
    """The words (eojeol: what stands between spaces) of a label that were read whole and in order.

    Most pairs of equal words that can be had without crossing: the longest common subsequence. A word that was read with a
    space inside is none of the label's words, so this counts spaces, too.

    Args:
        prediction: what was read.
        label: what stands there. Neither is normalised here.
    """
    read, wanted = prediction.split(), label.split()
    return HitCounts(len(wanted), len(read), LCSseq.similarity(read, wanted))


def _rate(num_edits: int, num_characters: int) -> float:
    """Edits per character; where no label has a character, 0 if nothing was read and 1 if something was."""
    if num_characters == 0:
        return float(num_edits > 0)
    return num_edits / num_characters


def label_entropy(labels: Iterable[str]) -> float:
    """What a model pays for each token if it knows how frequent every character is and nothing else.

    A cross-entropy above this means that nothing was learned yet; one that stays at it, that the image is not used.

    Args:
        labels: texts; each ends with an `<eos>`, which counts as a token.

    Returns:
        Nats a token, 0 without labels.
    """
    counts = Counter(token for label in labels for token in (*label, "<eos>"))
    total = counts.total()
    return -sum(count / total * math.log(count / total) for count in counts.values())


def bigram_entropy(labels: Iterable[str]) -> float:
    """What a model pays for each token if it knows how frequent every pair of neighbours is and nothing else.

    A cross-entropy between this and `label_entropy` can be had from the labels alone, without a look at any image.

    Args:
        labels: texts; each begins after a `<bos>` and ends with an `<eos>`.

    Returns:
        Nats a token given the one before, 0 without labels.
    """
    pairs = Counter(pair for label in labels for pair in zip(("<bos>", *label), (*label, "<eos>"), strict=True))
    firsts: Counter[str] = Counter()
    for (first, _), count in pairs.items():
        firsts[first] += count
    return -sum(count / pairs.total() * math.log(count / firsts[first]) for (first, _), count in pairs.items())
