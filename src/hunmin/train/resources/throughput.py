"""How fast a run is, and how fast it could be: arithmetic counted, peak measured.

Legend: N batch, L label length, W width in pixels, Q = L+1 queries.
"""

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from hunmin.model.parseq import PARSeq


@dataclass(frozen=True)
class StepCost:
    """What one line costs in a training step, as a function of its width and length.

    Convolutions and linear layers grow with W or Q, attention with their products: so six shapes settle all coefficients.
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


def count_step(model: PARSeq, num_orders: int) -> StepCost:
    """Count a step's arithmetic without doing it, on tensors that have a shape and no content.

    Args:
        model: whose step it is.
        num_orders: K, with the one-pass order.
    """
    shadow = copy.deepcopy(model).to("meta")
    step_px, longest = model.spec.width_step_px, model.spec.max_label_length
    narrow, wide = step_px, model.spec.max_width_px
    middle = (narrow + wide) // 2 // step_px * step_px
    short, half, long = 1, (1 + longest) // 2, longest
    shapes = ((narrow, short), (middle, short), (wide, short), (narrow, half), (narrow, long), (middle, half))
    counted = [_count(shadow, num_orders, width, length) for width, length in shapes]
    terms = np.array([_terms(*shape) for shape in shapes])
    solved = np.linalg.lstsq(terms, np.array(counted), rcond=None)[0]
    return StepCost(tuple(solved.tolist()))


def _count(shadow: PARSeq, num_orders: int, width_px: int, length: int) -> int:
    """Operations of a step with one line."""
    images = torch.empty(1, 3, shadow.spec.height_px, width_px, device="meta")
    tgt = torch.empty(1, length + 2, dtype=torch.int64, device="meta")
    masks = torch.empty(num_orders, length + 1, length + 1, dtype=torch.bool, device="meta")
    columns = torch.empty(1, length, device="meta")
    with FlopCounterMode(display=False) as counter:
        losses = shadow.training_losses(images, tgt, masks, [length], columns)
        losses.loss.backward()
    return int(counter.get_total_flops())


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
