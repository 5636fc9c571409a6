"""Memory and context → one feature vector a character: PARSeq's two-stream decoder layer (section 3.1).

Legend: N batch, S memory length, L label length, Q queries, D width, A attention heads.

The query stream holds positions, the content stream embedded tokens. At depth 1 the content stream is never updated, so all
orders of generation share its keys and values: K orders are K times as many queries against the same content, in one call.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from hunmin.model.encoder import Mlp, attend


class KeyValue(NamedTuple):
    """Projected keys and values, each (N, A, length, D/A)."""

    key: Tensor
    value: Tensor

    def append(self, new: "KeyValue") -> "KeyValue":
        """These, then `new`: the cache of autoregressive decoding."""
        return KeyValue(torch.cat((self.key, new.key), dim=2), torch.cat((self.value, new.value), dim=2))


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
        key, value = self.kv(source).unflatten(2, (2 * self.num_heads, -1)).transpose(1, 2).chunk(2, dim=1)
        return KeyValue(key, value)

    def weights(self, queries: Tensor, source: KeyValue, bias: Tensor | None = None) -> Tensor:
        """How the queries distribute their attention, each head for itself: (N, A, Q, S), rows sum to 1.

        Args:
            queries: (N, Q, D).
            source: what `project` gave.
            bias: added to the scores, broadcastable to (N, A, Q, S).
        """
        query = self.q(queries).unflatten(2, (self.num_heads, -1)).transpose(1, 2)
        scores: Tensor = query * query.shape[3] ** -0.5 @ source.key.transpose(2, 3)
        return (scores if bias is None else scores + bias).softmax(dim=3)

    def mix(self, weights: Tensor, source: KeyValue) -> Tensor:
        """The mean of the values of `source` under `weights` (N, A, Q, S), projected: (N, Q, D)."""
        mixed: Tensor = self.proj((weights.to(source.value.dtype) @ source.value).transpose(1, 2).flatten(2))
        return mixed

    def forward(self, queries: Tensor, source: KeyValue, hidden: Tensor | None = None) -> Tensor:
        """Attend to `source`.

        Args:
            queries: (N, Q, D).
            source: what `project` gave.
            hidden: broadcastable to (N, A, Q, S) bool, True = may not attend.

        Returns:
            (N, Q, D).
        """
        if hidden is None:  # as in decoding, where the fused kernel would become a dozen nodes of the exported graph
            return self.mix(self.weights(queries, source), source)
        query = self.q(queries).unflatten(2, (self.num_heads, -1)).transpose(1, 2)
        mixed: Tensor = self.proj(attend(query, source.key, source.value, hidden).transpose(1, 2).flatten(2))
        return mixed


class DecoderOutput(NamedTuple):
    """What the decoder gives for Q position queries."""

    features: Tensor
    """(N, Q, D), normalised for the head."""
    attention: Tensor
    """(N, Q, S): the weights of the cross-attention, averaged over the heads; rows sum to 1."""


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

    def forward(
        self, queries: Tensor, content: KeyValue, mask: Tensor | None, memory: KeyValue, bias: Tensor
    ) -> DecoderOutput:
        """The whole layer.

        Args:
            queries: (N, Q, D) positions.
            content: what `project_content` gave for the L tokens that may be seen.
            mask: broadcastable to (N, A, Q, L) bool, True = may not attend; None hides nothing.
            memory: what `project_memory` gave.
            bias: added to the scores of the cross-attention, broadcastable to (N, A, Q, S).
        """
        states = self.attend_content(queries, content, mask)
        # Not the fused kernel: it keeps the weights to itself, and they are wanted in training and in decoding.
        weights = self.cross_attn.weights(self.norm1(states), memory, bias)
        states = states + self.dropout(self.cross_attn.mix(weights, memory))
        states = states + self.dropout(self.mlp(self.norm2(states)))
        return DecoderOutput(self.norm(states), weights.mean(dim=1))

    def attend_content(self, queries: Tensor, content: KeyValue, mask: Tensor | None) -> Tensor:
        """The first third: self-attention of queries (N, Q, D) to the content, `mask` as in `forward`; (N, Q, D)."""
        states: Tensor = queries + self.dropout(self.self_attn(self.norm_query(queries), content, mask))
        return states

    def memory_attention(self, states: Tensor, memory: KeyValue, bias: Tensor) -> Tensor:
        """`DecoderOutput.attention` alone: of what `attend_content` gave, `memory` and `bias` as in `forward`."""
        return self.cross_attn.weights(self.norm1(states), memory, bias).mean(dim=1)
