"""The doctor's watch over a run: checks that cost next to nothing, while it trains.

A check has to turn twice in a row before it is told, and is told once; what a run shows for a moment is no finding.
"""

import math
import time
from collections import Counter, deque
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback
from rich.console import Console
from torch import Tensor

from hunmin.data.loading.batch import Batch
from hunmin.diagnosis.checks.short_run import MEANING, MOST, text_kinds
from hunmin.diagnosis.curve import LOOKS_A_MEAN, STUCK_STEPS, Look, Run, judge_curve
from hunmin.metrics import label_entropy

LABELS_KEPT = 2_000
"""Labels whose entropy is taken: enough for the frequent characters, which make up most of it."""
MOST_WAITING = 0.5
"""Share of the time waited for data from which on more than half the device is idle."""
WEAKEST_GRADIENT = 1e-8
"""Norm of the gradient below which nothing moves but rounding."""
STEEPEST_GRADIENT = 100.0
"""Norm of the gradient, as a multiple of the median so far, from which on it explodes."""
FEWEST_NORMS = 10
"""Norms that a median is taken of."""
FEWEST_PREDICTIONS = 20
"""Lines of a validation set from which a share says something."""


class Watch(Callback):
    """Prints one warning for each check that turns while a run trains.

    It looks every `every` steps and after each validation. Between two looks it counts time, keeps labels and adds losses up on
    the device, so a step costs microseconds; a look reads the sum and one norm off the device.
    """

    def __init__(self, console: Console, every: int, stuck_steps: int = STUCK_STEPS) -> None:
        """Print to `console`, look every `every` steps, and call a loss stuck that has not fallen for `stuck_steps`."""
        self.console = console
        self.every = every
        self.told: set[str] = set()
        self._turned: set[str] = set()
        self.stuck_steps = stuck_steps
        self._sum: Tensor | None = None
        self._num_added = 0
        self._looks: deque[Look] = deque(maxlen=2 * LOOKS_A_MEAN + stuck_steps // every)
        self._labels: deque[str] = deque(maxlen=LABELS_KEPT)
        self._norms: deque[float] = deque(maxlen=10 * FEWEST_NORMS)
        self._norm = math.nan
        self._waited_s = 0.0
        self._looked_s = self._ended_s = time.perf_counter()

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clocks."""
        self._waited_s, self._looked_s = 0.0, time.perf_counter()
        self._ended_s = self._looked_s

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Count the time since the last step as time waited for data."""
        self._waited_s += time.perf_counter() - self._ended_s

    def on_before_optimizer_step(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        """Take the norm of the gradient, before it is clipped, at the steps that are looked at."""
        if (trainer.global_step + 1) % self.every == 0:
            gradients = [p.grad for p in pl_module.parameters() if p.grad is not None]
            self._norm = float(torch.nn.utils.get_total_norm(gradients))

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Batch, batch_idx: int
    ) -> None:
        """Keep the labels, and look now and then."""
        self._ended_s = time.perf_counter()
        self._labels.extend(batch.labels)
        # The cross-entropy of reading alone, which is what an entropy can be compared with.
        loss: Tensor = pl_module.last_loss  # type: ignore[assignment]
        self._sum = loss if self._sum is None else self._sum + loss
        self._num_added += 1
        if trainer.global_step % self.every:
            return
        step = trainer.global_step
        self._look_at_gradient(step)
        rate = float(trainer.optimizers[0].param_groups[0]["lr"])
        self._look_at_loss(Look(step, float(self._sum) / self._num_added, rate), pl_module)
        self._sum, self._num_added = None, 0
        self._look_at_waiting(step)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Look at what was read."""
        for validation in pl_module.validations:  # type: ignore[union-attr]
            name, predictions = validation.name, validation.predictions
            labels = [one.label for one in predictions]
            kinds = Counter(text_kinds([one.text for one in predictions], labels))
            kind, num = kinds.most_common(1)[0] if kinds else ("plausible", 0)
            failed = kind != "plausible" and num >= MOST * len(labels) and len(labels) >= FEWEST_PREDICTIONS
            self._note(
                "predictions",
                failed,
                f"step {trainer.global_step:,}: {MEANING[kind]} in {num} of {len(labels)} lines of {name}",
                where=name,
            )
        # Validation is not the training loop's waiting.
        self._ended_s = time.perf_counter()

    def _look_at_gradient(self, step: int) -> None:
        norm, usual = self._norm, float(torch.tensor(self._norms).median()) if self._norms else math.nan
        if not math.isfinite(norm):
            self._note("gradients", True, f"step {step:,}: the gradient is {norm}; lower trainer.learning_rate")
            return
        explodes = len(self._norms) >= FEWEST_NORMS and norm > STEEPEST_GRADIENT * usual
        told = f"step {step:,}: the gradient's norm is {norm:.2g}"
        if norm < WEAKEST_GRADIENT:
            self._note("gradients", True, f"{told}: nothing is learned any more")
        else:
            self._note("gradients", explodes, f"{told}, before it was {usual:.2g}; lower trainer.learning_rate")
        self._norms.append(norm)

    def _look_at_loss(self, look: Look, pl_module: pl.LightningModule) -> None:
        if not math.isfinite(look.loss):
            self._tell("learning_rate", f"step {look.step:,}: the loss is {look.loss}; lower trainer.learning_rate")
            return
        self._looks.append(look)
        trainer, model = pl_module.config.trainer, pl_module.model  # type: ignore[union-attr]
        run = Run(model.head.num_classes, trainer.warmup_steps, trainer.max_steps, self.stuck_steps)  # type: ignore[union-attr,arg-type]
        alarm = judge_curve(list(self._looks), label_entropy(self._labels), run)
        for check in ("learning_rate", "image_used"):
            told = alarm.told if alarm and alarm.check == check else ""
            self._note(check, bool(told), f"step {look.step:,}: {told}")

    def _look_at_waiting(self, step: int) -> None:
        now = time.perf_counter()
        share = self._waited_s / max(now - self._looked_s, 1e-9)
        self._waited_s, self._looked_s = 0.0, now
        self._note(
            "data_wait",
            share > MOST_WAITING,
            f"step {step:,}: {share:.0%} of the time is waited for data; raise data.num_workers, or store the lines first",
        )

    def _note(self, check: str, turned: bool, message: str, where: str = "") -> None:
        """Tell `message` if `check` has now turned at two looks in a row."""
        key = check + where
        if turned and key in self._turned:
            self._tell(check, message)
        (self._turned.add if turned else self._turned.discard)(key)

    def _tell(self, check: str, message: str) -> None:
        if check not in self.told:
            self.told.add(check)
            advice = f"doctor: {check}: {message}. More by hunmin doctor, with the same overrides."
            self.console.print(advice, style="yellow", highlight=False, markup=False, soft_wrap=True)
