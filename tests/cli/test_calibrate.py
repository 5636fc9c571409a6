"""`hunmin calibrate`."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image
from safetensors import safe_open
from safetensors.numpy import load_file

from hunmin.evaluation.calibration import write_calibrated
from hunmin.evaluation.predict import load_recognizer
from hunmin.model.export import compare
from hunmin.recognize.recognizer import Recognizer
from tests.cli.conftest import Hunmin
from tests.cli.tiny_model import TinyModel

NUM_CROPS = 240


@pytest.fixture(scope="module")
def data(model: TinyModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Crops of noise; what the tiny model reads in the surer half of them is made their label."""
    folder = tmp_path_factory.mktemp("calibration")
    rng = np.random.default_rng(0)
    crops = [rng.integers(0, 256, (32, 64, 3), dtype=np.uint8) for _ in range(NUM_CROPS)]
    readings = Recognizer(model.onnx, threads=1).recognize(crops)
    middle = float(np.median([reading.mean_token_prob for reading in readings]))
    rows = []
    for number, (crop, reading) in enumerate(zip(crops, readings, strict=True)):
        Image.fromarray(crop).save(folder / f"{number}.png")
        rows.append(f"{number}.png\t{reading.text if reading.mean_token_prob > middle else '뷁'}\n")
    (folder / "labels.tsv").write_text("".join(rows), encoding="utf-8")
    return folder


def graph(path: Path) -> bytes:
    return onnx.load(path).graph.SerializeToString(deterministic=True)


def tensors(path: Path) -> bytes:
    return b"".join(array.tobytes() for _, array in sorted(load_file(path).items()))


@pytest.mark.parametrize(("form", "weights"), [("onnx", graph), ("checkpoint", tensors)])
def test_only_the_confidence_changes_and_it_comes_nearer_to_the_truth(
    form: str, weights: Callable[[Path], bytes], hunmin: Hunmin, model: TinyModel, data: Path, tmp_path: Path
) -> None:
    original: Path = getattr(model, form)
    copy = Path(shutil.copy(original, tmp_path))
    before = weights(copy)
    done = hunmin("calibrate", copy, data, "--threads", 1)
    assert done.code == 0, done.err
    assert f"fitted on {NUM_CROPS // 2} lines; on {NUM_CROPS // 2} others" in done.out
    assert weights(copy) == before
    assert [path.name for path in tmp_path.iterdir()] == [original.name]
    old, new = load_recognizer(original, 1), load_recognizer(copy, 1)
    assert new.spec == replace(old.spec, confidence_exponent=new.spec.confidence_exponent)
    assert new.spec.confidence_exponent > 0
    crops = sorted(data.glob("1?.png"))
    for one, other in zip(old.recognize(crops), new.recognize(crops), strict=True):
        assert one.text == other.text
        assert one.mean_token_prob == pytest.approx(other.mean_token_prob, abs=1e-5)
    product = Recognizer.from_engine(old.engine, replace(old.spec, confidence_exponent=1.0)).recognize(crops)
    for other, probability in zip(new.recognize(crops), product, strict=True):
        assert other.confidence == pytest.approx(probability.confidence**new.spec.confidence_exponent, rel=0.01)


def test_both_forms_of_a_calibrated_model_are_equally_sure(model: TinyModel, data: Path, tmp_path: Path) -> None:
    forms = [Path(shutil.copy(form, tmp_path)) for form in (model.checkpoint, model.onnx)]
    for form in forms:
        write_calibrated(form, load_recognizer(form, 1).spec, 0.7)
    crops = [np.asarray(Image.open(path)) for path in sorted(data.glob("2?.png"))]
    parity = compare(*(load_recognizer(form, 1) for form in forms), crops)
    assert parity.num_same == parity.num_crops == 10
    assert parity.max_confidence_difference < 1e-3


def test_what_else_the_file_says_of_itself_stays(model: TinyModel, tmp_path: Path) -> None:
    copy = Path(shutil.copy(model.checkpoint, tmp_path))
    write_calibrated(copy, load_recognizer(copy, 1).spec, 0.7)
    with safe_open(model.checkpoint, "np") as one, safe_open(copy, "np") as other:
        assert other.metadata()["hunmin_model"] == one.metadata()["hunmin_model"]


@pytest.mark.parametrize("name", ["model.ckpt", "model.txt"])
def test_a_file_that_cannot_keep_it_is_refused(name: str, hunmin: Hunmin, data: Path, tmp_path: Path) -> None:
    done = hunmin("calibrate", tmp_path / name, data)
    assert done.code == 2
    assert "only .onnx and .safetensors models keep a calibration" in done.err


def test_too_few_lines_leave_the_model_as_it_is(hunmin: Hunmin, model: TinyModel, crops: Path, tmp_path: Path) -> None:
    (crops / "labels.tsv").write_text("a.png\t가\n", encoding="utf-8")
    copy = Path(shutil.copy(model.checkpoint, tmp_path))
    before = copy.read_bytes()
    done = hunmin("calibrate", copy, crops)
    assert done.code == 2
    assert "1 are too few; give 200 or more" in done.err
    assert copy.read_bytes() == before
