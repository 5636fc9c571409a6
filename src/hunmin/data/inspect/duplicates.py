"""Finding what was there before, among more than fit in memory at once."""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray


def repeated(
    read: Callable[[], Iterable[NDArray[np.uint64]]], num: int, at_a_time: int = 1_000_000
) -> NDArray[np.bool_]:
    """Which of a long sequence of hashes stood in it before.

    At 64 bits two different things among five million have the same hash once in a million such sets.

    Args:
        read: gives the whole sequence, in pieces; called several times.
        num: its length.
        at_a_time: about how many hashes are sorted together, which is what takes memory.

    Returns:
        (num,) bool, True = not the first of its kind.
    """
    found = np.zeros(num, dtype=bool)
    num_passes = 1 + num // at_a_time
    for turn in range(num_passes):
        places, hashes, start = [], [], 0
        for piece in read():
            mine = np.flatnonzero(piece % np.uint64(num_passes) == turn)
            places.append(mine + start)
            hashes.append(piece[mine])
            start += len(piece)
        if places:
            _, firsts = np.unique(np.concatenate(hashes), return_index=True)
            all_places = np.concatenate(places)
            found[all_places] = True
            found[all_places[firsts]] = False
    return found
