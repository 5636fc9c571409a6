"""Two training processes do the work of one: the same samples once each, the same loss and validation, also after a kill."""

import csv
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pytest
import torch

from hunmin.data.store.lmdb_store import write_store
from hunmin.errors import InputError
from hunmin.model.checkpoint import load_model
from hunmin.training.logs.validation import Validation
from hunmin.training.prepare import PreparedRun, Ranks, prepare
from hunmin.training.run import build_module
from hunmin.training.step import training_step
from tests.data.lines import line
from tests.training.runs import config, overrides
from tests.training.test_run import quiet

REPOSITORY = Path(__file__).parents[2]
STEPS = 3
SETTINGS = (
    f"trainer.max_steps={STEPS}",
    "trainer.save_every=1",
    "trainer.validate_every=2",
    "trainer.gradient_clip=0",
    "trainer.ema_decay=0",
    "trainer.warmup_steps=0",
)
PROGRAM = """
import os, sys, json
import pytorch_lightning as pl
from hunmin.training.run import run

class Note(pl.Callback):
    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        with open(f"{sys.argv[1]}.{trainer.global_rank}", "a") as file:
            file.write(json.dumps(batch.ids) + "\\n")
        if trainer.global_rank == 1 and trainer.global_step == int(os.environ["KILLED_AFTER"]):
            os.kill(os.getpid(), int(os.environ["SIGNAL"]))

    def on_validation_end(self, trainer, pl_module):
        with open(f"{sys.argv[1]}.{trainer.global_rank}.read", "w") as file:
            json.dump([[line.prediction.path for line in report.lines] for report in pl_module.reports], file)

from rich.console import Console
from hunmin.compose import load_config
from hunmin.training.config import TrainConfig
run(load_config(TrainConfig, sys.argv[2:]), Console(), [Note()])
"""


@dataclass(frozen=True)
class Trained:
    """What two processes left behind, and the same run prepared for one."""

    folder: Path
    settings: list[str]
    alone: PreparedRun
    printed: str

    @property
    def log(self) -> list[dict[str, str]]:
        [log] = (self.folder / "run" / "log").rglob("metrics.csv")
        with log.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("two")
    # More lines than two chunks take, or the second epoch would have begun; of many lengths, so that shares differ.
    write_store((line(i, text="가나다라마바사아"[: 1 + i * i % 8]) for i in range(80)), folder / "larger")
    # Five batches in one set, so that one process has three of them, and in the other set one, so that one has none.
    for name, num in (("odd", 17), ("few", 3)):
        write_store((line(i, text="아사바마라다나가"[i % 7 :]) for i in range(num)), folder / name)
    sets = f"[{folder / 'odd'},{folder / 'few'}]"
    settings = [*SETTINGS, f"data.sources=[{{path: {folder / 'larger'}}}]", f"data.validation={sets}"]
    settings.append("data.num_validation=17")
    done = train_by_two(folder, settings)
    assert done.returncode == 0, done.stderr[-3000:]
    return Trained(
        folder, settings, prepare(config(folder, *settings, f"out={folder / 'alone'}"), quiet()), done.stdout
    )


def train_by_two(
    folder: Path, settings: list[str], *, killed_after: int = -1, by: int = signal.SIGKILL
) -> subprocess.CompletedProcess[str]:
    """Train with two processes, the second of which gets a signal after that many steps; `folder`/ids tells what each saw."""
    arguments = [str(folder / "ids"), *overrides(folder, *settings)]
    return by_two(folder, PROGRAM, arguments, KILLED_AFTER=str(killed_after), SIGNAL=str(int(by)))


def by_two(folder: Path, program: str, arguments: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program in two processes, as `torchrun` does."""
    path = folder / "program.py"
    path.write_text(program, encoding="utf-8")
    torchrun = [sys.executable, "-W", "ignore", "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    return subprocess.run(
        [*torchrun, str(path), *arguments],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": f"{REPOSITORY / 'src'}:{REPOSITORY}",
            "GLOO_SOCKET_IFNAME": "lo",
            **variables,
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def ids_seen(folder: Path, rank: int) -> list[list[str]]:
    """The identities of each batch that a process trained on, in all its lives."""
    return [json.loads(line) for line in (folder / f"ids.{rank}").read_text("utf-8").splitlines()]


def test_only_the_first_process_prints(trained: Trained) -> None:
    assert trained.printed.count("device cpu") == 1
    assert "processes 2" in trained.printed


def test_only_the_first_process_prints_the_plan_and_where_the_model_is(tmp_path: Path) -> None:
    command = "from hunmin.cli.app import main; main()"
    words = ["train", *overrides(tmp_path, "trainer.max_steps=1", "trainer.warmup_steps=0")]
    plan, trained = (by_two(tmp_path, command, [*words, *more]) for more in (["--dry-run"], []))
    assert plan.returncode == trained.returncode == 0, plan.stderr[-3000:] + trained.stderr[-3000:]
    assert plan.stdout.count("nothing was written") == 1
    assert trained.stdout.count("model: ") == 1


def test_two_processes_train_on_the_same_samples_once_each_with_the_loss_of_one(trained: Trained) -> None:
    one = trained.alone
    shares = [list(islice(one.loader(Ranks(rank, 2, 2), start_step=0, num_workers=0), STEPS)) for rank in range(2)]
    for rank, batches in enumerate(shares):
        assert ids_seen(trained.folder, rank) == [batch.ids for batch in batches]
    ids = [identity for batches in shares for batch in batches for identity in batch.ids]
    assert len(ids) == len(set(ids)) == 2 * STEPS * 4

    # One process that takes both shares in a step, every character counting the same.
    module = build_module(one).train()
    made = module.configure_optimizers()
    optimizer, schedule = made["optimizer"], made["lr_scheduler"]["scheduler"]
    expected = []
    for step, pair in enumerate(zip(*shares, strict=True)):
        tokens = [sum(len(label) + 1 for label in batch.labels) for batch in pair]
        losses = []
        for batch, count in zip(pair, tokens, strict=True):
            one_share = training_step(
                module.model,
                batch,
                module.config.trainer,
                seed=module.config.seed,
                step=step,
                column_head=module.column_head,
            )
            losses.append(float(one_share.terms["loss"].detach()))
            (one_share.total * count / sum(tokens)).backward()
        expected.append(losses[0])
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
    logged = [float(row["train/loss"]) for row in trained.log if row["train/loss"]]
    assert logged == pytest.approx(expected, rel=1e-6)


def test_two_processes_validate_every_line_once_with_the_figures_of_one(trained: Trained) -> None:
    sets = trained.alone.validation
    wanted = [sorted(identity for batch in one for identity in batch.ids) for one in sets.values()]
    assert [len(ids) for ids in wanted] == [17, 3]
    for rank in range(2):
        read = json.loads((trained.folder / f"ids.{rank}.read").read_text("utf-8"))
        assert [sorted(ids) for ids in read] == wanted, f"process {rank} does not know all that was read"

    # One process that reads both sets with the weights that the two validated.
    module = build_module(trained.alone)
    module.model.load_state_dict(load_model(trained.folder / "run" / "checkpoints" / "00000002.ckpt").state_dict())
    module.eval()
    module.validations = [Validation(name) for name in sets]
    with torch.no_grad():
        for number, one in enumerate(sets.values()):
            for batch in one:
                module.validation_step(batch, 0, number)
    [row] = [row for row in trained.log if row["odd/loss"] and row["step"] == "1"]
    for validation in module.validations:
        expected = {**validation.report().figures(), "loss": validation.loss}
        logged = {name: float(row[f"{validation.name}/{name}"]) for name in expected}
        assert logged == pytest.approx(expected, rel=1e-5)


def test_two_processes_of_which_one_was_killed_go_on_to_the_same_weights(trained: Trained, tmp_path: Path) -> None:
    broken = train_by_two(tmp_path, trained.settings, killed_after=2)
    assert broken.returncode != 0
    assert not (tmp_path / "run" / "model.safetensors").exists()
    assert train_by_two(tmp_path, trained.settings).returncode == 0
    for rank in range(2):
        before, after = ids_seen(tmp_path, rank)[:2], ids_seen(tmp_path, rank)[2:]
        unbroken = ids_seen(trained.folder, rank)
        assert before == unbroken[:2]
        # From step 2, or from step 1 if the kill came before the checkpoint of step 2 was whole.
        assert after in (unbroken[1:], unbroken[2:])
    again, once = (
        load_model(folder / "run" / "model.safetensors").state_dict() for folder in (tmp_path, trained.folder)
    )
    for name, weights in once.items():
        assert torch.equal(again[name], weights), name


def test_two_processes_of_which_one_is_told_to_stop_save_the_same_step_and_stop(
    trained: Trained, tmp_path: Path
) -> None:
    long = [*trained.settings, "trainer.max_steps=20", "trainer.save_every=100", "trainer.validate_every=100"]
    stopped = train_by_two(tmp_path, long, killed_after=2, by=signal.SIGTERM)
    assert "stopped by SIGTERM after step 8" in stopped.stderr, stopped.stderr[-3000:]
    assert [path.name for path in (tmp_path / "run" / "checkpoints").iterdir()] == ["00000008.ckpt"]
    assert [len(ids_seen(tmp_path, rank)) for rank in range(2)] in ([7, 7], [8, 8]), "noted before or after the stop"


def test_every_process_takes_the_gpu_of_its_own_number_and_more_processes_than_gpus_are_refused() -> None:
    assert [Ranks(4 + number, 8, 4, number).own_gpu(4) for number in range(4)] == [0, 1, 2, 3]
    with pytest.raises(InputError, match=r"started 4 processes here, and torch sees 2 GPUs; give --nproc-per-node=2"):
        Ranks(0, 4, 4).own_gpu(2)
