"""`auto` becomes numbers, and what was tried is printed; a plan is printed and nothing written."""

import io
import re
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from hunmin.errors import InputError
from hunmin.train.plan import show_plan
from hunmin.train.run import run
from tests.train.runs import config


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
    show_plan(one, console)
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
