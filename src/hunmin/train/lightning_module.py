"""Wiring between model, data and Lightning; the maths lives in `hunmin.model`.

Legend: N batch, L longest label of the batch, K orders.
"""

from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from hunmin.data.batch import Batch
from hunmin.evaluate.report import Prediction, flatten_rates, score
from hunmin.metrics import label_entropy
from hunmin.model.alignment import ColumnHead, attention_loss, column_loss, columns_of_boxes, middle_columns, start_loss
from hunmin.model.checkpoint import MODEL_KEY, SPEC_KEY
from hunmin.model.decoding import decode_autoregressive
from hunmin.model.parseq import Losses, PARSeq
from hunmin.model.permutations import causal_mask, one_pass_mask, query_masks, sample_orders
from hunmin.model.places import UNKNOWN
from hunmin.spec import RecognizerSpec
from hunmin.train.config import TrainConfig
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
        self.validation_names: list[str] = []
        self.predictions: list[list[Prediction]] = []

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """One step: cross-entropy over all orders, plus what glyph boxes teach."""
        masks = self._masks(batch.tgt.shape[1] - 2)
        losses = self.model.training_losses(batch.images, batch.tgt, masks, self._columns(batch))
        terms = {"loss": losses.loss, **self._alignment_losses(batch, losses)}
        self.log_dict({f"train/{name}": value for name, value in terms.items()}, batch_size=len(batch.labels))
        trainer = self.config.trainer
        return (
            terms["loss"]
            + trainer.column_loss_weight * terms["column_loss"]
            + trainer.start_loss_weight * terms["start_loss"]
            + trainer.attention_loss_weight * terms["attention_loss"]
        )

    def _masks(self, length: int) -> Tensor:
        """The orders of this step: (K, L+1, L+1) bool, the same for a given seed and step."""
        rng = np.random.default_rng([self.config.seed, self.global_step])
        orders = torch.from_numpy(sample_orders(length, self.config.trainer.num_permutations, rng))
        masks = query_masks(orders.to(self.device, non_blocking=True))
        if self.config.trainer.one_pass_order:
            masks = torch.cat((masks, one_pass_mask(length, self.device)[None]))
        return masks

    def _columns(self, batch: Batch) -> Tensor | None:
        """Where the characters stand, (N, L), as inexactly as the decoder will know it when it reads; None = it has to look."""
        if not batch.has_all_boxes or self.global_step % STEPS_BETWEEN_OWN_COLUMNS == 0:
            return None
        grid = self.model.encoder.grid(batch.images.shape[2], batch.images.shape[3])
        columns = middle_columns(batch.boxes, batch.box_mask, grid, batch.images.shape[3])
        rng = np.random.default_rng([self.config.seed, self.global_step, 1])
        noise = torch.from_numpy(rng.normal(0.0, COLUMN_NOISE, columns.shape).astype(np.float32))
        shifted = (columns + noise.to(self.device, non_blocking=True)).clamp(min=0.0)
        return shifted.masked_fill(columns < 0, UNKNOWN)

    def _alignment_losses(self, batch: Batch, losses: Losses) -> dict[str, Tensor]:
        """What glyph boxes teach, over the lines of the batch whose boxes are known."""
        grid = self.model.encoder.grid(batch.images.shape[2], batch.images.shape[3])
        covers = columns_of_boxes(batch.boxes, grid, batch.images.shape[3])
        has_boxes = batch.box_mask.any(dim=1)
        return {
            "column_loss": column_loss(self.column_head, losses.encoded, batch.tgt, covers, has_boxes),
            "start_loss": start_loss(losses.start_logits, covers, has_boxes),
            "attention_loss": attention_loss(losses.weights, covers, has_boxes, grid.rows),
        }

    def on_validation_epoch_start(self) -> None:
        """Forget the predictions of the last validation."""
        self.predictions = [[] for _ in self.validation_names]

    def validation_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> None:
        """Read a batch as the export will, and take its loss from left to right."""
        mask = causal_mask(batch.tgt.shape[1] - 2, self.device)[None]
        num_tokens = sum(len(label) + 1 for label in batch.labels)
        loss = self.model.training_losses(batch.images, batch.tgt, mask).loss
        name = self.validation_names[dataloader_idx]
        self.log(f"val/{name}/loss", loss, batch_size=num_tokens, add_dataloader_idx=False, on_epoch=True)
        logits = decode_autoregressive(self.model, batch.images)
        confidence, ids = logits.float().log_softmax(dim=2).max(dim=2)
        for i, row in enumerate(ids.tolist()):
            text = self.model.tokenizer.decode(row)
            read = confidence[i, : len(text) + 1].mean().exp().item()
            one = Prediction(batch.labels[i], text, read, batch.kinds[i], batch.ids[i])
            self.predictions[dataloader_idx].append(one)

    def on_validation_epoch_end(self) -> None:
        """Log every rate of every validation set, set by set and kind by kind."""
        for name, predictions in zip(self.validation_names, self.predictions, strict=True):
            rates = flatten_rates(score(predictions))
            rates["label_entropy"] = label_entropy(one.label for one in predictions)
            self.log_dict({f"val/{name}/{key}": value for key, value in rates.items()})

    def configure_optimizers(self) -> Any:
        """AdamW without decay on biases, norms, embeddings and positions; one cycle over the whole run."""
        trainer = self.config.trainer
        kept = {
            f"{path}.{name}" if path else name
            for path, module in self.named_modules()
            for name, _ in module.named_parameters(recurse=False)
            if name != "weight" or isinstance(module, nn.Embedding | nn.LayerNorm | nn.BatchNorm2d)
        }
        named = dict(self.named_parameters())
        groups = [
            {"params": [p for n, p in named.items() if n not in kept], "weight_decay": trainer.weight_decay},
            {"params": [p for n, p in named.items() if n in kept], "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(groups, lr=trainer.learning_rate, fused=True)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: learning_rate_factor(step, trainer.warmup_steps, trainer.max_steps)
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Put the spec and the model's config beside the weights."""
        checkpoint[SPEC_KEY] = self.model.spec.to_json()
        checkpoint[MODEL_KEY] = self.config.model.to_json()
