"""What images without labels say: one character after the other, or one pass with refinement (PARSeq, section 3.3).

Legend: N batch, L = the spec's max_label_length, T rows that were needed, C classes, H W pixels.
"""

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from hunmin.model.column_bias import UNKNOWN, behind
from hunmin.model.decoder import KeyValue, Look
from hunmin.model.parseq import Memory, PARSeq, Read
from hunmin.model.permutations import cloze_mask

EDGE = 0.1
"""A character this near to the middle of the last column stands in it, in columns."""
SURE = 0.99
"""A character likelier than this stays as it was read: of 604 that the refinement changed, 601 were less likely."""


class Decoded(NamedTuple):
    """The likeliest class at every position; what follows the first `<eos>` of a line means nothing."""

    tokens: Tensor
    """(N, T) int64."""
    log_probs: Tensor
    """(N, T) float32: how likely each is, in nats."""


def likeliest(logits: Tensor) -> Decoded:
    """(N, T, C) → the best of each row."""
    # topk, not max: exported, one search instead of two.
    log_probs, tokens = logits.float().log_softmax(dim=2).topk(1, dim=2)
    return Decoded(tokens.squeeze(2), log_probs.squeeze(2))


def end_at_edge(model: PARSeq, memory: Memory, read: Decoded, column: Tensor) -> Decoded:
    """End lines whose last column was read: nothing stands behind it, and what is asked for there was read already.

    Args:
        model: whose `<eos>` ends a line.
        memory: of the image.
        read: the characters read, (N, T) each.
        column: (N, T) float32, where the character before each was read.
    """
    is_past = column > memory.ordinals.shape[1] - 1 - EDGE
    return Decoded(read.tokens.masked_fill(is_past, model.tokenizer.eos_id), read.log_probs.masked_fill(is_past, 0.0))


def decode_one_pass(model: PARSeq, images: Tensor) -> Decoded:
    """Every character at once, then refined: (N, 3, H, W) float32 → (N, L+1) each."""
    memory = model.project(model.encode(images))
    return likeliest(read_at_once(model, memory, model.config.num_refinements).logits)


def read_at_once(model: PARSeq, memory: Memory, num_refinements: int) -> Read:
    """Every character from `<bos>` alone, then refined; free of branches on data, so that it can be exported.

    Args:
        model: in evaluation mode.
        memory: of N images.
        num_refinements: cloze passes.

    Returns:
        (N, L+1, …).
    """
    ordinals = memory.ordinals
    bos = torch.full((ordinals.shape[0], 1), model.tokenizer.bos_id, dtype=torch.int64, device=ordinals.device)
    nothing_hidden = torch.zeros(1, 1, 1, 1, dtype=torch.bool, device=ordinals.device)
    read = model.read(model.look_at(memory, bos, nothing_hidden, model.spec.max_label_length + 1))
    for _ in range(num_refinements):
        read = model.read(look_again(model, memory, read.logits.argmax(dim=2), read.columns))
    return read


def look_again(model: PARSeq, memory: Memory, tokens: Tensor, columns: Tensor) -> Look:
    """Look for every character with all others as context, as and where they were read so far.

    Args:
        model: in evaluation mode.
        memory: of the image.
        tokens: (N, T) int64, as read: characters, then `<eos>`; what follows is not looked at.
        columns: (N, T) float32, where.

    Returns:
        (N, T, …).
    """
    context = F.pad(tokens[:, :-1], (1, 0), value=model.tokenizer.bos_id)
    # From the first <eos> on there is nothing to see.
    ended = (context == model.tokenizer.eos_id).int().cumsum(dim=1) > 0
    mask = cloze_mask(context.shape[1] - 1, context.device)[None, None] | ended[:, None, None, :]
    return model.look_at(memory, context, mask, context.shape[1], F.pad(columns[:, :-1], (1, 0), value=UNKNOWN))


def refine_within(model: PARSeq, memory: Memory, read: Decoded, columns: Tensor) -> Decoded:
    """Refine the characters of lines whose ends are known, as often as the model is configured to.

    What was read one character after the other ended where nothing was left to read; so the refinement may change a character
    that is not `SURE` or end a line earlier, but not read on. Then a line reads the same whatever longer lines share its batch.

    Args:
        model: in evaluation mode.
        memory: of the image.
        read: as read, (N, T) each.
        columns: (N, T) float32, where.

    Returns:
        (N, T) each.
    """
    ended = (read.tokens == model.tokenizer.eos_id).int().cumsum(dim=1) > 0
    # The head is the dearest layer: it sees only what can change.
    open_rows = (~ended & (read.log_probs < math.log(SURE))).flatten().nonzero().squeeze(1)
    tokens, log_probs = read
    for _ in range(model.config.num_refinements):
        look = look_again(model, memory, tokens, columns)
        new = likeliest(model.head(look.features.flatten(0, 1).index_select(0, open_rows)[None]))
        tokens = tokens.flatten().scatter(0, open_rows, new.tokens[0]).view_as(tokens)
        log_probs = log_probs.flatten().scatter(0, open_rows, new.log_probs[0]).view_as(log_probs)
    return Decoded(tokens, log_probs)


def decode_autoregressive(model: PARSeq, images: Tensor) -> Decoded:
    """One character after the other, then refined: (N, 3, H, W) float32 → (N, T) each, T ≤ L+1 the steps that were needed."""
    memory = model.project(model.encode(images))
    return refine_within(model, memory, *read_in_order(model, memory))


def read_in_order(model: PARSeq, memory: Memory) -> tuple[Decoded, Tensor]:
    """One character after the other; keys and values of what was read are kept, and all stops when every line has ended.

    Args:
        model: in evaluation mode.
        memory: of N images.

    Returns:
        What was read, (N, T) each with T ≤ L+1, and in which columns, (N, T) float32.
    """
    num, device = len(memory.ordinals), memory.ordinals.device
    ended = torch.zeros(num, dtype=torch.bool, device=device)
    token = torch.full((num, 1), model.tokenizer.bos_id, dtype=torch.int64, device=device)
    column = torch.full((num, 1), UNKNOWN, device=device)
    kept: KeyValue | None = None
    steps: list[tuple[Tensor, Tensor, Tensor]] = []
    for position in range(model.spec.max_label_length + 1):
        new = model.decoder.project_content(model.embed(token, start=position))
        kept = new if kept is None else KeyValue(torch.cat((kept[0], new[0]), 2), torch.cat((kept[1], new[1]), 2))
        query = model.queries(position, position + 1).expand(num, -1, -1)
        read = model.read(model.look(memory, kept, None, query, behind(column)))
        token, log_prob = end_at_edge(model, memory, likeliest(read.logits), column)
        column = read.columns
        steps.append((token, log_prob, column))
        ended |= token[:, 0] == model.tokenizer.eos_id
        if ended.all():
            break
    tokens, log_probs, columns = (torch.cat(parts, 1) for parts in zip(*steps, strict=True))
    return Decoded(tokens, log_probs), columns


Decoding = Literal["autoregressive", "one-pass"]
DECODE: dict[Decoding, Callable[[PARSeq, Tensor], Decoded]] = {
    "autoregressive": decode_autoregressive,
    "one-pass": decode_one_pass,
}
