"""`hunmin average`."""

import shutil
from pathlib import Path

import pytest

from hunmin.model.checkpoint import load_model
from tests.cli.conftest import Hunmin
from tests.cli.tiny_model import TinyModel


def test_the_mean_of_a_model_and_itself_is_that_model(hunmin: Hunmin, model: TinyModel, tmp_path: Path) -> None:
    out = tmp_path / "mean.safetensors"
    done = hunmin("average", out, model.checkpoint, model.checkpoint)
    assert (done.code, done.out) == (0, f"{out}: the mean of 2 models\n")
    weights = load_model(model.checkpoint).state_dict()
    assert all(tensor.equal(weights[name]) for name, tensor in load_model(out).state_dict().items())
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["mean.onnx", "one", "one"], "a model ends in .safetensors"),
        (["mean.safetensors", "one"], "takes two models or more, not 1"),
        (["mean.safetensors", "one", "none"], "none: no such file"),
        (["none/mean.safetensors", "one", "one"], "missing or not writable"),
        (["one.safetensors", "one", "one"], "one.safetensors: is there already; the model to write comes first"),
    ],
)
def test_what_has_no_mean_is_named_and_nothing_is_written(
    names: list[str], message: str, hunmin: Hunmin, model: TinyModel, tmp_path: Path
) -> None:
    for name in ("one", "one.safetensors"):
        shutil.copy(model.checkpoint, tmp_path / name)
    done = hunmin("average", *(tmp_path / name for name in names))
    assert done.code == 2
    assert message in done.err
    kept = [path.name for path in tmp_path.iterdir() if path.read_bytes() == model.checkpoint.read_bytes()]
    assert sorted(kept) == ["one", "one.safetensors"]
