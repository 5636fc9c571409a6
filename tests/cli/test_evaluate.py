"""`hunmin evaluate`."""

import json
from pathlib import Path

import pytest

from hunmin.data.store import write_store
from hunmin.recognize.recognizer import Recognizer
from tests.cli.conftest import Hunmin
from tests.cli.tiny_model import TinyModel
from tests.data.lines import lines


@pytest.fixture
def labelled(model: TinyModel, crops: Path) -> Path:
    """Five crops whose labels are what the model reads, but for the last."""
    files = sorted(crops.glob("*.png"))
    texts = [reading.text for reading in Recognizer(model.onnx).recognize(files)]
    texts[-1] = "다르다"
    rows = [f"{file.name}\t{text}\n" for file, text in zip(files, texts, strict=True)]
    (crops / "labels.tsv").write_text("".join(rows), encoding="utf-8")
    return crops


def test_the_figures_are_those_of_the_labels(hunmin: Hunmin, model: TinyModel, labelled: Path) -> None:
    done = hunmin("evaluate", model.onnx, labelled, "--json")
    assert done.code == 0
    rates = json.loads(done.out)[str(model.onnx)]
    assert rates["all/exact_match"] == rates["all/exact_match_ns"] == 0.8
    assert 0 < rates["all/cer"]
    assert 0.8 <= rates["all/one_minus_ned"] < 1


def test_a_checkpoint_gives_the_figures_of_its_export(hunmin: Hunmin, model: TinyModel, labelled: Path) -> None:
    exported = hunmin("evaluate", model.onnx, labelled, "--json", "--threads", 1)
    checkpoint = hunmin("evaluate", model.checkpoint, labelled, "--json", "--threads", 1)
    assert checkpoint.code == 0
    assert list(json.loads(checkpoint.out).values()) == list(json.loads(exported.out).values())


def test_the_table_has_a_row_for_every_kind(hunmin: Hunmin, model: TinyModel, tmp_path: Path) -> None:
    write_store(lines(6), tmp_path / "store")
    done = hunmin("evaluate", model.onnx, tmp_path / "store")
    assert done.code == 0
    rows = [row.split()[:2] for row in done.out.splitlines() if row.startswith((" all", " document", " sign"))]
    assert rows == [["all", "6"], ["document", "3"], ["sign", "3"]]
    assert "crops/s" in done.out


def test_predictions_are_written_beside_one_another(
    hunmin: Hunmin, model: TinyModel, labelled: Path, tmp_path: Path
) -> None:
    done = hunmin("evaluate", model.onnx, labelled, "--predictions", tmp_path / "read.tsv")
    assert done.code == 0
    rows = [row.split("\t") for row in (tmp_path / "read.tsv").read_text("utf-8").splitlines()]
    assert [row[0] for row in rows] == [f"{name}.png" for name in "abcde"]
    assert all(len(row) == 3 for row in rows)
    assert not list(tmp_path.glob("*.partial"))


def test_a_kind_and_a_folder_that_look_like_markup_are_printed_as_they_are(
    hunmin: Hunmin, model: TinyModel, crops: Path
) -> None:
    folder = crops.rename(crops.with_name("[bold]"))
    (folder / "meta.tsv").write_text("path\ttext\tkind\na.png\t가\t[/x]\x1b[2J\n", encoding="utf-8")
    done = hunmin("evaluate", model.onnx, folder)
    assert done.code == 0
    assert "[/x]\\x1b[2J" in done.out
    assert "[bold]" in done.out
    assert "\x1b" not in done.out
