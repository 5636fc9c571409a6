"""What a step costs is counted, and the count grows with width and length as the step does; steps are timed on a copy."""

import copy
from pathlib import Path

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from hunmin.model.parseq import PARSeq
from hunmin.training.resources.device import Machine
from hunmin.training.resources.throughput import count_flops, peak_flops, time_steps
from hunmin.training.step import build_column_head, dummy_batch, training_step
from tests.model.shapes import model_config, small_spec
from tests.training.runs import config


@pytest.mark.parametrize("encoder", ["hybrid", "vit"])
def test_the_arithmetic_of_any_shape_follows_from_six(encoder: str, tmp_path: Path) -> None:
    model, trainer = PARSeq(model_config(encoder), small_spec()), config(tmp_path).trainer
    cost = count_flops(model, trainer)
    for num_lines, width, length in ((2, 160, 7), (3, 224, 13)):
        batch = dummy_batch(model.spec, num_lines, width, length)
        # The counter does not know the CPU's fused attention.
        with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
            copied, column_head = copy.deepcopy(model), build_column_head(model)
            training_step(copied, batch, trainer, seed=0, step=1, column_head=column_head).total.backward()
        assert cost.flops(num_lines, width, length) == pytest.approx(counter.get_total_flops(), rel=1e-3)


def test_the_peak_is_a_number_of_this_century() -> None:
    assert 1e8 < peak_flops(torch.device("cpu"), torch.float32) < 1e14


@pytest.mark.filterwarnings("ignore:.torch.jit.script_method. is deprecated:DeprecationWarning")  # torch, of itself
def test_timed_steps_leave_the_model_as_it_was(tmp_path: Path) -> None:
    model = PARSeq(model_config(), small_spec())
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with torch.compiler.set_stance("force_eager"):  # the same function, without the minute that compiling takes
        batches = [dummy_batch(model.spec, 2, 64, 4)] * 2
        assert time_steps(model, batches, config(tmp_path).trainer, Machine("cpu", "a CPU", "32", 1, True)) > 0
    assert all(parameter.grad is None for parameter in model.parameters())
    assert [name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])] == []
