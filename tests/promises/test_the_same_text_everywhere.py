"""R10: the same text from torch, ONNX, the command line and the Python side, whatever shares a batch."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from hunmin.cli.app import main
from hunmin.model.checkpoint import load_model
from hunmin.model.engine import torch_engine
from hunmin.recognize.recognizer import Reading, Recognizer
from hunmin.synth.config import default_config
from hunmin.synth.generate import Recipe
from tests.cli.tiny_model import TinyModel, tiny_model

TOLERANCE = 1e-3


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> TinyModel:
    return tiny_model(tmp_path_factory.getbasetemp() / "tiny_model")


@pytest.fixture
def crops(tmp_path: Path, model: TinyModel, rounds: Callable[..., int]) -> list[Path]:
    """Generated lines, short ones and ones that are read in pieces."""
    generator = Recipe(default_config(), frozenset(Recognizer(model.onnx).spec.characters)).build()
    paths = []
    for number in range(rounds(short=200, full=500)):
        paths.append(tmp_path / f"{number:03d}.png")
        Image.fromarray(generator.sample(10, 0, number, max_length=24).image).save(paths[-1])
    return paths


def cli_readings(
    model: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, printed: Callable[[], str]
) -> list[Reading]:
    monkeypatch.setattr("sys.argv", ["hunmin", "recognize", str(folder), "--model", str(model), "--format", "json"])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    rows = [json.loads(line) for line in printed().splitlines()]
    return [Reading(row["text"], row["confidence"]) for row in rows]


def test_torch_onnx_the_command_line_and_batches_of_1_and_32_read_the_same(
    model: TinyModel, crops: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recognizer, loaded = Recognizer(model.onnx), load_model(model.checkpoint)
    in_torch = Recognizer.from_engine(torch_engine(loaded), loaded.spec)
    expected = recognizer.recognize(crops)
    # Else the test would pass with a model that ignores the image.
    assert len({reading.text for reading in expected}) > 0.9 * len(crops)
    assert max(reading.confidence for reading in expected) > 0.2

    read: dict[str, list[Reading]] = {
        "torch": in_torch.recognize(crops),
        "batches of 1": recognizer.recognize(crops, batch_size=1),
        "one call a crop": [recognizer.recognize([crop])[0] for crop in crops],
        "command line": cli_readings(model.onnx, crops[0].parent, monkeypatch, lambda: capsys.readouterr().out),
    }
    for readings in read.values():
        assert len(readings) == len(expected)
    different = [
        (way, one.text, other.text)
        for way, readings in read.items()
        for one, other in zip(expected, readings, strict=True)
        if one.text != other.text
    ]
    assert different == []
    apart = {
        way: max(abs(one.confidence - other.confidence) for one, other in zip(expected, readings, strict=True))
        for way, readings in read.items()
    }
    assert {way: difference for way, difference in apart.items() if difference > TOLERANCE} == {}
