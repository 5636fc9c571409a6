"""The model as a training step sees it, on a few lines: what the checks of encoder, decoder and short run share.

Legend: N batch, S memory length, L longest label of the batch, D width.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from hunmin.data.loading.batch import Batch
from hunmin.model.decoder import KeyValue
from hunmin.model.parseq import Memory, PARSeq
from hunmin.model.permutations import causal_mask

CHANGED = 1e-5
"""Relative change from which on two outputs differ: a hundred times float32's rounding, and at most a hundredth of what new
models of the bundled configurations show."""
FEW_LINES = 8
"""Lines that models are probed with: enough to differ from each other, few enough for a large model on a CPU."""


@dataclass(frozen=True)
class Probe:
    """A model, lines for it, and its memory of them."""

    model: PARSeq
    """In evaluation mode, on the CPU."""
    batch: Batch
    features: Tensor
    """(N, S, D), what the encoder gives."""
    memory: Memory
    """What `PARSeq.encode` makes of it."""


def probe(model: PARSeq, batch: Batch) -> Probe:
    """Encode a few lines of `batch` with a model in evaluation mode."""
    batch = few_lines(batch)
    with torch.no_grad():
        features = model.encoder(batch.images)
        memory = model.build_memory(features, model.character_count.start_logits(features))
    return Probe(model, batch, features, memory)


def image_effect(seen: Probe) -> float:
    """How much the logits change, left to right, when every line gets the memory of another."""
    tokens, index = seen.batch.tgt[:, :-1], others_turn(seen.batch.labels)
    mask = causal_mask(tokens.shape[1] - 1)
    with torch.no_grad():
        others = Memory(KeyValue(*(tensor[index] for tensor in seen.memory.projected)), seen.memory.counts[index])
        logits, changed = (seen.model.logits(one, tokens, mask, tokens.shape[1]) for one in (seen.memory, others))
    return change(logits, changed)


def few_lines(batch: Batch, num: int = FEW_LINES) -> Batch:
    """The first `num` lines of `batch`, with labels and targets cut to the longest of them."""
    kept = slice(min(num, len(batch)))
    longest = max(map(len, batch.labels[kept]))
    return Batch(
        images=batch.images[kept],
        widths_px=batch.widths_px[kept],
        labels=batch.labels[kept],
        tgt=batch.tgt[kept, : longest + 2],
        boxes=batch.boxes[kept, :longest],
        box_mask=batch.box_mask[kept, :longest],
        kinds=batch.kinds[kept],
        ids=batch.ids[kept],
    )


def as_in_training(model: PARSeq) -> PARSeq:
    """A copy in training mode, without dropout.

    Batch normalisation then takes its statistics from the batch; the running ones of a new model are still to be learned.
    """
    model = copy.deepcopy(model).train()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return model


def change(values: Tensor, others: Tensor) -> float:
    """How far `others` are from `values`, relative to how much the values vary."""
    spread = (values - values.mean()).norm()
    return float((values - others).norm() / spread.clamp(min=1e-12))


def others_turn(lines: Sequence[str]) -> list[int]:
    """For each line the index of the next one with another text, so that no line gets an image that says the same."""
    num = len(lines)
    return [next(((i + k) % num for k in range(1, num) if lines[(i + k) % num] != lines[i]), i) for i in range(num)]
