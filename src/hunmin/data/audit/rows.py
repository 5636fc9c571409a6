"""Whether a reading is the label of another row, and whether the rows stand shifted against each other."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

from hunmin.data.audit.distance import FEWEST_JAMO, NARROW, WIDE, Limits, comparable, distance
from hunmin.data.audit.lines import ReadLine
from hunmin.data.store.lmdb_store import Store

LABELS_COMPARED: Final = 50_000
"""Labels that readings are compared with: all of a store, or those around the lines that were read and some by lot."""
AROUND: Final = 50
"""Rows up and down of a line whose labels are compared in a larger store."""
LEAST_VOTES: Final = 3
"""Lines that a shift must show in."""
LEAST_SHARE: Final = 0.3
"""Share of the lines that fit another row for which it is the same number of rows away; by chance it is a few hundredths."""
MOST_ROWS: Final = 100
"""A text that more rows have tells nothing about where its own row is."""
PAIRS: Final = 2_000
"""Pairs of labels that are compared with each other."""
LEAST_TOLD_APART: Final = 0.9
"""Share of the pairs that wide limits must tell apart."""
_BLOCK: Final = 256
"""Readings compared with all labels at once."""


def compared_labels(store: Store, rows: Sequence[int], seed: int) -> dict[int, str]:
    """Labels by row that readings of `rows` are held against."""
    if len(store) <= LABELS_COMPARED:
        return dict(enumerate(store.labels()))
    near = {row + step for row in rows for step in range(-AROUND, AROUND + 1)}
    some = np.random.default_rng([seed, len(store)]).choice(len(store), LABELS_COMPARED, replace=False)
    chosen = [row for row in (*sorted(near), *some.tolist()) if 0 <= row < len(store)]
    return {row: store.note(row).text for row in dict.fromkeys(chosen[:LABELS_COMPARED])}


def fitting_rows(lines: Sequence[ReadLine], labels: Mapping[int, str], limits: Limits) -> list[list[int]]:
    """For each line the other rows whose label is what was read there, if its own is not; the best ones only."""
    by_key: defaultdict[str, list[int]] = defaultdict(list)
    for row, label in labels.items():
        by_key[comparable(label)].append(row)
    keys = [key for key in by_key if len(key) >= FEWEST_JAMO]
    asked = [
        place
        for place, line in enumerate(lines)
        if line.distance > limits.disagrees and len(line.text_key) >= FEWEST_JAMO
    ]
    found: list[list[int]] = [[] for _ in lines]
    for start in range(0, len(asked), _BLOCK):
        block = asked[start : start + _BLOCK]
        texts = [lines[place].text_key for place in block]
        distances = cdist(
            texts, keys, scorer=Levenshtein.normalized_distance, score_cutoff=limits.fits, dtype=np.float32
        )
        for place, row in zip(block, distances, strict=True):
            best = float(row.min(initial=1.0))
            if best <= limits.fits:
                found[place] = [one for key in np.flatnonzero(row <= best) for one in by_key[keys[int(key)]]]
    return found


def shifts(lines: Sequence[ReadLine], fitting: Sequence[Sequence[int]]) -> list[int]:
    """By how many rows labels stand too late, one number for each stretch of rows, the commonest first; empty = not shifted."""
    left = {
        line.row: {row - line.row for row in rows}
        for line, rows in zip(lines, fitting, strict=True)
        if rows and len(rows) <= MOST_ROWS
    }
    needed = max(LEAST_VOTES, LEAST_SHARE * len(left))
    found: list[int] = []
    while votes := Counter(step for steps in left.values() for step in steps):
        # Of equally frequent ones the nearest.
        step = max(votes, key=lambda step: (votes[step], -abs(step)))
        if votes[step] < needed:
            break
        found.append(step)
        left = {row: steps for row, steps in left.items() if step not in steps}
    return found


def chance_agreement(labels: Mapping[int, str]) -> float:
    """The share of lines that would have their own text if all labels were dealt out anew."""
    counts = Counter(labels.values())
    return sum(num * num for num in counts.values()) / max(counts.total(), 1) ** 2


@dataclass(frozen=True)
class Variety:
    """How different the labels of a store are from one another."""

    limits: Limits
    """What suits them."""
    told_apart: float
    """The share of pairs of different labels that are told apart by that."""


def variety(labels: Mapping[int, str], seed: int) -> Variety:
    """Compare labels in pairs by lot."""
    texts = list(labels.values())
    pairs = np.random.default_rng([seed, len(texts)]).integers(len(texts), size=(PAIRS, 2)).tolist() if texts else []
    different = [(texts[one], texts[other]) for one, other in pairs if texts[one] != texts[other]]
    distances = np.array([distance(comparable(one), comparable(other)) for one, other in different])
    if not len(distances):
        return Variety(WIDE, 1.0)
    limits = WIDE if (distances > WIDE.disagrees).mean() >= LEAST_TOLD_APART else NARROW
    return Variety(limits, max(float((distances > limits.disagrees).mean()), 1 / PAIRS))
