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
        read = refine(model, memory, read.logits.argmax(dim=2), read.columns)
    return read.logits


def refine(model: PARSeq, memory: Memory, tokens: Tensor, columns: Tensor) -> Read:
    """Predict every character again from all others, as and where they were read so far.

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
    return model.predict(memory, context, mask, context.shape[1], F.pad(columns[:, :-1], (1, 0), value=UNKNOWN))


def refine_within(model: PARSeq, memory: Memory, logits: Tensor, tokens: Tensor, columns: Tensor) -> Tensor:
    """Refine the characters of lines whose ends are known, as often as the model is configured to.

    What was read one character after the other ended where nothing was left to read; so the refinement may change a character
    or end a line earlier, but not read on. Then a line reads the same whatever longer lines share its batch.

    Args:
        model: in evaluation mode.
        memory: of the image.
        logits: (N, T, C), as read.
        tokens: (N, T) int64, the likeliest of `logits`.
        columns: (N, T) float32, where.

    Returns:
        (N, T, C).
    """
    ended = ((tokens == model.tokenizer.eos_id).int().cumsum(dim=1) > 0)[:, :, None]
    for number in range(model.config.num_refinements):
        if number:
            tokens = logits.argmax(dim=2)
        logits = torch.where(ended, logits, refine(model, memory, tokens, columns).logits)
    return logits


def decode_autoregressive(model: PARSeq, images: Tensor) -> Tensor:
    """One character after the other, then refined.

    Args:
        model: in evaluation mode.
        images: (N, 3, H, W) float32.

    Returns:
        (N, T, C) logits with T ≤ L+1, the steps that were needed.
    """
    memory = model.project(model.encode(images))
    logits, columns = read_in_order(model, memory)
    return refine_within(model, memory, logits, logits.argmax(dim=2), columns)


def read_in_order(model: PARSeq, memory: Memory) -> Read:
    """One character after the other; keys and values of what was read are kept, and all stops when every line has ended.

    Args:
        model: in evaluation mode.
        memory: of N images.

    Returns:
        (N, T, …) with T ≤ L+1.
    """
    num, device = len(memory.ordinals), memory.ordinals.device
    ended = torch.zeros(num, dtype=torch.bool, device=device)
    token = torch.full((num, 1), model.tokenizer.bos_id, dtype=torch.int64, device=device)
    column = torch.full((num, 1), UNKNOWN, device=device)
    kept: KeyValue | None = None
    steps: list[Read] = []
    for position in range(model.spec.max_label_length + 1):
        new = model.decoder.project_content(model.embed(token, start=position))
        kept = new if kept is None else KeyValue(torch.cat((kept[0], new[0]), 2), torch.cat((kept[1], new[1]), 2))
        query = model.queries(position, position + 1).expand(num, -1, -1)
        step = model.read(memory, kept, None, query, behind(column))
        steps.append(step)
        token, column = step.logits.argmax(dim=2), step.columns
        ended |= token[:, 0] == model.tokenizer.eos_id
        if ended.all():
            break
    return Read(torch.cat([step.logits for step in steps], 1), torch.cat([step.columns for step in steps], 1))


Decoding = Literal["autoregressive", "one-pass"]
DECODE: dict[Decoding, Callable[[PARSeq, Tensor], Tensor]] = {
    "autoregressive": decode_autoregressive,
    "one-pass": decode_one_pass,
}
