"""`hunmin train`; what a run does is tested in tests/train."""

from dataclasses import fields
from pathlib import Path

import yaml

from hunmin.evaluate.predict import load_recognizer
from hunmin.train.config import TrainConfig
from tests.cli.conftest import Hunmin
from tests.train.runs import overrides


def test_a_dry_run_prints_the_whole_configuration_and_does_nothing(hunmin: Hunmin, tmp_path: Path) -> None:
    done = hunmin("train", "--dry-run", "trainer.max_steps=7", f"out={tmp_path / 'run'}")
    assert done.code == 0
    config = yaml.safe_load(done.out)
    assert list(config) == [field.name for field in fields(TrainConfig)]
    assert config["trainer"]["max_steps"] == 7
    assert list(tmp_path.iterdir()) == []


def test_a_run_leaves_a_model_that_reads(hunmin: Hunmin, tmp_path: Path) -> None:
    done = hunmin("train", *overrides(tmp_path, "trainer.max_steps=2"))
    assert done.code == 0
    model = tmp_path / "run" / "model.safetensors"
    assert done.out.splitlines()[-1] == f"model: {model}"
    assert load_recognizer(model).spec.max_label_length == 8
