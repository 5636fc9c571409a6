"""Files from before parameters were renamed read and go on as they did; `tests/files/before_rename` holds some."""

import io
import json
import lzma
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from rich.console import Console
from safetensors import safe_open

from hunmin.evaluation.predict import load_recognizer
from hunmin.model.checkpoint import OLD_NAMES, load_model, save_model
from hunmin.recognize import recognizer
from hunmin.training.run import run
from tests.training.runs import config, read_csv

OLD = Path(__file__).parents[1] / "files" / "before_rename"
WANTED: dict[str, Any] = json.loads((OLD / "wanted.json").read_text("utf-8"))
CHECKPOINT = "00000004.ckpt"
SETTINGS = (
    "model.encoder.width=8",
    "model.encoder.depth=1",
    "model.encoder.mlp_ratio=1.0",
    "model.encoder.stem=[{channels: 8, stride_rows: 4, stride_columns: 2}, "
    "{channels: 8, stride_rows: 4, stride_columns: 2}]",
    "model.decoder.mlp_ratio=1.0",
    "trainer.warmup_steps=1",
    "trainer.learning_rate=0.02",
    "trainer.ema_decay=0.5",
)


def old_file(name: str, folder: Path) -> Path:
    """One of the old files; the checkpoint is unpacked into `folder`."""
    if name != CHECKPOINT:
        return OLD / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(lzma.decompress((OLD / f"{name}.xz").read_bytes()))
    return folder / name


@pytest.mark.parametrize("name", ["model.safetensors", "model.onnx", CHECKPOINT])
def test_an_old_file_reads_the_same_texts_with_the_same_confidence(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As then: by the image alone, and a line without an end, which these models seldom find, is not read on in halves.
    monkeypatch.setattr(recognizer, "NARROWEST_CHARACTER", 1.0)
    crops = [np.asarray(Image.open(OLD / f"crop_{number}.png")) for number in (1, 2)]
    readings = load_recognizer(old_file(name, tmp_path), threads=1, language="off").recognize(crops)
    wanted = WANTED["readings"][name]
    assert [reading.text for reading in readings] == [one["text"] for one in wanted]
    confidences = [one["confidence"] for one in wanted]
    assert [reading.confidence for reading in readings] == pytest.approx(confidences, rel=1e-4)


def test_an_old_model_that_is_saved_again_has_the_new_names(tmp_path: Path) -> None:
    with safe_open(OLD / "model.safetensors", "np") as file:
        old = set(file.keys())
    save_model(load_model(OLD / "model.safetensors"), tmp_path / "model.safetensors")
    with safe_open(tmp_path / "model.safetensors", "np") as file:
        new = set(file.keys())
    assert len(old) == len(new)
    assert {name.split(".")[0] + "." for name in old - new} == set(OLD_NAMES)
    assert {name.split(".")[0] + "." for name in new - old} == set(OLD_NAMES.values())


def test_a_run_goes_on_from_an_old_checkpoint_with_the_losses_that_it_would_have_had(tmp_path: Path) -> None:
    one = config(tmp_path, *SETTINGS)
    old_file(CHECKPOINT, tmp_path / "run" / "checkpoints")
    run(one, Console(file=io.StringIO()))
    losses = {row["step"]: float(row["train/loss"]) for row in read_csv(tmp_path / "run") if row["train/loss"]}
    assert list(losses) == ["4", "5", "6", "7"]
    assert losses == pytest.approx({step: WANTED["losses"][step] for step in losses}, rel=1e-4)
