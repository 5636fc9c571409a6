"""How long a line takes, and how much memory a step keeps; measured, not looked up."""

import time
from dataclasses import dataclass

import torch
from torch import Tensor

from hunmin.data.batch import Batch
from hunmin.model.alignment import known_columns
from hunmin.model.parseq import PARSeq
from hunmin.model.permutations import causal_mask
from hunmin.train.machine import Machine


@dataclass(frozen=True)
class Timings:
    """Seconds for each line."""

    prepare_s: float
    """To draw or read it and to make it part of a batch, in one process."""
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


def bytes_kept(model: PARSeq, width_px: int, num_characters: int, num_orders: int) -> int:
    """What a step keeps of one line for its gradients, without the weights.

    Args:
        model: on the CPU.
        width_px: of the line.
        num_characters: in its label.
        num_orders: orders of generation in a step (K).
    """
    own = {parameter.data_ptr() for parameter in model.parameters()}
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    tokenizer = model.tokenizer
    images = torch.zeros(1, 3, model.spec.height_px, width_px)
    tgt = torch.tensor([[tokenizer.bos_id, *[1] * num_characters, tokenizer.eos_id]])
    masks = causal_mask(num_characters).expand(num_orders, -1, -1)
    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        losses = model.training_losses(images, tgt, masks, columns=torch.zeros(1, num_characters))
    del losses
    return sum(kept.values())
