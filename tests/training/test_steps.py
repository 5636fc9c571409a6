"""The steps of a run: how far they go, and what comes after the last."""

from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch

from hunmin.training.prepare import prepare
from hunmin.training.run import run
from tests.training.runs import config, read_csv
from tests.training.test_run import Breaking, StoppedError, printed, quiet


def test_a_gradient_is_no_longer_than_trainer_gradient_clip(tmp_path: Path) -> None:
    class Noting(pl.Callback):
        def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: object) -> None:
            gradients = [parameter.grad for parameter in pl_module.parameters() if parameter.grad is not None]
            self.length = float(torch.nn.utils.get_total_norm(gradients))

    noting = Noting()
    run(config(tmp_path, "trainer.gradient_clip=0.01", "trainer.max_steps=1"), quiet(), [noting])
    assert noting.length == pytest.approx(0.01, rel=1e-3)


def test_the_last_step_is_validated_also_where_no_validation_was_due(tmp_path: Path) -> None:
    one = config(tmp_path, "trainer.max_steps=6")
    run(one, quiet())
    assert [row["step"] for row in read_csv(tmp_path / "run") if row["store/loss"]] == ["3", "5"]
    assert prepare(one, quiet()).is_finished


def test_a_run_that_was_stopped_in_its_last_validation_makes_up_for_it(tmp_path: Path) -> None:
    one = config(tmp_path, "trainer.max_steps=6")
    with pytest.raises(StoppedError):
        run(one, quiet(), [Breaking("on_validation_start", 6)])
    assert prepare(one, quiet()).has_validation_left
    again = quiet()
    run(one, again)
    assert "store  exact" in printed(again)
    assert prepare(one, quiet()).is_finished
