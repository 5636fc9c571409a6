"""Reasons to end a run early: a signal, or a loss or weights that are no numbers."""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import numpy as np
import pytorch_lightning as pl
import torch
from PIL import Image
from pytorch_lightning.callbacks import Callback
from safetensors.torch import save_file
from torch import Tensor

from hunmin.data.loading.batch import Batch
from hunmin.data.tab_separated import tsv_line
from hunmin.errors import InputError, StoppedError
from hunmin.spec import RecognizerSpec

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopSignal:
    """Ctrl-C and SIGTERM: the first lets the step at hand finish and the state be saved, the second ends at once."""

    def __init__(self) -> None:
        self.number: int | None = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Notice the signals while a run goes on."""
        if threading.current_thread() is not threading.main_thread():  # Python hands signals to the main thread alone
            yield
            return
        before = {number: signal.getsignal(number) for number in SIGNALS}
        self.install_handlers()
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def install_handlers(self) -> None:
        """Be the only one that hears the signals: Lightning's own handler would end a run without saving."""
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                signal.signal(number, self._notice)

    def _notice(self, number: int, frame: FrameType | None) -> None:
        if self.number is not None:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self.number = number

    def stop(self, step: int) -> NoReturn:
        """End the run.

        Raises:
            StoppedError: always.
        """
        raise StoppedError(self.number or signal.SIGTERM, step)


class StopOnNonFinite(Callback):
    """Ends a run whose loss or weights are no longer numbers, before they are written over good ones, and saves the batch.

    The device is asked only every `every` steps and before a checkpoint, because each question makes it wait; the batch is
    then made again, which a seeded stream can. Weights are looked at before a checkpoint alone: at other times the next loss
    shows what became of them.
    """

    def __init__(
        self, every: int, is_due: Callable[[pl.Trainer], bool], batch_of: Callable[[int], Batch], folder: Path
    ) -> None:
        """Look every `every` steps.

        Args:
            every: steps.
            is_due: whether a checkpoint follows the step at hand.
            batch_of: makes the batch of a step, from 1, again.
            folder: of the run.
        """
        self.every = every
        self.is_due = is_due
        self.batch_of = batch_of
        self.folder = folder
        self._finite: list[Tensor] = []

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Batch, batch_idx: int
    ) -> None:
        """Note whether the loss is finite, and look at the notes if it is time to."""
        self._finite.append(torch.isfinite(outputs["loss"].detach()))
        if trainer.global_step % self.every and not self.is_due(trainer):
            return
        finite = torch.stack(self._finite).tolist()
        self._finite = []
        step, what = trainer.global_step, "weights are"
        if not all(finite):
            step, what = step - len(finite) + 1 + finite.index(False), "loss is"
        elif not self.is_due(trainer) or _are_finite(pl_module.parameters()):
            return
        kept = self.folder / f"not_finite_{step:08d}"
        save_batch(self.batch_of(step), pl_module.model.spec, kept)  # type: ignore[union-attr,arg-type]
        raise InputError(
            f"step {step}: the {what} not finite. Its batch is in {kept}; the newest checkpoint is from before. Go on from it "
            "with a lower trainer.learning_rate or trainer.gradient_clip, or with trainer.precision=32."
        )


def _are_finite(weights: Iterable[Tensor]) -> bool:
    """Whether every number of every tensor is finite; the device is waited for once."""
    with torch.no_grad():
        return bool(torch.stack([torch.isfinite(one).all() for one in weights]).all())


def save_batch(batch: Batch, spec: RecognizerSpec, folder: Path) -> None:
    """Write a batch so that a person can look at it and a program can load it.

    Args:
        batch: as the model got it.
        spec: of its images.
        folder: to make: `000.png` … as they were before normalisation, `labels.tsv` (number, id, label), `batch.safetensors`
            (images, tgt, boxes).
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for i, (image, label, identity) in enumerate(zip(batch.images, batch.labels, batch.ids, strict=True)):
        pixels = np.nan_to_num(image.float().cpu().numpy() * spec.std + spec.mean).clip(0, 1) * 255
        Image.fromarray(pixels.round().astype(np.uint8).transpose(1, 2, 0)).save(folder / f"{i:03d}.png")
        rows.append(tsv_line((f"{i:03d}", identity, label)))
    (folder / "labels.tsv").write_text("".join(rows), encoding="utf-8")
    tensors = {"images": batch.images, "tgt": batch.tgt, "boxes": batch.boxes}
    save_file({name: tensor.cpu().contiguous() for name, tensor in tensors.items()}, folder / "batch.safetensors")
