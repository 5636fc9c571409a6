"""Memory and context → one feature vector a character: PARSeq's two-stream decoder layer (section 3.1).

Legend: N batch, S memory length, L label length, Q queries, D width, A attention heads.

The query stream holds positions, the content stream embedded tokens. At depth 1 the content stream is never updated, so all
orders of generation share its keys and values: K orders are K times as many queries against the same content, in one call.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hunmin.model.encoder import Mlp


class KeyValue(NamedTuple):
    """Projected keys and values, each (N, A, length, D/A)."""

    key: Tensor
    value: Tensor


class Attention(nn.Module):
    """Multi-head attention whose keys and values are projected apart, so that they can be kept."""

    def __init__(self, width: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.q = nn.Linear(width, width)
        self.kv = nn.Linear(width, 2 * width)
        self.proj = nn.Linear(width, width)

    def project(self, source: Tensor) -> KeyValue:
        """(N, S, D) → keys and values."""
        key, value = self.kv(source).unflatten(2, (2, self.num_heads, -1)).permute(2, 0, 3, 1, 4)
        return KeyValue(key, value)

    def forward(self, queries: Tensor, source: KeyValue, mask: Tensor | None = None) -> Tensor:
        """Attend to `source`.

        Args:
            queries: (N, Q, D).
            source: what `project` gave.
            mask: broadcastable to (N, A, Q, S): bool, True = may not attend; or float, added to the scores.

        Returns:
            (N, Q, D).
        """
        query = self.q(queries).unflatten(2, (self.num_heads, -1)).transpose(1, 2)
        if mask is not None:
            mask = ~mask if mask.dtype == torch.bool else mask.to(query.dtype)
        attended = F.scaled_dot_product_attention(query, source.key, source.value, attn_mask=mask)
        # Not transpose and flatten: with a float mask, the exporter takes the fused kernel's memory layout for another.
        mixed: Tensor = self.proj(torch.cat(attended.unbind(dim=1), dim=2))
        return mixed

    def weights(self, queries: Tensor, source: KeyValue, bias: Tensor) -> Tensor:
        """Where the queries look, averaged over the heads: (N, Q, S), rows sum to 1. The fused kernel keeps this to itself."""
        query = self.q(queries).unflatten(2, (self.num_heads, -1)).transpose(1, 2)
        scores: Tensor = query @ source.key.transpose(2, 3) / query.shape[3] ** 0.5 + bias
        return scores.softmax(dim=3).mean(dim=1)


class Decoder(nn.Module):
    """One pre-norm layer: queries attend to the content, then to the memory, then an MLP."""

    def __init__(self, width: int, num_heads: int, mlp_ratio: float, dropout: float) -> None:
        super().__init__()
        self.norm_query = nn.LayerNorm(width)
        self.norm_content = nn.LayerNorm(width)
        self.self_attn = Attention(width, num_heads)
        self.norm1 = nn.LayerNorm(width)
        self.cross_attn = Attention(width, num_heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = Mlp(width, int(width * mlp_ratio), dropout)
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(width)

    def project_content(self, content: Tensor) -> KeyValue:
        """Embedded tokens (N, L+1, D) → keys and values; each position on its own, so they can be appended to."""
        return self.self_attn.project(self.norm_content(content))

    def project_memory(self, memory: Tensor) -> KeyValue:
        """Memory (N, S, D) → keys and values, once an image."""
        return self.cross_attn.project(memory)

    def read_context(self, queries: Tensor, content: KeyValue, mask: Tensor | None) -> Tensor:
        """The first half: queries (N, Q, D) look at the content under `mask`, broadcastable to (N, A, Q, L+1), True = hidden."""
        states: Tensor = queries + self.dropout(self.self_attn(self.norm_query(queries), content, mask))
        return states

    def read_memory(self, states: Tensor, memory: KeyValue, bias: Tensor) -> Tensor:
        """The second half: (N, Q, D) look at the image under `bias` (N, A, Q, S); → (N, Q, D), normalised for the head."""
        states = states + self.dropout(self.cross_attn(self.norm1(states), memory, bias))
        states = states + self.dropout(self.mlp(self.norm2(states)))
        normed: Tensor = self.norm(states)
        return normed

    def memory_weights(self, states: Tensor, memory: KeyValue, bias: Tensor) -> Tensor:
        """Where `read_memory` looks for the same arguments: (N, Q, S), averaged over the heads."""
        return self.cross_attn.weights(self.norm1(states), memory, bias)
