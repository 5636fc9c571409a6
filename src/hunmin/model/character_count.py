"""A running count of the characters along the line, added to the memory.

Legend: N batch, R rows and Q columns of the grid, D width.

In one-pass decoding query p must find the p-th character, and nothing in an image says "p-th": the encoder would have to count.
So a linear layer is asked for what an image does show, in which columns a character starts (`training/glyph_losses.py` teaches
it), and a cumulative sum counts. The count enters the memory as sinusoids, the form in which the position queries begin.
`column_bias.py` takes from it how many characters lie between two columns.
"""

import math

import torch
from torch import Tensor, nn


class CharacterCount(nn.Module):
    """Finds where characters start and adds to every column how many have started so far."""

    def __init__(self, width: int, rows: int) -> None:
        super().__init__()
        self.rows = rows
        self.start = nn.Linear(rows * width, 1)
        self.embed = nn.Linear(width, width, bias=False)
        nn.init.constant_(self.start.bias, -2.0)  # about one column in eight starts a character
        nn.init.zeros_(self.embed.weight)  # a new model begins without the count and takes as much of it as helps
        rates = torch.exp(torch.arange(0, width, 2, dtype=torch.float32) * (-math.log(1000.0) / width))
        self.register_buffer("rates", rates, persistent=False)
        self.rates: Tensor

    def start_logits(self, features: Tensor) -> Tensor:
        """(N, R*Q, D) from the encoder → (N, Q): whether a character starts in each column; spaces count as characters."""
        columns = features.unflatten(1, (self.rows, -1)).transpose(1, 2).flatten(2)
        logits: Tensor = self.start(columns).squeeze(2)
        return logits

    def count(self, start_logits: Tensor) -> Tensor:
        """(N, Q) → (N, Q) float32: which character each column belongs to, from 0; -1 before the first."""
        return start_logits.float().sigmoid().cumsum(dim=1) - 1

    def forward(self, features: Tensor, counts: Tensor) -> Tensor:
        """Add the count: (N, R*Q, D) and (N, Q) → (N, R*Q, D)."""
        angles = counts[:, :, None] * self.rates
        sinusoids = torch.cat((angles.sin(), angles.cos()), dim=2).to(features.dtype)
        counted: Tensor = features + self.embed(sinusoids).repeat(1, self.rows, 1)
        return counted
