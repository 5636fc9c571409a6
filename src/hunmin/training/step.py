"""The training step: from a batch to what is minimised (PARSeq, section 3.2, and auxiliary losses where glyph boxes are known).

Training takes it with gradients and an optimizer; whatever times, measures or probes training takes the same one.

Legend: N batch, L longest label of the batch, K orders.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from hunmin.data.loading.batch import NO_BOX, Batch
from hunmin.model.column_bias import UNKNOWN
from hunmin.model.parseq import Losses, PARSeq
from hunmin.model.permutations import one_pass_mask, query_masks, sample_orders
from hunmin.spec import RecognizerSpec
from hunmin.training.config import TrainerConfig
from hunmin.training.glyph_losses import (
    ColumnHead,
    attention_loss,
    column_loss,
    columns_of_boxes,
    known_columns,
    start_loss,
)
from hunmin.training.hard_examples import keep_hard_examples

COLUMN_NOISE = 0.5
"""Standard deviation, in columns of the grid, of what is added to the true places of characters."""
STEPS_BETWEEN_OWN_COLUMNS = 8
"""Every so many steps the boxes are set aside, and the model learns from the places that it finds itself."""


@dataclass(frozen=True)
class StepLosses:
    """What a training step gives."""

    total: Tensor
    """Scalar: the weighted sum, which is minimised."""
    terms: dict[str, Tensor]
    """Scalars before weighting: `loss`, the cross-entropy over all orders, and the auxiliary ones."""
    num_tokens: int
    """Characters and `<eos>` of the lines that were learned from."""


def training_step(
    model: PARSeq,
    batch: Batch,
    trainer: TrainerConfig,
    *,
    seed: int,
    step: int,
    column_head: ColumnHead | None = None,
    compute_losses: Callable[..., Losses] | None = None,
) -> StepLosses:
    """The losses of one step, forward only; the same for the same weights, batch, seed and step.

    Args:
        model: in training mode, on the batch's device.
        batch: N lines.
        trainer: share of hard examples, number of orders, weights of the losses.
        seed: of the run.
        step: finished steps.
        column_head: reads columns for the auxiliary losses; without it there are none.
        compute_losses: `model.training_losses`, compiled; None takes it as it is.
    """
    batch = keep_hard_examples(model, batch, trainer.hard_example_share)
    lengths = [len(label) for label in batch.labels]
    masks = order_masks(batch, trainer, seed, step)
    columns = noisy_columns(model, batch, seed, step)
    losses = (compute_losses or model.training_losses)(batch.images, batch.tgt, masks, lengths, columns)
    total, terms = losses.loss, {"loss": losses.loss}
    if column_head is not None:
        terms |= box_losses(model, column_head, batch, losses)
        total = total + trainer.column_loss_weight * terms["column_loss"]
        total = total + trainer.start_loss_weight * terms["start_loss"]
        total = total + trainer.attention_loss_weight * terms["attention_loss"]
    return StepLosses(total, terms, sum(lengths) + len(lengths))


def order_masks(batch: Batch, trainer: TrainerConfig, seed: int, step: int) -> Tensor:
    """The orders of this step, and the one without context if it is learned: (K, L+1, L+1) bool, True = may not attend."""
    length, device = batch.tgt.shape[1] - 2, batch.tgt.device
    orders = torch.from_numpy(sample_orders(length, trainer.num_permutations, np.random.default_rng([seed, step])))
    masks = query_masks(orders.to(device, non_blocking=True))
    return torch.cat((masks, one_pass_mask(length, device)[None])) if trainer.one_pass_order else masks


def noisy_columns(model: PARSeq, batch: Batch, seed: int, step: int) -> Tensor | None:
    """Where the characters stand, as inexactly as the decoder will know it when it reads: (N, L); None = the model finds them."""
    columns = known_columns(model.encoder, batch)
    if columns is None or step % STEPS_BETWEEN_OWN_COLUMNS == 0:
        return None
    rng = np.random.default_rng([seed, step, 1])
    noise = torch.from_numpy(rng.normal(0.0, COLUMN_NOISE, columns.shape).astype(np.float32))
    last = model.encoder.grid(*batch.images.shape[2:]).columns - 1
    shifted = (columns + noise.to(columns.device, non_blocking=True)).clamp(0, last)
    return shifted.masked_fill(columns < 0, UNKNOWN)


def box_losses(model: PARSeq, column_head: ColumnHead, batch: Batch, losses: Losses) -> dict[str, Tensor]:
    """What glyph boxes teach, over the lines of the batch whose boxes are known; 0 where there are none."""
    height_px, width_px = batch.images.shape[2:]
    grid = model.encoder.grid(height_px, width_px)
    covers = columns_of_boxes(batch.boxes, grid, width_px)
    has_boxes = batch.box_mask.any(dim=1)
    return {
        "column_loss": column_loss(column_head, losses.features, batch.tgt, covers, has_boxes),
        "start_loss": start_loss(losses.start_logits, covers, has_boxes),
        "attention_loss": attention_loss(losses.attention, covers, has_boxes, grid.rows),
    }


def build_column_head(model: PARSeq) -> ColumnHead:
    """The head of the auxiliary losses, which training alone needs."""
    rows = model.encoder.grid(model.spec.height_px, model.spec.width_step_px).rows
    return ColumnHead(model.tokenizer, model.config.encoder.width, rows)


def dummy_batch(
    spec: RecognizerSpec, num_lines: int, width_px: int, length: int, device: torch.device | str = "cpu"
) -> Batch:
    """A batch of noise to time or count a step with; on `meta` it has shapes and no content.

    Args:
        spec: of the images and labels.
        num_lines: N.
        width_px: of every image, rounded up to a bucket.
        length: characters of every label.
        device: where it lies.

    Returns:
        Lines that count as having glyph boxes, as generated ones do, so that no time goes into finding the columns.
    """
    width_px = spec.bucket_width_px(width_px)
    labels = [spec.characters[:length].ljust(length, spec.characters[0])] * num_lines
    return Batch(
        images=torch.randn(num_lines, spec.channels, spec.height_px, width_px, device=device),
        widths_px=torch.full((num_lines,), width_px),
        labels=labels,
        tgt=torch.from_numpy(spec.tokenizer().encode_batch(labels)),
        boxes=torch.full((num_lines, length, 4), NO_BOX),
        box_mask=torch.zeros(num_lines, length, dtype=torch.bool),
        kinds=[""] * num_lines,
        ids=[""] * num_lines,
        has_all_boxes=True,
    ).to(device)
