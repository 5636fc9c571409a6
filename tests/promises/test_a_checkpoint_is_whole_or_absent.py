"""Promises R3 and R8: a checkpoint is whole or absent, on a full disk, too; a damaged one is named and the one before it used."""

import io
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console

from hunmin.errors import InputError
from hunmin.files import leftovers, write_bytes
from hunmin.model.checkpoint import load_model, read_training_state, save_model
from hunmin.training.prepare import build_spec
from hunmin.training.resume.resume_point import find_resume_point
from hunmin.training.run import run
from tests.training.runs import config


def quiet() -> Console:
    return Console(file=io.StringIO(), width=300)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of eight steps."""
    folder = tmp_path_factory.mktemp("trained")
    run(config(folder), quiet())
    return folder


def damaged(content: bytes, dice: random.Random) -> bytes:
    """Cut short, or one to four bits flipped."""
    if dice.random() < 0.3:
        return content[: dice.randrange(len(content))]
    mutant = bytearray(content)
    for _ in range(dice.randint(1, 4)):
        mutant[dice.randrange(len(mutant))] ^= 1 << dice.randrange(8)
    return bytes(mutant)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return isinstance(other, torch.Tensor) and one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def test_a_damaged_checkpoint_is_named_and_the_one_before_it_used(
    trained: Path, tmp_path: Path, rounds: Callable[..., int]
) -> None:
    one = config(trained, f"out={tmp_path / 'run'}")
    spec = build_spec(one.data)
    shutil.copytree(trained / "run", tmp_path / "run")
    newest = tmp_path / "run" / "checkpoints" / "00000008.ckpt"
    whole, state = newest.read_bytes(), read_training_state(newest)
    dice, num_refused = random.Random(5), 0
    for _ in range(rounds(short=50, full=200)):
        newest.write_bytes(damaged(whole, dice))
        found = find_resume_point(tmp_path / "run", one, spec)
        if found.damaged:
            num_refused += 1
            assert (found.checkpoint, found.step) == (newest.with_name("00000004.ckpt"), 4)
            [(path, problem)] = found.damaged
            assert path == newest
            assert str(newest) in problem
            assert len(problem.splitlines()) == 1
        else:  # the flip was in a byte that says nothing
            assert same(read_training_state(newest), state)
    assert num_refused > 40


def test_a_damaged_model_file_is_refused_or_holds_what_was_saved(
    trained: Path, tmp_path: Path, rounds: Callable[..., int]
) -> None:
    whole = (trained / "run" / "model.safetensors").read_bytes()
    expected = load_model(trained / "run" / "model.safetensors")
    path = tmp_path / "model.safetensors"
    dice, num_refused = random.Random(6), 0
    for _ in range(rounds(short=50, full=200)):
        path.write_bytes(damaged(whole, dice))
        try:
            model = load_model(path)
        except InputError as refusal:
            num_refused += 1
            assert str(path) in str(refusal)
            continue
        assert same(model.state_dict(), expected.state_dict())
        assert (model.spec, model.config) == (expected.spec, expected.config)
    assert num_refused > 40


def test_a_run_goes_on_from_the_checkpoint_before_a_damaged_one_and_says_so(trained: Path, tmp_path: Path) -> None:
    one = config(trained, f"out={tmp_path / 'run'}", "trainer.max_steps=10")
    shutil.copytree(trained / "run", tmp_path / "run")
    newest = tmp_path / "run" / "checkpoints" / "00000008.ckpt"
    newest.write_bytes(newest.read_bytes()[:-1000])
    console = quiet()
    run(one, console)
    assert isinstance(console.file, io.StringIO)
    assert f"passed over 00000008.ckpt: {newest}: is damaged" in console.file.getvalue().splitlines()[0]
    names = sorted(path.name for path in newest.parent.iterdir())
    assert names == ["00000008.ckpt", "00000008.ckpt.damaged", "00000010.ckpt", "best.ckpt"]


def test_a_file_that_is_being_replaced_when_the_process_is_killed_is_the_old_or_the_new_one(tmp_path: Path) -> None:
    path, dice = tmp_path / "00000001.ckpt", random.Random(1)
    for _ in range(10):
        pid = os.fork()
        if pid == 0:
            for number in range(10**9):
                write_bytes(path, bytes([number % 256]) * 2_000_000)
        time.sleep(dice.uniform(0.01, 0.1))
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        if path.exists():
            content = path.read_bytes()
            assert len(content) == 2_000_000
            assert content == content[:1] * 2_000_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    if (
        mount is None
        or subprocess.run(
            [mount, "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("file systems cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run([mount.replace("mount", "umount"), str(folder)], check=True)


def fill(folder: Path, leave_bytes: int) -> Path:
    """Take up the space of a file system but for `leave_bytes`."""
    filler = folder / "filler"
    filler.write_bytes(bytes(shutil.disk_usage(folder).free - leave_bytes))
    return filler


def test_a_full_disk_ends_a_run_with_path_and_bytes_and_the_run_goes_on_when_there_is_room(
    small_disk: Path, trained: Path
) -> None:
    out = small_disk / "run"
    one = config(trained, f"out={out}")
    size = (trained / "run" / "checkpoints" / "00000004.ckpt").stat().st_size
    filler = fill(small_disk, size * 3 // 2)
    with pytest.raises(
        InputError, match=r"(0000000\d|best)\.ckpt: the disk is full, [\d,]+ bytes are needed and [\d,]+ are free"
    ) as error:
        run(one, quiet())
    assert len(str(error.value).splitlines()) == 1
    left = sorted((out / "checkpoints").iterdir())
    assert [path.suffix for path in left] == [".ckpt"] * len(left)
    for path in left:
        read_training_state(path)
    filler.unlink()
    assert same(
        load_model(run(one, quiet())).state_dict(), load_model(trained / "run" / "model.safetensors").state_dict()
    )


def test_a_model_that_does_not_fit_on_the_disk_is_said_with_its_bytes_and_the_old_one_stays(
    small_disk: Path, trained: Path
) -> None:
    model = load_model(trained / "run" / "model.safetensors")
    path = small_disk / "model.safetensors"
    save_model(model, path)
    before = path.read_bytes()
    fill(small_disk, len(before) // 2)
    with pytest.raises(
        InputError, match=r"model\.safetensors: the disk is full, [\d,]+ bytes are needed and [\d,]+ are free"
    ):
        save_model(model, path)
    assert path.read_bytes() == before
    assert leftovers(small_disk) == []


def test_a_folder_that_takes_no_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere/1\.ckpt: cannot be written \(No such file or directory\)"):
        write_bytes(tmp_path / "nowhere" / "1.ckpt", b"")
