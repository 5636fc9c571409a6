"""Wiring between model, data and Lightning; the maths lives in `hunmin.model`.

Legend: N batch, L longest label of the batch, K orders.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor

from hunmin.data.loading.batch import Batch
from hunmin.evaluate.report import Prediction, Report
from hunmin.metrics import label_entropy
from hunmin.model.checkpoint import MODEL_KEY, with_current_names
from hunmin.model.column_bias import UNKNOWN
from hunmin.model.decode import decode_autoregressive
from hunmin.model.glyph_losses import (
    ColumnHead,
    attention_loss,
    column_loss,
    columns_of_boxes,
    known_columns,
    start_loss,
)
from hunmin.model.parseq import Losses, PARSeq
from hunmin.model.permutations import causal_mask, one_pass_mask, query_masks, sample_orders
from hunmin.recognize.recognizer import line_confidence
from hunmin.spec import SPEC_KEY, RecognizerSpec
from hunmin.train.config import TrainConfig
from hunmin.train.hard_examples import hardest
from hunmin.train.logs.panels import to_pixels
from hunmin.train.logs.validation import Validation
from hunmin.train.optimizer import build_optimizer
from hunmin.train.schedule import learning_rate_factor

COLUMN_NOISE = 0.5
"""Standard deviation, in columns of the grid, of what is added to the true places of characters."""
STEPS_BETWEEN_OWN_COLUMNS = 8
"""Every so many steps the boxes are set aside, and the model learns from the places that it finds itself."""


class TrainingModule(pl.LightningModule):
    """PARSeq in training: permutation language modelling, with auxiliary losses where glyph boxes are known."""

    def __init__(self, config: TrainConfig, spec: RecognizerSpec) -> None:
        super().__init__()
        self.config = config
        self.model = PARSeq(config.model, spec)
        grid = self.model.encoder.grid(spec.height_px, spec.width_step_px)
        self.column_head = ColumnHead(self.model.tokenizer, config.model.encoder.width, grid.rows)
        self.losses = self.model.training_losses
        """What a step computes."""
        self.is_compiled = False
        """See `use_compiled_losses`."""
        self.is_mixed = False
        """Whether matrices are multiplied in 16 bits."""
        self.channels_last = False
        """See `use_channels_last`."""
        self._weight_decays: list[float] = []
        """Of the optimizer's groups."""
        self._one_pass_masks: dict[int, Tensor] = {}
        self.validation_names: list[str] = []
        self.validations: list[Validation] = []
        self.reports: list[Report] = []

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """One step, a function of weights, batch, seed, step and rank alone: a run that goes on repeats it exactly."""
        random = np.random.SeedSequence([self.config.seed, self.global_step, self.global_rank])
        torch.manual_seed(int(random.generate_state(1, np.uint64)[0]) >> 1)  # for dropout
        batch = self.chosen(batch)
        terms = self.terms(batch, self.global_step)
        # `Progress` hands them to the loggers, before a checkpoint is saved.
        logged = {f"train/{name}": value for name, value in terms.items()}
        self.log_dict(logged, batch_size=len(batch.labels), logger=False)
        return self.total(terms) if self.trainer.world_size == 1 else self.total(terms) * self._share(batch)

    def chosen(self, batch: Batch) -> Batch:
        """The lines of a batch that are learned from."""
        return hardest(self.model, batch, self.config.trainer.hard_example_share)

    def terms(self, batch: Batch, step: int) -> dict[str, Tensor]:
        """Cross-entropy over all orders of this step, and what glyph boxes teach."""
        lengths = [len(label) for label in batch.labels]
        masks = self._masks(batch.tgt.shape[1] - 2, step)
        losses = self.losses(batch.images, batch.tgt, masks, lengths, self._columns(batch, step))
        return {"loss": losses.loss, **self._alignment_losses(batch, losses)}

    def total(self, terms: dict[str, Tensor]) -> Tensor:
        """What is minimised: the weighted sum."""
        trainer = self.config.trainer
        return (
            terms["loss"]
            + trainer.column_loss_weight * terms["column_loss"]
            + trainer.start_loss_weight * terms["start_loss"]
            + trainer.attention_loss_weight * terms["attention_loss"]
        )

    def _share(self, batch: Batch) -> Tensor:
        """This process's characters over the mean of all: gradients are averaged, and every character should count the same."""
        num_tokens = torch.tensor(float(sum(len(label) + 1 for label in batch.labels)), device=self.device)
        mean = self.trainer.strategy.reduce(num_tokens.clone(), reduce_op="mean")
        return num_tokens / mean

    def use_channels_last(self) -> None:
        """Lay convolutions and images out pixel by pixel."""
        self.channels_last = True
        for parameter in self.model.encoder.parameters():
            if parameter.ndim == 4:  # noqa: PLR2004 - a convolution's
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)

    def use_compiled_losses(self) -> None:
        """Compile what a step computes. A copy of the module needs its own: the compiled function keeps the model it is of."""
        self.is_compiled = True
        self.losses = torch.compile(self.model.training_losses, dynamic=True)

    def on_after_batch_transfer(self, batch: Batch, dataloader_idx: int) -> Batch:
        """Lay the images out as the convolutions are."""
        if not self.channels_last:
            return batch
        return replace(batch, images=batch.images.contiguous(memory_format=torch.channels_last))

    def _masks(self, length: int, step: int) -> Tensor:
        """The orders of this step: (K, L+1, L+1) bool, the same for a given seed and step."""
        rng = np.random.default_rng([self.config.seed, step])
        orders = torch.from_numpy(sample_orders(length, self.config.trainer.num_permutations, rng))
        masks = query_masks(orders.to(self.device, non_blocking=True))
        if self.config.trainer.one_pass_order:
            if length not in self._one_pass_masks:
                self._one_pass_masks[length] = one_pass_mask(length, self.device)
            masks = torch.cat((masks, self._one_pass_masks[length][None]))
        return masks

    def _columns(self, batch: Batch, step: int) -> Tensor | None:
        """Where the characters stand, (N, L), as inexactly as the decoder will know it when it reads; None = it has to look."""
        columns = known_columns(self.model.encoder, batch)
        if columns is None or step % STEPS_BETWEEN_OWN_COLUMNS == 0:
            return None
        rng = np.random.default_rng([self.config.seed, step, 1])
        noise = torch.from_numpy(rng.normal(0.0, COLUMN_NOISE, columns.shape).astype(np.float32))
        last = self.model.encoder.grid(*batch.images.shape[2:]).columns - 1
        shifted = (columns + noise.to(self.device, non_blocking=True)).clamp(0, last)
        return shifted.masked_fill(columns < 0, UNKNOWN)

    def _alignment_losses(self, batch: Batch, losses: Losses) -> dict[str, Tensor]:
        """What glyph boxes teach, over the lines of the batch whose boxes are known."""
        grid = self.model.encoder.grid(batch.images.shape[2], batch.images.shape[3])
        covers = columns_of_boxes(batch.boxes, grid, batch.images.shape[3])
        has_boxes = batch.box_mask.any(dim=1)
        return {
            "column_loss": column_loss(self.column_head, losses.features, batch.tgt, covers, has_boxes),
            "start_loss": start_loss(losses.start_logits, covers, has_boxes),
            "attention_loss": attention_loss(losses.attention, covers, has_boxes, grid.rows),
        }

    def on_validation_epoch_start(self) -> None:
        """Forget what the last validation read; with several processes, all read with the statistics of the first."""
        self.validations = [Validation(name) for name in self.validation_names]
        if self.trainer.world_size > 1:
            for buffer in self.buffers():
                torch.distributed.broadcast(buffer, src=0)

    def validation_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> None:
        """Read a batch as the export will, and take its loss from left to right."""
        mask = causal_mask(batch.tgt.shape[1] - 2, self.device)[None]
        num_tokens = sum(len(label) + 1 for label in batch.labels)
        loss = self.model.training_losses(batch.images, batch.tgt, mask, [len(label) for label in batch.labels]).loss
        validation = self.validations[dataloader_idx]
        validation.add_loss(float(loss), num_tokens)
        read = decode_autoregressive(self.model, batch.images)
        spec, ends = self.model.spec, self.model.tokenizer.eos_id
        for i, (row, row_log_probs) in enumerate(zip(read.tokens.tolist(), read.log_probs.tolist(), strict=True)):
            num_tokens = row.index(ends) + 1 if ends in row else len(row)
            sure = line_confidence(sum(row_log_probs[:num_tokens]), num_tokens, spec.confidence_exponent)
            text = self.model.tokenizer.decode(row)
            if validation.add(Prediction(batch.labels[i], text, sure, batch.kinds[i], batch.ids[i])):
                validation.add_picture(to_pixels(batch.images[i], int(batch.widths_px[i]), spec))

    def on_validation_epoch_end(self) -> None:
        """Log the figures of every validation set, such as `held_out/exact_ns` and `held_out/length/1-6/cer_ns`."""
        if self.trainer.world_size > 1:
            self._gather()
        self.reports = [validation.report() for validation in self.validations]
        for validation, report in zip(self.validations, self.reports, strict=True):
            entropy = label_entropy(one.label for one in validation.predictions)
            figures = {**report.figures(), "loss": validation.loss, "label_entropy": entropy}
            self.log_dict({f"{validation.name}/{key}": value for key, value in figures.items()})

    def _gather(self) -> None:
        """Put together what the processes read, so that each has the whole sets."""
        shares: list[list[Validation]] = [[] for _ in range(self.trainer.world_size)]
        torch.distributed.all_gather_object(shares, self.validations)
        self.validations, *others = shares
        for share in others:
            for validation, other in zip(self.validations, share, strict=True):
                validation.extend(other)

    def configure_optimizers(self) -> Any:
        """The optimizer, and one cycle over the whole run."""
        trainer = self.config.trainer
        optimizer = build_optimizer(self, trainer, is_mixed=self.is_mixed)
        self._weight_decays = [group["weight_decay"] for group in optimizer.param_groups]
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: learning_rate_factor(step, trainer.warmup_steps, trainer.max_steps)
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def on_train_start(self) -> None:
        """Follow the configuration: a checkpoint brings the learning rate and the weight decay back that it was saved with."""
        trainer, groups = self.config.trainer, self.trainer.optimizers[0].param_groups
        factor = learning_rate_factor(self.global_step, trainer.warmup_steps, trainer.max_steps)
        for group, weight_decay in zip(groups, self._weight_decays, strict=True):
            group["lr"], group["weight_decay"] = trainer.learning_rate * factor, weight_decay
        self.trainer.lr_scheduler_configs[0].scheduler.base_lrs = [trainer.learning_rate] * len(groups)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Put the spec and the model's config beside the weights."""
        checkpoint[SPEC_KEY] = self.model.spec.to_json()
        checkpoint[MODEL_KEY] = self.config.model.to_json()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Rename the weights of an older checkpoint, averaged and current; the optimizer's state goes by position."""
        for weights in ("state_dict", "current_model_state"):
            if weights in checkpoint:
                checkpoint[weights] = with_current_names(checkpoint[weights])
