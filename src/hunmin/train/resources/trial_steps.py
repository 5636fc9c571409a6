"""Training steps outside a run, to see how long they take."""

import copy
import time
from collections.abc import Iterable
from dataclasses import replace

import torch

from hunmin.data.loading.batch import Batch
from hunmin.train.lightning_module import TrainingModule
from hunmin.train.optimizer import build_optimizer
from hunmin.train.resources.device import Machine
from hunmin.train.resources.throughput import wait_for


def rehearse(module: TrainingModule, batches: Iterable[Batch], machine: Machine) -> float:
    """Seconds a step on these batches, the first not counted; the module's own weights stay as they are.

    Args:
        module: whose steps to take.
        batches: two or more.
        machine: what to take them on.
    """
    actor = copy.deepcopy(module).to(machine.device).train()
    if machine.channels_last:
        actor.use_channels_last()
    if module.is_compiled:
        actor.use_compiled_losses()
    optimizer = build_optimizer(
        actor, replace(module.config.trainer, learning_rate=0.0), is_mixed=machine.precision != "32"
    )
    times = []
    for step, batch in enumerate(batches):
        start = time.perf_counter()
        moved = actor.on_after_batch_transfer(batch.to(machine.device), 0)
        with torch.autocast(machine.device.type, machine.dtype, enabled=machine.precision != "32"):
            total = actor.total(actor.terms(actor.chosen(moved), step))
        total.backward()
        optimizer.step()
        optimizer.zero_grad()
        wait_for(machine.device)
        times.append(time.perf_counter() - start)
    return sum(times[1:]) / (len(times) - 1)
