"""From images to tokens: autoregressive or in one pass, then refined (PARSeq, section 3.3).

Legend: N batch, A attention heads, D width, L = the spec's max_label_length, T positions that were needed, C classes,
K candidates, H W pixels.
Models are in evaluation mode.
"""

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from hunmin.model.column_bias import UNKNOWN, Neighbours
from hunmin.model.decoder import DecoderOutput, KeyValue
from hunmin.model.parseq import Memory, PARSeq
from hunmin.model.permutations import cloze_mask

EDGE = 0.1
"""A character this near to the middle of the last column stands in it, in columns."""
SURE = 0.99
"""A character likelier than this is not refined: of 604 that refinement changed, 601 were less likely."""
NUM_CANDIDATES = 8
"""K: how many classes a graph gives for each position in doubt, for a language model to choose from."""


class Decoded(NamedTuple):
    """The likeliest class at every position; what follows the first `<eos>` of a line means nothing."""

    tokens: Tensor
    """(N, T) int64."""
    log_probs: Tensor
    """(N, T) float32: how likely each is, in nats."""


class LocatedTokens(NamedTuple):
    """What autoregressive decoding gives: tokens, and where in the image they were found."""

    tokens: Tensor
    """(N, T) int64, as in `Decoded`."""
    log_probs: Tensor
    """(N, T) float32, as in `Decoded`."""
    columns: Tensor
    """(N, T) float32: the column of the grid in which the attention found each."""


class Outputs(NamedTuple):
    """All that is known of a line once it was read; what follows its first `<eos>` means nothing."""

    tokens: Tensor
    """(N, T) int64, as in `Decoded`."""
    log_probs: Tensor
    """(N, T) float32, as in `Decoded`."""
    candidates: Tensor
    """(N, T, K) int64: the likeliest classes, `tokens` first."""
    candidate_log_probs: Tensor
    """(N, T, K) float32, in nats; -inf for all but the first where a character was not refined."""
    centres: Tensor
    """(N, T) float32: where the attention found each, 0 = the left edge of the image, 1 = the right."""


def likeliest(logits: Tensor) -> Decoded:
    """(N, T, C) → the best of each row."""
    tokens, log_probs = candidates(logits, 1)
    return Decoded(tokens.squeeze(2), log_probs.squeeze(2))


def candidates(logits: Tensor, num: int) -> Decoded:
    """(N, T, C) → the best `num` of each row, the likeliest first: (N, T, num) each."""
    # topk, not max: exported, one search instead of two.
    log_probs, tokens = logits.float().log_softmax(dim=2).topk(num, dim=2)
    return Decoded(tokens, log_probs)


def num_candidates(model: PARSeq) -> int:
    """K; fewer of a tiny charset."""
    return min(NUM_CANDIDATES, model.head.num_classes)


def end_at_edge(model: PARSeq, memory: Memory, decoded: Decoded, column: Tensor) -> Decoded:
    """End lines whose last column was read: nothing stands after it, and the next query would find the same character again.

    Args:
        model: whose `<eos>` ends a line.
        memory: of the images.
        decoded: (N, T) each.
        column: (N, T) float32, where the character before each was found.
    """
    is_past = column > memory.counts.shape[1] - 1 - EDGE
    tokens = decoded.tokens.masked_fill(is_past, model.tokenizer.eos_id)
    return Decoded(tokens, decoded.log_probs.masked_fill(is_past, 0.0))


def decode_autoregressive(model: PARSeq, images: Tensor) -> Outputs:
    """One character after the other, then refined: (N, 3, H, W) float32 → (N, T) each, T ≤ L+1 the steps that were needed."""
    memory = model.encode(images)
    return refine(model, memory, decode_left_to_right(model, memory))


def decode_left_to_right(model: PARSeq, memory: Memory) -> LocatedTokens:
    """`decode_step` until every line has ended: (N, T) each, T ≤ L+1."""
    num, device = len(memory.counts), memory.counts.device
    token = torch.full((num, 1), model.tokenizer.bos_id, dtype=torch.int64, device=device)
    column = torch.full((num, 1), UNKNOWN, device=device)
    content: KeyValue | None = None
    ended = torch.zeros(num, dtype=torch.bool, device=device)
    steps: list[LocatedTokens] = []
    for position in torch.arange(model.spec.max_label_length + 1, device=device):
        new = model.decoder.project_content(model.embed_at(token, position))
        content = new if content is None else content.append(new)
        step = decode_step(model, memory, position, column, content)
        token, _, column = step
        steps.append(step)
        ended |= token[:, 0] == model.tokenizer.eos_id
        if ended.all():
            break
    return LocatedTokens(*(torch.cat(parts, dim=1) for parts in zip(*steps, strict=True)))


def decode_step(model: PARSeq, memory: Memory, position: Tensor, column: Tensor, content: KeyValue) -> LocatedTokens:
    """Decode the character at `position`.

    Args:
        model: in evaluation mode.
        memory: of the images.
        position: () int64, from 0.
        column: (N, 1) float32, where the character before was found; negative at position 0.
        content: keys and values of `<bos>` and the characters before, (N, A, position + 1, D/A).

    Returns:
        (N, 1) each.
    """
    query = model.positions.index_select(0, position[None])[None]
    output = model.attend(memory, content, None, query, Neighbours(column))
    tokens, log_probs = end_at_edge(model, memory, likeliest(model.head(output.features)), column)
    return LocatedTokens(tokens, log_probs, model.column_bias.attended_column(output.attention))


def decode_one_pass(model: PARSeq, images: Tensor) -> Outputs:
    """Every character from `<bos>` alone, then refined: (N, 3, H, W) float32 → (N, L+1) each.

    Free of branches on data, so that it can be exported as a graph without a loop.
    """
    memory = model.encode(images)
    bos = torch.full((images.shape[0], 1), model.tokenizer.bos_id, dtype=torch.int64, device=images.device)
    nothing_hidden = torch.zeros(1, 1, 1, 1, dtype=torch.bool, device=images.device)
    output = model.decode(memory, bos, nothing_hidden, model.spec.max_label_length + 1)
    for _ in range(model.config.num_refinements):
        tokens = model.head(output.features).argmax(dim=2)
        output = decode_cloze(model, memory, tokens, model.column_bias.attended_column(output.attention))
    tokens, log_probs = candidates(model.head(output.features), num_candidates(model))
    centres = shares_of_width(memory, model.column_bias.attended_column(output.attention))
    return Outputs(tokens[:, :, 0], log_probs[:, :, 0], tokens, log_probs, centres)


def refine(model: PARSeq, memory: Memory, decoded: LocatedTokens) -> Outputs:
    """Predict the characters in doubt once more from all others, as often as the model is configured to.

    Autoregressive decoding ended each line where nothing was left to read; so the refinement may change a character that is not
    `SURE` or end a line earlier, but never continues one. Then a line reads the same whatever longer lines share its batch.

    Args:
        model: in evaluation mode.
        memory: of the images.
        decoded: (N, T) each.

    Returns:
        (N, T, …).
    """
    tokens, log_probs, columns = decoded
    num = num_candidates(model)
    ended = (tokens == model.tokenizer.eos_id).int().cumsum(dim=1) > 0
    is_doubtful = ~ended & (log_probs < math.log(SURE))
    # Most lines hold nothing in doubt: the decoder sees the others. The head is the dearest layer: it sees only what can change.
    lines = is_doubtful.any(dim=1).nonzero().squeeze(1)
    seen = Memory(
        KeyValue(*(part.index_select(0, lines) for part in memory.projected)), memory.counts.index_select(0, lines)
    )
    in_doubt = is_doubtful.flatten().nonzero().squeeze(1)
    in_doubt_of_seen = is_doubtful.index_select(0, lines).flatten().nonzero().squeeze(1)
    rows = in_doubt[:, None].expand(-1, num)
    best = F.pad(tokens.flatten()[:, None], (0, num - 1), value=model.tokenizer.eos_id)
    best_log_probs = F.pad(log_probs.flatten()[:, None], (0, num - 1), value=-math.inf)
    for _ in range(model.config.num_refinements):
        output = decode_cloze(model, seen, tokens.index_select(0, lines), columns.index_select(0, lines))
        new = candidates(model.head(output.features.flatten(0, 1).index_select(0, in_doubt_of_seen)[None]), num)
        best = best.scatter(0, rows, new.tokens[0])
        best_log_probs = best_log_probs.scatter(0, rows, new.log_probs[0])
        tokens, log_probs = best[:, 0].view_as(tokens), best_log_probs[:, 0].view_as(log_probs)
    shape = (*tokens.shape, num)
    return Outputs(tokens, log_probs, best.view(shape), best_log_probs.view(shape), shares_of_width(memory, columns))


def shares_of_width(memory: Memory, columns: Tensor) -> Tensor:
    """Columns of the grid, (N, T) float32, as shares of the image's width; the middle of column 0 is half a column."""
    return (columns + 0.5) / memory.counts.shape[1]


def decode_cloze(model: PARSeq, memory: Memory, tokens: Tensor, columns: Tensor) -> DecoderOutput:
    """Decode every position with all others as its context.

    Args:
        model: in evaluation mode.
        memory: of the images.
        tokens: (N, T) int64, as decoded so far: characters, then `<eos>`; what follows is hidden.
        columns: (N, T) float32, where they were found.

    Returns:
        (N, T, …).
    """
    context = F.pad(tokens[:, :-1], (1, 0), value=model.tokenizer.bos_id)
    # From the first <eos> on there is nothing to see.
    ended = (context == model.tokenizer.eos_id).int().cumsum(dim=1) > 0
    mask = cloze_mask(context.shape[1] - 1, context.device)[None, None] | ended[:, None, None, :]
    return model.decode(memory, context, mask, context.shape[1], F.pad(columns[:, :-1], (1, 0), value=UNKNOWN))


Decoding = Literal["autoregressive", "one-pass"]
DECODE: dict[Decoding, Callable[[PARSeq, Tensor], Outputs]] = {
    "autoregressive": decode_autoregressive,
    "one-pass": decode_one_pass,
}
