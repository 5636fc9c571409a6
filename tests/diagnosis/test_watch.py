"""The watch over a run: quiet while it learns, one warning for each check that turns."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from rich.console import Console
from torch import Tensor

from hunmin.data.clean import Rules
from hunmin.data.loading.batch import Batch, BatchLoader
from hunmin.data.loading.stream import BatchStream
from hunmin.diagnosis.watch import FEWEST_NORMS, FEWEST_PREDICTIONS, Watch
from hunmin.evaluation.report import Prediction
from hunmin.training.lightning_module import TrainingModule
from hunmin.training.logs.validation import Validation
from hunmin.training.prepare import build_spec
from hunmin.training.sources import build_source
from tests.training.runs import config

# Lightning's advice about loaders and validation, and its use of a deprecated torch function; `run` passes over it, too.
pytestmark = [pytest.mark.filterwarnings("ignore::UserWarning"), pytest.mark.filterwarnings("ignore::FutureWarning")]


class Still(TrainingModule):
    """Its loss does not depend on its weights any more."""

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        return super().training_step(batch, batch_idx) * 0.0


class NotANumber(TrainingModule):
    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        return super().training_step(batch, batch_idx) * torch.nan


class Exploding(TrainingModule):
    """Its loss turns steep when there is a usual one to compare with."""

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        steep = 1e4 if self.global_step >= FEWEST_NORMS else 1.0
        return super().training_step(batch, batch_idx) * steep


@dataclass(frozen=True)
class Slow:
    """A loader that takes twice as long as the step before, however busy the machine is."""

    loader: BatchLoader

    def __iter__(self) -> Iterator[Batch]:
        stepped_s = 0.1
        for batch in self.loader:
            time.sleep(2 * stepped_s)
            handed_over = time.perf_counter()
            yield batch
            stepped_s = time.perf_counter() - handed_over


def trainer_for(watch: Watch, num_steps: int) -> pl.Trainer:
    return pl.Trainer(
        accelerator="cpu",
        max_steps=num_steps,
        logger=False,
        callbacks=[watch],
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )


def watched(
    folder: Path, num_steps: int, *more: str, kind: type[TrainingModule] = TrainingModule, slow: bool = False
) -> str:
    """Train and return what the watch printed."""
    settings = config(folder, f"trainer.max_steps={num_steps}", *more)
    spec = build_spec(settings.data)
    torch.manual_seed(0)
    module = kind(settings, spec)
    stream = BatchStream(build_source(settings, spec), Rules(spec, "error"), settings.data.batch_size, settings.seed)
    loader = BatchLoader(stream, module.model.tokenizer, num_workers=0)
    printed = StringIO()
    watch = Watch(Console(file=printed, width=200), every=1, stuck_steps=20)
    trainer_for(watch, num_steps).fit(module, Slow(loader) if slow else loader)
    return printed.getvalue()


def test_a_run_that_learns_is_left_alone(tmp_path: Path) -> None:
    printed = watched(tmp_path, 60, "trainer.learning_rate=3e-3", "trainer.warmup_steps=5")
    # Not the time waited for data: on a machine that does other things it says something about those.
    assert not [line for line in printed.splitlines() if "data_wait" not in line]


def test_a_loss_that_does_not_fall_is_told_once_with_the_check_and_the_entropy(tmp_path: Path) -> None:
    printed = watched(tmp_path, 60, "trainer.learning_rate=0")
    lines = [line for line in printed.splitlines() if "learning_rate" in line or "image_used" in line]
    assert len(lines) == 1
    assert "the loss stands at" in lines[0]
    assert "since 20 steps" in lines[0]
    assert "entropy" in lines[0]
    assert "hunmin doctor" in lines[0]


def test_a_gradient_of_zero_is_told(tmp_path: Path) -> None:
    assert "doctor: gradients: step 2: the gradient's norm is 0: nothing is learned" in watched(tmp_path, 3, kind=Still)


def test_a_gradient_that_is_no_number_is_told(tmp_path: Path) -> None:
    assert "doctor: gradients: step 2: the gradient is nan" in watched(tmp_path, 3, kind=NotANumber)


def test_a_gradient_that_explodes_is_told_with_what_it_was_before(tmp_path: Path) -> None:
    printed = watched(tmp_path, FEWEST_NORMS + 2, "trainer.learning_rate=0", kind=Exploding)
    assert f"doctor: gradients: step {FEWEST_NORMS + 2}: the gradient's norm is " in printed
    assert "before it was" in printed


def test_waiting_for_data_is_told_when_it_lasts(tmp_path: Path) -> None:
    assert "of the time is waited for data; raise data.num_workers" in watched(tmp_path, 4, slow=True)


def validated(texts: list[str], times: int) -> str:
    """What is printed after as many validations with these predictions."""
    module = type("Validated", (pl.LightningModule,), {})()
    module.validations = [Validation("held_out")]
    for i, text in enumerate(texts):
        module.validations[0].add(Prediction(f"글줄 {i}", text, 0.9, "document", str(i)))
    printed = StringIO()
    watch = Watch(Console(file=printed, width=200), every=50)
    for _ in range(times):
        watch.on_validation_end(trainer_for(watch, 1), module)
    return printed.getvalue()


def test_the_same_text_for_every_image_is_told_at_the_second_validation_and_not_again() -> None:
    same = ["합계 금액"] * FEWEST_PREDICTIONS
    assert validated(same, 1) == ""
    assert (
        validated(same, 2).count("doctor: predictions: step 0: every image gets the same text in 20 of 20 lines") == 1
    )
    assert validated(same, 5) == validated(same, 2)


def test_empty_predictions_are_told() -> None:
    assert "nothing is read" in validated([""] * FEWEST_PREDICTIONS, 2)


def test_plausible_predictions_are_left_alone() -> None:
    assert validated([f"글줄 {i + 1}" for i in range(FEWEST_PREDICTIONS)], 3) == ""
