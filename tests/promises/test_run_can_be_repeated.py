"""R16: a run can be repeated, from its command and from what it saved."""

import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from safetensors.numpy import load_file

from hunmin.compose import load_config
from hunmin.training.config import TrainConfig
from hunmin.training.run import run
from tests.training.runs import config, read_csv

SOURCES = {"store": [], "synth": ["data.sources=[{path: synth}]", "data.on_unknown_character=drop"]}


def figures(out: str) -> list[Mapping[str, str]]:
    """Everything in the loss file but how fast the machine was."""
    return [
        {name: value for name, value in row.items() if not name.startswith("speed/")} for row in read_csv(Path(out))
    ]


def train(one: TrainConfig) -> tuple[list[Mapping[str, str]], dict[str, bytes]]:
    weights = load_file(run(one, Console(file=io.StringIO())))
    return figures(one.out), {name: array.tobytes() for name, array in weights.items()}


@pytest.mark.parametrize("source", SOURCES)
def test_the_same_seed_gives_the_same_losses_and_weights_and_so_does_the_saved_configuration(
    source: str, tmp_path: Path
) -> None:
    one = config(tmp_path, *SOURCES[source])
    losses, weights = train(one)
    assert len({row["train/loss"] for row in losses if row["train/loss"]}) == 8
    again = train(replace(one, out=str(tmp_path / "again")))
    assert again == (losses, weights)
    replayed = load_config(TrainConfig, [f"out={tmp_path / 'replayed'}"], saved=tmp_path / "run" / "config.yaml")
    assert train(replayed) == (losses, weights)


def test_another_seed_gives_other_losses(tmp_path: Path) -> None:
    one = config(tmp_path, "trainer.max_steps=2")
    assert train(one)[0] != train(replace(one, out=str(tmp_path / "other"), seed=1))[0]
