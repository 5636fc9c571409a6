"""Repeated hashes are found, however few are sorted at a time."""

import numpy as np
import pytest

from hunmin.data.inspect.duplicates import repeated


@pytest.mark.parametrize("at_a_time", [1, 7, 1000])
def test_all_but_the_first_of_a_kind_are_found(at_a_time: int) -> None:
    hashes = np.random.default_rng(0).integers(0, 60, 200).astype(np.uint64)
    seen: set[int] = set()
    wanted = [int(hash_) in seen or bool(seen.add(int(hash_))) for hash_ in hashes]
    pieces = np.split(hashes, [0, 3, 50, 50, 199])
    assert repeated(lambda: pieces, len(hashes), at_a_time).tolist() == wanted
    assert any(wanted)


def test_nothing_holds_no_repeats() -> None:
    assert repeated(list, 0).tolist() == []
