"""Wiring between the training step, data and Lightning; the maths lives in `step.py` and `hunmin.model`."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor

from hunmin.data.loading.batch import Batch
from hunmin.evaluation.report import Report
from hunmin.metrics import label_entropy
from hunmin.model.checkpoint import MODEL_KEY, with_current_names
from hunmin.model.parseq import Losses, PARSeq
from hunmin.spec import SPEC_KEY, RecognizerSpec
from hunmin.training.config import TrainConfig
from hunmin.training.logs.validation import Validation, validate_batch
from hunmin.training.optimizer import build_optimizer, learning_rate_factor
from hunmin.training.resources.device import channels_last_batch, use_channels_last
from hunmin.training.step import build_column_head, training_step


class TrainingModule(pl.LightningModule):
    """PARSeq in training: permutation language modelling, with auxiliary losses where glyph boxes are known."""

    def __init__(self, config: TrainConfig, spec: RecognizerSpec) -> None:
        super().__init__()
        self.config = config
        self.model = PARSeq(config.model, spec)
        self.column_head = build_column_head(self.model)
        self.compute_losses: Callable[..., Losses] | None = None
        """See `compile_losses`."""
        self.is_mixed = False
        """Whether matrices are multiplied in 16 bits."""
        self.channels_last = False
        """See `use_channels_last`."""
        self.last_loss = torch.zeros(())
        """Cross-entropy of the last step, over all orders, without the auxiliary losses."""
        self._weight_decays: list[float] = []
        """Of the optimizer's groups."""
        self.validation_names: list[str] = []
        self.validations: list[Validation] = []
        self.reports: list[Report] = []

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """One step, a function of weights, batch, seed, step and rank alone: a run that goes on repeats it exactly."""
        random = np.random.SeedSequence([self.config.seed, self.global_step, self.global_rank])
        torch.manual_seed(int(random.generate_state(1, np.uint64)[0]) >> 1)  # for dropout
        losses = training_step(
            self.model,
            batch,
            self.config.trainer,
            seed=self.config.seed,
            step=self.global_step,
            column_head=self.column_head,
            compute_losses=self.compute_losses,
        )
        self.last_loss = losses.terms["loss"].detach()
        # `Progress` hands them to the loggers, before a checkpoint is saved.
        logged = {f"train/{name}": value for name, value in losses.terms.items()}
        self.log_dict(logged, batch_size=len(batch.labels), logger=False)
        return losses.total if self.trainer.world_size == 1 else losses.total * self._share(losses.num_tokens)

    def _share(self, num_tokens: int) -> Tensor:
        """This process's tokens over the mean of all: gradients are averaged, and every character should count the same."""
        own = torch.tensor(float(num_tokens), device=self.device)
        return own / self.trainer.strategy.reduce(own.clone(), reduce_op="mean")

    def use_channels_last(self) -> None:
        """Lay convolutions and images out pixel by pixel."""
        self.channels_last = True
        use_channels_last(self.model)

    def compile_losses(self) -> None:
        """Compile what a step computes."""
        self.compute_losses = torch.compile(self.model.training_losses, dynamic=True)

    def on_after_batch_transfer(self, batch: Batch, dataloader_idx: int) -> Batch:
        """Lay the images out as the convolutions are."""
        return channels_last_batch(batch) if self.channels_last else batch

    def on_validation_epoch_start(self) -> None:
        """Forget what the last validation read; with several processes, all read with the statistics of the first."""
        self.validations = [Validation(name) for name in self.validation_names]
        if self.trainer.world_size > 1:
            for buffer in self.buffers():
                torch.distributed.broadcast(buffer, src=0)

    def validation_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> None:
        """Read a batch."""
        validate_batch(self.model, batch, self.validations[dataloader_idx])

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
