"""Train in child processes and kill them: a program of its own, so that imports are paid once and no child inherits threads.

    python -m tests.promises.killed_training kill FOLDER ROUNDS SEED
    python -m tests.promises.killed_training terminate FOLDER ROUNDS SEED

Prints one line of JSON for each round.
"""

import csv
import hashlib
import io
import json
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy  # noqa: F401 - imported before the forks, like the rest
import pytorch_lightning  # noqa: F401
import torch
from safetensors.torch import save
from torch import Tensor

from hunmin.cli.app import main as hunmin
from hunmin.data.loading.batch import Batch
from hunmin.model.checkpoint import load_model
from hunmin.training import dry_run  # noqa: F401
from hunmin.training.lightning_module import TrainingModule
from tests.training.runs import overrides

STEPS, VALIDATE_EVERY = 24, 8
INSIDE = 12
"""Finished steps when the signal of one round comes: in the middle between two checkpoints."""


def command(folder: Path, name: str, save_every: int) -> list[str]:
    """A run that validates at its end, too."""
    saving = [f"trainer.save_every={save_every}", f"trainer.validate_every={VALIDATE_EVERY}"]
    changes = [f"out={folder / name}", f"trainer.max_steps={STEPS}", *saving]
    return ["train", *overrides(folder, *changes, "model.dropout=0.1")]


def start(arguments: Sequence[str], stop_after: int | None = None) -> int:
    """Run the command in a child, which sends itself SIGTERM in the step after `stop_after`; its process id."""
    pid = os.fork()
    if pid:
        return pid
    sys.argv = ["hunmin", *arguments]
    torch.set_num_threads(1)
    if stop_after is not None:
        _stop_after(stop_after)
    code = 0
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()) as said:
            hunmin()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException as error:  # noqa: BLE001 - a child must not go on as its parent
        sys.__stderr__.write(f"{type(error).__name__}: {error}\n{said.getvalue()}")
        code = 99
    os._exit(code)


def _stop_after(steps: int) -> None:
    """Let this process send itself SIGTERM while it takes the next step."""
    step_of = TrainingModule.training_step

    def training_step(self: TrainingModule, batch: Batch, batch_idx: int) -> Tensor:
        if self.global_step == steps:
            os.kill(os.getpid(), signal.SIGTERM)
        return step_of(self, batch, batch_idx)

    TrainingModule.training_step = training_step  # type: ignore[method-assign]


def finish(pid: int) -> int:
    """Wait for a child; its exit code, negative after a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def trace(out: Path) -> dict[str, object]:
    """Every step's losses, every validation's figures and files, with the sha256 of the final and of the best model."""
    figures: dict[str, set[str]] = {}
    for path in sorted((out / "log").rglob("metrics.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                kept = {key: value for key, value in row.items() if value and not key.startswith("speed/")}
                kind = "train" if "train/loss" in kept else "validation"
                figures.setdefault(f"{kind} {row['step']}", set()).add(json.dumps(kept, sort_keys=True))
    validated = [f"validation {step - 1}" for step in range(VALIDATE_EVERY, STEPS + 1, VALIDATE_EVERY)]
    assert [name for name in figures if name.startswith("validation")] == validated, f"{out}: {list(figures)}"
    assert all("store/cer_ns" in row for name in validated for row in figures[name])
    files = [out / "model.safetensors", *sorted(path for path in (out / "validation").rglob("*") if path.is_file())]
    best = save(dict(sorted(load_model(out / "checkpoints" / "best.ckpt").state_dict().items())))
    return (
        {"best": hashlib.sha256(best).hexdigest()}
        | {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
        | {step: sorted(rows) for step, rows in figures.items()}
    )


def newest_step(out: Path) -> int:
    return max((int(path.stem) for path in (out / "checkpoints").glob("0*.ckpt")), default=0)


def kill(folder: Path, rounds: int, dice: random.Random) -> None:
    """`kill -9` at a random time, then let the run end; with a checkpoint every 2 steps, half of the time is saving."""
    began = time.perf_counter()
    assert finish(start(command(folder, "whole", 2))) == 0
    duration_s = time.perf_counter() - began
    whole = trace(folder / "whole")
    for number in range(rounds):
        name = f"killed_{number}"
        pid = start(command(folder, name, 2))
        wait_for_step(folder / name, dice.randrange(0, STEPS - 4, 2))
        time.sleep(dice.random() * 2 * duration_s / STEPS)
        os.kill(pid, signal.SIGKILL)
        finish(pid)
        killed_at = newest_step(folder / name)
        code = finish(start(command(folder, name, 2)))
        print(json.dumps({"code": code, "killed_at": killed_at, "same": code == 0 and trace(folder / name) == whole}))


def terminate(folder: Path, rounds: int, dice: random.Random) -> None:
    """SIGTERM at a random time after a checkpoint, and once inside a step, then let the run end; at last, SIGTERM twice."""
    pid = start(command(folder, "whole", 8))
    wait_for_step(folder / "whole", 8)
    began = time.perf_counter()
    wait_for_step(folder / "whole", 16)
    between_s = time.perf_counter() - began  # a validation and eight steps, at the speed that the machine now has
    assert finish(pid) == 0
    whole = trace(folder / "whole")

    def goes_on(out: Path) -> bool:
        return finish(start(command(folder, out.name, 8))) == 0 and trace(out) == whole

    for number in range(rounds):
        out = folder / f"stopped_{number}"
        pid = start(command(folder, out.name, 8))
        wait_for_step(out, dice.choice((8, 16)))
        time.sleep(dice.random() * between_s)
        began = time.perf_counter()
        os.kill(pid, signal.SIGTERM)
        code, took_s = finish(pid), time.perf_counter() - began
        print(json.dumps({"code": code, "took_s": took_s, "step": newest_step(out), "same": goes_on(out)}))
    out = folder / "inside"
    code = finish(start(command(folder, out.name, 8), stop_after=INSIDE))
    print(json.dumps({"code": code, "step": newest_step(out), "same": goes_on(out)}))
    pid = start(command(folder, "twice", 2))
    wait_for_step(folder / "twice", 1)
    os.kill(pid, signal.SIGSTOP)  # so that both are there when it wakes
    os.kill(pid, signal.SIGTERM)
    os.kill(pid, signal.SIGCONT)
    os.kill(pid, signal.SIGTERM)
    print(json.dumps({"twice": finish(pid)}))


def wait_for_step(out: Path, step: int) -> None:
    """Until a checkpoint of that step or a later one is there."""
    deadline = time.monotonic() + 300
    while newest_step(out) < step:
        assert time.monotonic() < deadline, f"{out}: no checkpoint"
        time.sleep(0.005)


if __name__ == "__main__":
    what = {"kill": kill, "terminate": terminate}[sys.argv[1]]
    what(Path(sys.argv[2]), int(sys.argv[3]), random.Random(int(sys.argv[4])))
