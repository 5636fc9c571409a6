"""The lines of a store that are looked at, and what a reader reads there."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hunmin.data.audit.distance import FEWEST_JAMO, SURE_OF_SHORT, Limits, comparable, distance
from hunmin.data.store.lmdb_store import Store
from hunmin.errors import ImageError
from hunmin.recognize.recognizer import Reading

WINDOW: Final = 256
"""Crops held in memory at once."""

ReadCrops: TypeAlias = Callable[[Sequence[NDArray[np.uint8]]], list[Reading]]
Report: TypeAlias = Callable[[int, int], None]
"""Told how many lines are read, and of how many."""


@dataclass(frozen=True)
class ReadLine:
    """A line of a store, and what was read there."""

    row: int
    """In the store, from 0."""
    label: str
    text: str
    """The reading."""
    confidence: float
    """Of the reading, 0 to 1."""
    id: str = ""
    group: str = ""

    @cached_property
    def label_key(self) -> str:
        """The label as it is compared."""
        return comparable(self.label)

    @cached_property
    def text_key(self) -> str:
        """The reading as it is compared."""
        return comparable(self.text)

    @cached_property
    def distance(self) -> float:
        """How far the reading is from the label, 0 to 1."""
        return distance(self.text_key, self.label_key)

    def is_sure(self, limits: Limits) -> bool:
        """Whether the reading may contradict the label."""
        return self.confidence >= (limits.sure if len(self.label_key) >= FEWEST_JAMO else SURE_OF_SHORT)


def choose_rows(num_lines: int, num: int, seed: int) -> list[int]:
    """Rows to look at, in order: `num` of `num_lines` by lot, or all of them where there are no more or `num` is 0."""
    if num == 0 or num >= num_lines:
        return list(range(num_lines))
    return sorted(np.random.default_rng([seed, num_lines]).choice(num_lines, num, replace=False).tolist())


def read_lines(
    store: Store, rows: Sequence[int], read: ReadCrops, report: Report
) -> tuple[list[ReadLine], dict[int, str]]:
    """Read rows of a store.

    Args:
        store: with labels.
        rows: which of its lines.
        read: crops → readings in the same order.
        report: told how far it is.

    Returns:
        The lines, and why each of the others cannot be read, by row.
    """
    lines: list[ReadLine] = []
    unreadable: dict[int, str] = {}
    for start in range(0, len(rows), WINDOW):
        samples = []
        for row in rows[start : start + WINDOW]:
            try:
                samples.append((row, store.sample(row)))
            except ImageError as error:
                unreadable[row] = str(error)
        readings = read([sample.image for _, sample in samples])
        lines += [
            ReadLine(row, sample.text, reading.text, reading.confidence, sample.id, sample.group)
            for (row, sample), reading in zip(samples, readings, strict=True)
        ]
        report(start + len(rows[start : start + WINDOW]), len(rows))
    return lines, unreadable


def images_of(store: Store, rows: Sequence[int]) -> Iterator[NDArray[np.uint8]]:
    """The pictures of rows that can be read."""
    return (store.sample(row).image for row in rows)
