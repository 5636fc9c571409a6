"""`hunmin recognize`."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hunmin.recognize.recognizer import Recognizer
from tests.cli.conftest import Hunmin
from tests.cli.tiny_model import TinyModel


def test_each_crop_gives_one_line_of_path_text_and_confidence(hunmin: Hunmin, model: TinyModel, crops: Path) -> None:
    files = [crops / "c.png", crops / "a.png"]
    done = hunmin("recognize", *files, "--model", model.onnx)
    readings = Recognizer(model.onnx).recognize(files)
    assert done.code == 0
    assert done.err == ""
    expected = [f"{file}\t{one.text}\t{one.confidence:.4f}" for file, one in zip(files, readings, strict=True)]
    assert done.out.splitlines() == expected
    assert readings[0].text != readings[1].text


def test_the_images_of_a_folder_are_read_in_order_of_name(hunmin: Hunmin, model: TinyModel, crops: Path) -> None:
    (crops / "notes.txt").write_text("no image")
    done = hunmin("recognize", crops, "--model", model.onnx)
    assert [Path(row.split("\t")[0]).name for row in done.out.splitlines()] == [f"{name}.png" for name in "abcde"]


def test_json_holds_the_same_as_the_table(hunmin: Hunmin, model: TinyModel, crops: Path) -> None:
    table = hunmin("recognize", crops, "--model", model.onnx)
    lines = hunmin("recognize", crops, "--model", model.onnx, "--json")
    assert hunmin("recognize", crops, "--model", model.onnx, "--format", "json") == lines
    values = [json.loads(line) for line in lines.out.splitlines()]
    rows = [f"{one['path']}\t{one['text']}\t{one['confidence']:.4f}" for one in values]
    assert rows == table.out.splitlines()


def test_a_broken_file_among_good_ones_is_told_and_the_others_are_read(
    hunmin: Hunmin, model: TinyModel, crops: Path
) -> None:
    (crops / "b.png").write_text("no picture")
    (crops / "d.png").write_bytes((crops / "d.png").read_bytes()[:100])
    done = hunmin("recognize", crops, "--model", model.onnx)
    assert done.code == 2
    assert [Path(row.split("\t")[0]).name for row in done.out.splitlines()] == ["a.png", "c.png", "e.png"]
    messages = done.err.splitlines()
    assert messages[2:] == ["hunmin: 3 read, 2 not"]
    assert f"{crops / 'b.png'}: not a PNG" in messages[0]
    assert f"{crops / 'd.png'}: damaged" in messages[1]


def test_a_strip_among_crops_is_told_by_its_path_and_the_others_are_read(
    hunmin: Hunmin, model: TinyModel, crops: Path
) -> None:
    Image.new("L", (60_000, 2)).save(crops / "b.png")
    done = hunmin("recognize", crops, "--model", model.onnx)
    assert done.code == 2
    assert [Path(row.split("\t")[0]).name for row in done.out.splitlines()] == ["a.png", "c.png", "d.png", "e.png"]
    told = f"hunmin: {crops / 'b.png'}: 60000×2 px is no line of text; crop one line"
    assert done.err.splitlines() == [told, "hunmin: 4 read, 1 not"]


@pytest.mark.parametrize(
    "name",
    ["tab\there.png", "line\nend.png", "\x1b[31mred\x1b[0m.png", "\x9b2J.png", "\u202egnp.fdp.png", "[red]{0}%s.png"],
    ids=ascii,
)
def test_a_file_name_acts_neither_on_the_terminal_nor_on_the_table(
    name: str, hunmin: Hunmin, model: TinyModel, crops: Path
) -> None:
    (crops / "a.png").rename(crops / name)
    (crops / f"broken {name}").write_text("no picture")
    for output in ("tsv", "json"):
        done = hunmin("recognize", crops / name, crops / f"broken {name}", "--model", model.onnx, "--format", output)
        assert done.out.count("\n") == 1
        assert done.err.count("\n") == 2
        assert (done.out[:-1].replace("\t", "") + done.err.replace("\n", "")).isprintable()
        if output == "tsv":
            assert done.out.count("\t") == 2
        else:
            assert json.loads(done.out)["path"] == str(crops / name)


def test_a_file_name_closes_no_html_element_that_json_is_put_into(
    hunmin: Hunmin, model: TinyModel, crops: Path
) -> None:
    folder = crops / "<"
    folder.mkdir()
    (crops / "a.png").rename(folder / "script>alert(1)<!--.png")
    done = hunmin("recognize", folder, "--model", model.onnx, "--format", "json")
    assert "<" not in done.out
    assert json.loads(done.out)["path"] == str(folder / "script>alert(1)<!--.png")


def test_a_page_among_crops_is_read_as_it_is_and_the_command_for_pages_is_named(
    hunmin: Hunmin, model: TinyModel, crops: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = np.random.default_rng(2).integers(0, 256, (600, 400), dtype=np.uint8)
    Image.fromarray(page).save(crops / "a page.png")
    done = hunmin("recognize", crops, "--model", model.onnx)
    assert (done.code, done.out.count("\n")) == (0, 6)
    told = f"{crops / 'a page.png'} does not look like a line of text; if it is a page: hunmin read '{crops / 'a page.png'}'"
    assert done.err == f"hunmin: {told}\n"
    assert hunmin("recognize", crops, "--model", model.onnx, "--quiet").err == ""

    with (crops / "a page.png").open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        done = hunmin("recognize", "-", crops / "a page.png", "--model", model.onnx)
    assert done.err.startswith("hunmin: 2 pictures, the first of them -, do not look like a line of text")


def test_more_crops_than_are_held_at_once_all_come_out_in_order(
    hunmin: Hunmin, model: TinyModel, tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    for number in range(260):
        Image.fromarray(rng.integers(0, 256, (16, 40), dtype=np.uint8)).save(tmp_path / f"{number:03d}.png")
    done = hunmin("recognize", tmp_path, "--model", model.onnx)
    assert [Path(row.split("\t")[0]).stem for row in done.out.splitlines()] == [f"{n:03d}" for n in range(260)]
