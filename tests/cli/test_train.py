"""`hunmin train`; what a run does is tested in tests/train."""

from dataclasses import fields
from pathlib import Path

import yaml

from hunmin.evaluation.predict import load_recognizer
from hunmin.training.config import TrainConfig
from tests.cli.conftest import Hunmin
from tests.training.runs import overrides


def test_a_dry_run_prints_the_whole_configuration_and_does_nothing(hunmin: Hunmin, tmp_path: Path) -> None:
    words = overrides(tmp_path, "trainer.max_steps=7", "trainer.warmup_steps=2")
    before = sorted(tmp_path.rglob("*"))
    done = hunmin("train", "--dry-run", *words)
    assert done.code == 0
    config = yaml.safe_load(done.out.split("\ndevice ")[0])
    assert list(config) == [field.name for field in fields(TrainConfig)]
    assert config["trainer"]["max_steps"] == 7
    assert "\nsteps: 7; " in done.out
    assert sorted(tmp_path.rglob("*")) == before


def test_a_run_leaves_a_model_that_reads(hunmin: Hunmin, tmp_path: Path) -> None:
    done = hunmin("train", *overrides(tmp_path, "trainer.max_steps=2"))
    assert done.code == 0
    model = tmp_path / "run" / "model.safetensors"
    assert done.out.splitlines()[-1] == f"model: {model}"
    assert load_recognizer(model).spec.max_label_length == 8


def test_a_run_is_repeated_from_what_it_saved(hunmin: Hunmin, tmp_path: Path) -> None:
    assert hunmin("train", *overrides(tmp_path, "trainer.max_steps=2")).code == 0
    again = tmp_path / "again"
    done = hunmin("train", "--config", tmp_path / "run" / "config.yaml", f"out={again}")
    assert done.code == 0
    assert (again / "model.safetensors").read_bytes() == (tmp_path / "run" / "model.safetensors").read_bytes()
