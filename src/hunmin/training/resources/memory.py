"""The memory that a training step takes at its peak, found without taking it.

Legend: N batch, L label length, Q = L+1 queries, K orders, W width in pixels.
"""

import copy
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, UntypedStorage
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from hunmin.data.loading.batch import Batch
from hunmin.model.parseq import PARSeq
from hunmin.training.config import TrainerConfig
from hunmin.training.glyph_losses import ColumnHead
from hunmin.training.resources.device import Machine
from hunmin.training.step import build_column_head, dummy_batch, training_step

BYTES_A_PARAMETER = 20
"""Weight, gradient, two moments of AdamW and the averaged weight, all in 32 bits."""


PROCESS_OVERHEAD = {"cpu": 1.65, "mps": 1.0, "gpu": 1.0}
"""What the process takes for each byte of its tensors. On the CPU `keep_freed_memory` leaves holes between them: 1.7 to 2.0 was
measured for nano and 1.4 to 1.5 for tiny (lines of 256 and 512 px, batches of 8 to 32, an Intel Xeon:
`benchmarks/bench_memory.py`), so the estimate is from 17 % too low to 19 % too high, and 45 % too high for small (8 lines of
928 px). Not measured on GPUs, where `data.batch_size=auto` leaves a tenth free and notices what does not fit."""
MIXED_PRECISION_SHARE = 0.9
"""What remains where matrices are multiplied in 16 bits: the logits are there in 32 bits, too. The tensors of a step with bf16
autocast on the CPU, lines of 256 px: 0.87 for nano, 0.74 for tiny."""


MINING_SHARE = 0.2
"""Memory of finding the hard examples for each line of the batch, as a share of what learning from it would take, at most: 0.16
was counted for nano, 0.03 for small."""


@dataclass(frozen=True)
class StepMemory:
    """Memory of a training step, without what the framework itself takes."""

    fixed_bytes: int
    """Of any step: weights, gradients, moments, averages."""
    line_bytes: int
    """Of each line of the batch, learned from or not, at the step's peak."""

    def bytes(self, num_lines: int) -> int:
        """Of a step with so many lines."""
        return self.fixed_bytes + num_lines * self.line_bytes


def step_memory(model: PARSeq, trainer: TrainerConfig, machine: Machine, width_px: int, length: int) -> StepMemory:
    """Follow a step, forward and backward, on tensors that have a shape and no content, and note what lives at once.

    Args:
        model: whose step it is.
        trainer: how it is trained.
        machine: what it is taken on.
        width_px: of every line.
        length: of every label.
    """
    meta_model, column_head = copy.deepcopy(model).to("meta").train(), build_column_head(model).to("meta")
    # Gradients of weights come and go as well; what two more lines add is the lines' alone.
    one, three = (
        _peak_bytes(meta_model, column_head, trainer, dummy_batch(model.spec, num_lines, width_px, length, "meta"))
        for num_lines in (1, 3)
    )
    share = 1.0 if machine.precision == "32" else MIXED_PRECISION_SHARE
    num_parameters = sum(parameter.numel() for parameter in model.parameters())
    line_bytes = (
        (three - one)
        / 2
        * PROCESS_OVERHEAD[machine.accelerator]
        * share
        * max(trainer.hard_example_share, MINING_SHARE)
    )
    return StepMemory(BYTES_A_PARAMETER * num_parameters, round(line_bytes))


def _peak_bytes(meta_model: PARSeq, column_head: ColumnHead, trainer: TrainerConfig, batch: Batch) -> int:
    """What the tensors of a step that learns from all lines of `batch` take at most."""
    every_line = replace(trainer, hard_example_share=1.0)
    meta_model.zero_grad()
    column_head.zero_grad()
    storage = _LiveStorage()
    with torch.enable_grad(), _FusedAttention(), storage:
        training_step(meta_model, batch, every_line, seed=0, step=1, column_head=column_head).total.backward()
    return storage.peak_bytes


class _LiveStorage(TorchDispatchMode):
    """Counts the bytes of all storages that live, from the operation that made each until nothing refers to it."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.peak_bytes: int = 0
        self._living: dict[int, int] = {}

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        for one in tree_leaves(made):
            if isinstance(one, Tensor):
                self._note(one.untyped_storage())
        self.peak_bytes = max(self.peak_bytes, sum(self._living.values()))
        return made

    def _note(self, storage: UntypedStorage) -> None:
        key = id(storage)  # a view's storage is the same object
        if key not in self._living:
            self._living[key] = storage.nbytes()
            weakref.finalize(storage, self._living.pop, key)  # before another object can have this id


class _FusedAttention(TorchFunctionMode):
    """Takes the fused kernel, as every device does; without content torch would choose the one that keeps all weights."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if func is not F.scaled_dot_product_attention:
            return func(*args, **(kwargs or {}))
        mask = (kwargs or {}).get("attn_mask")
        added = None if mask is None else torch.zeros_like(mask, dtype=args[0].dtype)
        return torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(*args, attn_mask=added)[0]
