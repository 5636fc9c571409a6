"""What a run tells of its speed is true."""

import time
from pathlib import Path

import pytest
import pytorch_lightning as pl

from hunmin.training.logs.callbacks import Progress
from hunmin.training.run import run
from tests.training.runs import config, read_csv
from tests.training.test_run import quiet


class SlowSaving(pl.Callback):
    """Takes half a second of every checkpoint."""

    def on_save_checkpoint(self, *_: object) -> None:
        time.sleep(0.5)


def test_writing_a_checkpoint_is_no_waiting_for_data(tmp_path: Path) -> None:
    often = ("trainer.save_every=1", "trainer.log_every=2", "trainer.max_steps=4", "trainer.validate_every=2")
    run(config(tmp_path, *often), quiet(), [SlowSaving()])
    waits = [float(row["speed/data_wait"]) for row in read_csv(tmp_path / "run") if row["speed/data_wait"]]
    assert len(waits) == 2
    assert max(waits) < 0.3, "at most the steps themselves"


def test_arithmetic_is_counted_of_the_lines_that_are_learned_from(tmp_path: Path) -> None:
    class Noting(pl.Callback):
        def on_train_batch_end(self, trainer: pl.Trainer, *_: object) -> None:
            [progress] = [one for one in trainer.callbacks if isinstance(one, Progress)]  # type: ignore[attr-defined]
            self.flops = progress.flops

    counted = []
    for share in (1.0, 0.5):
        noting = Noting()
        (tmp_path / str(share)).mkdir()
        settings = (f"trainer.hard_example_share={share}", "trainer.max_steps=1", "trainer.log_every=100")
        run(config(tmp_path / str(share), *settings), quiet(), [noting])
        counted.append(noting.flops)
    assert counted[1] == pytest.approx(counted[0] / 2)
