"""A run that goes on with other settings follows them."""

from pathlib import Path

import pytest
import pytorch_lightning as pl

from hunmin.data.store.lmdb_store import write_store
from hunmin.training.optimizer import learning_rate_factor
from hunmin.training.prepare import prepare
from hunmin.training.run import run
from tests.data.lines import lines
from tests.training.runs import config
from tests.training.test_run import printed, quiet


class Noting(pl.Callback):
    """Remembers what every step is taken with: its learning rate, and the weight decay of each group."""

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.decays: list[float] = []

    def on_train_batch_start(self, trainer: pl.Trainer, *_: object) -> None:
        groups = trainer.optimizers[0].param_groups
        assert len({group["lr"] for group in groups}) == 1
        self.rates.append(groups[0]["lr"])
        self.decays = [group["weight_decay"] for group in groups]


@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
def test_a_run_goes_on_with_the_learning_rate_and_the_weight_decay_that_it_is_now_given(
    optimizer: str, tmp_path: Path
) -> None:
    same = (f"trainer.optimizer={optimizer}", "trainer.warmup_steps=0", "trainer.save_every=2")
    run(config(tmp_path, *same, "trainer.max_steps=2", "trainer.weight_decay=0"), quiet())
    noting = Noting()
    changed = ("trainer.max_steps=6", "trainer.learning_rate=1e-5", "trainer.weight_decay=0.5")
    run(config(tmp_path, *same, *changed), quiet(), [noting])
    assert noting.rates == pytest.approx([1e-5 * learning_rate_factor(step, 0, 6) for step in range(2, 6)])
    assert noting.decays == [0.5, 0.0, 0.5][: len(noting.decays)]


def test_a_learning_rate_given_anew_is_scaled_to_the_batch_that_auto_once_found(tmp_path: Path) -> None:
    write_store(lines(256), tmp_path / "large")
    data = (f"data.sources=[{{path: {tmp_path / 'large'}}}]",)
    run(config(tmp_path, *data, "trainer.max_steps=1"), quiet())
    saved = tmp_path / "run" / "config.yaml"  # as if the search had found 256 lines
    text = saved.read_text("utf-8").replace("batch_size: 4\n", "batch_size: 256\n")
    saved.write_text(text.replace("learning_rate: 0.002\n", "learning_rate: 0.004\n"), encoding="utf-8")
    console = quiet()
    same = prepare(config(tmp_path, *data, "data.batch_size=auto"), console).config
    assert (same.data.batch_size, same.trainer.learning_rate) == (256, 0.004)
    assert "learning_rate" not in printed(console)
    lower = prepare(config(tmp_path, *data, "data.batch_size=auto", "trainer.learning_rate=0.001"), console).config
    assert (lower.data.batch_size, lower.trainer.learning_rate) == (256, 0.002)
    assert "changed since the run began: trainer.learning_rate was 0.004, is 0.002" in printed(console)
