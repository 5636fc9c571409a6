"""What a run tells while it goes on."""

import time
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback
from rich.console import Console
from rich.markup import escape

from hunmin.data.batch import Batch
from hunmin.errors import InputError


class Progress(Callback):
    """Prints a line every `log_every` steps, and after each validation its rates and some of what was read."""

    def __init__(self, console: Console, log_every: int) -> None:
        """Print to `console`."""
        self.console = console
        self.log_every = log_every
        self.num_images = 0
        self.started_s = time.perf_counter()
        self.waiting_s = 0.0
        self.step_ended_s = self.started_s

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clocks."""
        self.started_s = self.step_ended_s = time.perf_counter()

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Count the time since the last step as time waited for data."""
        self.waiting_s += time.perf_counter() - self.step_ended_s

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Batch, batch_idx: int
    ) -> None:
        """Count, and print now and then."""
        self.step_ended_s = time.perf_counter()
        self.num_images += len(batch.labels)
        if trainer.global_step % self.log_every:
            return
        elapsed = self.step_ended_s - self.started_s
        figures = {name: float(value) for name, value in trainer.callback_metrics.items() if name.startswith("train/")}
        rate = trainer.optimizers[0].param_groups[0]["lr"]
        left_s = (trainer.max_steps - trainer.global_step) * elapsed / self.log_every
        self.console.print(
            f"step {trainer.global_step:>7,}/{trainer.max_steps:,}  "
            + "  ".join(f"{name.removeprefix('train/')} {value:.3f}" for name, value in figures.items())
            + f"  lr {rate:.1e}  {self.num_images / elapsed:.0f} images/s  waiting for data {self.waiting_s / elapsed:.0%}"
            + f"  {left_s / 60:.0f} min left",
            highlight=False,
            soft_wrap=True,
        )
        pl_module.log_dict(
            {"speed/images_per_s": self.num_images / elapsed, "speed/data_wait": self.waiting_s / elapsed}
        )
        self.num_images, self.waiting_s, self.started_s = 0, 0.0, time.perf_counter()

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Print the rates of each validation set and five lines as they were read."""
        for name, predictions in zip(pl_module.validation_names, pl_module.predictions, strict=True):  # type: ignore[arg-type]
            rates = trainer.callback_metrics
            key = f"val/{name}/all"
            self.console.print(
                f"[bold]{escape(name)}[/bold]  loss {rates[f'val/{name}/loss']:.2f} (label entropy "
                f"{rates[f'val/{name}/label_entropy']:.2f})  exact {rates[key + '/exact_match']:.1%} "
                f" cer {rates[key + '/cer']:.1%} "
                f" 1-ned {rates[key + '/one_minus_ned']:.3f}  without spaces: exact {rates[key + '/exact_match_ns']:.1%}  "
                f"cer {rates[key + '/cer_ns']:.1%}",
                highlight=False,
                soft_wrap=True,
            )
            for one in predictions[:: max(1, len(predictions) // 5)][:5]:
                mark = "=" if one.text == one.label else "≠"
                self.console.print(
                    f"    {one.label}  {mark}  {one.text}", highlight=False, markup=False, soft_wrap=True
                )
        # Validation is not the training loop's waiting.
        self.step_ended_s = time.perf_counter()
        self.num_images, self.waiting_s, self.started_s = 0, 0.0, self.step_ended_s


class StopOnNonFiniteLoss(Callback):
    """Ends a run whose loss is no longer a number, before it is written over the good weights."""

    def __init__(self, every: int) -> None:
        """Look every `every` steps; looking at each would make the device wait."""
        self.every = every

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Batch, batch_idx: int
    ) -> None:
        """Look at the loss."""
        if trainer.global_step % self.every == 0 and not torch.isfinite(outputs["loss"]):
            raise InputError(
                f"step {trainer.global_step}: the loss is {float(outputs['loss'])}. The newest checkpoint is from before; go on "
                "from it with a lower trainer.learning_rate or trainer.gradient_clip, or with trainer.precision=32."
            )
