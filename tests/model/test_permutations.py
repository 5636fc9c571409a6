"""Orders of generation and their masks."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hunmin.model.permutations import causal_mask, cloze_mask, one_pass_mask, query_masks, sample_orders


@given(length=st.integers(1, 20), num_orders=st.integers(1, 8), seed=st.integers(0, 100))
def test_every_order_generates_every_position_once_and_starts_at_bos(length: int, num_orders: int, seed: int) -> None:
    orders = sample_orders(length, num_orders, np.random.default_rng(seed))
    for order in orders:
        assert order[0] == 0
        assert sorted(order) == list(range(length + 2))
    assert len({tuple(order) for order in orders}) == len(orders) <= num_orders


def test_the_first_order_is_forward_and_the_second_its_full_mirror_with_eos_first() -> None:
    orders = sample_orders(4, 6, np.random.default_rng(0))
    assert orders[0].tolist() == [0, 1, 2, 3, 4, 5]
    assert orders[1].tolist() == [0, 5, 4, 3, 2, 1]


def test_later_orders_come_in_mirrored_pairs_with_eos_last() -> None:
    orders = sample_orders(7, 6, np.random.default_rng(0))
    for one, mirror in ((orders[2], orders[3]), (orders[4], orders[5])):
        assert one[-1] == mirror[-1] == 8
        assert one[1:-1].tolist() == mirror[1:-1][::-1].tolist()


def test_of_two_orders_the_second_is_a_random_one_with_the_end_last() -> None:
    orders = np.stack([sample_orders(6, 2, np.random.default_rng(seed))[1] for seed in range(20)])
    assert len(np.unique(orders, axis=0)) > 15
    assert (orders[:, -1] == 7).all()


def test_one_character_has_one_order_and_two_characters_have_two() -> None:
    assert len(sample_orders(1, 6, np.random.default_rng(0))) == 1
    assert len(sample_orders(2, 6, np.random.default_rng(0))) == 2


@given(length=st.integers(1, 12), seed=st.integers(0, 100))
def test_a_query_sees_what_is_generated_before_its_position_and_nothing_else(length: int, seed: int) -> None:
    orders = sample_orders(length, 6, np.random.default_rng(seed))
    masks = query_masks(torch.from_numpy(orders))
    for order, mask in zip(orders.tolist(), masks.tolist(), strict=True):
        for row, hidden in enumerate(mask):
            before = set(order[: order.index(row + 1)])
            assert {column for column, masked in enumerate(hidden) if not masked} == before - {length + 1}


@pytest.mark.parametrize("length", [1, 5, 64])
def test_no_query_sees_its_own_answer(length: int) -> None:
    own = torch.arange(length)
    for mask in (
        query_masks(torch.from_numpy(sample_orders(length, 6, np.random.default_rng(1)))),
        causal_mask(length)[None],
        cloze_mask(length)[None],
        one_pass_mask(length)[None],
    ):
        assert mask[:, own, own + 1].all()


def test_the_forward_order_gives_the_causal_mask_and_one_pass_shows_bos_alone() -> None:
    forward = torch.from_numpy(sample_orders(6, 1, np.random.default_rng(0)))
    assert torch.equal(query_masks(forward)[0], causal_mask(6))
    assert (~one_pass_mask(6)).sum(dim=1).tolist() == [1] * 7
    assert not one_pass_mask(6)[:, 0].any()
    assert (cloze_mask(6).sum(dim=1) <= 1).all()
