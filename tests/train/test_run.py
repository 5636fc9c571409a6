"""A training run: what it prints and leaves behind, and that it goes on where it was."""

import io
import re
from pathlib import Path

import pytest
import torch
import yaml
from rich.console import Console

from hunmin.errors import InputError
from hunmin.model.checkpoint import load_model
from hunmin.train.run import run
from tests.train.runs import config, read_csv

# Lightning's remarks on a folder that is meant to hold something when a run goes on.


class StoppedError(Exception):
    """The end of a process that nobody asked."""


class StoppingConsole(Console):
    """Ends the run at a line that it prints; Lightning then has no chance to save anything."""

    def __init__(self, at: str) -> None:
        super().__init__(file=io.StringIO())
        self.at = at

    def print(self, *objects: object, **how: object) -> None:
        if objects and self.at in str(objects[0]):
            raise StoppedError


def quiet() -> Console:
    return Console(file=io.StringIO(), width=300)


def weights(model: Path) -> dict[str, torch.Tensor]:
    return load_model(model).state_dict()


def differences(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> list[str]:
    assert one.keys() == other.keys()
    return [name for name in one if not torch.equal(one[name], other[name])]


def test_a_run_leaves_its_configuration_its_figures_checkpoints_and_a_model(tmp_path: Path) -> None:
    one = config(tmp_path)
    model = run(one, quiet())
    assert model == tmp_path / "run" / "model.safetensors"
    saved = yaml.safe_load((tmp_path / "run" / "config.yaml").read_text("utf-8"))
    assert (saved["out"], saved["seed"], saved["trainer"]["max_steps"]) == (one.out, one.seed, 8)
    names = sorted(path.name for path in (tmp_path / "run" / "checkpoints").iterdir())
    assert names == ["00000008.ckpt"]
    final, newest = weights(model), weights(tmp_path / "run" / "checkpoints" / names[0])
    assert differences(final, newest) == []


def test_every_step_and_every_validation_is_in_the_csv_file(tmp_path: Path) -> None:
    run(config(tmp_path), quiet())
    rows = read_csv(tmp_path / "run")
    assert [int(row["step"]) for row in rows if row["train/loss"]] == list(range(8))
    validations = [row for row in rows if row["store/cer"]]
    assert [int(row["step"]) for row in validations] == [3, 7]
    rates = ("exact", "cer", "one_minus_ned", "jamo_error_rate", "exact_ns", "cer_ns", "one_minus_ned_ns", "ece")
    assert all(row[f"store/{rate}"] for row in validations for rate in (*rates, "space_recall", "kind/sign/cer_ns"))


def test_the_first_line_names_what_the_run_uses(tmp_path: Path) -> None:
    console = quiet()
    model = run(config(tmp_path, "trainer.max_steps=1"), console)
    assert isinstance(console.file, io.StringIO)
    first = console.file.getvalue().splitlines()[0]
    num_parameters = sum(tensor.numel() for tensor in load_model(model).parameters())
    assert re.match(r"device cpu \(.+\)  precision 32  threads 1  batch 4  workers 0  ", first)
    assert f"parameters {num_parameters:,}  " in first


def test_a_run_that_was_stopped_ends_with_the_weights_of_one_that_was_not(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    whole = weights(run(config(tmp_path / "whole"), quiet()))
    stopped = config(tmp_path)
    with pytest.raises(StoppedError):
        run(stopped, StoppingConsole(at="step       6/8"))
    assert [path.name for path in (tmp_path / "run" / "checkpoints").iterdir()] == ["00000004.ckpt"]
    resumed = weights(run(stopped, quiet()))
    assert differences(resumed, whole) == []
    losses = [{row["step"]: row["train/loss"] for row in read_csv(tmp_path / name)} for name in ("whole/run", "run")]
    assert [losses[1][str(step)] for step in range(4, 8)] == [losses[0][str(step)] for step in range(4, 8)]


def test_a_resumed_run_keeps_the_figures_from_before(tmp_path: Path) -> None:
    one = config(tmp_path)
    with pytest.raises(StoppedError):
        run(one, StoppingConsole(at="step       6/8"))
    run(one, quiet())
    assert sorted({int(row["step"]) for row in read_csv(tmp_path / "run") if row["train/loss"]}) == list(range(8))


def test_a_finished_run_that_is_started_again_gives_the_same_model(tmp_path: Path) -> None:
    one = config(tmp_path)
    first = weights(run(one, quiet()))
    assert differences(weights(run(one, quiet())), first) == []


def test_a_folder_that_holds_a_run_is_refused_with_resume_never(tmp_path: Path) -> None:
    run(config(tmp_path, "trainer.save_every=1", "trainer.max_steps=1"), quiet())
    with pytest.raises(InputError, match="already holds a run; give another folder"):
        run(config(tmp_path, "resume=never"), quiet())


@pytest.mark.parametrize(
    "other", ["model.encoder.width=64", "model.head.kind=factored", "data.charset=ksx1001", "data.max_label_length=9"]
)
def test_a_checkpoint_of_another_model_is_named_before_anything_is_written(other: str, tmp_path: Path) -> None:
    run(config(tmp_path, "trainer.save_every=1", "trainer.max_steps=1"), quiet())
    saved = (tmp_path / "run" / "config.yaml").read_bytes()
    with pytest.raises(InputError, match=r"00000001\.ckpt: is of another model or charset"):
        run(config(tmp_path, other), quiet())
    assert (tmp_path / "run" / "config.yaml").read_bytes() == saved


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    (tmp_path / "run" / "checkpoints" / "00000004.ckpt").write_bytes(b"PK nothing")
    with pytest.raises(InputError, match=r"00000004\.ckpt: is damaged"):
        run(config(tmp_path), quiet())
