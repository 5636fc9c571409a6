"""PARSeq (Bautista & Atienza, ECCV 2022): the whole model and its loss.

Legend: N batch, S memory length, L label length, C classes, D width, H W pixels, K orders.

Tokens of a label of L characters: tgt_in = `<bos>` c1 … cL (what queries may see), tgt_out = c1 … cL `<eos>` (what they predict).
Query p has the learned position p and predicts tgt_out[p]; content at position q > 0 carries the learned position q-1,
`<bos>` none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hunmin.errors import InputError
from hunmin.model.character_count import Ordinals
from hunmin.model.column_bias import UNKNOWN, Neighbours, Places, behind, neighbours
from hunmin.model.config import ModelConfig
from hunmin.model.decoder import Decoder, KeyValue, Look
from hunmin.model.encoder import ENCODERS, sinusoids
from hunmin.model.head import build_embedding, build_head
from hunmin.spec import RecognizerSpec


@dataclass(frozen=True)
class Losses:
    """What a training step needs of a batch."""

    loss: Tensor
    """Scalar: mean cross-entropy of all orders, weighted by their token counts."""
    weights: Tensor
    """(N, K*(L+1), S): where the queries of all orders look, averaged over the heads; rows sum to 1."""
    encoded: Tensor
    """(N, S, D): what the encoder gave, without the count."""
    start_logits: Tensor
    """(N, columns): where the model sees characters start."""


class Encoded(NamedTuple):
    """What the model makes of images."""

    features: Tensor
    """(N, S, D), each column with its count."""
    ordinals: Tensor
    """(N, columns) float32: which character of the line stands in each column, counted from 0."""


class Memory(NamedTuple):
    """What the decoder looks at, projected once an image."""

    projected: KeyValue
    """Each (N, A, S, D/A)."""
    ordinals: Tensor
    """(N, columns) float32."""


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
        grid_rows = self.encoder.grid(spec.height_px, spec.width_step_px).rows
        self.ordinals = Ordinals(width, grid_rows)
        self.places = Places(config.decoder.num_heads, grid_rows)
        self.decoder = Decoder(width, config.decoder.num_heads, config.decoder.mlp_ratio, config.dropout)
        self.embedding = build_embedding(config.head, self.tokenizer, width)
        self.head = build_head(config.head, self.tokenizer, width)
        # Sinusoids have a root mean square of 0.71 against the tokens' 1: neither drowns the other from the first step on.
        self.positions = nn.Parameter(sinusoids(spec.max_label_length + 1, width))
        self.dropout = nn.Dropout(config.dropout)
        self.check_vocabulary(where=f"model {config.name!r}")

    def check_vocabulary(self, *, where: str) -> None:
        """Refuse a head or an embedding of another size than the tokenizer's.

        Raises:
            MismatchError: with both numbers and `where`.
        """
        self.tokenizer.check_sizes(where=where, vocab_size=self.embedding.vocab_size, num_classes=self.head.num_classes)

    def encode(self, images: Tensor) -> Encoded:
        """(N, 3, H, W) float32 → what the decoder reads from."""
        features: Tensor = self.encoder(images)
        return self.count(features, self.ordinals.start_logits(features))

    def count(self, features: Tensor, start_logits: Tensor) -> Encoded:
        """Add the count to what the encoder gave: (N, S, D) and (N, columns)."""
        ordinals = self.ordinals.count(start_logits)
        return Encoded(self.ordinals(features, ordinals), ordinals)

    def project(self, encoded: Encoded) -> Memory:
        """Keys and values of the memory."""
        return Memory(self.decoder.project_memory(encoded.features), encoded.ordinals)

    def embed(self, tokens: Tensor, start: int = 0) -> Tensor:
        """Content: embedded tokens with their positions.

        Args:
            tokens: (N, L) int64.
            start: position of the first of them; at position 0 stands `<bos>`, which has no position.

        Returns:
            (N, L, D).
        """
        content = self.embedding(tokens)
        shifted = F.pad(self.positions, (0, 0, 1, 0))[start : start + tokens.shape[1]]
        embedded: Tensor = self.dropout(content + shifted)
        return embedded

    def embed_at(self, token: Tensor, position: Tensor) -> Tensor:
        """`embed` for one token at a position that a graph computes: (N, 1) and () int64 → (N, 1, D)."""
        shifted = F.pad(self.positions, (0, 0, 1, 0)).index_select(0, position[None])
        embedded: Tensor = self.embedding(token) + shifted
        return embedded

    def queries(self, start: int, stop: int) -> Tensor:
        """The position queries start … stop-1: (1, stop-start, D)."""
        return self.positions[None, start:stop]

    def training_losses(
        self,
        images: Tensor,
        tgt: Tensor,
        masks: Tensor,
        lengths: Sequence[int] | None = None,
        columns: Tensor | None = None,
        *,
        num_eos_orders: int = 2,
    ) -> Losses:
        """Permutation language modelling: all orders in one decoder call.

        Args:
            images: (N, 3, H, W) float32.
            tgt: (N, L+2) int64: `<bos>`, characters, `<eos>`, `<pad>` ….
            masks: (K, L+1, L+1) bool, True = may not attend, from `permutations.query_masks` and `one_pass_mask`.
            lengths: characters of each label, N of them. Without them the device is asked, and everything waits for its answer.
            columns: (N, L) float32, where each character stands; negative = nobody knows. None = where the model finds them.
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
        memory = self.project(self.count(encoded, start_logits))
        content = self.decoder.project_content(self.embed(tgt_in))
        if columns is None:
            columns = self.find_columns(memory, content)[:, :-1]
        positions = torch.arange(num_queries, device=tgt.device).repeat(num_orders)
        beside = neighbours(F.pad(columns, (1, 0), value=UNKNOWN), mask[:, 0], positions)
        queries = self.dropout(self.queries(0, num_queries).expand(len(images), -1, -1)).repeat(1, num_orders, 1)
        look = self.look(memory, content, mask, queries, beside)
        if lengths is None:
            lengths = ((tgt_out != tokenizer.pad_id).sum(dim=1) - 1).tolist()
        # The head is the dearest layer where there are 11,548 classes: it sees only what counts.
        counted = counted_queries(lengths, num_orders, num_queries, num_eos_orders, images.device)
        targets = tgt_out.repeat(1, num_orders).flatten().index_select(0, counted)
        logits = self.head(look.features.flatten(0, 1).index_select(0, counted)[None])
        # Not logits[0]: going back through an index fills and copies as much memory again.
        loss = F.cross_entropy(logits.squeeze(0), targets)
        return Losses(loss, look.weights, encoded, start_logits)

    @torch.no_grad()
    def find_columns(self, memory: Memory, content: KeyValue) -> Tensor:
        """Where the decoder finds each character of a text that it is told, one after the other from the left.

        Args:
            memory: of the image.
            content: keys and values of `<bos>` and the characters, (N, A, L+1, D/A).

        Returns:
            (N, L+1) float32: the columns of the L characters and of what follows them.
        """
        column = torch.full((len(content.key), 1), UNKNOWN, device=content.key.device)
        columns = []
        for position in range(content.key.shape[2]):
            query = self.queries(position, position + 1).expand(len(column), -1, -1)
            seen = KeyValue(content.key[:, :, : position + 1], content.value[:, :, : position + 1])
            states = self.decoder.read_context(query, seen, None)
            bias = self.places(behind(column), memory.ordinals)
            column = self.places.column(self.decoder.memory_weights(states, memory.projected, bias))
            columns.append(column)
        return torch.cat(columns, dim=1)

    def look(self, memory: Memory, content: KeyValue, mask: Tensor | None, queries: Tensor, beside: Neighbours) -> Look:
        """Find characters with a given context.

        Args:
            memory: of the image.
            content: keys and values of the L tokens that may be seen.
            mask: broadcastable to (N, A, Q, L) bool, True = may not attend; None hides nothing.
            queries: (N, Q, D) positions to predict.
            beside: who is known to stand beside each of them.
        """
        bias = self.places(beside, memory.ordinals)
        states = self.decoder.read_context(queries, content, mask)
        return self.decoder.read_memory(states, memory.projected, bias)

    def read(self, look: Look) -> Read:
        """What was found."""
        return Read(self.head(look.features), self.places.column(look.weights))

    def logits(
        self, memory: Memory, tokens: Tensor, mask: Tensor, num_queries: int, columns: Tensor | None = None
    ) -> Tensor:
        """Predict the first `num_queries` characters with a given context.

        Args:
            memory: of the image.
            tokens: (N, L) int64, the context, `<bos>` first.
            mask: broadcastable to (N, 1, num_queries, L) bool, True = may not attend.
            num_queries: characters to predict, from the first.
            columns: (N, L) float32 where the tokens were read, negative = unknown; None = all unknown.

        Returns:
            (N, num_queries, C).
        """
        return self.read(self.look_at(memory, tokens, mask, num_queries, columns)).logits

    def look_at(
        self, memory: Memory, tokens: Tensor, mask: Tensor, num_queries: int, columns: Tensor | None = None
    ) -> Look:
        """`look` for the first `num_queries` characters, with the arguments of `logits`."""
        if columns is None:
            columns = torch.full(tokens.shape, UNKNOWN, device=tokens.device)
        hidden = mask[(None,) * (4 - mask.ndim)].expand(-1, -1, num_queries, tokens.shape[1])[:, 0]
        beside = neighbours(columns, hidden, torch.arange(num_queries, device=tokens.device))
        queries = self.queries(0, num_queries).expand(tokens.shape[0], -1, -1)
        return self.look(memory, self.decoder.project_content(self.embed(tokens)), mask, queries, beside)


def counted_queries(
    lengths: Sequence[int], num_orders: int, num_queries: int, num_eos_orders: int, device: torch.device
) -> Tensor:
    """Which queries have something to predict, found on the host: were the device asked how many, every step would wait for it.

    Args:
        lengths: characters of each label (N).
        num_orders: K.
        num_queries: L+1.
        num_eos_orders: orders, from the first, that predict `<eos>`, too.
        device: where the answer goes.

    Returns:
        (M,) int64: indices into N*K*(L+1) queries, in order.
    """
    has_eos = np.arange(num_orders)[:, None] < num_eos_orders
    predicts = np.arange(num_queries) < np.asarray(lengths)[:, None, None] + has_eos
    counted = torch.from_numpy(np.flatnonzero(predicts))
    # Only out of page-locked memory does a copy to a GPU not wait for the work before it.
    return counted.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else counted.to(device)
