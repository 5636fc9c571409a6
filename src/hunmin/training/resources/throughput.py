"""How fast a run is, and how fast it could be: arithmetic counted, steps timed, the device's peak measured.

Legend: N batch, L label length, W width in pixels, Q = L+1 queries.
"""

import copy
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from hunmin.data.loading.batch import Batch
from hunmin.model.parseq import PARSeq
from hunmin.training.config import TrainerConfig
from hunmin.training.glyph_losses import ColumnHead
from hunmin.training.optimizer import build_optimizer
from hunmin.training.resources.device import Machine, channels_last_batch, use_channels_last
from hunmin.training.step import build_column_head, dummy_batch, training_step


@dataclass(frozen=True)
class StepCost:
    """What one line costs in a training step, as a function of its width and length.

    Convolutions and linear layers grow with W or Q, attention with their products: so six shapes give all coefficients.
    """

    flops_of: tuple[float, ...]
    """Coefficients of `_terms` for the floating-point operations, forward and backward."""

    def flops(self, num_lines: int, width_px: int, length: int) -> float:
        """Floating-point operations of a step."""
        return num_lines * float(np.dot(self.flops_of, _terms(width_px, length)))


def _terms(width_px: int, length: int) -> tuple[float, ...]:
    # Of the order of 1, or the six equations could not be told apart in floating point.
    w, q = width_px / 256, (length + 1) / 16
    return 1.0, w, w * w, q, q * w, q * q


def count_flops(model: PARSeq, trainer: TrainerConfig) -> StepCost:
    """Count a step's arithmetic without doing it, on tensors that have a shape and no content.

    Args:
        model: whose step it is.
        trainer: how it is trained; hard examples are for the caller to count.
    """
    trainer = replace(trainer, hard_example_share=1.0)
    meta_model = copy.deepcopy(model).to("meta")
    column_head = build_column_head(model).to("meta")
    step_px, longest = model.spec.width_step_px, model.spec.max_label_length
    narrow, wide = step_px, model.spec.max_width_px
    middle = (narrow + wide) // 2 // step_px * step_px
    # Shorter labels have fewer orders than are asked for, and would not lie on the same curve.
    short = min(longest, next(length for length in count(1) if math.factorial(length) >= trainer.num_permutations))
    half, long = (short + longest) // 2, longest
    shapes = ((narrow, short), (middle, short), (wide, short), (narrow, half), (narrow, long), (middle, half))
    counted = [_flops_a_line(meta_model, column_head, trainer, width, length) for width, length in shapes]
    terms = np.array([_terms(*shape) for shape in shapes])
    coefficients = np.linalg.lstsq(terms, np.array(counted), rcond=None)[0]
    return StepCost(tuple(coefficients.tolist()))


def _flops_a_line(
    meta_model: PARSeq, column_head: ColumnHead, trainer: TrainerConfig, width_px: int, length: int
) -> int:
    """Operations of a step with one line."""
    batch = dummy_batch(meta_model.spec, 1, width_px, length, "meta")
    with FlopCounterMode(display=False) as counter:
        training_step(meta_model, batch, trainer, seed=0, step=1, column_head=column_head).total.backward()
    return int(counter.get_total_flops())


def time_steps(model: PARSeq, batches: Iterable[Batch], trainer: TrainerConfig, machine: Machine) -> float:
    """Seconds a training step on these batches, the first not counted; `model` stays as it is.

    Args:
        model: whose steps to take.
        batches: two or more.
        trainer: how it is trained.
        machine: what to take the steps on.
    """
    column_head = build_column_head(model)
    learning = torch.nn.ModuleDict({"model": copy.deepcopy(model), "column_head": column_head})
    learning.to(machine.device).train()
    copied: PARSeq = learning["model"]  # type: ignore[assignment]
    if machine.channels_last:
        use_channels_last(copied)
    compute_losses = torch.compile(copied.training_losses, dynamic=True) if machine.compile else None
    optimizer = build_optimizer(learning, replace(trainer, learning_rate=0.0), is_mixed=machine.precision != "32")
    times = []
    for step, batch in enumerate(batches):
        start = time.perf_counter()
        moved = batch.to(machine.device)
        moved = channels_last_batch(moved) if machine.channels_last else moved
        with torch.enable_grad(), machine.autocast():
            losses = training_step(
                copied, moved, trainer, seed=0, step=step, column_head=column_head, compute_losses=compute_losses
            )
        losses.total.backward()
        optimizer.step()
        optimizer.zero_grad()
        wait_for(machine.device)
        times.append(time.perf_counter() - start)
    return sum(times[1:]) / (len(times) - 1)


def peak_flops(device: torch.device, dtype: torch.dtype) -> float:
    """Floating-point operations a second that a large matrix product reaches on this device, with the threads now set."""
    size = 8192 if device.type == "cuda" else 1024
    one = torch.ones(size, size, device=device, dtype=dtype)
    return 2 * size**3 / best_time_s(lambda: one @ one, device, rounds=3)


def best_time_s(work: Callable[[], object], device: torch.device, rounds: int) -> float:
    """The shortest of several times that `work` takes, the device waited for, after one that does not count."""
    times = []
    for _ in range(rounds + 1):
        wait_for(device)
        start = time.perf_counter()
        work()
        wait_for(device)
        times.append(time.perf_counter() - start)
    return min(times[1:])


def wait_for(device: torch.device) -> None:
    """Let the device finish what it was told to do."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
