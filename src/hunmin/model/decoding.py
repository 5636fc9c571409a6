"""Logits for images without labels: one character after the other, or one pass with refinement (PARSeq, section 3.3).

Legend: N batch, L = the spec's max_label_length, C classes, H W pixels.
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from hunmin.model.decoder import KeyValue
from hunmin.model.parseq import PARSeq
from hunmin.model.permutations import cloze_mask


def decode_one_pass(model: PARSeq, images: Tensor, num_refinements: int | None = None) -> Tensor:
    """Every character at once from `<bos>` alone, then refined; free of branches on data, so that it can be exported.

    Args:
        model: in evaluation mode.
        images: (N, 3, H, W) float32.
        num_refinements: cloze passes; None takes the model's own.

    Returns:
        (N, L+1, C) logits.
    """
    num_queries = model.spec.max_label_length + 1
    memory = model.decoder.project_memory(model.encode(images))
    bos = torch.full((images.shape[0], 1), model.tokenizer.bos_id, dtype=torch.int64, device=images.device)
    nothing_hidden = torch.zeros(1, 1, 1, 1, dtype=torch.bool, device=images.device)
    logits = model.logits(memory, bos, nothing_hidden, num_queries)
    for _ in range(model.config.num_refinements if num_refinements is None else num_refinements):
        logits = refine(model, memory, logits)
    return logits


def refine(model: PARSeq, memory: KeyValue, logits: Tensor) -> Tensor:
    """Predict every character again from all others, as they were read so far.

    Args:
        model: in evaluation mode.
        memory: keys and values of the image.
        logits: (N, L+1, C) of the pass before.

    Returns:
        (N, L+1, C).
    """
    read = logits.argmax(dim=2)
    bos = torch.full_like(read[:, :1], model.tokenizer.bos_id)
    tokens = torch.cat((bos, read[:, :-1]), dim=1)
    # From the first <eos> on there is nothing to see.
    ended = (tokens == model.tokenizer.eos_id).int().cumsum(dim=1) > 0
    mask = cloze_mask(tokens.shape[1] - 1, tokens.device)[None, None] | ended[:, None, None, :]
    return model.logits(memory, tokens, mask, tokens.shape[1])


def decode_autoregressive(model: PARSeq, images: Tensor, num_refinements: int = 0) -> Tensor:
    """One character after the other; keys and values of what was read are kept, and all stops when every line has ended.

    Args:
        model: in evaluation mode.
        images: (N, 3, H, W) float32.
        num_refinements: cloze passes afterwards.

    Returns:
        (N, T, C) logits with T ≤ L+1, the steps that were needed; (N, L+1, C) after a refinement.
    """
    decoder, tokenizer = model.decoder, model.tokenizer
    num_queries = model.spec.max_label_length + 1
    memory = decoder.project_memory(model.encode(images))
    token = torch.full((images.shape[0], 1), tokenizer.bos_id, dtype=torch.int64, device=images.device)
    ended = torch.zeros(images.shape[0], dtype=torch.bool, device=images.device)
    kept: KeyValue | None = None
    steps: list[Tensor] = []
    for position in range(num_queries):
        new = decoder.project_content(model.embed(token, start=position))
        kept = new if kept is None else KeyValue(torch.cat((kept[0], new[0]), 2), torch.cat((kept[1], new[1]), 2))
        query = model.queries(position, position + 1).expand(images.shape[0], -1, -1)
        logits = model.head(decoder.read_memory(decoder.read_context(query, kept, None), memory))
        steps.append(logits)
        token = logits.argmax(dim=2)
        ended |= token[:, 0] == tokenizer.eos_id
        if ended.all():
            break
    logits = torch.cat(steps, dim=1)
    if not num_refinements:
        return logits
    # Refinement looks at all positions: what was not reached counts as ended.
    rest = logits.new_zeros(logits.shape[0], num_queries - logits.shape[1], logits.shape[2])
    rest[..., tokenizer.eos_id] = 1.0
    logits = torch.cat((logits, rest), dim=1)
    for _ in range(num_refinements):
        logits = refine(model, memory, logits)
    return logits


Decoding = Literal["autoregressive", "one-pass"]
DECODE: dict[Decoding, Callable[[PARSeq, Tensor], Tensor]] = {
    "autoregressive": decode_autoregressive,
    "one-pass": decode_one_pass,
}
