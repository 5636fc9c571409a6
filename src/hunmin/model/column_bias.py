"""A bias of cross-attention towards the columns where the next character must stand (decision 0006).

Legend: N batch, A attention heads, L label length, Q queries, R rows and S/R columns of the grid.

A position query says "the thirtieth character" and nothing of where that is, so on long lines characters are left out or read
twice. Every decoded character therefore brings along the column in which it was found, and the scores of the cross-attention are
lowered the further a column lies from where a query's character can stand:

- away from the nearest known characters on its left and right, per character that lies between;
- beyond them, on the side where it cannot stand;
- by how many characters `character_count.py` counts between them and the column, more or fewer than there should be. That count
  drifts along a line but hardly from one character to the next.

Each of the three has one learned slope a head, like those of ALiBi (Press et al., ICLR 2022), but over columns of the image
instead of positions in the text.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

UNKNOWN = -1.0
"""The column of a character that was read nowhere, and of `<bos>`, which stands before the first column."""


class Neighbours(NamedTuple):
    """For each query the nearest visible characters to its left and right whose columns are known; each field (N, Q) float32.

    `Neighbours(column)` are those of queries that directly follow a character in `column`, as in decoding from left to right.
    """

    left: Tensor
    """Column of the nearest to the left; -1, the edge of the image, where there is none."""
    steps_left: Tensor | None = None
    """How many characters it is to the left, at least 1; None where it is always the one before."""
    right: Tensor | None = None
    """Column of the nearest to the right; None in decoding from left to right."""
    steps_right: Tensor | None = None
    """How many characters it is to the right; infinite where there is none."""


def find_neighbours(columns: Tensor, hidden: Tensor, positions: Tensor) -> Neighbours:
    """The nearest visible characters of each query whose columns are known.

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


def count_at(counts: Tensor, columns: Tensor) -> Tensor:
    """The count in columns that need not be whole numbers.

    Args:
        counts: (N, columns) from `CharacterCount.count`.
        columns: (N, Q), from -1, left of the first column, where the count is -1, to the last.

    Returns:
        (N, Q), on the lines that join the counts of neighbouring columns.
    """
    whole = torch.arange(counts.shape[1], device=counts.device, dtype=counts.dtype)
    shares = (1 - (whole - columns[:, :, None]).abs()).relu()
    # Not a matrix product, which autocast would do in 16 bits: a count of 40 would be off by up to an eighth.
    return (shares * (counts + 1)[:, None]).sum(dim=2) - 1


def _distances(
    num_columns: Tensor, num_characters: Tensor, steps: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """How far columns are from where a character can stand, by what lies between them and one neighbour.

    Args:
        num_columns: (N, 1, Q, columns), from the neighbour on towards the character; negative on its far side.
        num_characters: likewise in characters, by the count.
        steps: (N, 1, Q, 1), characters from the neighbour to the one that is looked for; None = 1.

    Returns:
        How far away, beyond and miscounted each column is: three of (N, 1, Q, columns), at least 0.
    """
    away = num_columns.relu()
    beyond = away - num_columns
    if steps is None:
        return away, beyond, (num_characters - 1).abs()
    return away / steps, beyond, (num_characters / steps - 1).abs()


class ColumnBias(nn.Module):
    """The bias itself, and the column in which attention found a character."""

    def __init__(self, num_heads: int, rows: int) -> None:
        super().__init__()
        self.rows = rows
        # Logarithms of the slopes. A column: away from a neighbour, and beyond it, where the character cannot stand.
        self.away = nn.Parameter(torch.full((num_heads,), math.log(0.1)))
        self.beyond = nn.Parameter(torch.full((num_heads,), math.log(0.5)))
        # A character too many or too few between a neighbour and the query.
        self.miscounted = nn.Parameter(torch.full((num_heads,), math.log(1.0)))

    def forward(self, neighbours: Neighbours, counts: Tensor) -> Tensor:
        """What is added to the scores of the cross-attention.

        Args:
            neighbours: of each query.
            counts: (N, columns) float32 from `CharacterCount.count`.

        Returns:
            (N, A, Q, S) float32, at most 0.
        """
        columns = torch.arange(counts.shape[1], device=counts.device, dtype=torch.float32)
        by_column = counts[:, None, None]
        away, beyond, miscounted = _distances(
            columns - neighbours.left[:, None, :, None],
            by_column - count_at(counts, neighbours.left)[:, None, :, None],
            None if neighbours.steps_left is None else neighbours.steps_left[:, None, :, None],
        )
        if neighbours.right is not None and neighbours.steps_right is not None:
            others = _distances(
                neighbours.right[:, None, :, None] - columns,
                count_at(counts, neighbours.right)[:, None, :, None] - by_column,
                neighbours.steps_right[:, None, :, None],
            )
            # Where there is no right neighbour, its parts are 0, not to be counted, and 1 in every column, which changes nothing.
            beyond = beyond + others[1] * neighbours.steps_right.isfinite()[:, None, :, None]
            away, miscounted = away + others[0], miscounted + others[2]
        slopes = -torch.stack((self.away, self.beyond, self.miscounted)).exp()[:, :, None, None]
        bias: Tensor = slopes[0] * away + slopes[1] * beyond + slopes[2] * miscounted
        return bias if self.rows == 1 else bias.repeat(1, 1, 1, self.rows)

    def attended_column(self, attention: Tensor) -> Tensor:
        """The column in which a character was found: the middle of the attention's peak.

        Squared weights, so that a little attention spread over the whole line does not move the middle.

        Args:
            attention: (N, Q, S), `DecoderOutput.attention`; rows sum to 1.

        Returns:
            (N, Q) float32.
        """
        attention = attention.float()
        by_column = (attention if self.rows == 1 else attention.unflatten(2, (self.rows, -1)).sum(dim=2)).square()
        columns = torch.arange(by_column.shape[2], device=attention.device, dtype=torch.float32)
        middle: Tensor = (by_column * columns).sum(dim=2) / by_column.sum(dim=2)
        return middle
