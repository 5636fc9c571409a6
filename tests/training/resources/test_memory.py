"""The memory of a step is estimated once, for the run, its plan and the doctor, and near to what the system sees."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from hunmin.model.parseq import PARSeq
from hunmin.training.resources.device import Machine
from hunmin.training.resources.memory import _LiveStorage, step_memory
from tests.model.shapes import model_config, small_spec
from tests.training.runs import config

REPOSITORY = Path(__file__).parents[3]
CPU = Machine("cpu", "a CPU", "32", 1, False)


def test_what_lives_at_once_is_counted_and_what_is_gone_is_not() -> None:
    with _LiveStorage() as living:
        first = torch.zeros(1000, device="meta")
        second = first[:500] + 1  # a view, then 2,000 bytes of its own
        del first
        for _ in range(3):
            second = second + 1  # before the old one is gone, there are two
    assert living.peak_bytes == 6000


def test_the_memory_of_a_step_grows_with_lines_width_and_length(tmp_path: Path) -> None:
    model, trainer = PARSeq(model_config(), small_spec()), config(tmp_path).trainer
    narrow = step_memory(model, trainer, CPU, 64, 4)
    assert narrow.fixed_bytes == 20 * sum(parameter.numel() for parameter in model.parameters())
    assert narrow.bytes(3) - narrow.bytes(1) == 2 * narrow.line_bytes
    assert step_memory(model, trainer, CPU, 128, 4).line_bytes > narrow.line_bytes
    assert step_memory(model, trainer, CPU, 64, 8).line_bytes > narrow.line_bytes
    more_orders = replace(trainer, num_permutations=2 * trainer.num_permutations)
    assert step_memory(model, more_orders, CPU, 64, 4).line_bytes > narrow.line_bytes
    fewer = step_memory(model, replace(trainer, hard_example_share=0.5), CPU, 64, 4)
    assert fewer.line_bytes == pytest.approx(narrow.line_bytes / 2, abs=1)
    assert step_memory(model, replace(trainer, hard_example_share=0.01), CPU, 64, 4).line_bytes > narrow.line_bytes / 10
    assert step_memory(model, trainer, replace(CPU, precision="bf16-mixed"), 64, 4).line_bytes < narrow.line_bytes


def test_logits_of_all_orders_count_with_their_gradients(tmp_path: Path) -> None:
    model, trainer = PARSeq(model_config(), small_spec()), config(tmp_path).trainer
    num_queries = (trainer.num_permutations + trainer.one_pass_order) * 16
    logits_bytes = 4 * num_queries * model.tokenizer.num_classes
    assert step_memory(model, trainer, CPU, 64, 16).line_bytes > 3 * logits_bytes


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the peak of a process")
def test_the_estimate_is_near_the_peak_that_the_system_sees() -> None:
    program = [sys.executable, "benchmarks/bench_memory.py", "--models", "nano", "tiny", "--batches", "32"]
    done = subprocess.run(
        [*program, "--widths", "256"], cwd=REPOSITORY, capture_output=True, text=True, timeout=600, check=True
    )
    ratios = re.findall(r"^\| (nano|tiny) .* (\d\.\d\d) \|$", done.stdout, re.MULTILINE)
    assert [name for name, _ in ratios] == ["nano", "tiny"]
    assert all(0.8 < float(ratio) < 1.25 for _, ratio in ratios), done.stdout
