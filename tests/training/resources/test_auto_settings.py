"""`auto` becomes numbers, and what was tried is printed; a plan is printed and nothing written."""

import io
import re
from pathlib import Path

import pytest
import torch
import yaml
from rich.console import Console

from hunmin.errors import InputError
from hunmin.processes import num_cores
from hunmin.training.dry_run import print_plan
from hunmin.training.prepare import build_spec, prepare
from hunmin.training.resources.auto_settings import NUM_SAMPLES, prepare_lines, scaled_rate
from hunmin.training.resources.device import choose_machine, cores_of_each
from hunmin.training.run import run
from tests.training.runs import config


def quiet() -> Console:
    return Console(file=io.StringIO(), width=300)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_auto_finds_a_batch_size_and_workers_and_a_run_that_goes_on_keeps_the_batch_size(tmp_path: Path) -> None:
    auto = ("data.batch_size=auto", "data.num_workers=auto", "trainer.max_steps=2")
    console = quiet()
    run(config(tmp_path, *auto), console)
    tried = re.findall(r"^batch +(\d+) .* lines a second$", printed(console), re.MULTILINE)
    assert [int(size) for size in tried] == [8, 16, 32, 64, 128, 256, 448, 512, 1024, 2048][: len(tried)]
    saved = yaml.safe_load((tmp_path / "run" / "config.yaml").read_text("utf-8"))
    assert saved["data"]["batch_size"] >= 8
    assert saved["data"]["num_workers"] >= 1
    larger = max(saved["data"]["batch_size"] / 64, 1)
    assert saved["trainer"]["learning_rate"] == pytest.approx(0.002 * larger**0.5)
    again = quiet()
    run(config(tmp_path, *auto[:1], "trainer.max_steps=3"), again)
    assert "lines a second" not in printed(again)
    kept = yaml.safe_load((tmp_path / "run" / "config.yaml").read_text("utf-8"))
    assert kept["data"]["batch_size"] == saved["data"]["batch_size"]
    assert kept["trainer"]["learning_rate"] == saved["trainer"]["learning_rate"]


@pytest.mark.parametrize(("batch_size", "rate"), [(16, 2e-3), (64, 2e-3), (256, 4e-3), (1024, 8e-3)])
def test_the_learning_rate_for_a_large_batch_grows_with_its_root(batch_size: int, rate: float) -> None:
    assert scaled_rate(2e-3, batch_size) == pytest.approx(rate)


def test_a_run_that_found_its_batch_size_goes_on_at_a_rate_that_was_changed_since(tmp_path: Path) -> None:
    run(config(tmp_path, "trainer.max_steps=2"), quiet())
    saved = tmp_path / "run" / "config.yaml"
    saved.write_text(saved.read_text("utf-8").replace("batch_size: 4\n", "batch_size: 256\n"), encoding="utf-8")
    more = tuple(f"{{path: {tmp_path / 'store'}}}" for _ in range(7))
    auto = ("data.batch_size=auto", f"data.sources=[{', '.join(more)}]", "trainer.learning_rate=3e-3")
    prepared = prepare(config(tmp_path, *auto), quiet())
    assert prepared.config.data.batch_size == 256
    assert prepared.config.trainer.learning_rate == pytest.approx(6e-3)


def test_a_run_that_found_its_batch_size_does_not_go_on_where_its_configuration_is_gone(tmp_path: Path) -> None:
    run(config(tmp_path, "trainer.max_steps=2"), quiet())
    saved = tmp_path / "run" / "config.yaml"
    saved.write_text("seed: 0\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"config\.yaml: does not say data\.batch_size"):
        prepare(config(tmp_path, "data.batch_size=auto"), quiet())


def test_the_time_of_a_line_is_taken_of_augmented_lines_in_batches(tmp_path: Path) -> None:
    plain, changed = config(tmp_path), config(tmp_path, "data.augment=1")
    (as_stored, _), (augmented, seconds) = (prepare_lines(one, build_spec(one.data)) for one in (plain, changed))
    assert sum(map(len, augmented)) == NUM_SAMPLES
    assert seconds > 0
    assert any(not torch.equal(a.images, b.images) for a, b in zip(as_stored, augmented, strict=True))


def test_cores_are_divided_among_the_processes_of_a_machine(tmp_path: Path) -> None:
    assert cores_of_each(1) == num_cores() >= 1
    assert cores_of_each(10_000) == 1
    threads = [choose_machine(config(tmp_path, "trainer.threads=0"), number).threads for number in (1, num_cores())]
    assert threads == [num_cores(), 1]
    assert choose_machine(config(tmp_path, "trainer.threads=3"), 2).threads == 3


@pytest.mark.parametrize(
    "override", ["data.batch_size=0", "data.batch_size=-2", "data.num_workers=-3", "data.batch_size=all"]
)
def test_a_number_of_lines_or_workers_that_cannot_be_is_refused(override: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=override.split("=", maxsplit=1)[0]):
        config(tmp_path, override)


def test_a_dry_run_prints_the_whole_plan_and_writes_nothing(tmp_path: Path) -> None:
    one = config(tmp_path, "data.augment=0.5")
    before = sorted(tmp_path.rglob("*"))
    console = quiet()
    print_plan(one, console)
    text = printed(console)
    assert f"training data: {tmp_path / 'store'}, 40 lines (document 20, sign 20)" in text
    assert "validation data: store, 8 lines" in text
    assert "27 characters, 28 output classes with <eos>, 30 tokens" in text
    assert re.search(r"^memory: \d+\.\d GiB for a batch of the widest lines", text, re.MULTILINE)
    assert "steps: 8; a validation every 4, a checkpoint every 4" in text
    assert re.search(
        r"^time: \d+\.\d+ s a step over 10 steps, \d+ lines a second, \d+% of peak arithmetic", text, re.MULTILINE
    )
    assert sorted(tmp_path.rglob("*")) == before


def test_a_dry_run_refuses_weights_that_the_run_would_refuse(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.safetensors"):
        print_plan(config(tmp_path, f"init_from={tmp_path / 'none.safetensors'}"), quiet())


def test_a_dry_run_says_what_the_run_would_take_over(tmp_path: Path) -> None:
    run(config(tmp_path, "trainer.max_steps=2"), quiet())
    path = tmp_path / "run" / "model.safetensors"
    console = quiet()
    print_plan(config(tmp_path, f"init_from={path}", f"out={tmp_path / 'next'}"), console)
    assert f"started from {path}: took over" in printed(console)
    console = quiet()
    print_plan(config(tmp_path, f"init_from={path}"), console)
    assert "started from" not in printed(console)  # it goes on from its own checkpoint


def test_a_dry_run_plans_no_validation_and_no_short_lines_where_there_are_none(tmp_path: Path) -> None:
    console = quiet()
    print_plan(config(tmp_path, "data.validation=[]", "data.curriculum_share=0.5"), console)
    assert "steps: 8; no validation, a checkpoint every 4" in printed(console)
    assert "curriculum" not in printed(console).rpartition("time: ")[2]


@pytest.mark.parametrize("warmup_steps", [8, 200])
def test_a_run_that_ends_with_its_warm_up_says_so(warmup_steps: int, tmp_path: Path) -> None:
    console = quiet()
    prepare(config(tmp_path, f"trainer.warmup_steps={warmup_steps}"), console)
    assert f"warning: trainer.warmup_steps={warmup_steps} of trainer.max_steps=8: the learning rate rises" in printed(
        console
    )
    console = quiet()
    prepare(config(tmp_path, "trainer.warmup_steps=2"), console)
    assert "warmup" not in printed(console)
