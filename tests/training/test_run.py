"""A training run: what it prints and leaves behind, and that it goes on where it was."""

import csv
import io
import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
import yaml
from PIL import Image
from rich.console import Console
from safetensors.torch import load_file

from hunmin.data.store.lmdb_store import write_store
from hunmin.errors import InputError
from hunmin.errors import StoppedError as SignalledError
from hunmin.evaluation.calibration import write_calibrated
from hunmin.model.checkpoint import load_model, save_model
from hunmin.training.prepare import Ranks, build_spec, initial_weights, prepare
from hunmin.training.resources.device import has_bf16_units
from hunmin.training.resume.resume_point import find_resume_point
from hunmin.training.run import run
from tests.data.lines import line
from tests.training.runs import config, read_csv


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


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


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
    assert names == ["00000004.ckpt", "00000008.ckpt", "best.ckpt"]
    final = weights(model)
    save_model(load_model(tmp_path / "run" / "checkpoints" / names[1]), tmp_path / "newest.safetensors")
    assert differences(final, weights(tmp_path / "newest.safetensors")) == [], "rounded to 16 bits"


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
    model = run(config(tmp_path, "trainer.max_steps=1", "trainer.warmup_steps=0"), console)
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
    names = sorted(path.name for path in (tmp_path / "run" / "checkpoints").iterdir())
    assert names == ["00000004.ckpt", "best.ckpt"]
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


def test_a_finished_run_that_is_started_again_keeps_what_was_calibrated_since(tmp_path: Path) -> None:
    one = config(tmp_path)
    path = run(one, quiet())
    write_calibrated(path, load_model(path).spec, 0.75)
    assert load_model(run(one, quiet())).spec.confidence_exponent == 0.75


def test_a_folder_that_holds_a_run_is_refused_with_resume_never(tmp_path: Path) -> None:
    run(config(tmp_path, "trainer.save_every=1", "trainer.max_steps=1"), quiet())
    with pytest.raises(InputError, match="already holds a run; give another folder"):
        run(config(tmp_path, "resume=never"), quiet())


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        ("model.encoder.width=64", "encoder.width was 32, is 64"),
        ("model.head.kind=factored", "head.kind was 'dense', is 'factored'"),
        ("data.charset=ksx1001", r"charset was .*charset.txt \(27 characters\), is ksx1001 \("),
        ("data.max_label_length=9", "max_label_length was 8, is 9"),
    ],
)
def test_a_checkpoint_of_another_model_is_named_before_anything_is_written(
    other: str, difference: str, tmp_path: Path
) -> None:
    run(config(tmp_path, "trainer.save_every=1", "trainer.max_steps=1"), quiet())
    saved = (tmp_path / "run" / "config.yaml").read_bytes()
    with pytest.raises(
        InputError, match=rf"00000001\.ckpt: is of another model or charset than this configuration \({difference}"
    ):
        run(config(tmp_path, other), quiet())
    assert (tmp_path / "run" / "config.yaml").read_bytes() == saved


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    (tmp_path / "run" / "checkpoints" / "00000004.ckpt").write_bytes(b"PK nothing")
    with pytest.raises(InputError, match=r"00000004\.ckpt: is damaged"):
        run(config(tmp_path), quiet())


@pytest.mark.skipif(not has_bf16_units("cpu"), reason="this CPU has no bf16 units")
def test_a_run_in_16_bits_goes_through(tmp_path: Path) -> None:
    console = quiet()
    run(config(tmp_path, "trainer.precision=bf16-mixed", "trainer.max_steps=2"), console)
    assert isinstance(console.file, io.StringIO)
    assert "precision bf16-mixed" in console.file.getvalue()


def test_only_the_two_newest_checkpoints_and_the_best_stay(tmp_path: Path) -> None:
    run(config(tmp_path, "trainer.save_every=1", "trainer.max_steps=7"), quiet())
    names = sorted(path.name for path in (tmp_path / "run" / "checkpoints").iterdir())
    assert names == ["00000006.ckpt", "00000007.ckpt", "best.ckpt"]


def test_a_run_that_goes_on_leaves_no_third_checkpoint_behind(tmp_path: Path) -> None:
    short = config(tmp_path, "trainer.save_every=1")
    with pytest.raises(StoppedError):
        run(short, StoppingConsole(at="step       6/8"))
    run(short, quiet())
    names = sorted(path.name for path in (tmp_path / "run" / "checkpoints").iterdir())
    assert names == ["00000007.ckpt", "00000008.ckpt", "best.ckpt"]


def test_a_run_stopped_in_a_validation_validates_again_and_only_once(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    run(config(tmp_path / "whole"), quiet())
    with pytest.raises(StoppedError):
        run(config(tmp_path), StoppingConsole(at="store  exact"))
    assert find_resume_point(tmp_path / "run", config(tmp_path), build_spec(config(tmp_path).data)).step == 4
    run(config(tmp_path), quiet())
    whole = validations(tmp_path / "whole" / "run" / "log" / "from_00000000")
    assert [step for step, _ in whole] == ["3", "7"]
    assert validations(tmp_path / "run" / "log" / "from_00000004_validation") == whole


def validations(log: Path) -> list[tuple[str, str]]:
    with (log / "metrics.csv").open(encoding="utf-8", newline="") as file:
        return [(row["step"], row["store/loss"]) for row in csv.DictReader(file) if row["store/loss"]]


class Breaking(pl.Callback):
    """Ends the run in one of its hooks after a step, by an error or by SIGTERM; it is called after the run's own callbacks."""

    def __init__(self, hook: str, step: int, by_signal: bool = False) -> None:
        self.step = step
        self.by_signal = by_signal
        setattr(self, hook, self.end)

    def end(self, trainer: pl.Trainer, *_: object) -> None:
        if trainer.global_step != self.step:
            return
        if not self.by_signal:
            raise StoppedError
        os.kill(os.getpid(), signal.SIGTERM)


def left_behind(out: Path) -> dict[str, Any]:
    """The figures of every validation, the files of each and the model."""
    rows = sorted(read_csv(out), key=lambda row: int(row["step"]))
    return {
        "figures": [{name: value for name, value in row.items() if value} for row in rows if row.get("store/loss")],
        "files": {
            str(path.relative_to(out)): path.read_bytes() for path in (out / "validation").rglob("*") if path.is_file()
        },
        "model": {name: tensor.tolist() for name, tensor in weights(out / "model.safetensors").items()},
        "best": {name: tensor.tolist() for name, tensor in weights(out / "checkpoints" / "best.ckpt").items()},
    }


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("unbroken")
    run(config(folder), quiet())
    whole = left_behind(folder / "run")
    assert [row["step"] for row in whole["figures"]] == ["3", "7"]
    assert len(whole["files"]) == 6
    return whole


@pytest.mark.parametrize("step", [4, 8])
@pytest.mark.parametrize(
    "hook", ["on_train_batch_end", "on_validation_start", "on_validation_batch_end", "on_validation_end"]
)
def test_wherever_a_run_ends_around_a_validation_it_leaves_behind_what_an_unbroken_one_does(
    hook: str, step: int, unbroken: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(StoppedError):
        run(config(tmp_path), quiet(), [Breaking(hook, step)])
    assert not (tmp_path / "run" / "model.safetensors").exists()
    run(config(tmp_path), quiet())
    assert left_behind(tmp_path / "run") == unbroken


def test_sigterm_in_the_last_validation_stops_a_run_that_then_makes_up_for_it_once(
    unbroken: dict[str, Any], tmp_path: Path
) -> None:
    for _ in range(2):  # also when it comes in the validation that is made up for
        with pytest.raises(SignalledError, match="SIGTERM after step 8"):
            run(config(tmp_path), quiet(), [Breaking("on_validation_batch_start", 8, by_signal=True)])
    again = quiet()
    run(config(tmp_path), again)
    assert "store  exact" in printed(again)
    assert left_behind(tmp_path / "run") == unbroken
    finished = quiet()
    run(config(tmp_path), finished)
    assert printed(finished) == ""
    assert left_behind(tmp_path / "run") == unbroken


def test_an_older_model_in_the_folder_does_not_hide_that_the_last_validation_is_missing(
    unbroken: dict[str, Any], tmp_path: Path
) -> None:
    run(config(tmp_path), quiet())
    (tmp_path / "run" / "model.safetensors").write_bytes(b"of an earlier end")
    with pytest.raises(StoppedError):
        run(config(tmp_path, "trainer.max_steps=12"), quiet(), [Breaking("on_validation_start", 12)])
    run(config(tmp_path, "trainer.max_steps=12"), quiet())
    assert [row["step"] for row in left_behind(tmp_path / "run")["figures"]] == ["3", "7", "11"]


def test_the_figures_of_a_validation_that_was_made_up_for_outlive_a_second_end(
    unbroken: dict[str, Any], tmp_path: Path
) -> None:
    for hook, step in (("on_validation_start", 4), ("on_train_batch_end", 5)):
        with pytest.raises(StoppedError):
            run(config(tmp_path), quiet(), [Breaking(hook, step)])
    run(config(tmp_path), quiet())
    assert left_behind(tmp_path / "run") == unbroken


def test_what_a_kill_left_half_written_is_gone_after_the_run_went_on(unbroken: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(StoppedError):
        run(config(tmp_path), quiet(), [Breaking("on_train_batch_end", 5)])
    for half in ("validation/step_00000004/store.png.partial-41cd87f7", "checkpoints/00000006.ckpt.partial-9c03ab1f"):
        (tmp_path / "run" / half).write_bytes(b"half")
    run(config(tmp_path), quiet())
    assert left_behind(tmp_path / "run") == unbroken
    assert list((tmp_path / "run").rglob("*.partial-*")) == []


def test_what_was_changed_since_a_run_began_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoppedError):
        run(config(tmp_path), StoppingConsole(at="step       6/8"))
    console = quiet()
    run(config(tmp_path, "trainer.learning_rate=0.5", "trainer.max_steps=4"), console)
    assert isinstance(console.file, io.StringIO)
    changed = [line for line in console.file.getvalue().splitlines() if line.startswith("changed")]
    assert changed == [
        "changed since the run began: trainer.max_steps was 8, is 4",
        "changed since the run began: trainer.learning_rate was 0.002, is 0.5",
    ]


def test_a_run_does_not_go_on_with_another_optimizer(tmp_path: Path) -> None:
    run(config(tmp_path, "trainer.optimizer=adamw"), quiet())
    with pytest.raises(
        InputError, match=r"00000008.ckpt: its optimizer is adamw.*give trainer.optimizer=adamw, or another"
    ):
        run(config(tmp_path, "trainer.max_steps=9"), quiet())


def test_another_callback_looks_on(tmp_path: Path) -> None:
    class Counting(pl.Callback):
        steps = 0

        def on_train_batch_end(self, *_: object) -> None:
            self.steps += 1

    counting = Counting()
    run(config(tmp_path, "trainer.max_steps=3"), quiet(), [counting])
    assert counting.steps == 3


def test_a_loss_that_is_not_finite_ends_the_run_and_leaves_the_batch_to_look_at(tmp_path: Path) -> None:
    one = config(tmp_path, "trainer.learning_rate=1e30", "trainer.warmup_steps=0", "trainer.log_every=8")
    with pytest.raises(
        InputError, match=r"^step \d: the loss is not finite. Its batch is in .*not_finite_0000000\d"
    ) as error:
        run(one, quiet())
    assert len(str(error.value).splitlines()) == 1
    step = int(str(error.value)[5])
    assert step < 4, "the first checkpoint and validation are at step 4"
    assert not list((tmp_path / "run" / "checkpoints").glob("*.ckpt"))
    folder = tmp_path / "run" / f"not_finite_0000000{step}"
    rows = [line.split("\t") for line in (folder / "labels.tsv").read_text("utf-8").splitlines()]
    prepared = prepare(one, quiet())
    batch = next(iter(prepared.loader(Ranks(0, 1, 1), start_step=step - 1, num_workers=0)))
    assert [row[1:] for row in rows] == [list(pair) for pair in zip(batch.ids, batch.labels, strict=True)]
    tensors = load_file(folder / "batch.safetensors")
    assert torch.equal(tensors["images"], batch.images)
    with Image.open(folder / "000.png") as picture:
        assert picture.size == (batch.images.shape[3], batch.images.shape[2])


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("data.sources=[]", "data.sources is empty; give a store"),
        ("data.sources=[{path: nowhere}]", "nowhere: there is no such folder"),
        (
            "data.batch_size=41",
            "data.batch_size=41 is more than the 40 lines of data.sources; give at most data.batch_size=40",
        ),
        ("trainer.accelerator=gpu", "trainer.accelerator=gpu: torch .* sees no such device here; .*use auto or cpu"),
        ("trainer.precision=16-mixed", "trainer.precision=16-mixed: only GPUs .*; use 32 or auto"),
        ("init_from=nowhere.safetensors", "nowhere.safetensors: no such file"),
    ],
)
def test_what_cannot_be_trained_is_said_in_one_line_before_anything_is_trained(
    override: str, message: str, tmp_path: Path
) -> None:
    if "gpu" in override and torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(InputError, match=message) as error:
        run(config(tmp_path, override), quiet())
    assert len(str(error.value).splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_the_weights_to_start_from_are_the_bundled_ones_those_of_a_file_or_none(tmp_path: Path) -> None:
    bundled = initial_weights(config(tmp_path, "init_from=bundled"))
    assert bundled is not None
    assert bundled.suffix == ".safetensors"
    assert bundled.exists()
    assert initial_weights(config(tmp_path, "init_from=some.safetensors")) == Path("some.safetensors")
    assert initial_weights(config(tmp_path)) is None


@pytest.mark.parametrize("part", ["sources=[{path: FOREIGN}]", "validation=[FOREIGN]"])
def test_a_set_with_a_foreign_charset_is_named_before_the_first_step(part: str, tmp_path: Path) -> None:
    write_store((line(i, text="똠방각하") for i in range(6)), tmp_path / "foreign")
    with pytest.raises(
        InputError,
        match=r"foreign: 3 of the 4 characters in its labels are not in charset .* data.on_unknown_character=drop$",
    ):
        run(config(tmp_path, f"data.{part}".replace("FOREIGN", str(tmp_path / "foreign"))), quiet())
    assert not (tmp_path / "run").exists()
