"""Which characters a query may see: orders of generation and the masks that follow from them (PARSeq, section 3.2).

Legend: K orders, L longest label of the batch. Positions: 0 is `<bos>`, 1 … L the characters, L+1 is `<eos>`.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def sample_orders(length: int, num_orders: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw orders of generation in mirrored pairs.

    The first is left to right. The second is its full mirror with `<eos>` first, so that `<eos>` is also learned from the empty
    context. Further pairs are a random order of the characters and its mirror, with `<eos>` last. Of two orders in all, the
    second is a random one: with the mirror, no query would ever see characters on both sides of its own, as in a refinement.

    Args:
        length: characters of the longest label (L), at least 1.
        num_orders: how many are wanted (K); fewer come back where there are not as many (L = 1 has one, L = 2 two).
        rng: the source of randomness, `default_rng([seed, step])`.

    Returns:
        (K, L+2) int64; row k, column i is the position generated at step i. Column 0 is always 0 (`<bos>`).
    """
    forward = np.arange(1, length + 1)
    orders = [np.concatenate(([0], forward, [length + 1]))]
    possible = math.factorial(min(length, 10))
    seen = {tuple(forward), tuple(forward[::-1])}
    fewest = 2 if length == 2 else 3  # noqa: PLR2004 - two characters have one other order, the mirror
    if length > 1 and num_orders >= fewest:
        orders.append(np.concatenate(([0, length + 1], forward[::-1])))
    while len(orders) < min(num_orders, possible):
        order = rng.permutation(forward)
        if tuple(order) in seen:
            continue
        for one in (order, order[::-1]):
            if len(orders) < num_orders:
                orders.append(np.concatenate(([0], one, [length + 1])))
                seen.add(tuple(one))
    return np.stack(orders)


def query_masks(orders: Tensor) -> Tensor:
    """What each query may see of the content so that generation follows each order.

    Args:
        orders: (K, L+2) int64 as `sample_orders` gives them.

    Returns:
        (K, L+1, L+1) bool, True = may not attend. Row p predicts position p+1; column q is the content at position q (`<bos>` or
        a character). A query sees what is generated before its own position, never itself or anything later.
    """
    step = torch.argsort(orders, dim=1)  # step[k, position] = when it is generated
    return step[:, None, :-1] >= step[:, 1:, None]


def one_pass_mask(length: int, device: torch.device | None = None) -> Tensor:
    """(L+1, L+1) bool, True = may not attend: every query sees `<bos>` alone."""
    return (torch.arange(length + 1, device=device) > 0).expand(length + 1, length + 1)


def causal_mask(length: int, device: torch.device | None = None) -> Tensor:
    """(L+1, L+1) bool, True = may not attend: the query of position p+1 sees positions 0 … p."""
    return torch.ones(length + 1, length + 1, dtype=torch.bool, device=device).triu(1)


def cloze_mask(length: int, device: torch.device | None = None) -> Tensor:
    """(L+1, L+1) bool, True = may not attend: a query sees every position but its own (PARSeq, section 3.3)."""
    return torch.ones(length + 1, length + 1, dtype=torch.bool, device=device).triu(1).tril(1)
