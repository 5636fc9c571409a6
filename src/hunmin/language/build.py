"""Texts → a language model.

Each text counts by itself, as if spaces stood before and behind it: no n-gram reaches from one into the next.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hunmin.errors import InputError, reason_of
from hunmin.language.model import ORDER, Hashes, Language, codes, extend, to_keys
from hunmin.text.normalize import normalize_label

CHUNK = 2_000_000
"""Characters that are counted at once."""
LARGE = 10_000_000
"""Bytes of text from which on n-grams that occurred once are better left out."""


@dataclass(frozen=True, eq=False)
class _Counts:
    """N-grams of all lengths above 0."""

    hashes: Hashes
    """(M,), sorted and distinct."""
    counts: NDArray[np.float64]
    """(M,)."""
    before: Hashes
    """(M,): the hash of each without its last character."""

    def __add__(self, other: "_Counts") -> "_Counts":
        """The counts of both together."""
        return _counted(
            np.concatenate([self.hashes, other.hashes]),
            np.concatenate([self.before, other.before]),
            np.concatenate([self.counts, other.counts]),
        )


def build(texts: Iterable[str], *, least_count: int = 1) -> Language:
    """Count the characters of `texts` and what follows them.

    Args:
        texts: lines, sentences or words, in the form of labels (`text.normalize`).
        least_count: n-grams that occur less often and that nothing followed, which are most of the longest, are left out; what
            followed their history still counts as seen.

    Raises:
        InputError: there is no text.
    """
    counts: _Counts | None = None
    for chunk in _chunks(texts):
        of_chunk = _count(chunk)
        counts = of_chunk if counts is None else counts + of_chunk
    if counts is None:
        raise InputError("language: no text to learn from; give files with one text a line")
    histories, num_followers = np.unique(counts.before, return_counts=True)
    num_all = counts.counts[counts.before == 0].sum()
    is_kept = (counts.counts >= least_count) | np.isin(counts.hashes, histories)
    # Every history is an n-gram, too, except the empty one.
    hashes = np.concatenate([counts.hashes[is_kept], histories])
    keys, inverse = np.unique(to_keys(hashes), return_inverse=True)
    occurred = np.concatenate([counts.counts[is_kept], np.where(histories == 0, num_all, 0)])
    followed = np.concatenate([np.zeros(int(is_kept.sum())), num_followers])
    return Language(keys, _summed(inverse, occurred), _summed(inverse, followed))


def read_texts(paths: Iterable[Path]) -> Iterator[str]:
    """The lines of text files, in the form of labels, without the empty ones.

    Raises:
        InputError: a file is missing or not UTF-8.
    """
    for path in paths:
        try:
            with path.open(encoding="utf-8-sig") as lines:
                yield from filter(None, map(normalize_label, lines))
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({reason_of(error)})") from error
        except UnicodeDecodeError as error:
            raise InputError(f"{path}: is no UTF-8 text ({reason_of(error)}); save it as UTF-8") from error


def _chunks(texts: Iterable[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for text in texts:
        chunk.append(f" {text} ")
        size += len(text)
        if size > CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _count(texts: list[str]) -> _Counts:
    """The n-grams of each length; the space before a text is a history, never counted itself."""
    characters = codes("".join(texts))
    lengths = np.array([len(text) for text in texts])
    position = np.arange(len(characters)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    # The hash of the n-gram that ends at each character, of 0 characters, of 1, of 2 …
    ending = np.zeros_like(characters)
    all_hashes, all_before = [], []
    for length in range(1, ORDER + 1):
        before = np.concatenate([ending[:1], ending[:-1]])
        ending = extend(before, characters)
        inside = position >= max(length - 1, 1)
        all_hashes.append(ending[inside])
        all_before.append(before[inside])
    hashes = np.concatenate(all_hashes)
    return _counted(hashes, np.concatenate(all_before), np.ones(len(hashes)))


def _counted(hashes: Hashes, before: Hashes, counts: NDArray[np.float64]) -> _Counts:
    distinct, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    return _Counts(distinct, np.bincount(inverse, weights=counts).astype(np.float64), before[first])


def _summed(groups: NDArray[np.intp], values: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.bincount(groups, weights=values).astype(np.float32)
