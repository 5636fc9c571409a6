"""Where in the image the characters stand that have been read so far.

Legend: N batch, L label length, Q queries, R rows and S/R columns of the grid, D width.

A query that has only its ordinal must find "the thirtieth character", and on a long line the count drifts: characters are left
out or read twice. A query that also sees where its neighbours were found looks beside them. So the content carries, with each
character, the column it was read in: in training the middle of its glyph box, where nobody knows the box and in reading the
column that the decoder itself looked at.
"""

import math

import torch
from torch import Tensor, nn

UNKNOWN = -1.0
"""Stands for the column of a token that was read nowhere, such as `<bos>`."""


class Places(nn.Module):
    """Columns as features of the content."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.embed = nn.Linear(width, width, bias=False)
        nn.init.zeros_(self.embed.weight)  # a new model begins without and takes as much of it as helps
        rates = torch.exp(torch.arange(0, width, 2, dtype=torch.float32) * (-math.log(10_000.0) / width))
        self.register_buffer("rates", rates, persistent=False)
        self.rates: Tensor

    def forward(self, columns: Tensor) -> Tensor:
        """(N, L) float32, in columns of the grid, negative = unknown → (N, L, D), 0 where unknown."""
        angles = columns[:, :, None] * self.rates
        features = torch.cat((angles.sin(), angles.cos()), dim=2) * (columns >= 0)[:, :, None]
        embedded: Tensor = self.embed(features.to(self.embed.weight.dtype))
        return embedded


def column_of_attention(weights: Tensor, rows: int) -> Tensor:
    """The column where most of the attention falls.

    Squared weights, so that a little attention spread over the whole line does not move the middle.

    Args:
        weights: (N, Q, S) from `Decoder.memory_weights`; rows sum to 1.
        rows: of the grid.

    Returns:
        (N, Q) float32.
    """
    by_column = weights.float().unflatten(2, (rows, -1)).sum(dim=2).square()
    columns = torch.arange(by_column.shape[2], device=weights.device, dtype=torch.float32)
    middle: Tensor = (by_column * columns).sum(dim=2) / by_column.sum(dim=2).clamp(min=1e-9)
    return middle
