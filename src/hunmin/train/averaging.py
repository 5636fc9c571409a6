"""The averaged weights, which are validated and exported, kept without making the device wait."""

from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import WeightAveraging
from torch import Tensor

from hunmin.train.schedule import averaging_decay


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
