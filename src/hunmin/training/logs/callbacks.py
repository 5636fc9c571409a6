"""What a run tells while it goes on."""

import sys
import time
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback
from rich.console import Console

from hunmin.data.loading.batch import Batch
from hunmin.drawing import code_point
from hunmin.errors import InputError, reason_of
from hunmin.evaluation.report import Report
from hunmin.training.hard_examples import num_hard_examples
from hunmin.training.logs.console import print_line
from hunmin.training.logs.trackers import show_pictures
from hunmin.training.logs.validation import write_validation
from hunmin.training.resources.throughput import StepCost
from hunmin.training.resume.checkpoints import Checkpoints


class Progress(Callback):
    """Prints a line every `log_every` steps, and after each validation its rates and some of what was read."""

    def __init__(
        self, console: Console, log_every: int, cost: StepCost, peak_flops: float, checkpoints: Checkpoints
    ) -> None:
        """Print to `console`.

        Args:
            console: to print to.
            log_every: steps.
            cost: of a training step.
            peak_flops: floating-point operations a second that the device reaches at its best.
            checkpoints: of the run; writing them is no waiting for data.
        """
        self.console = console
        self.log_every = log_every
        self.cost = cost
        self.peak_flops = peak_flops
        self.checkpoints = checkpoints
        self._start()

    def _start(self) -> None:
        self.started_s = self.step_ended_s = time.perf_counter()
        self.num_steps, self.num_images, self.waiting_s, self.flops = 0, 0, 0.0, 0.0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clocks."""
        self._start()

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Count the time since the last step, or since its checkpoint, as time waited for data."""
        self.waiting_s += time.perf_counter() - max(self.step_ended_s, self.checkpoints.saved_s)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Batch, batch_idx: int
    ) -> None:
        """Count; print and log now and then."""
        self.step_ended_s = time.perf_counter()
        self.num_steps += 1
        self.num_images += len(batch.labels) * trainer.world_size
        num_learned = num_hard_examples(len(batch), pl_module.config.trainer.hard_example_share)  # type: ignore[union-attr,arg-type]
        self.flops += self.cost.flops(num_learned, batch.images.shape[3], batch.tgt.shape[1] - 2)
        if trainer.global_step % self.log_every:
            return
        terms = {name: float(value) for name, value in trainer.callback_metrics.items() if name.startswith("train/")}
        # Reading the terms waited for the device, so the clock now shows what the steps really took.
        elapsed = time.perf_counter() - self.started_s
        rate = trainer.optimizers[0].param_groups[0]["lr"]
        speed = {
            "speed/images_per_s": self.num_images / elapsed,
            "speed/data_wait": self.waiting_s / elapsed,
            "speed/share_of_peak": self.flops / elapsed / self.peak_flops,
            "speed/memory_gib": _memory_bytes(pl_module.device) / 2**30,
        }
        left_s = (trainer.max_steps - trainer.global_step) * elapsed / self.num_steps
        print_line(
            self.console,
            f"step {trainer.global_step:>7,}/{trainer.max_steps:,}  "
            + "  ".join(f"{name.removeprefix('train/')} {value:.3f}" for name, value in terms.items())
            + f"  lr {rate:.1e}  {speed['speed/images_per_s']:.0f} images/s  "
            f"waiting for data {speed['speed/data_wait']:.0%}  of peak {speed['speed/share_of_peak']:.0%}  "
            f"{speed['speed/memory_gib']:.1f} GiB  {duration(left_s)} left",
        )
        # Handed over here and not by `log_dict`, which would come after a checkpoint of this step.
        for logger in trainer.loggers:
            logger.log_metrics({**terms, "train/learning_rate": rate, **speed}, trainer.global_step - 1)
        self._start()

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Say what takes the next while."""
        names = ", ".join(pl_module.validation_names)  # type: ignore[arg-type]
        print_line(self.console, f"step {trainer.global_step:>7,}: validating {names}")

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Print the rates of each validation set and five lines as they were read."""
        for validation, report in zip(pl_module.validations, pl_module.reports, strict=True):  # type: ignore[arg-type]
            metrics = trainer.callback_metrics
            loss, entropy = (float(metrics[f"{validation.name}/{name}"]) for name in ("loss", "label_entropy"))
            print_line(
                self.console,
                f"{validation.name}  {validation_line(report)}  loss {loss:.2f} (label entropy {entropy:.2f})",
            )
            for line in report.lines[:: max(1, len(report.lines) // 5)][:5]:
                mark = "=" if line.aligned.label == line.aligned.prediction else "≠"
                print_line(
                    self.console, f"    {_visible(line.aligned.label)}  {mark}  {_visible(line.aligned.prediction)}"
                )
        # Validation is not the training loop's waiting.
        self._start()


def validation_line(report: Report) -> str:
    """The figures of one validation set in one line; `ns`: spaces removed first."""
    rates, trust = report.scores.rates(), report.reliability
    return (
        f"exact {rates['exact']:.1%} (ns {rates['exact_ns']:.1%})  cer {rates['cer']:.1%} (ns {rates['cer_ns']:.1%})  "
        f"1-ned {rates['one_minus_ned']:.3f}  jamo {rates['jamo_error_rate']:.1%}  "
        f"words {rates['word_recall']:.1%}  spaces {rates['space_precision']:.0%} right, {rates['space_recall']:.0%} found"
        + (f"  ece {trust.ece:.3f}" if trust else "")
    )


def duration(seconds: float) -> str:
    """As one says it: `40 s`, `12 min`, `3 h 05 min`."""
    minutes = round(seconds / 60)
    if minutes < 2:  # noqa: PLR2004 - below that, seconds say more
        return f"{seconds:.0f} s"
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"  # noqa: PLR2004 - an hour


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
            except (OSError, InputError) as error:  # pictures are for looking at; no run should end for want of them
                message = f"its pictures could not be written, the run goes on: {reason_of(error)}"
                print_line(self.console, f"warning: {message}")
        if panels:
            print_line(self.console, f"the worst lines, drawn: {folder}")
        show_pictures(trainer, panels, trainer.global_step)


def _memory_bytes(device: torch.device) -> int:
    """The most memory that was in use so far: of the GPU, or of this process; 0 where the system does not say."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    try:
        import resource
    except ImportError:  # Windows
        return 0
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest if sys.platform == "darwin" else highest * 1024
