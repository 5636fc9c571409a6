"""Where the next character stands: close to the neighbours that have been read, on the right side of them.

Legend: N batch, A attention heads, L label length, Q queries, R rows and S/R columns of the grid.

A query that knows only its ordinal must find "the thirtieth character", and on a long line the count drifts: characters are left
out or read twice, although the memory shows each of them clearly. So the attention to the image is biased by what is known of a
character's place: with each character read comes the column it was read in, and a query leans towards the columns between its
nearest visible neighbours, the more the nearer. The slopes of that bias are learned, one pair a head, like those of ALiBi
(Press et al., 2022) but from a column of the image instead of a position in the text.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

UNKNOWN = -1.0
"""The column of a character that was read nowhere, and of `<bos>`, which stands before the first column."""


class Neighbours(NamedTuple):
    """For each query the nearest characters to its left and right whose columns are known; each field (N, Q) float32."""

    left: Tensor
    """Column of the nearest to the left; -1, the edge of the image, where there is none."""
    steps_left: Tensor
    """How many characters further left it is, at least 1."""
    right: Tensor
    """Column of the nearest to the right."""
    steps_right: Tensor
    """How many characters further right it is; infinite where there is none."""


def neighbours(columns: Tensor, hidden: Tensor, positions: Tensor) -> Neighbours:
    """Look up who stands beside each query.

    Args:
        columns: (N, L+1) float32 of `<bos>` and the characters; negative = unknown.
        hidden: (N or 1, Q, L+1) bool, True = the query may not see that token. `<bos>` is always seen.
        positions: (Q,) int64, the character that each query predicts, from 0.
    """
    tokens = torch.arange(columns.shape[1], device=columns.device)
    # Token j is character j-1; `<bos>` is always known: it stands before the line.
    known = ((columns >= 0) | (tokens == 0))[:, None] & ~hidden
    before = tokens <= positions[:, None]
    after = tokens > positions[:, None] + 1
    none = columns.shape[1]
    left = torch.where(known & before, tokens, 0).amax(dim=2)
    right = torch.where(known & after, tokens, none).amin(dim=2)
    steps_right = (right - positions - 1).float().masked_fill(right == none, math.inf)
    return Neighbours(
        left=columns.gather(1, left),
        steps_left=(positions + 1 - left).float(),
        right=columns.gather(1, right.clamp(max=none - 1)),
        steps_right=steps_right,
    )


def behind(column: Tensor) -> Neighbours:
    """The neighbours of queries that follow directly on a character in `column` (N, Q)."""
    return Neighbours(column, torch.ones_like(column), column, torch.full_like(column, math.inf))


class Places(nn.Module):
    """The bias of the attention to the image."""

    def __init__(self, num_heads: int, rows: int) -> None:
        super().__init__()
        self.rows = rows
        # Logarithms of the slopes, a column: away from a neighbour, and beyond it, where the character cannot stand.
        self.away = nn.Parameter(torch.full((num_heads,), math.log(0.1)))
        self.beyond = nn.Parameter(torch.full((num_heads,), math.log(0.5)))

    def forward(self, beside: Neighbours, memory_length: int) -> Tensor:
        """How much less each place of the memory is looked at.

        Args:
            beside: the neighbours of each query.
            memory_length: S.

        Returns:
            (N, A, Q, S) float32, at most 0.
        """
        columns = torch.arange(memory_length // self.rows, device=beside.left.device)
        from_left = columns - beside.left[:, :, None]
        from_right = beside.right[:, :, None] - columns
        has_right = beside.steps_right.isfinite()[:, :, None]
        away = from_left.relu() / beside.steps_left[:, :, None] + from_right.relu() / beside.steps_right[:, :, None]
        beyond = (-from_left).relu() + (-from_right).relu() * has_right
        slopes = torch.stack((self.away, self.beyond)).exp()[:, :, None, None]
        bias: Tensor = -(slopes[0] * away[:, None] + slopes[1] * beyond[:, None])
        return bias.repeat(1, 1, 1, self.rows)

    def column(self, weights: Tensor) -> Tensor:
        """The column where most of the attention falls.

        Squared weights, so that a little attention spread over the whole line does not move the middle.

        Args:
            weights: (N, Q, S) from `Decoder.memory_weights`; rows sum to 1.

        Returns:
            (N, Q) float32.
        """
        by_column = weights.float().unflatten(2, (self.rows, -1)).sum(dim=2).square()
        columns = torch.arange(by_column.shape[2], device=weights.device, dtype=torch.float32)
        middle: Tensor = (by_column * columns).sum(dim=2) / by_column.sum(dim=2).clamp(min=1e-9)
        return middle
