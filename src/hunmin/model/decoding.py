"""Logits for images without labels: one character after the other, or one pass with refinement (PARSeq, section 3.3).

Legend: N batch, L = the spec's max_label_length, C classes, H W pixels.
"""

from collections.abc import Callable
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from hunmin.model.decoder import KeyValue
from hunmin.model.parseq import Memory, PARSeq, Read
from hunmin.model.permutations import cloze_mask
from hunmin.model.places import UNKNOWN, behind


def decode_one_pass(model: PARSeq, images: Tensor, num_refinements: int | None = None) -> Tensor:
    """Every character at once from `<bos>` alone, then refined; free of branches on data, so that it can be exported.

    Args:
        model: in evaluation mode.
        images: (N, 3, H, W) float32.
        num_refinements: cloze passes; None takes the model's own.

    Returns:
        (N, L+1, C) logits.
    """
    memory = model.project(model.encode(images))
    bos = torch.full((images.shape[0], 1), model.tokenizer.bos_id, dtype=torch.int64, device=images.device)
    nothing_hidden = torch.zeros(1, 1, 1, 1, dtype=torch.bool, device=images.device)
    read = model.predict(memory, bos, nothing_hidden, model.spec.max_label_length + 1)
    for _ in range(model.config.num_refinements if num_refinements is None else num_refinements):
        read = refine(model, memory, read)
    return read.logits


def refine(model: PARSeq, memory: Memory, before: Read) -> Read:
    """Predict every character again from all others, as and where they were read so far.

    Args:
        model: in evaluation mode.
        memory: of the image.
        before: (N, L+1, …) of the pass before.

    Returns:
        (N, L+1, …).
    """
    tokens = F.pad(before.logits.argmax(dim=2)[:, :-1], (1, 0), value=model.tokenizer.bos_id)
    columns = F.pad(before.columns[:, :-1], (1, 0), value=UNKNOWN)
    # From the first <eos> on there is nothing to see.
    ended = (tokens == model.tokenizer.eos_id).int().cumsum(dim=1) > 0
    mask = cloze_mask(tokens.shape[1] - 1, tokens.device)[None, None] | ended[:, None, None, :]
    return model.predict(memory, tokens, mask, tokens.shape[1], columns)


def decode_autoregressive(model: PARSeq, images: Tensor, num_refinements: int = 0) -> Tensor:
    """One character after the other; keys and values of what was read are kept, and all stops when every line has ended.

    Args:
        model: in evaluation mode.
        images: (N, 3, H, W) float32.
        num_refinements: cloze passes afterwards.

    Returns:
        (N, T, C) logits with T ≤ L+1, the steps that were needed; (N, L+1, C) after a refinement.
    """
    tokenizer = model.tokenizer
    num_queries = model.spec.max_label_length + 1
    memory = model.project(model.encode(images))
    ended = torch.zeros(images.shape[0], dtype=torch.bool, device=images.device)
    token = torch.full((images.shape[0], 1), tokenizer.bos_id, dtype=torch.int64, device=images.device)
    column = torch.full((images.shape[0], 1), UNKNOWN, device=images.device)
    kept: KeyValue | None = None
    steps: list[Read] = []
    for position in range(num_queries):
        new = model.decoder.project_content(model.embed(token, start=position))
        kept = new if kept is None else KeyValue(torch.cat((kept[0], new[0]), 2), torch.cat((kept[1], new[1]), 2))
        query = model.queries(position, position + 1).expand(images.shape[0], -1, -1)
        step = model.read(memory, kept, None, query, behind(column))
        steps.append(step)
        token, column = step.logits.argmax(dim=2), step.columns
        ended |= token[:, 0] == tokenizer.eos_id
        if ended.all():
            break
    read = Read(torch.cat([step.logits for step in steps], 1), torch.cat([step.columns for step in steps], 1))
    if not num_refinements:
        return read.logits
    # Refinement looks at all positions: what was not reached counts as ended.
    missing = num_queries - len(steps)
    logits = F.pad(read.logits, (0, 0, 0, missing))
    logits[:, len(steps) :, tokenizer.eos_id] = 1.0
    read = Read(logits, F.pad(read.columns, (0, missing)))
    for _ in range(num_refinements):
        read = refine(model, memory, read)
    return read.logits


Decoding = Literal["autoregressive", "one-pass"]
DECODE: dict[Decoding, Callable[[PARSeq, Tensor], Tensor]] = {
    "autoregressive": decode_autoregressive,
    "one-pass": decode_one_pass,
}
