"""Learning rate and line length over a run."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hunmin.train.schedule import Curriculum, averaging_decay, learning_rate_factor


def test_the_rate_rises_to_its_peak_during_the_warm_up_and_falls_to_zero_at_the_end() -> None:
    factors = [learning_rate_factor(step, 10, 100) for step in range(101)]
    assert factors[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])
    assert factors[9] == max(factors) == 1.0
    assert all(later < earlier for earlier, later in pairwise(factors[10:]))
    assert factors[55] == pytest.approx(0.5)
    assert factors[100] == pytest.approx(0, abs=1e-12)


@given(step=st.integers(0, 10_000), warmup=st.integers(0, 1000), length=st.integers(1, 5000))
def test_the_factor_is_always_between_0_and_1_even_past_the_end_or_without_warm_up(
    step: int, warmup: int, length: int
) -> None:
    factor = learning_rate_factor(step, warmup, length)
    assert 0 <= factor <= 1
    assert math.isfinite(factor)


def test_lines_grow_straight_from_the_start_length_to_the_longest_over_the_share() -> None:
    lengths = [Curriculum(1000, 8, 64, 0.5)(index) for index in range(0, 1001, 125)]
    assert lengths == [8, 22, 36, 50, 64, 64, 64, 64, 64]


@given(index=st.integers(0, 2000), share=st.floats(0, 1), start=st.integers(1, 64))
def test_a_line_is_never_shorter_than_the_start_nor_longer_than_the_longest(
    index: int, share: float, start: int
) -> None:
    assert start <= Curriculum(1000, start, 64, share)(index) <= 64


def test_no_share_or_no_samples_means_the_longest_lines_from_the_first_one_on() -> None:
    assert Curriculum(1000, 8, 64, 0.0)(0) == 64
    assert Curriculum(0, 8, 64, 0.5)(0) == 64


def test_the_average_forgets_its_start_quickly() -> None:
    weight = 0.0
    for step in range(1, 301):
        decay = averaging_decay(step, 0.999)
        weight = decay * weight + (1 - decay)
    assert weight > 0.999
    assert averaging_decay(10**6, 0.999) == 0.999
