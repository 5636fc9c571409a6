"""The averaged weights are where the model is, and forget where it began."""

from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch

from hunmin.training.averaging import Averaging, averaging_decay
from hunmin.training.run import run
from tests.training.runs import config
from tests.training.test_run import quiet


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_the_averaged_weights_are_kept_on_the_gpu_that_trains(tmp_path: Path) -> None:
    class Noting(pl.Callback):
        def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: object) -> None:
            [averaging] = [one for one in trainer.callbacks if isinstance(one, Averaging)]  # type: ignore[attr-defined]
            assert averaging._average_model is not None
            self.devices = {tensor.device for tensor in averaging._average_model.module.parameters()}
            assert self.devices == {tensor.device for tensor in pl_module.parameters()}

    noting = Noting()
    run(config(tmp_path, "trainer.accelerator=gpu", "trainer.max_steps=1"), quiet(), [noting])
    assert {device.type for device in noting.devices} == {"cuda"}


def test_the_average_forgets_its_start_quickly() -> None:
    weight = 0.0
    for step in range(1, 301):
        decay = averaging_decay(step, 0.999)
        weight = decay * weight + (1 - decay)
    assert weight > 0.999
    assert averaging_decay(10**6, 0.999) == 0.999
