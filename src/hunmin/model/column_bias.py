"""Where the next character stands: close to the neighbours that have been read, on the right side of them.

Legend: N batch, A attention heads, L label length, Q queries, R rows and S/R columns of the grid.

A query that knows only its ordinal must find "the thirtieth character", and on a long line the count drifts: characters are left
out or read twice, although the memory shows each of them clearly. So the attention to the image is biased by what is known of a
character's place: with each character read comes the column it was read in, and a query leans towards the columns between its
nearest visible neighbours, the more the nearer; and towards those that lie as many characters from a neighbour as it does
itself, by the count of `ordinals.py`. That count drifts over a line, but hardly from one character to the next: so what was just
read is not read again, and nothing is left out. The slopes of that bias are learned, three a head, like those of ALiBi (Press
et al., 2022) but from a place in the image instead of a position in the text.
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
    steps_left: Tensor | None = None
    """How many characters further left it is, at least 1; None where it is always the one before."""
    right: Tensor | None = None
    """Column of the nearest to the right; None where all read from the left."""
    steps_right: Tensor | None = None
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
    return Neighbours(column)


def ordinal_at(ordinals: Tensor, columns: Tensor) -> Tensor:
    """The count in columns that need not be whole numbers.

    Args:
        ordinals: (N, columns).
        columns: (N, Q), from -1, left of the first column, where the count is -1, to the last.

    Returns:
        (N, Q), on the lines that join the counts of neighbouring columns.
    """
    whole = torch.arange(ordinals.shape[1], device=ordinals.device, dtype=ordinals.dtype)
    shares = (1 - (whole - columns[:, :, None]).abs()).relu()
    # Not a matrix product, which autocast would do in 16 bits: a count of 40 would be off by up to an eighth.
    return (shares * (ordinals + 1)[:, None]).sum(dim=2) - 1


def _distances(
    num_columns: Tensor, num_characters: Tensor, steps: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """How far columns are from where a character can stand, by what lies between them and one neighbour.

    Args:
        num_columns: (N, 1, Q, columns), from the neighbour on towards the character; negative on its far side.
        num_characters: likewise, by the count.
        steps: (N, 1, Q, 1), characters from the neighbour to the one that is looked for; None = 1.

    Returns:
        Away, beyond and miscounted, each (N, 1, Q, columns).
    """
    away = num_columns.relu()
    beyond = away - num_columns
    if steps is None:
        return away, beyond, (num_characters - 1).abs()
    return away / steps, beyond, (num_characters / steps - 1).abs()


class Places(nn.Module):
    """The bias of the attention to the image."""

    def __init__(self, num_heads: int, rows: int) -> None:
        super().__init__()
        self.rows = rows
        # Logarithms of the slopes. A column: away from a neighbour, and beyond it, where the character cannot stand.
        self.away = nn.Parameter(torch.full((num_heads,), math.log(0.1)))
        self.beyond = nn.Parameter(torch.full((num_heads,), math.log(0.5)))
        # A character too many or too few between a neighbour and the query.
        self.miscounted = nn.Parameter(torch.full((num_heads,), math.log(1.0)))

    def forward(self, beside: Neighbours, ordinals: Tensor) -> Tensor:
        """How much less each place of the memory is looked at.

        Args:
            beside: the neighbours of each query.
            ordinals: (N, columns) float32 from `Ordinals.count`.

        Returns:
            (N, A, Q, S) float32, at most 0.
        """
        columns = torch.arange(ordinals.shape[1], device=ordinals.device, dtype=torch.float32)
        counts = ordinals[:, None, None]
        away, beyond, miscounted = _distances(
            columns - beside.left[:, None, :, None],
            counts - ordinal_at(ordinals, beside.left)[:, None, :, None],
            None if beside.steps_left is None else beside.steps_left[:, None, :, None],
        )
        if beside.right is not None and beside.steps_right is not None:
            others = _distances(
                beside.right[:, None, :, None] - columns,
                ordinal_at(ordinals, beside.right)[:, None, :, None] - counts,
                beside.steps_right[:, None, :, None],
            )
            # Where there is no right neighbour, its parts are 0, not to be counted, and 1 in every column, which changes nothing.
            beyond = beyond + others[1] * beside.steps_right.isfinite()[:, None, :, None]
            away, miscounted = away + others[0], miscounted + others[2]
        slopes = -torch.stack((self.away, self.beyond, self.miscounted)).exp()[:, :, None, None]
        bias: Tensor = slopes[0] * away + slopes[1] * beyond + slopes[2] * miscounted
        return bias if self.rows == 1 else bias.repeat(1, 1, 1, self.rows)

    def column(self, weights: Tensor) -> Tensor:
        """The column where most of the attention falls.

        Squared weights, so that a little attention spread over the whole line does not move the middle.

        Args:
            weights: (N, Q, S) from `Decoder.memory_weights`; rows sum to 1.

        Returns:
            (N, Q) float32.
        """
        weights = weights.float()
        by_column = (weights if self.rows == 1 else weights.unflatten(2, (self.rows, -1)).sum(dim=2)).square()
        columns = torch.arange(by_column.shape[2], device=weights.device, dtype=torch.float32)
        middle: Tensor = (by_column * columns).sum(dim=2) / by_column.sum(dim=2)
        return middle
