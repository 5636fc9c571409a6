"""The averaged weights, which are validated and exported, kept without making the device wait."""

from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import WeightAveraging
from torch import Tensor


class Averaging(WeightAveraging):
    """An exponential moving average of all weights and buffers, taken after every step.

    Lightning's own keeps its counter on the device and looks at it for every tensor of every step, and each look waits
    for the device.
    """

    def __init__(self, decay: float, device: torch.device) -> None:
        """Average with `decay`, less at first: see `averaging_decay`.

        Args:
            decay: how much of the average stays in a step.
            device: where the model will be trained; when Lightning makes the copy, the model is not there yet.
        """
        super().__init__(device=device, use_buffers=True, multi_avg_fn=self._average)
        self.decay = decay

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Make the averaged copy."""
        super().setup(trainer, pl_module, stage)
        if self._average_model is not None:
            self._average_model.n_averaged = self._average_model.n_averaged.cpu()

    def _average(self, averaged: list[Tensor], current: list[Tensor], _: Any) -> None:
        if averaged[0].is_floating_point():
            decay = averaging_decay(self._latest_update_step, self.decay)
            torch._foreach_lerp_(averaged, current, 1 - decay)
        else:
            torch._foreach_copy_(averaged, current)


def averaging_decay(num_averaged: int, highest: float) -> float:
    """How much of the averaged weights stays when one more step goes in.

    With a fixed decay of 0.999 the random initial weights would still weigh 37 % after 1,000 steps, and early validation would
    measure them. So the decay rises as (1 + n) / (10 + n) until it reaches its value.

    Args:
        num_averaged: how many steps went into the average (n).
        highest: the value that is reached.

    Returns:
        0..`highest`.
    """
    return min(highest, (1 + num_averaged) / (10 + num_averaged))
