"""PARSeq (Bautista & Atienza, ECCV 2022): the whole model and its loss.

Legend: N batch, S memory length, L label length, C classes, D width, H W pixels, K orders.

Tokens of a label of L characters: tgt_in = `<bos>` c1 … cL (what queries may see), tgt_out = c1 … cL `<eos>` (what they predict).
Query p has the learned position p and predicts tgt_out[p]; content at position q > 0 carries the learned position q-1,
`<bos>` none.

From images to tokens: `PARSeq.encode` makes the memory, `PARSeq.decode` attends to context and memory, the head classifies;
`decode.py` repeats that from left to right (`decode_autoregressive`) or for all positions at once (`decode_one_pass`), then
refines (`refine`).

Differs from the paper (four digits name a page of docs/decisions):

- Images keep their aspect ratio: 48 px high, of any width up to the spec's, not 32x128 (0010).
- The encoder is a convolution stem followed by attention on a coarse grid, unless `encoder.kind` is `vit`, which is the paper's.
- The decoder has one layer, its content is projected once, and there is one kind of mask; so the K orders of a step are one call
  of the decoder (0003).
- Cross-attention is biased towards the columns where the next character must stand (`column_bias.py`, 0006).
- Each column of the memory carries a count of the characters so far (`character_count.py`, 0004 and 0006).
- Head and embedding are factored into jamo, unless `head.kind` is `dense`, which is the paper's (`head.py`).
- Embedded tokens have a root mean square of 1 and positions begin as sinusoids of 0.71; the paper's code draws both small and
  scales the tokens up.
- A step learns one more order, every character from `<bos>` alone, and where glyph boxes are known three auxiliary losses
  (`training/glyph_losses.py`, 0004). Of two orders, the second is a random one instead of the mirror image (`permutations.py`).
- Muon is the optimizer, not Adam (0007).
- Decoding is autoregressive by default, in the export, too (0005). A line also ends where its last column was read (0006).
- After autoregressive decoding, refinement changes only characters in doubt and never continues a line past its end (0005).
- What comes out is the likeliest class of each position and its log-probability, not logits (0008).
- Released weights are stored in 16 bits (0009).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hunmin.errors import InputError
from hunmin.model.character_count import CharacterCount
from hunmin.model.column_bias import UNKNOWN, ColumnBias, Neighbours, find_neighbours
from hunmin.model.config import ModelConfig
from hunmin.model.decoder import Decoder, DecoderOutput, KeyValue
from hunmin.model.encoder import ENCODERS, sinusoids
from hunmin.model.head import build_embedding, build_head
from hunmin.spec import RecognizerSpec

QUERY_STEP = 128
"""On a CPU in 16 bits the head sees a multiple of it: a program is made for each new number of rows."""
IGNORED = -100
"""A target that the cross-entropy passes over."""


@dataclass(frozen=True)
class Losses:
    """What a training step needs of a batch."""

    loss: Tensor
    """Scalar: mean cross-entropy of all orders, weighted by their token counts."""
    attention: Tensor
    """(N, K*(L+1), S): the cross-attention of all orders' queries, averaged over the heads; rows sum to 1."""
    features: Tensor
    """(N, S, D): what the encoder gave, without the character count."""
    start_logits: Tensor
    """(N, columns): in which columns the model sees a character start."""


class Memory(NamedTuple):
    """What the decoder knows of the images, projected once an image."""

    projected: KeyValue
    """Keys and values of the cross-attention, each (N, A, S, D/A)."""
    counts: Tensor
    """(N, columns) float32: which character of the line stands in each column, counted from 0."""


class PARSeq(nn.Module):
    """The recognizer of one line of text.

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
        self.character_count = CharacterCount(width, grid_rows)
        self.column_bias = ColumnBias(config.decoder.num_heads, grid_rows)
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

    def encode(self, images: Tensor) -> Memory:
        """(N, 3, H, W) float32 → what the decoder attends to."""
        features: Tensor = self.encoder(images)
        return self.build_memory(features, self.character_count.start_logits(features))

    def build_memory(self, features: Tensor, start_logits: Tensor) -> Memory:
        """Add the character count to the encoder's features and project them to keys and values.

        Args:
            features: (N, S, D) from the encoder.
            start_logits: (N, columns) from `CharacterCount.start_logits`.
        """
        counts = self.character_count.count(start_logits)
        return Memory(self.decoder.project_memory(self.character_count(features, counts)), counts)

    def embed(self, tokens: Tensor) -> Tensor:
        """Content: tokens (N, L) int64, `<bos>` first, embedded with their positions; `<bos>` has none. (N, L, D)."""
        content = self.embedding(tokens)
        shifted = F.pad(self.positions, (0, 0, 1, 0))[: tokens.shape[1]]
        embedded: Tensor = self.dropout(content + shifted)
        return embedded

    def embed_at(self, token: Tensor, position: Tensor) -> Tensor:
        """`embed` for one token, in evaluation mode: (N, 1) and its position, () int64, 0 for `<bos>` → (N, 1, D)."""
        shifted = F.pad(self.positions, (0, 0, 1, 0)).index_select(0, position[None])
        embedded: Tensor = self.embedding(token) + shifted
        return embedded

    def queries(self, start: int, stop: int) -> Tensor:
        """The position queries start … stop-1: (1, stop-start, D)."""
        return self.positions[None, start:stop]

    def decode(
        self, memory: Memory, tokens: Tensor, mask: Tensor, num_queries: int, columns: Tensor | None = None
    ) -> DecoderOutput:
        """Decode the first `num_queries` positions with a given context.

        Args:
            memory: of the images.
            tokens: (N, L) int64, the context, `<bos>` first.
            mask: broadcastable to (N, 1, num_queries, L) bool, True = may not attend.
            num_queries: positions to decode, from the first.
            columns: (N, L) float32 where the tokens stand, negative = unknown; None = all unknown.
        """
        if columns is None:
            columns = torch.full(tokens.shape, UNKNOWN, device=tokens.device)
        hidden = mask[(None,) * (4 - mask.ndim)].expand(-1, -1, num_queries, tokens.shape[1])[:, 0]
        neighbours = find_neighbours(columns, hidden, torch.arange(num_queries, device=tokens.device))
        queries = self.queries(0, num_queries).expand(tokens.shape[0], -1, -1)
        return self.attend(memory, self.decoder.project_content(self.embed(tokens)), mask, queries, neighbours)

    def attend(
        self, memory: Memory, content: KeyValue, mask: Tensor | None, queries: Tensor, neighbours: Neighbours
    ) -> DecoderOutput:
        """Decode any queries with a context that is projected already.

        Args:
            memory: of the images.
            content: keys and values of the L tokens that may be seen.
            mask: broadcastable to (N, A, Q, L) bool, True = may not attend; None hides nothing.
            queries: (N, Q, D) positions to decode.
            neighbours: of each of them.
        """
        bias = self.column_bias(neighbours, memory.counts)
        output: DecoderOutput = self.decoder(queries, content, mask, memory.projected, bias)
        return output

    def logits(
        self, memory: Memory, tokens: Tensor, mask: Tensor, num_queries: int, columns: Tensor | None = None
    ) -> Tensor:
        """Classify what `decode` gives for the same arguments: (N, num_queries, C)."""
        logits: Tensor = self.head(self.decode(memory, tokens, mask, num_queries, columns).features)
        return logits

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
            columns: (N, L) float32, where each character stands; negative = unknown. None = where the model finds them.
            num_eos_orders: orders, from the first, that learn `<eos>`; later ones have nothing new to say about it.

        Returns:
            The loss and what auxiliary losses build on.
        """
        tokenizer = self.tokenizer
        num_orders, num_queries = masks.shape[:2]
        tgt_in, tgt_out = tgt[:, :-1], tgt[:, 1:]
        tgt_padding_mask = (tgt_in == tokenizer.pad_id) | (tgt_in == tokenizer.eos_id)
        mask = masks.flatten(0, 1)[None, None] | tgt_padding_mask[:, None, None, :]
        features: Tensor = self.encoder(images)
        start_logits = self.character_count.start_logits(features)
        memory = self.build_memory(features, start_logits)
        content = self.decoder.project_content(self.embed(tgt_in))
        if columns is None:
            columns = self.align(memory, content)[:, :-1]
        positions = torch.arange(num_queries, device=tgt.device).repeat(num_orders)
        neighbours = find_neighbours(F.pad(columns, (1, 0), value=UNKNOWN), mask[:, 0], positions)
        queries = self.dropout(self.queries(0, num_queries).expand(len(images), -1, -1)).repeat(1, num_orders, 1)
        output = self.attend(memory, content, mask, queries, neighbours)
        if lengths is None:
            lengths = ((tgt_out != tokenizer.pad_id).sum(dim=1) - 1).tolist()
        # The head is the dearest layer where there are 11,548 classes: it sees only what counts.
        counted = queries_with_targets(lengths, num_orders, num_queries, num_eos_orders, images.device)
        targets = tgt_out.repeat(1, num_orders).flatten().index_select(0, counted)
        padded = fill_up(counted)
        targets = F.pad(targets, (0, len(padded) - len(counted)), value=IGNORED)
        logits = self.head(output.features.flatten(0, 1).index_select(0, padded)[None])
        # Not logits[0]: going back through an index fills and copies as much memory again.
        loss = F.cross_entropy(logits.squeeze(0), targets, ignore_index=IGNORED)
        return Losses(loss, output.attention, features, start_logits)

    @torch.no_grad()
    def align(self, memory: Memory, content: KeyValue) -> Tensor:
        """Forced alignment: the column in which the decoder finds each character of a known text, from left to right.

        Args:
            memory: of the images.
            content: keys and values of `<bos>` and the characters, (N, A, L+1, D/A).

        Returns:
            (N, L+1) float32: the columns of the L characters and of what follows them.
        """
        column = torch.full((len(content.key), 1), UNKNOWN, device=content.key.device)
        columns = []
        for position in range(content.key.shape[2]):
            query = self.queries(position, position + 1).expand(len(column), -1, -1)
            seen = KeyValue(content.key[:, :, : position + 1], content.value[:, :, : position + 1])
            states = self.decoder.attend_content(query, seen, None)
            bias = self.column_bias(Neighbours(column), memory.counts)
            column = self.column_bias.attended_column(self.decoder.memory_attention(states, memory.projected, bias))
            columns.append(column)
        return torch.cat(columns, dim=1)


def fill_up(queries: Tensor) -> Tensor:
    """Indices (M,) int64, where that helps (`QUERY_STEP`) with the first query again and again behind them."""
    if queries.device.type != "cpu" or not torch.is_autocast_enabled("cpu"):
        return queries
    return F.pad(queries, (0, -len(queries) % QUERY_STEP))


def queries_with_targets(
    lengths: Sequence[int], num_orders: int, num_queries: int, num_eos_orders: int, device: torch.device
) -> Tensor:
    """Which queries have a target, found on the host: were the device asked how many, every step would wait for it.

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
