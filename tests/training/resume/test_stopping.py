"""Weights that are no numbers are never written over good ones."""

import os
import signal
from pathlib import Path

import pytest
import pytorch_lightning as pl

from hunmin.errors import InputError
from hunmin.training.run import run
from tests.training.runs import config
from tests.training.test_run import quiet, weights


class Spoiling(pl.Callback):
    """Makes one number of a step's gradient infinite, after its loss was computed; may tell the run to stop as well."""

    def __init__(self, step: int, by_signal: bool) -> None:
        self.step = step
        self.by_signal = by_signal

    def on_before_optimizer_step(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: object) -> None:
        if trainer.global_step + 1 != self.step:
            return
        next(one.grad for one in pl_module.parameters() if one.grad is not None).view(-1)[0] = float("inf")
        if self.by_signal:
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize(("step", "by_signal"), [(4, False), (3, True)])
def test_weights_that_are_not_finite_are_not_saved_and_the_run_goes_on_from_before_them(
    step: int, by_signal: bool, tmp_path: Path
) -> None:
    one = config(tmp_path, "trainer.save_every=2", "trainer.log_every=100")
    with pytest.raises(InputError, match=rf"^step {step}: the weights are not finite. Its batch is in .*00000{step}; "):
        run(one, quiet(), [Spoiling(step, by_signal)])
    assert [path.name for path in (tmp_path / "run" / "checkpoints").iterdir()] == ["00000002.ckpt"]
    assert all(tensor.isfinite().all() for tensor in weights(run(one, quiet())).values())
