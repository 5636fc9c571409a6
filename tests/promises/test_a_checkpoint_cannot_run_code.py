"""Promise S3: loading a model never runs what someone hid in its file."""

import io
import os
import pickle
import random
import tarfile
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from hunmin.errors import InputError
from hunmin.model.checkpoint import MODEL_KEY, SPEC_KEY, load_model, read_training_state, save_model
from hunmin.model.parseq import PARSeq
from hunmin.text.charset import Charset
from tests.model.shapes import model_config, small_spec

CODE = "__import__('os').mkdir({canary!r})"


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A folder that every payload tries to make."""
    return tmp_path / "canary"


@pytest.fixture(scope="module")
def model() -> PARSeq:
    return PARSeq(model_config(head="dense"), small_spec(Charset("few", "가나다라 abc")))


class Call:
    """Unpickles by calling `function`."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.function, self.arguments


def payload(canary: Path) -> Call:
    return Call(os.mkdir, str(canary))


def checkpoint(model: PARSeq, **more: object) -> dict[str, Any]:
    """What a run writes, with something added or replaced."""
    weights = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    known = {"state_dict": weights, SPEC_KEY: model.spec.to_json(), MODEL_KEY: model.config.to_json(), "global_step": 1}
    return known | more


def saved(content: object, *, as_zip: bool = True) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=as_zip)
    return file.getvalue()


def with_part(archive: bytes, name: str, content: bytes) -> bytes:
    """A copy of a zip in which the part that ends in `name` is replaced, or added where there is none."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as new:
        folder = old.namelist()[0].split("/")[0]
        for part in old.namelist():
            if not part.endswith(f"/{name}"):
                new.writestr(part, old.read(part))
        new.writestr(f"{folder}/{name}", content)
    return file.getvalue()


def tar(content: bytes) -> bytes:
    """The format before 2018, which torch still knows."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name in ("storages", "tensors", "pickle"):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


def in_module(model: PARSeq, canary: Path) -> torch.nn.Module:
    """A whole pickled module, as many a published `.pth` is one."""
    module = torch.nn.Linear(1, 1)
    module.extra = payload(canary)
    return module


PAYLOADS: dict[str, Callable[[PARSeq, Path], bytes]] = {
    "bare.ckpt": lambda model, canary: pickle.dumps(payload(canary)),
    "bare.pth": lambda model, canary: pickle.dumps(payload(canary)),
    "bare.safetensors": lambda model, canary: pickle.dumps(payload(canary)),
    "text_protocol.ckpt": lambda model, canary: pickle.dumps(payload(canary), protocol=0),
    "top.ckpt": lambda model, canary: saved(payload(canary)),
    "top.pth": lambda model, canary: saved(payload(canary)),
    "renamed.safetensors": lambda model, canary: saved(checkpoint(model, extra=payload(canary))),
    "before_zip.ckpt": lambda model, canary: saved(checkpoint(model, extra=payload(canary)), as_zip=False),
    "before_zip.pth": lambda model, canary: saved(checkpoint(model, extra=payload(canary)), as_zip=False),
    "tar.ckpt": lambda model, canary: tar(pickle.dumps(payload(canary))),
    "beside_the_weights.ckpt": lambda model, canary: saved(checkpoint(model, hyper_parameters=payload(canary))),
    "as_the_spec.ckpt": lambda model, canary: saved(checkpoint(model, **{SPEC_KEY: payload(canary)})),
    "as_a_weight.ckpt": lambda model, canary: saved(checkpoint(model, state_dict={"model.positions": payload(canary)})),
    "nested.ckpt": lambda model, canary: saved(checkpoint(model, loops=[{"a": ({"b": [payload(canary)]},)}])),
    "as_a_key.ckpt": lambda model, canary: saved(checkpoint(model, loops=OrderedDict([((payload(canary), 1), 2)]))),
    "eval.ckpt": lambda model, canary: saved(checkpoint(model, x=Call(eval, CODE.format(canary=str(canary))))),
    "partial.ckpt": lambda model, canary: saved(checkpoint(model, x=Call(partial(os.mkdir, str(canary))))),
    "os_system.ckpt": lambda model, canary: saved(checkpoint(model, x=Call(os.system, f"mkdir {canary}"))),
    "whole_module.ckpt": lambda model, canary: saved(in_module(model, canary)),
    "second_pickle.ckpt": lambda model, canary: with_part(
        saved(checkpoint(model)), "data.pkl", pickle.dumps(payload(canary))
    ),
    "torchscript.ckpt": lambda model, canary: with_part(
        saved(payload(canary)), "constants.pkl", pickle.dumps(payload(canary))
    ),
}


def refused(path: Path) -> str:
    with pytest.raises(InputError) as refusal:
        load_model(path)
    assert str(path) in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1
    return str(refusal.value)


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_file_with_hidden_code_is_refused_and_the_code_never_runs(
    name: str, model: PARSeq, canary: Path, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(PAYLOADS[name](model, canary))
    refused(path)
    with pytest.raises(InputError):
        read_training_state(path)
    assert not canary.exists()


def test_what_could_run_code_is_called_so(model: PARSeq, canary: Path, tmp_path: Path) -> None:
    for name in ("nested.ckpt", "eval.ckpt", "top.ckpt"):
        (tmp_path / name).write_bytes(PAYLOADS[name](model, canary))
        assert "could run code" in refused(tmp_path / name)


@pytest.mark.parametrize("name", ["bare.ckpt", "eval.ckpt", "nested.ckpt", "partial.ckpt"])
def test_the_hidden_code_does_run_where_a_file_is_unpickled(
    name: str, model: PARSeq, canary: Path, tmp_path: Path
) -> None:
    # Without this, the tests above could pass because the payloads are duds.
    content = PAYLOADS[name](model, canary)
    if name == "bare.ckpt":
        pickle.loads(content)  # noqa: S301 - this is the point
    else:
        torch.load(io.BytesIO(content), weights_only=False)
    assert canary.is_dir()


def test_a_checkpoint_without_hidden_code_loads(model: PARSeq, tmp_path: Path) -> None:
    (tmp_path / "last.ckpt").write_bytes(saved(checkpoint(model)))
    (tmp_path / "copied.ckpt").write_bytes(with_part(saved(checkpoint(model)), "version", b"3\n"))
    for path in tmp_path.iterdir():
        assert load_model(path).spec == model.spec


def mutate(content: bytes, dice: random.Random, num_header: int) -> bytes:
    """Cut, overwrite, double or remove some bytes, in the header more often than not."""
    mutant = bytearray(content)
    for _ in range(dice.randint(1, 4)):
        end = num_header if dice.random() < 0.7 else len(mutant)
        start = dice.randrange(max(1, min(end, len(mutant))))
        length = dice.choice((1, 1, 2, 8, 64))
        part = mutant[start : start + length]
        other = dice.choice((dice.randbytes(length), bytes(length), bytes(part * 2), b"", b"9" * length, b"[" * 5000))
        mutant[start : start + length] = other
    return bytes(mutant[: dice.randrange(1, len(mutant))] if dice.random() < 0.1 else mutant)


def test_mutated_safetensors_load_as_a_model_or_are_refused_by_name(
    model: PARSeq, canary: Path, tmp_path: Path, rounds: Callable[..., int]
) -> None:
    path = tmp_path / "model.safetensors"
    save_model(model, path)
    whole = path.read_bytes()
    num_header = 8 + int.from_bytes(whole[:8], "little")
    dice = random.Random(3)
    num_refused = 0
    for _ in range(rounds(short=200, full=2000)):
        path.write_bytes(mutate(whole, dice, num_header) + pickle.dumps(payload(canary)) * dice.randint(0, 1))
        try:
            assert isinstance(load_model(path), PARSeq)
        except InputError as refusal:
            num_refused += 1
            assert str(path) in str(refusal)
            assert len(str(refusal).splitlines()) == 1
    assert num_refused > 100
    assert not canary.exists()
