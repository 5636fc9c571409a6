"""One small batch, learned by heart at several learning rates: the shortest training that tells a healthy model from a sick one.

Legend: N batch, L longest label of the batch, H W pixels.

Eight short lines and 60 steps are enough: `model=nano` then reads all of them, with a loss below 1 % of the labels' entropy at
its own rate, and a model that cannot use the image never gets there.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from hunmin.data.loading.batch import Batch
from hunmin.data.sample import Sample
from hunmin.diagnosis.measure.probe import as_in_training
from hunmin.model.parseq import PARSeq
from hunmin.spec import RecognizerSpec
from hunmin.training.config import TrainerConfig
from hunmin.training.optimizer import build_optimizer
from hunmin.training.step import training_step

NUM_LINES = 8
"""Lines in the batch: different ones, so that one answer does not fit all."""
USUAL_LENGTH = 6
"""Characters that a line of the batch has if there are such: short is quick, and one or two characters are no sequence."""
NUM_STEPS = 60
"""Steps at each rate. With `model=nano` the loss ends at 0.3 % of the labels' entropy at its own rate of 2e-3, at 2 % with half
of that, at 63 % with a seventh; with AdamW in Muon's place at 1, 3 and 52 %."""
CPU = torch.device("cpu")
WARMUP_STEPS = 5
"""Steps until the rate is reached."""
LAST_STEPS = 5
"""Steps whose mean loss is the outcome."""
RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
"""Beside the configured one: from too low for any model here to ten times the best and more."""


@dataclass(frozen=True)
class Attempt:
    """One learning rate."""

    rate: float
    losses: tuple[float, ...]
    """Of every step, in nats a token; it ends early where the loss is no longer a number."""

    @property
    def outcome(self) -> float:
        """Mean loss of the last steps; infinite where it is no number."""
        last = float(np.mean(self.losses[-LAST_STEPS:]))
        return last if math.isfinite(last) else math.inf


@dataclass(frozen=True)
class Sweep:
    """All rates, and the model of the best."""

    batch: Batch
    attempts: tuple[Attempt, ...]
    """By rising rate."""
    model: PARSeq
    """After training at the best rate, in training mode without dropout."""

    @property
    def best(self) -> Attempt:
        """The rate with the lowest loss in the end."""
        return min(self.attempts, key=lambda attempt: attempt.outcome)

    def at(self, rate: float) -> Attempt:
        """The attempt at `rate`, which must be one of those made."""
        return next(attempt for attempt in self.attempts if attempt.rate == rate)


def choose_lines(samples: Sequence[Sample], spec: RecognizerSpec) -> list[Sample]:
    """`NUM_LINES` lines to learn by heart, with different texts: short ones, and narrow ones among those.

    Args:
        samples: that fit `spec`.
        spec: of the model.

    Returns:
        Fewer where there are not as many texts.
    """

    def cost(sample: Sample) -> tuple[int, int]:
        width_px = spec.scaled_width_px(sample.image.shape[1], sample.image.shape[0])
        return abs(len(sample.text) - USUAL_LENGTH) // 3, width_px

    different = {sample.text: sample for sample in sorted(samples, key=cost, reverse=True) if sample.text}
    return sorted(different.values(), key=cost)[:NUM_LINES]


def learn_by_heart(
    model: PARSeq,
    batch: Batch,
    trainer: TrainerConfig,
    device: torch.device = CPU,
    report: Callable[[int, int], None] = lambda _done, _total: None,
) -> Sweep:
    """Learn `batch` by heart at each of `RATES` and at the configured one.

    Args:
        model: as training would begin with it; it stays as it is.
        batch: lines of different texts.
        trainer: its learning rate, number of permutations and gradient clip count.
        device: where the steps are taken.
        report: told how many rates were tried, and of how many.
    """
    attempts: list[Attempt] = []
    best, lowest = model, math.inf
    rates = sorted({*RATES, trainer.learning_rate})
    for rate in rates:
        report(len(attempts), len(rates))
        attempt, trained = overfit(model, batch, rate, trainer, device)
        attempts.append(attempt)
        if attempt.outcome < lowest:
            best, lowest = trained, attempt.outcome
    return Sweep(batch, tuple(attempts), best.to("cpu"))


def overfit(
    model: PARSeq, batch: Batch, rate: float, trainer: TrainerConfig, device: torch.device = CPU
) -> tuple[Attempt, PARSeq]:
    """Learn one batch by heart with the run's own training step, all lines of it and always without context, too.

    Args:
        model: is copied.
        batch: what to learn.
        rate: of the run's optimizer, after `WARMUP_STEPS`.
        trainer: its optimizer, number of permutations and gradient clip count.
        device: where the steps are taken.

    Returns:
        How it went, and the trained copy in training mode.
    """
    model, batch = as_in_training(model).to(device), batch.to(device)
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = build_optimizer(model, replace(trainer, learning_rate=rate, weight_decay=0.0))
    warmup = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / WARMUP_STEPS))
    losses: list[float] = []
    whole = replace(trainer, hard_example_share=1.0, one_pass_order=True)
    for step in range(NUM_STEPS):
        loss = training_step(model, batch, whole, seed=0, step=step).total
        losses.append(float(loss.detach()))
        if not math.isfinite(losses[-1]):
            break
        optimizer.zero_grad()
        loss.backward()
        if trainer.gradient_clip:
            torch.nn.utils.clip_grad_norm_(learning, trainer.gradient_clip)
        optimizer.step()
        warmup.step()
    return Attempt(rate, tuple(losses)), model
