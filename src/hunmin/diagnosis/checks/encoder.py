"""Checks of the encoder: the shape of its memory, what its features say, and whether gradients reach everything.

Legend: N batch, R rows and Q columns of the grid, S = R*Q memory length, D width.
"""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from hunmin.diagnosis.case import Case
from hunmin.diagnosis.findings import Finding
from hunmin.diagnosis.measure.probe import CHANGED, as_in_training, few_lines
from hunmin.model.parseq import PARSeq
from hunmin.training.step import training_step

CONSTANT = 1e-3
"""A feature is constant if it deviates by less than this share of what its layer's features deviate by."""
DEAD_SHARE = 0.5
"""Share of constant features in a layer from which on the layer is a bottleneck that nobody planned."""


def memory_length(case: Case) -> Finding:
    """The memory holds more, or less, than the grid.

    It has to be the grid, cell by cell, row by row, and nothing else. Vision transformers for photographs put a [CLS] token,
    sometimes register tokens too, before the patches. Left in the memory it says nothing about a place, and every cell after
    it moves by one: whatever belongs to columns (positions, losses from glyph boxes, the count of characters) belongs to the
    wrong ones, and where rows have no common length the model stops.
    """
    batch = few_lines(case.batch)
    with torch.no_grad():
        found = case.model.encoder(batch.images).shape[1]
    rows, columns = case.model.encoder.grid(batch.images.shape[2], batch.images.shape[3])
    measured, expected = f"{found} cells", f"{rows} × {columns} = {rows * columns}"
    figures = {"length": float(found), "grid": float(rows * columns)}
    if found == rows * columns:
        return Finding("memory_length", "passed", measured, expected, figures=figures)
    extra = found - rows * columns
    causes = {True: f"{extra} register tokens are left in the memory", False: "the encoder pools, or lays another grid"}
    cause = "a [CLS] token is left in the memory" if extra == 1 else causes[extra > 0]
    remedy = (
        f"Return tokens[:, {extra}:] from the encoder."
        if extra > 0
        else "Return one token for every cell of grid(H, W)."
    )
    return Finding("memory_length", "failed", measured, expected, cause, remedy, figures)


def encoder_features(case: Case) -> Finding:
    """The encoder's features are constant: dead, or the same for every image.

    ReLUs whose input is always negative put out 0 for ever and get no gradient: a too high learning rate or a bad
    initialisation kills whole layers that way. And positions can hide that the image itself is lost: the memory then varies
    from cell to cell, but not from line to line. The check looks at the outputs of every layer over a batch, with the batch's
    own normalisation as in training. A healthy layer may have a few constant features; half of them is a layer of half the
    width. Between images the memory of a new bundled model differs by half and more of what it varies by altogether.
    """
    batch, model = few_lines(case.batch), as_in_training(case.model)
    outputs: dict[str, Tensor] = {}
    handles = [
        module.register_forward_hook(lambda _, __, output, name=name: outputs.update({name: output}))
        for name, module in _layers(model.encoder)
    ]
    with torch.no_grad():
        memory = model.encoder(batch.images)
    for handle in handles:
        handle.remove()
    constant = {name: _constant_share(output) for name, output in outputs.items()}
    worst = max(constant, key=lambda name: constant[name])
    spread = float(memory.std(dim=(0, 1)).mean())
    between = float(memory.std(dim=0).mean()) / max(spread, 1e-12)
    measured = f"{constant[worst]:.0%} of the features are constant in {worst}; memories differ by {between:.1e} between images"
    expected = f"less than {DEAD_SHARE:.0%}; more than {CHANGED:.0e}"
    figures = {"constant": constant[worst], "between_images": between}
    first = next((name for name, share in constant.items() if share >= DEAD_SHARE), None)
    if first:
        cause = f"the ReLUs of {first} are dead: negative for every image; or nothing reaches it"
        remedy = "Start from new weights (init_from=null) with a lower trainer.learning_rate and biases of 0."
        return Finding("encoder_features", "failed", measured, expected, cause, remedy, figures)
    if between <= CHANGED:
        cause = "the encoder gives every image the same memory"
        remedy = "Look for an input that is replaced by a constant, and for weights of zero."
        return Finding("encoder_features", "failed", measured, expected, cause, remedy, figures)
    return Finding("encoder_features", "passed", measured, expected, figures=figures)


def gradients(case: Case) -> Finding:
    """A part of the model gets no gradient, so it does not learn.

    A part is cut off if it is frozen (`requires_grad=False`), detached, run under `no_grad`, or not used at all. The rest
    goes on training around it, so the loss still falls for a while and nothing reports it. The check takes one training loss
    and asks each part of the model for its gradient.
    """
    model, batch = as_in_training(case.model), few_lines(case.batch)
    every_line = replace(case.config.trainer, hard_example_share=1.0)
    loss = training_step(model, batch, every_line, seed=case.config.seed, step=0).total
    if loss.requires_grad:
        loss.backward()
    frozen, cut, odd = set(), set(), set()
    parts: dict[str, float] = {}
    for name, parameter in model.named_parameters():
        part = _part(name)
        if not parameter.requires_grad:
            frozen.add(part)
        norm = 0.0 if parameter.grad is None else float(parameter.grad.norm())
        parts[part] = parts.get(part, 0.0) + norm
    for part, norm in parts.items():
        if not np.isfinite(norm):
            odd.add(part)
        elif norm == 0 and part not in frozen and not _waits(model, part):
            cut.add(part)
    measured = f"{len(parts) - len(frozen | cut | odd)} of {len(parts)} parts get a gradient"
    causes = [
        f"{text}: {', '.join(sorted(which))}"
        for text, which in (("frozen", frozen), ("not reached by the loss", cut), ("gradient is not a number", odd))
        if which
    ]
    if not causes:
        return Finding("gradients", "passed", measured, "all", figures={"parts": float(len(parts))})
    remedies = [
        "Call requires_grad_(True) on what is frozen." if frozen else "",
        "Look for detach() and no_grad() between it and the loss." if cut else "",
        "Look for a division by zero or images that are not numbers." if odd else "",
    ]
    return Finding("gradients", "failed", measured, "all", "; ".join(causes), " ".join(filter(None, remedies)))


def _layers(encoder: nn.Module) -> list[tuple[str, nn.Module]]:
    """The encoder's parts, one step down into lists of layers; itself where it has none."""
    layers = []
    for name, module in encoder.named_children():
        inner = list(module.named_children()) if isinstance(module, nn.Sequential | nn.ModuleList) else []
        layers += [(f"encoder.{name}.{key}", one) for key, one in inner] or [(f"encoder.{name}", module)]
    return layers or [("encoder", encoder)]


def _constant_share(output: Tensor) -> float:
    """Share of the features, (N, D, R, Q) or (N, S, D), that hardly vary over a batch."""
    features = output.transpose(0, 1).flatten(1) if output.ndim == 4 else output.flatten(0, 1).T  # noqa: PLR2004 - (N, D, R, Q)
    deviations = features.std(dim=1)
    return float((deviations <= CONSTANT * deviations.max().clamp(min=1e-12)).float().mean())


def _part(name: str) -> str:
    """What a parameter belongs to: `encoder.stem.0`, `decoder.cross_attn`, `head`."""
    steps = name.split(".")
    encoder_depth = 3 if len(steps) > 3 and steps[2].isdigit() else 2  # noqa: PLR2004
    depth = {"encoder": encoder_depth, "decoder": 2, "character_count": 2}.get(steps[0], 1)
    return ".".join(steps[:depth])


def _waits(model: PARSeq, part: str) -> bool:
    """Whether `part` gets its gradient through a weight that starts at zero, so that its first one is zero by design."""
    return part == "character_count.start" and not bool(model.character_count.embed.weight.any())
