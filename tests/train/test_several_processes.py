"""Two training processes do the work of one: the same samples once each, and the same loss."""

import csv
import json
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from hunmin.data.store import write_store
from hunmin.train.prepare import Ranks, prepare
from hunmin.train.run import build_module
from tests.data.lines import line
from tests.train.runs import config, overrides
from tests.train.test_run import quiet

REPOSITORY = Path(__file__).parents[2]
STEPS = 3
SETTINGS = (
    f"trainer.max_steps={STEPS}",
    "trainer.save_every=2",
    "trainer.validate_every=2",
    "trainer.gradient_clip=0",
    "trainer.ema_decay=0",
    "trainer.warmup_steps=0",
)
PROGRAM = """
import os, sys, json
import pytorch_lightning as pl
import hunmin.train.run as training

class Note(pl.Callback):
    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        with open(f"{sys.argv[1]}.{trainer.global_rank}", "a") as file:
            file.write(json.dumps(batch.ids) + "\\n")

from rich.console import Console
from hunmin.train.config import TrainConfig, load_config
training.run(load_config(TrainConfig, sys.argv[2:]), Console(), [Note()])
"""


def test_two_processes_train_on_the_same_samples_once_each_with_the_loss_of_one(tmp_path: Path) -> None:
    # More lines than two chunks take, or the second epoch would have begun; of many lengths, so that shares differ.
    store = tmp_path / "larger"
    write_store((line(i, text="가나다라마바사아"[: 1 + i * i % 8]) for i in range(80)), store)
    settings = [*SETTINGS, f"data.sources=[{{path: {store}}}]"]
    words = overrides(tmp_path, *settings)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    torchrun = [sys.executable, "-W", "ignore", "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*torchrun, str(program), str(tmp_path / "ids"), *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY / 'src'}:{REPOSITORY}", "GLOO_SOCKET_IFNAME": "lo"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("device cpu") == 1, "only one of them prints"
    assert "processes 2" in done.stdout

    one = prepare(config(tmp_path, *settings, f"out={tmp_path / 'alone'}"), quiet())
    shares = [list(islice(one.loader(Ranks(rank, 2, 2), start_step=0, num_workers=0), STEPS)) for rank in range(2)]
    for rank, batches in enumerate(shares):
        seen = [json.loads(line) for line in (tmp_path / f"ids.{rank}").read_text("utf-8").splitlines()]
        assert seen == [batch.ids for batch in batches]
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
            terms = module.terms(batch, step)
            losses.append(float(terms["loss"].detach()))
            (module.total(terms) * count / sum(tokens)).backward()
        expected.append(losses[0])
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
    [log] = (tmp_path / "run" / "log").rglob("metrics.csv")
    with log.open(encoding="utf-8", newline="") as file:
        logged = [float(row["train/loss"]) for row in csv.DictReader(file) if row["train/loss"]]
    assert logged == pytest.approx(expected, rel=1e-6)
