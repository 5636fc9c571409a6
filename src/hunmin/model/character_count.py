"""Which character of the line each column belongs to, counted from the left.

Legend: N batch, R rows and Q columns of the grid, D width.

Reading all characters at once, query p must find the p-th character of the line. Nothing in a picture says "p-th": the encoder
would have to count. So it is asked for what a picture does show, the columns where a character starts, and the counting is a
cumulative sum. The count goes into the memory in the form in which the queries carry theirs, and `places.py` measures with it
how many characters lie between two columns.
"""

import math

import torch
from torch import Tensor, nn


class Ordinals(nn.Module):
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

    def start_logits(self, memory: Tensor) -> Tensor:
        """(N, R*Q, D) → (N, Q): how surely a character starts in each column; spaces count as characters."""
        columns = memory.unflatten(1, (self.rows, -1)).transpose(1, 2).flatten(2)
        logits: Tensor = self.start(columns).squeeze(2)
        return logits

    def count(self, start_logits: Tensor) -> Tensor:
        """(N, Q) → (N, Q) float32: the ordinal of the character in each column, from 0; -1 before the first."""
        return start_logits.float().sigmoid().cumsum(dim=1) - 1

    def forward(self, memory: Tensor, ordinals: Tensor) -> Tensor:
        """Add the count to the memory: (N, R*Q, D) and (N, Q) → (N, R*Q, D)."""
        angles = ordinals[:, :, None] * self.rates
        count = torch.cat((angles.sin(), angles.cos()), dim=2).to(memory.dtype)
        counted: Tensor = memory + self.embed(count).repeat(1, self.rows, 1)
        return counted
