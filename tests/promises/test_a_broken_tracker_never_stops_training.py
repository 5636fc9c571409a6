"""R15: whatever happens to W&B or TensorBoard, the run learns the same and says so once."""

import io
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from hunmin.training.run import run
from tests.training.runs import config, overrides, read_csv

SHORT = ("trainer.max_steps=4", "trainer.warmup_steps=1", "trainer.validate_every=2")


def losses(folder: Path, logger: str, console: Console) -> list[str]:
    run(config(folder, f"logger={logger}", *SHORT), console)
    return [row["train/loss"] for row in read_csv(folder / "run") if row["train/loss"]]


def console() -> Console:
    return Console(file=io.StringIO(), width=300)


def warnings_in(console: Console) -> list[str]:
    assert isinstance(console.file, io.StringIO)
    return [line for line in console.file.getvalue().splitlines() if line.startswith("warning:")]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What a run without a tracker learns."""
    found = losses(tmp_path_factory.mktemp("alone"), "files", console())
    assert len(set(found)) == 4
    return found


@pytest.mark.parametrize("logger", ["wandb", "tensorboard"])
def test_a_tracker_that_works_changes_nothing(
    logger: str, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WANDB_MODE", raising=False)
    out = console()
    assert losses(tmp_path, logger, out) == expected
    assert warnings_in(out) == []
    assert (tmp_path / "run" / logger).is_dir()


@pytest.mark.parametrize("logger", ["wandb", "tensorboard"])
def test_a_folder_that_cannot_be_written_is_told_once(logger: str, expected: list[str], tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / logger).write_text("in the way")
    out = console()
    assert losses(tmp_path, logger, out) == expected
    (warning,) = warnings_in(out)
    assert "is left out from here on" in warning


def test_a_dead_endpoint_is_told_once(expected: list[str], tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # In a process of its own: W&B reads its address from the environment once a process.
    online = {
        "WANDB_MODE": "online",
        "WANDB_BASE_URL": f"http://127.0.0.1:{port}",
        "WANDB_API_KEY": "0" * 40,
        "WANDB_INIT_TIMEOUT": "2",
        "WANDB_FINISH_TIMEOUT": "1",
    }
    command = [sys.executable, "-c", "from hunmin.cli.app import main; main()", "train"]
    options = overrides(tmp_path, "logger=wandb", *SHORT)
    done = subprocess.run(
        [*command, *options], env={**os.environ, **online}, capture_output=True, text=True, check=True
    )
    assert [row["train/loss"] for row in read_csv(tmp_path / "run") if row["train/loss"]] == expected
    (warning,) = [line for line in done.stdout.splitlines() if line.startswith("warning:")]
    assert warning.startswith("warning: W&B is left out from here on")
