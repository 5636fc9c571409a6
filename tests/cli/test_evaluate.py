"""`hunmin evaluate`."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from hunmin.data.store.lmdb_store import write_store
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


def evaluated(hunmin: Hunmin, model: Path, data: Path, out: Path) -> dict[str, Any]:
    """What `--json` writes for `model`."""
    done = hunmin("evaluate", model, data, "--json", out, "--threads", 1)
    assert done.code == 0
    figures: dict[str, Any] = json.loads(out.read_text("utf-8"))[str(model)]
    return figures


def test_the_figures_are_those_of_the_labels(hunmin: Hunmin, model: TinyModel, labelled: Path, tmp_path: Path) -> None:
    figures = evaluated(hunmin, model.onnx, labelled, tmp_path / "figures.json")
    rates = figures["rates"]
    assert figures["lines"] == 5
    assert rates["exact"] == rates["exact_ns"] == 0.8
    assert 0 < rates["cer"]
    assert 0.8 <= rates["one_minus_ned"] < 1
    assert figures["intervals"]["exact"][0] <= 0.8 <= figures["intervals"]["exact"][1]
    assert figures["confusions"]["characters"][0]["count"] >= 1


def test_a_checkpoint_gives_the_figures_of_its_export(
    hunmin: Hunmin, model: TinyModel, labelled: Path, tmp_path: Path
) -> None:
    exported, checkpoint = (
        evaluated(hunmin, form, labelled, tmp_path / "figures.json") for form in (model.onnx, model.checkpoint)
    )
    assert checkpoint["rates"] == exported["rates"]
    assert checkpoint["confusions"] == exported["confusions"]
    assert exported["speed"]["threads"] == 1


def test_the_table_has_a_row_for_every_kind(hunmin: Hunmin, model: TinyModel, tmp_path: Path) -> None:
    write_store(lines(6), tmp_path / "store")
    done = hunmin("evaluate", model.onnx, tmp_path / "store")
    assert done.code == 0
    rows = [row.split()[:2] for row in done.out.splitlines() if row.startswith((" all", " document", " sign"))]
    assert rows == [["all", "6"], ["document", "3"], ["sign", "3"]]
    assert re.search(r"speed +[\d.]+  crops/s, \d+ thread", done.out)


@pytest.mark.parametrize(
    ("options", "headings"),
    [
        ((), ["kind"]),
        (("--by", "length"), ["length"]),
        (("--by", "script", "--by", "kind"), ["script", "kind"]),
        (("--full",), ["kind", "length", "script", "frequency"]),
    ],
)
def test_the_tables_are_those_that_were_asked_for(
    options: tuple[str, ...], headings: list[str], hunmin: Hunmin, model: TinyModel, labelled: Path
) -> None:
    done = hunmin("evaluate", model.onnx, labelled, *options)
    assert done.code == 0
    assert re.findall(r"^ (\w+) +lines exact", done.out, re.MULTILINE) == headings
    assert ("most frequent mistakes" in done.out) == ("--full" in options)


def test_the_page_is_written_whole_and_shows_the_line_that_was_misread(
    hunmin: Hunmin, model: TinyModel, labelled: Path, tmp_path: Path
) -> None:
    done = hunmin("evaluate", model.onnx, labelled, "--html", tmp_path / "report.html")
    assert done.code == 0
    assert f"written: {tmp_path / 'report.html'}" in done.out
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "Worst lines <small>1</small>" in page
    assert page.count('<article><img src="data:image/png;base64,') == 1
    assert not list(tmp_path.glob("*.partial*"))


def test_a_file_that_cannot_be_written_is_named_before_anything_is_read(
    hunmin: Hunmin, model: TinyModel, labelled: Path, tmp_path: Path
) -> None:
    for option in ("--json", "--html", "--predictions"):
        done = hunmin("evaluate", model.onnx, labelled, option, tmp_path / "nowhere" / "file")
        assert done.code == 2
        assert "nowhere" in done.err


def test_predictions_are_written_beside_one_another(
    hunmin: Hunmin, model: TinyModel, labelled: Path, tmp_path: Path
) -> None:
    done = hunmin("evaluate", model.onnx, labelled, "--predictions", tmp_path / "read.tsv")
    assert done.code == 0
    rows = [row.split("\t") for row in (tmp_path / "read.tsv").read_text("utf-8").splitlines()]
    assert [row[0] for row in rows] == [f"{name}.png" for name in "abcde"]
    assert all(len(row) == 3 for row in rows)
    assert not list(tmp_path.glob("*.partial*"))


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
