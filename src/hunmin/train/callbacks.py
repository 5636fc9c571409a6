"""What a run tells while it goes on."""

import time
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback
from rich.console import Console

from hunmin.data.batch import Batch
from hunmin.errors import InputError
from hunmin.evaluate.report import Report
from hunmin.lettering import code_point
from hunmin.train.trackers import show_pictures
from hunmin.train.validation import write_validation


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
        for validation, report in zip(pl_module.validations, pl_module.reports, strict=True):  # type: ignore[arg-type]
            metrics = trainer.callback_metrics
            loss, entropy = (float(metrics[f"{validation.name}/{name}"]) for name in ("loss", "label_entropy"))
            self._print(f"{validation.name}  {validation_line(report)}  loss {loss:.2f} (label entropy {entropy:.2f})")
            for line in report.lines[:: max(1, len(report.lines) // 5)][:5]:
                mark = "=" if line.aligned.label == line.aligned.prediction else "≠"
                self._print(f"    {_visible(line.aligned.label)}  {mark}  {_visible(line.aligned.prediction)}")
        # Validation is not the training loop's waiting.
        self.step_ended_s = time.perf_counter()
        self.num_images, self.waiting_s, self.started_s = 0, 0.0, self.step_ended_s

    def _print(self, line: str) -> None:
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)


def validation_line(report: Report) -> str:
    """The figures of one validation set in one line; `ns`: spaces removed first."""
    rates, trust = report.scores.rates(), report.reliability
    return (
        f"exact {rates['exact']:.1%} (ns {rates['exact_ns']:.1%})  cer {rates['cer']:.1%} (ns {rates['cer_ns']:.1%})  "
        f"1-ned {rates['one_minus_ned']:.3f}  jamo {rates['jamo_error_rate']:.1%}  "
        f"spaces {rates['space_precision']:.0%} right, {rates['space_recall']:.0%} found"
        + (f"  ece {trust.ece:.3f}" if trust else "")
    )


def _visible(text: str) -> str:
    """`text` with code points for what would act on a terminal instead of being seen."""
    return "".join(character if character.isprintable() else code_point(character) for character in text)


class ValidationFiles(Callback):
    """After each validation: a panel, a page and a table of mistakes for every set, below `OUT/validation/step_00000800`."""

    def __init__(self, out: Path, console: Console) -> None:
        """Write below `out`; say on `console` where that fails."""
        self.folder = out / "validation"
        self.console = console

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the files, then hand the panels to the trackers."""
        if not trainer.is_global_zero:
            return
        folder = self.folder / f"step_{trainer.global_step:08d}"
        panels: dict[str, Path] = {}
        for validation, report in zip(pl_module.validations, pl_module.reports, strict=True):  # type: ignore[arg-type]
            name = f"{validation.name}/panel"
            try:
                panels[name] = write_validation(
                    folder, validation.name, trainer.global_step, report, validation.pictures
                )
            except OSError as error:  # pictures are for looking at; no run should end for want of them
                message = f"{folder}: its pictures could not be written ({error.strerror or error}); the run goes on"
                self.console.print(f"warning: {message}", highlight=False, markup=False, soft_wrap=True)
        show_pictures(trainer, panels, trainer.global_step)


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
