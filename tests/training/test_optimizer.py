"""Muon for matrices between features, AdamW for the rest; the learning rate rises and falls."""

import copy
import math
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from hunmin.compose import load_config
from hunmin.model.parseq import PARSeq
from hunmin.training.config import TrainConfig, TrainerConfig
from hunmin.training.optimizer import build_optimizer, hidden_matrices, learning_rate_factor, orthogonal
from tests.model.shapes import ENCODERS, model_config, small_spec

TRAINER: TrainerConfig = load_config(TrainConfig, ["data=synth", "out=unused"]).trainer


@pytest.mark.parametrize("shape", [(20, 50), (50, 20), (30, 30)])
def test_all_directions_of_an_orthogonal_matrix_are_about_equally_long(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    left, _, right = torch.linalg.svd(torch.randn(3, *shape), full_matrices=False)
    skewed = left @ torch.diag(torch.logspace(0, -1.5, min(shape))) @ right
    change = orthogonal(skewed)
    assert change.shape == skewed.shape
    lengths = torch.linalg.svdvals(change)
    assert 0.65 < lengths.min() and lengths.max() < 1.25
    assert (change * skewed).sum() > 0  # downhill stays downhill


@pytest.mark.parametrize("encoder", ENCODERS)
def test_every_weight_is_learned_once_and_only_matrices_between_features_by_muon(encoder: str) -> None:
    model = PARSeq(model_config(encoder), small_spec())
    groups = build_optimizer(model, TRAINER).param_groups
    names = {parameter: name for name, parameter in model.named_parameters()}
    learned = [names[parameter] for group in groups for parameter in group["params"]]
    assert sorted(learned) == sorted(names.values())
    matrices = {names[matrix] for matrix in hidden_matrices(model)}
    assert "encoder.blocks.0.attn.qkv.weight" in matrices and "decoder.mlp.fc1.weight" in matrices
    outside = {
        name
        for name in names.values()
        if name.startswith(("head.", "embedding.", "character_count.", "column_bias.", "positions"))
    }
    assert not matrices & outside
    assert not any("bias" in name or "norm" in name or "embed" in name for name in matrices)
    of_pixels = {
        name for name, parameter in model.named_parameters() if parameter.ndim == 4 and parameter.shape[1] == 3
    }
    assert of_pixels and not matrices & of_pixels


def test_a_step_does_not_depend_on_how_long_the_gradient_is() -> None:
    model = _small()
    other = copy.deepcopy(model)
    for one, scale in ((model, 1.0), (other, 1e-3)):
        optimizer = build_optimizer(one, TRAINER)
        (scale * _loss(one)).backward()
        optimizer.step()
    for matrix, same in zip(hidden_matrices(model), hidden_matrices(other), strict=True):
        torch.testing.assert_close(matrix, same)


def test_a_run_goes_on_from_a_saved_state_as_if_it_had_never_stopped() -> None:
    model = _small()
    optimizer = build_optimizer(model, TRAINER)
    _steps(model, optimizer, 2)
    resumed = copy.deepcopy(model)
    other = build_optimizer(resumed, TRAINER)
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    _steps(model, optimizer, 2)
    _steps(resumed, other, 2)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), resumed.parameters(), strict=True))


def test_gradients_are_left_for_those_who_look_at_them_after_a_step() -> None:
    model = _small()
    optimizer = build_optimizer(model, TRAINER)
    _loss(model).backward()
    before = [_gradient(parameter).clone() for parameter in model.parameters()]
    optimizer.step()
    assert all(torch.equal(_gradient(p), was) for p, was in zip(model.parameters(), before, strict=True))


@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
@pytest.mark.parametrize("encoder", ENCODERS)
def test_weights_decay_and_biases_norms_embeddings_and_positions_do_not(encoder: str, optimizer: str) -> None:
    model = PARSeq(model_config(encoder), small_spec())
    groups = build_optimizer(model, replace(TRAINER, optimizer=optimizer, weight_decay=0.5)).param_groups
    decays = {parameter: group["weight_decay"] for group in groups for parameter in group["params"]}
    assert set(decays.values()) == {0.5, 0.0}
    kept = {name for name, parameter in model.named_parameters() if decays[parameter] == 0.0}
    vectors = {name for name, parameter in model.named_parameters() if parameter.ndim < 2}
    assert vectors <= kept and {name for name in vectors if "norm" in name}
    assert {"positions", "embedding.cho.weight", "embedding.syllables.weight"} <= kept
    assert not {"encoder.blocks.0.attn.qkv.weight", "decoder.mlp.fc1.weight", "head.parts.weight"} & kept


def test_adamw_alone_can_be_had() -> None:
    assert type(build_optimizer(_small(), replace(TRAINER, optimizer="adamw"))) is torch.optim.AdamW


def _small() -> nn.Module:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3), nn.Flatten(), nn.LayerNorm(16), nn.Linear(16, 8))
    return nn.ModuleDict({"encoder": layers, "head": nn.Linear(8, 5)})


def _loss(model: nn.Module) -> Tensor:
    images = torch.linspace(0, 1, 2 * 3 * 6 * 6).view(2, 3, 6, 6)
    assert isinstance(model, nn.ModuleDict)
    scores: Tensor = model["head"](model["encoder"](images))
    return scores.square().sum()


def _steps(model: nn.Module, optimizer: torch.optim.Optimizer, num: int) -> None:
    for _ in range(num):
        optimizer.zero_grad()
        _loss(model).backward()
        optimizer.step()


def _gradient(parameter: nn.Parameter) -> Tensor:
    assert parameter.grad is not None
    return parameter.grad


def test_the_rate_rises_to_its_peak_during_the_warm_up_and_falls_to_zero_at_the_end() -> None:
    factors = [learning_rate_factor(step, 10, 100) for step in range(101)]
    assert factors[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])
    assert factors[9] == max(factors) == 1.0
    assert all(later < earlier for earlier, later in pairwise(factors[10:]))
    assert factors[55] == pytest.approx(0.5)
    assert factors[100] == pytest.approx(0, abs=1e-12)


@given(step=st.integers(0, 10_000), warmup=st.integers(0, 1000), length=st.integers(1, 5000))
def test_the_factor_is_always_between_0_and_1_even_past_the_end_or_without_warm_up(
    step: int, warmup: int, length: int
) -> None:
    factor = learning_rate_factor(step, warmup, length)
    assert 0 <= factor <= 1
    assert math.isfinite(factor)
