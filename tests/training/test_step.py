"""The training step is a function of weights, batch, seed and step; glyph boxes help it where they are known."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from hunmin.model.parseq import PARSeq
from hunmin.training.config import TrainerConfig
from hunmin.training.hard_examples import line_losses
from hunmin.training.step import STEPS_BETWEEN_OWN_COLUMNS, build_column_head, dummy_batch, noisy_columns, training_step
from tests.data.lines import SPEC
from tests.model.shapes import model_config
from tests.training.runs import config
from tests.training.test_hard_examples import batch_of


@pytest.fixture
def model() -> PARSeq:
    torch.manual_seed(0)
    return PARSeq(model_config(), SPEC).train()


@pytest.fixture
def trainer(tmp_path: Path) -> TrainerConfig:
    return config(tmp_path, "trainer.num_permutations=6").trainer


def test_the_same_seed_and_step_give_the_same_losses_and_others_give_others(
    model: PARSeq, trainer: TrainerConfig
) -> None:
    batch = batch_of(4)
    first, again, later, other = (
        training_step(model, batch, trainer, seed=seed, step=step).total.item()
        for seed, step in ((0, 1), (0, 1), (0, 2), (1, 1))
    )
    assert first == again
    assert len({first, later, other}) == 3


def test_what_is_minimised_is_the_weighted_sum_of_the_terms(model: PARSeq, trainer: TrainerConfig) -> None:
    weighted = replace(trainer, column_loss_weight=2.0, start_loss_weight=0.25, attention_loss_weight=0.5)
    losses = training_step(model, batch_of(4), weighted, seed=0, step=1, column_head=build_column_head(model))
    assert list(losses.terms) == ["loss", "column_loss", "start_loss", "attention_loss"]
    sums = zip(losses.terms.values(), (1.0, 2.0, 0.25, 0.5), strict=True)
    torch.testing.assert_close(losses.total, sum((weight * term for term, weight in sums), torch.zeros(())))
    assert all(term.item() > 0 for term in losses.terms.values())


def test_without_a_column_head_the_cross_entropy_alone_is_minimised(model: PARSeq, trainer: TrainerConfig) -> None:
    losses = training_step(model, batch_of(4), trainer, seed=0, step=1)
    assert list(losses.terms) == ["loss"]
    assert losses.total is losses.terms["loss"]


def test_boxes_are_given_inexactly_and_set_aside_now_and_then(model: PARSeq) -> None:
    batch = batch_of(4)
    one, other = (noisy_columns(model, batch, 0, step) for step in (1, 2))
    assert one is not None
    assert other is not None
    assert not torch.equal(one, other)
    assert torch.equal(one < 0, ~batch.box_mask), "places without a character stay unknown"
    assert noisy_columns(model, batch, 0, STEPS_BETWEEN_OWN_COLUMNS) is None
    assert noisy_columns(model, batch_of(4, with_boxes=False), 0, 1) is None


def test_a_dummy_batch_is_one_that_the_step_takes(model: PARSeq, trainer: TrainerConfig) -> None:
    batch = dummy_batch(SPEC, 3, 96, 5)
    assert batch.images.shape == (3, 3, SPEC.height_px, 96)
    assert [len(label) for label in batch.labels] == [5, 5, 5]
    losses = training_step(model, batch, trainer, seed=0, step=1, column_head=build_column_head(model))
    assert losses.num_tokens == 18
    assert losses.terms["column_loss"].item() == 0, "it has no boxes"


def test_queries_that_fill_up_the_head_count_for_nothing(
    model: PARSeq, trainer: TrainerConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = batch_of(4)

    def losses() -> tuple[float, list[float]]:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return training_step(model, batch, trainer, seed=0, step=1).total.item(), line_losses(model, batch).tolist()

    total, of_lines = losses()
    monkeypatch.setattr("hunmin.model.parseq.QUERY_STEP", 1)
    plain_total, plain_of_lines = losses()
    assert total == pytest.approx(plain_total, rel=1e-2)
    assert of_lines == pytest.approx(plain_of_lines, rel=1e-2)
