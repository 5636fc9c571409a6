"""The lines that a model reads worst are found, and a step learns from them alone."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from rich.console import Console

from hunmin.data.loading.batch import Batch, collate
from hunmin.model.checkpoint import load_model
from hunmin.model.parseq import PARSeq
from hunmin.model.permutations import causal_mask
from hunmin.training.hard_examples import keep_hard_examples, line_losses
from hunmin.training.run import run
from hunmin.training.step import build_column_head, training_step
from tests.data.lines import SPEC, line
from tests.model.shapes import model_config
from tests.training.runs import config


@pytest.fixture
def model() -> PARSeq:
    torch.manual_seed(0)
    return PARSeq(model_config(), SPEC).train()


def batch_of(num: int, *, with_boxes: bool = True) -> Batch:
    texts = ["가", "나다라마바", "한글 5", "12345678"]
    samples = [line(number, text=texts[number % len(texts)], width=90) for number in range(num)]
    if not with_boxes:
        samples[0] = replace(samples[0], boxes=None)
    return collate(samples, SPEC, SPEC.tokenizer())


@pytest.mark.parametrize("with_boxes", [True, False])
def test_the_loss_of_a_line_is_that_of_the_line_alone(model: PARSeq, with_boxes: bool) -> None:
    batch = batch_of(4, with_boxes=with_boxes)
    statistics = {name: value.clone() for name, value in model.named_buffers()}
    losses = line_losses(model, batch)
    assert model.training and not losses.requires_grad
    assert all(torch.equal(value, statistics[name]) for name, value in model.named_buffers())
    model.eval()
    for row, label in enumerate(batch.labels):
        one = batch.take([row], SPEC)
        torch.testing.assert_close(line_losses(model, one)[0], losses[row], rtol=1e-4, atol=1e-4)
        if with_boxes:
            continue
        mean = model.training_losses(one.images, one.tgt, causal_mask(len(label), torch.device("cpu"))[None]).loss
        torch.testing.assert_close(losses[row], mean * (len(label) + 1) ** 0.5, rtol=1e-4, atol=1e-4)


def test_the_lines_with_the_largest_losses_stay_in_their_order(model: PARSeq) -> None:
    batch = batch_of(8)
    losses = line_losses(model, batch)
    some = keep_hard_examples(model, batch, 0.4)
    rows = [batch.ids.index(one) for one in some.ids]
    assert rows == sorted(rows) == sorted(losses.topk(4).indices.tolist()), "0.4 of 8 lines are 3.2"
    assert keep_hard_examples(model, batch, 1.0) is batch
    assert len(keep_hard_examples(model, batch, 0.001)) == 1


def test_a_step_with_a_share_is_the_step_with_the_hardest_lines(model: PARSeq, tmp_path: Path) -> None:
    trainer, batch = config(tmp_path).trainer, batch_of(6)
    column_head, kept = build_column_head(model), keep_hard_examples(model, batch, 0.5)
    assert len(kept) == 3
    gradients = []
    for share, lines in ((0.5, batch), (1.0, kept)):
        model.zero_grad()
        some = replace(trainer, hard_example_share=share)
        losses = training_step(model, lines, some, seed=0, step=1, column_head=column_head)
        assert losses.num_tokens == sum(len(label) + 1 for label in kept.labels)
        losses.total.backward()
        gradients.append([parameter.grad for parameter in model.parameters() if parameter.grad is not None])
    assert all(torch.equal(one, other) for one, other in zip(*gradients, strict=True))


def test_a_run_that_learns_from_the_hardest_half_ends_with_a_model(tmp_path: Path) -> None:
    model = load_model(run(config(tmp_path, "trainer.hard_example_share=0.5"), Console(quiet=True)))
    assert model.spec.characters == SPEC.characters
