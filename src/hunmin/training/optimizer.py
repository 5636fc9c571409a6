"""What turns gradients into steps: Muon for the matrices inside encoder and decoder, AdamW for everything else; their schedule.

Muon (Jordan et al., 2024, https://kellerjordan.github.io/posts/muon/) makes every direction of a weight matrix's momentum equally
long before it steps: what few lines ask for moves the weights as far as what all lines ask for. Its steps have the same size for
matrices of any shape (Liu et al., 2025, arXiv:2502.16982), so all weights share one learning rate.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from hunmin.training.config import TrainerConfig

MOMENTUM = 0.95
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
"""Coefficients of the odd polynomial that moves singular values towards 1 (Jordan et al.)."""
NUM_ITERATIONS = 5
STEP_SIZE = 0.5
"""Root mean square of a step at a learning rate of 1. With 0.2, the size of AdamW's (Liu et al., section 2.2), 400 steps of
`model=nano` leave 18.8 % character errors on real crops, with 0.4 15.1, with 0.8 14.0; AdamW alone 43.3
(docs/experiments/2026-11-23-muon-or-adamw.md)."""
PIXEL_CHANNELS = 3


class Muon(torch.optim.AdamW):
    """AdamW whose groups with `is_matrix` take Muon's steps instead.

    A convolution counts as the matrix that maps a patch to its outputs.
    """

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take a step; gradients stay as they are.

        Args:
            closure: computes the loss and the gradients anew.

        Returns:
            What `closure` gave.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        gradients: dict[nn.Parameter, Tensor | None] = {}
        for group in self.param_groups:
            if group["is_matrix"]:
                self._step_matrices(group)
                gradients |= {parameter: parameter.grad for parameter in group["params"]}
        for matrix in gradients:
            matrix.grad = None  # AdamW passes over what has none
        super().step()
        for matrix, gradient in gradients.items():
            matrix.grad = gradient
        return loss

    def _step_matrices(self, group: dict[str, Any]) -> None:
        directions: dict[torch.Size, list[tuple[nn.Parameter, Tensor]]] = defaultdict(list)
        for matrix in group["params"]:
            if matrix.grad is None:
                continue
            state = self.state[matrix]
            if not state:
                state["step"] = torch.zeros((), device=matrix.device)  # AdamW asks for it when a state is loaded
                state["momentum"] = torch.zeros_like(matrix)
            state["step"] += 1
            state["momentum"].lerp_(matrix.grad, 1 - MOMENTUM)
            direction = matrix.grad.lerp(state["momentum"], MOMENTUM).flatten(1)
            directions[direction.shape].append((matrix, direction))
        for (num_rows, num_columns), same in directions.items():
            size = STEP_SIZE * max(num_rows, num_columns) ** 0.5
            for (matrix, _), change in zip(same, orthogonal(torch.stack([one for _, one in same])), strict=True):
                matrix.mul_(1 - group["lr"] * group["weight_decay"])
                matrix.add_(change.view_as(matrix), alpha=-group["lr"] * size)


def orthogonal(matrices: Tensor) -> Tensor:
    """(B, rows, columns) with the same singular vectors and all singular values near 1, between 0.65 and 1.25."""
    is_tall = matrices.shape[1] > matrices.shape[2]
    wide: Tensor = matrices.mT if is_tall else matrices
    wide = wide / wide.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    a, b, c = NEWTON_SCHULZ
    for _ in range(NUM_ITERATIONS):
        gram = wide @ wide.mT
        wide = a * wide + (b * gram + c * gram @ gram) @ wide
    return wide.mT if is_tall else wide


def build_optimizer(module: nn.Module, trainer: TrainerConfig, *, is_mixed: bool = False) -> torch.optim.Optimizer:
    """The optimizer of a run. Biases, norms, embeddings and positions do not decay.

    Args:
        module: a model, or what contains one; what it learns needs gradients.
        trainer: says which optimizer, its learning rate and weight decay.
        is_mixed: matrices are multiplied in 16 bits. Lightning cannot clip what a fused optimizer unscales by itself.
    """
    kept: list[nn.Parameter] = []
    decaying: list[nn.Parameter] = []
    for layer in module.modules():
        for name, parameter in layer.named_parameters(recurse=False):
            is_kept = name != "weight" or isinstance(layer, nn.Embedding | nn.LayerNorm | nn.BatchNorm2d)
            (kept if is_kept else decaying).append(parameter)
    matrices = set(hidden_matrices(module)) if trainer.optimizer == "muon" else set()
    groups = [
        {"params": [one for one in decaying if one not in matrices], "weight_decay": trainer.weight_decay},
        {"params": kept, "weight_decay": 0.0},
    ]
    if trainer.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=trainer.learning_rate, fused=not is_mixed)
    groups = [{**group, "is_matrix": False} for group in groups]
    inside = [one for one in decaying if one in matrices]
    groups.append({"params": inside, "weight_decay": trainer.weight_decay, "is_matrix": True})
    return Muon(groups, lr=trainer.learning_rate, fused=not is_mixed)


def learning_rate_factor(step: int, warmup_steps: int, max_steps: int) -> float:
    """One cycle: linear from 0 to 1 during the warm-up, then a half cosine to 0 at `max_steps`.

    Args:
        step: finished steps.
        warmup_steps: length of the rise.
        max_steps: length of the run.

    Returns:
        0..1, to multiply the peak rate with.
    """
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    progress = (step - warmup_steps) / max(1, max_steps - warmup_steps)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def name_of_optimizer(state: dict[str, Any]) -> str:
    """What `trainer.optimizer` was when an optimizer's state was saved."""
    return "muon" if any("is_matrix" in group for group in state["param_groups"]) else "adamw"


def hidden_matrices(module: nn.Module) -> Iterator[nn.Parameter]:
    """Weights between features and features: not those that meet pixels, tokens or classes, which Muon is not made for."""
    for name, layer in module.named_modules():
        is_inside = {"encoder", "decoder"} & set(name.split("."))
        meets_pixels = isinstance(layer, nn.Conv2d) and layer.in_channels == PIXEL_CHANNELS
        if is_inside and isinstance(layer, nn.Linear | nn.Conv2d) and not meets_pixels:
            yield from (one for part, one in layer.named_parameters(recurse=False) if part == "weight")
