"""PARSeq (Bautista & Atienza, ECCV 2022): the whole model and its loss.

Legend: N batch, S memory length, L label length, C classes, D width, H W pixels, K orders.

Tokens of a label of L characters: tgt_in = `<bos>` c1 … cL (what queries may see), tgt_out = c1 … cL `<eos>` (what they predict).
Query p has the learned position p and predicts tgt_out[p]; content at position q > 0 carries the learned position q-1,
`<bos>` none. Content also carries the column of the image in which its character was read (`places.py`).
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hunmin.errors import InputError
from hunmin.model.config import ModelConfig
from hunmin.model.decoder import Decoder, KeyValue
from hunmin.model.encoder import ENCODERS, sinusoids
from hunmin.model.head import build_embedding, build_head
from hunmin.model.ordinals import Ordinals
from hunmin.model.permutations import causal_mask
from hunmin.model.places import UNKNOWN, Places, column_of_attention
from hunmin.spec import RecognizerSpec

IGNORED = -100  # what cross_entropy passes over


@dataclass(frozen=True)
class Losses:
    """What a training step needs of a batch."""

    loss: Tensor
    """Scalar: mean cross-entropy of all orders, weighted by their token counts."""
    states: Tensor
    """(N, K*(L+1), D): the queries before they look at the image."""
    memory: KeyValue
    """The image's keys and values."""
    encoded: Tensor
    """(N, S, D): what the encoder gave, without the count."""
    start_logits: Tensor
    """(N, columns): where the model sees characters start."""


class Read(NamedTuple):
    """What the decoder reads at Q positions."""

    logits: Tensor
    """(N, Q, C)."""
    columns: Tensor
    """(N, Q) float32: the column of the grid in which it found each character."""


class PARSeq(nn.Module):
    """Reads one line of text from an image.

    Raises:
        InputError: the encoder's strides do not divide the spec's height and width step.
        MismatchError: head or embedding were built for another vocabulary than the spec's.
    """

    def __init__(self, config: ModelConfig, spec: RecognizerSpec) -> None:
        super().__init__()
        self.config = config
        self.spec = spec
        self.tokenizer = spec.tokenizer()
        width = config.encoder.width
        self.encoder = ENCODERS[config.encoder.kind](config.encoder, spec.height_px, spec.max_width_px, config.dropout)
        rows, columns = self.encoder.strides
        if spec.height_px % rows or spec.width_step_px % columns:
            raise InputError(
                f"model {config.name!r} divides crops by {rows}x{columns}, but crops are {spec.height_px} px high and wide by "
                f"steps of {spec.width_step_px} px; give multiples as data.height_px and data.width_step_px, or another encoder"
            )
        self.ordinals = Ordinals(width, self.encoder.grid(spec.height_px, spec.width_step_px).rows)
        self.decoder = Decoder(width, config.decoder.num_heads, config.decoder.mlp_ratio, config.dropout)
        self.embedding = build_embedding(config.head, self.tokenizer, width)
        self.head = build_head(config.head, self.tokenizer, width)
        # Sinusoids have a root mean square of 0.71 against the tokens' 1: neither drowns the other from the first step on.
        self.positions = nn.Parameter(sinusoids(spec.max_label_length + 1, width))
        self.places = Places(width)
        self.dropout = nn.Dropout(config.dropout)
        self.check_vocabulary(where=f"model {config.name!r}")

    def check_vocabulary(self, *, where: str) -> None:
        """Refuse a head or an embedding of another size than the tokenizer's.

        Raises:
            MismatchError: with both numbers and `where`.
        """
        self.tokenizer.check_sizes(where=where, vocab_size=self.embedding.vocab_size, num_classes=self.head.num_classes)

    def encode(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) float32 → memory (N, S, D), each column with its count."""
        encoded: Tensor = self.encoder(images)
        memory: Tensor = self.ordinals(encoded, self.ordinals.start_logits(encoded))
        return memory

    def embed(self, tokens: Tensor, columns: Tensor, start: int = 0) -> Tensor:
        """Content: embedded tokens with their positions and places.

        Args:
            tokens: (N, L) int64.
            columns: (N, L) float32, the columns of the image that they were read in; negative = unknown.
            start: position of the first of them; at position 0 stands `<bos>`, which has no position.

        Returns:
            (N, L, D).
        """
        content = self.embedding(tokens) + self.places(columns)
        shifted = F.pad(self.positions, (0, 0, 1, 0))[start : start + tokens.shape[1]]
        embedded: Tensor = self.dropout(content + shifted)
        return embedded

    def embed_at(self, token: Tensor, column: Tensor, position: Tensor) -> Tensor:
        """`embed` for one token at a position that a graph computes: (N, 1), (N, 1) and () int64 → (N, 1, D)."""
        shifted = F.pad(self.positions, (0, 0, 1, 0)).index_select(0, position[None])
        embedded: Tensor = self.embedding(token) + self.places(column) + shifted
        return embedded

    def queries(self, start: int, stop: int) -> Tensor:
        """The position queries start … stop-1: (1, stop-start, D)."""
        return self.positions[None, start:stop]

    def training_losses(
        self, images: Tensor, tgt: Tensor, masks: Tensor, columns: Tensor | None = None, *, num_eos_orders: int = 2
    ) -> Losses:
        """Permutation language modelling: all orders in one decoder call.

        Args:
            images: (N, 3, H, W) float32.
            tgt: (N, L+2) int64: `<bos>`, characters, `<eos>`, `<pad>` ….
            masks: (K, L+1, L+1) bool, True = may not attend, from `permutations.query_masks` and `one_pass_mask`.
            columns: (N, L) float32, the column that each character stands in; negative = unknown, then the model's own
                attention says it. None = nothing is known.
            num_eos_orders: orders, from the first, that learn `<eos>`; later ones have nothing new to say about it.

        Returns:
            The loss and what auxiliary losses build on.
        """
        tokenizer = self.tokenizer
        num_orders, num_queries = masks.shape[:2]
        tgt_in, tgt_out = tgt[:, :-1], tgt[:, 1:]
        tgt_padding_mask = (tgt_in == tokenizer.pad_id) | (tgt_in == tokenizer.eos_id)
        mask = masks.flatten(0, 1)[None, None] | tgt_padding_mask[:, None, None, :]
        encoded: Tensor = self.encoder(images)
        start_logits = self.ordinals.start_logits(encoded)
        memory = self.decoder.project_memory(self.ordinals(encoded, start_logits))
        columns = self._all_columns(tgt_in, columns, memory)
        content = self.decoder.project_content(self.embed(tgt_in, columns))
        queries = self.dropout(self.queries(0, num_queries).expand(len(images), -1, -1)).repeat(1, num_orders, 1)
        states = self.decoder.read_context(queries, content, mask)
        features = self.decoder.read_memory(states, memory)
        target = tgt_out.masked_fill(tgt_out == tokenizer.pad_id, IGNORED)
        later = target.masked_fill(target == tokenizer.eos_id, IGNORED)
        targets = torch.cat([target if k < num_eos_orders else later for k in range(num_orders)], dim=1)
        # The head is the dearest layer where there are 11,548 classes: it sees only what counts.
        counted = targets != IGNORED
        loss = F.cross_entropy(self.head(features[counted][None])[0], targets[counted])
        return Losses(loss, states, memory, encoded, start_logits)

    @torch.no_grad()
    def _all_columns(self, tgt_in: Tensor, known: Tensor | None, memory: KeyValue) -> Tensor:
        """Columns of `tgt_in`, (N, L+1): the known ones, and where the decoder looks, left to right, for the others."""
        unknown = torch.full(tgt_in.shape, UNKNOWN, device=tgt_in.device)
        content = self.decoder.project_content(self.embed(tgt_in, unknown))
        num_queries = tgt_in.shape[1]
        queries = self.queries(0, num_queries).expand(len(tgt_in), -1, -1)
        states = self.decoder.read_context(queries, content, causal_mask(num_queries - 1, tgt_in.device)[None, None])
        own = column_of_attention(self.decoder.memory_weights(states, memory), self.ordinals.rows)[:, :-1]
        return torch.cat((unknown[:, :1], own if known is None else torch.where(known < 0, own, known)), dim=1)

    def read(self, memory: KeyValue, content: KeyValue, mask: Tensor | None, queries: Tensor) -> Read:
        """Predict with a given context.

        Args:
            memory: keys and values of the image.
            content: keys and values of the L tokens that may be seen.
            mask: broadcastable to (N, A, Q, L) bool, True = may not attend; None hides nothing.
            queries: (N, Q, D) positions to predict.

        Returns:
            Logits and columns of the Q characters.
        """
        states = self.decoder.read_context(queries, content, mask)
        columns = column_of_attention(self.decoder.memory_weights(states, memory), self.ordinals.rows)
        return Read(self.head(self.decoder.read_memory(states, memory)), columns)

    def logits(
        self, memory: KeyValue, tokens: Tensor, mask: Tensor, num_queries: int, columns: Tensor | None = None
    ) -> Tensor:
        """Predict the first `num_queries` characters with a given context.

        Args:
            memory: keys and values of the image.
            tokens: (N, L) int64, the context, `<bos>` first.
            mask: broadcastable to (N, A, num_queries, L) bool, True = may not attend.
            num_queries: characters to predict, from the first.
            columns: (N, L) float32 where the tokens were read, negative = unknown; None = all unknown.

        Returns:
            (N, num_queries, C).
        """
        columns = torch.full(tokens.shape, UNKNOWN, device=tokens.device) if columns is None else columns
        content = self.decoder.project_content(self.embed(tokens, columns))
        return self.read(memory, content, mask, self.queries(0, num_queries).expand(tokens.shape[0], -1, -1)).logits
