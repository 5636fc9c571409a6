"""How long a line takes; measured, not looked up."""

import time
from dataclasses import dataclass

import torch

from hunmin.data.loading.batch import Batch
from hunmin.model.glyph_losses import known_columns
from hunmin.model.parseq import PARSeq
from hunmin.model.permutations import causal_mask
from hunmin.train.resources.device import Machine


@dataclass(frozen=True)
class Timings:
    """Seconds for each line."""

    prepare_s: float
    """To draw or read it, to augment it and to make it part of a batch, in one process."""
    compute_s: float
    """To learn from it: forward and backward."""


def seconds_to_compute(model: PARSeq, batch: Batch, num_orders: int, machine: Machine) -> float:
    """A step forward and backward, for each line; the model comes back to the CPU as it was."""
    batch, model = batch.to(machine.device), model.to(machine.device)
    masks = causal_mask(batch.tgt.shape[1] - 2, batch.tgt.device).expand(num_orders, -1, -1)
    columns = known_columns(model.encoder, batch)
    seconds = []
    try:
        for _ in range(2):  # the first one warms up
            started = time.perf_counter()
            with (
                torch.enable_grad(),
                torch.autocast(machine.device.type, machine.dtype, enabled=machine.precision != "32"),
            ):
                loss = model.training_losses(batch.images, batch.tgt, masks, columns=columns).loss
            loss.backward()
            loss.item()  # waits for the device
            seconds.append(time.perf_counter() - started)
    finally:
        model.zero_grad(set_to_none=True)
        model.to("cpu")
    return min(seconds) / len(batch)
