"""Checkpoints of a run: written whole or not at all, the two newest and the best kept.

checkpoints/00001500.ckpt    after step 1,500
checkpoints/00002000.ckpt
checkpoints/best.ckpt        of the best validation so far
checkpoints/*.damaged        could not be read when the run went on
"""

import io
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins import TorchCheckpointIO
from pytorch_lightning.callbacks import Checkpoint

from hunmin.data.loading.batch import Batch
from hunmin.errors import InputError
from hunmin.files import new_file, write_bytes
from hunmin.training.resume.resume_point import BEST, STATE_KEY, is_validation_due, numbered
from hunmin.training.resume.stopping import StopSignal

KEPT = 2
"""Newest checkpoints that stay: should one be damaged, the one before it is there."""
STEPS_BETWEEN_AGREEMENTS = 8
"""Every so many steps several processes agree whether one of them was told to stop: it makes all devices wait."""


class WholeFiles(TorchCheckpointIO):
    """Lightning's checkpoint files, each whole or not there."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | os.PathLike[str], storage_options: Any | None = None
    ) -> None:
        """Write `checkpoint` to `path`."""
        content = io.BytesIO()
        torch.save(checkpoint, content)
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        try:
            write_bytes(Path(path), content.getbuffer())
        except InputError as error:
            raise InputError(f"{error}. Earlier checkpoints are whole; the same command goes on.") from error


class Checkpoints(Checkpoint):
    """Saves every `save_every` steps, before and after each validation, at the end, and when the run is told to stop.

    Before a validation, so that a stop in the middle of it loses nothing; after it, so that a run that goes on from there
    does not repeat it.
    """

    def __init__(
        self, folder: Path, save_every: int, validate_every: int | None, last_step: int, signal: StopSignal
    ) -> None:
        """Keep checkpoints in `folder`; `validate_every` is None for a run without validation."""
        self.folder = folder
        self.save_every = save_every
        self.validate_every = validate_every
        self.last_step = last_step
        self.signal = signal
        self.best: tuple[float, float] | None = None
        """Exact match and negative CER of the best validation."""
        self.validated_step = 0
        self.saved_s = 0.0
        """When the last checkpoint was whole, as `time.perf_counter` tells it."""

    @property
    def state_key(self) -> str:
        """Where `state_dict` lies in a checkpoint."""
        return STATE_KEY

    def is_due(self, trainer: pl.Trainer) -> bool:
        """Whether the state after the step at hand will be saved."""
        step = trainer.global_step
        return step % self.save_every == 0 or step == self.last_step or self._is_validation_due(step)

    def _is_validation_due(self, step: int) -> bool:
        return is_validation_due(step, self.validate_every, self.last_step)

    def may_save(self, trainer: pl.Trainer) -> bool:
        """Whether it may be saved: because it is due, or because this process was told to stop."""
        return self.signal.number is not None or self.is_due(trainer)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Hear the signals, and make up for the validation that an earlier part of the run was stopped in."""
        self.signal.install_handlers()
        step = trainer.global_step
        if step and self._is_validation_due(step) and self.validated_step < step:
            trainer.validating = True
            trainer.fit_loop.epoch_loop.val_loop.run()
            trainer.training = True
        if step >= self.last_step:
            trainer.should_stop = True

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Batch, batch_idx: int
    ) -> None:
        """Save if it is time to, or if the run is told to stop; then stop it."""
        is_due, told = self.is_due(trainer), self.signal.number is not None
        if trainer.world_size > 1:
            is_time = is_due or trainer.global_step % STEPS_BETWEEN_AGREEMENTS == 0
            told = is_time and trainer.strategy.reduce_boolean_decision(told, all=False)
        if told or is_due:
            self._save(trainer)
        if told:
            self.signal.stop(trainer.global_step)
        if trainer.global_step == self.last_step:
            trainer.should_stop = True  # Lightning validates before it stops, whatever the step

    def on_validation_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Batch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Stop a run that is told to; its state was saved before the validation."""
        if self.signal.number is not None and trainer.world_size == 1:
            self.signal.stop(trainer.global_step)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save that this validation is done, and the model as the best if it is."""
        self.validated_step = trainer.global_step
        score = validation_score(trainer.callback_metrics)
        is_best = score is not None and (self.best is None or score > self.best)
        if is_best:
            self.best = score
        self._save(trainer, is_best)

    def _save(self, trainer: pl.Trainer, is_best: bool = False) -> None:
        path = self.folder / f"{trainer.global_step:08d}.ckpt"
        # First the figures: those of steps before a checkpoint would not be made again.
        for logger in trainer.loggers:
            logger.save()
        if not is_best:
            trainer.save_checkpoint(path)
        else:
            # First the best: a run that ends here goes on from before the validation, and finds the same best again.
            trainer.save_checkpoint(self.folder / BEST)
            if trainer.is_global_zero:
                _link(self.folder / BEST, path)
        if trainer.is_global_zero:
            for old in numbered(self.folder)[KEPT:]:
                old.unlink()
        self.saved_s = time.perf_counter()

    def state_dict(self) -> dict[str, Any]:
        """What goes into the checkpoint."""
        return {"best": self.best, "validated_step": self.validated_step}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with it."""
        self.best, self.validated_step = state_dict["best"], state_dict["validated_step"]


def _link(source: Path, target: Path) -> None:
    """Give a file a second name, in one move."""
    with new_file(target) as partial:
        try:
            partial.hardlink_to(source)
        except OSError:  # a file system without links
            shutil.copyfile(source, partial)


def validation_score(metrics: Mapping[str, Any]) -> tuple[float, float] | None:
    """Exact match and negative CER, means over the validation sets; None where nothing was validated."""
    # NAME/exact is of a whole set; NAME/length/1-6/exact of some of its lines.
    rates = [
        [float(value) for name, value in metrics.items() if name.count("/") == 1 and name.endswith(f"/{rate}")]
        for rate in ("exact", "cer")
    ]
    if not rates[0]:
        return None
    return sum(rates[0]) / len(rates[0]), -sum(rates[1]) / len(rates[1])
