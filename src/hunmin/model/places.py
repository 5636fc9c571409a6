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
import torch.nn.functional as F
from torch import Tensor, nn

UNKNOWN = -1.0
"""The column of a character that was read nowhere, and of `<bos>`, which stands before the first column."""


class Neighbours(NamedTuple):
    """For each query the nearest characters to its left and right whose columns are known; each field (N, Q) float32."""

    left: Tensor
    """Column of the nearest to the left; -1, the edge of the image, where there is none."""
    steps_left: Tensor
    """How many characters further left it is, at least 1."""
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
    return Neighbours(column, torch.ones_like(column))


def ordinal_at(ordinals: Tensor, columns: Tensor) -> Tensor:
    """The count in columns that need not be whole numbers: (N, columns) and (N, Q) → (N, Q); -1 left of the first column."""
    counts = F.pad(ordinals, (1, 0), value=-1.0)
    place = (columns + 1).clamp(0, ordinals.shape[1])
    before = place.floor()
    after = (before + 1).clamp(max=ordinals.shape[1])
    count = counts.gather(1, before.long())
    return count + (counts.gather(1, after.long()) - count) * (place - before)


def _distances(num_columns: Tensor, num_characters: Tensor, steps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """How far columns are from where a character can stand, by what lies between them and one neighbour.

    Args:
        num_columns: (N, Q, columns), from the neighbour on towards the character; negative on its far side.
        num_characters: likewise, by the count.
        steps: (N, Q, 1), characters from the neighbour to the one that is looked for.

    Returns:
        Away, beyond and miscounted, each (N, Q, columns).
    """
    away = num_columns.relu() / steps
    return away, (-num_columns).relu(), (num_characters / steps - 1).abs()


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
        counts = ordinals[:, None]
        away, beyond, miscounted = _distances(
            columns - beside.left[:, :, None],
            counts - ordinal_at(ordinals, beside.left)[:, :, None],
            beside.steps_left[:, :, None],
        )
        if beside.right is not None and beside.steps_right is not None:
            others = _distances(
                beside.right[:, :, None] - columns,
                ordinal_at(ordinals, beside.right)[:, :, None] - counts,
                beside.steps_right[:, :, None],
            )
            # Where there is no right neighbour, its parts are 0, not to be counted, and 1 in every column, which changes nothing.
            beyond = beyond + others[1] * beside.steps_right.isfinite()[:, :, None]
            away, miscounted = away + others[0], miscounted + others[2]
        slopes = torch.stack((self.away, self.beyond, self.miscounted)).exp()[:, :, None, None]
        bias: Tensor = -(slopes[0] * away[:, None] + slopes[1] * beyond[:, None] + slopes[2] * miscounted[:, None])
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
