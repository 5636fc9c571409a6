"""A language model of characters: how likely each is after those before it.

N-grams of up to five characters, each length interpolated with the next shorter one by how many different characters followed
(Witten and Bell 1991, method C). Hashes stand in for the n-grams themselves, as in Talbot and Osborne (2007): of two million, one
unseen n-gram in 500 is taken for another.

Digits count as one character: what stands between syllables matters, not which number it is.

Legend: B histories, C characters, M n-grams, T characters of a line.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

ORDER = 5
"""Characters of the longest n-gram."""
NOTHING = 0
"""Stands in a history for what lies before the line."""
NUM_CHARACTERS = 11_547
"""What an unseen character shares the rest of the probability with: the charset `korean`."""
KEY_BITS = 30
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SPREAD = np.uint64(0xD1B54A32D192ED03)

Codes: TypeAlias = NDArray[np.uint64]
"""Characters as `codes` gives them."""
Hashes: TypeAlias = NDArray[np.uint64]
"""Of n-grams. A history is the hashes of the last 0, 1, … `ORDER` - 1 characters."""
Probabilities: TypeAlias = Callable[[Hashes, Codes], NDArray[np.float64]]
"""Histories (B, ORDER), characters (C,) or (B, C) → the probability of each character after each history, (B, C)."""


def codes(text: str) -> Codes:
    """Code points, with one for all digits: (length of the text,)."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    return np.where((points >= ord("0")) & (points <= ord("9")), np.uint64(ord("0")), points)


def extend(hashes: Hashes, characters: Codes) -> Hashes:
    """The hashes of n-grams with one character more; 0 is that of the empty one."""
    return hashes * _FACTOR + characters + np.uint64(1)


def follow(histories: Hashes, characters: Codes) -> Hashes:
    """Histories with one character more: (B, ORDER) and (B,) → (B, ORDER)."""
    longer = np.zeros_like(histories)
    longer[:, 1:] = extend(histories[:, :-1], characters[:, None])
    return longer


def start() -> Hashes:
    """The history of a line's first character, behind a space with nothing before it: (1, ORDER)."""
    history = np.zeros((1, ORDER), dtype=np.uint64)
    for character in (*[NOTHING] * (ORDER - 2), ord(" ")):
        history = follow(history, np.array([character], dtype=np.uint64))
    return history


def histories_of(line: Codes) -> Hashes:
    """What stands before each character of a line: (T,) → (T, ORDER)."""
    padded = np.concatenate([np.full(ORDER - 2, NOTHING, dtype=np.uint64), codes(" "), line[:-1]])
    rows = np.zeros((len(line), ORDER), dtype=np.uint64)
    for length in range(1, ORDER):
        for offset in range(ORDER - 1 - length, ORDER - 1):
            rows[:, length] = extend(rows[:, length], padded[offset : offset + len(line)])
    return rows


def to_keys(hashes: Hashes) -> NDArray[np.uint32]:
    """Hashes as a model keeps them, in `KEY_BITS` bits."""
    return ((hashes * _SPREAD) >> np.uint64(64 - KEY_BITS)).astype(np.uint32)


@dataclass(frozen=True, eq=False)
class Language:
    """Counts of n-grams of all lengths, from the empty one, which is every character's history, to `ORDER`."""

    keys: NDArray[np.uint32]
    """(M,), sorted and distinct: `to_keys` of their hashes."""
    counts: NDArray[np.float32]
    """(M,): how often each occurred."""
    num_followers: NDArray[np.float32]
    """(M,): how many different characters followed each."""

    def __call__(self, histories: Hashes, characters: Codes) -> NDArray[np.float64]:
        """As `Probabilities` says."""
        before = histories.T[:, :, None]
        places, is_known = self._find(before)
        num_before = np.where(is_known, self.counts[places], 0)
        num_followers = np.where(is_known, self.num_followers[places], 0)
        places, is_known = self._find(extend(before, characters))
        counts = np.where(is_known, self.counts[places], 0)
        probabilities = np.full(counts.shape[1:], 1 / NUM_CHARACTERS)
        for seen, total, kinds in zip(counts, num_before, num_followers, strict=True):
            # What never had a follower says nothing of the next one.
            mixed = (seen + kinds * probabilities) / np.maximum(total + kinds, 1)
            probabilities = np.where(kinds > 0, mixed, probabilities)
        return probabilities

    def _find(self, hashes: Hashes) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Where n-grams stand, and whether they are there at all; both in the shape of `hashes`."""
        keys = to_keys(hashes)
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return places, self.keys[places] == keys
