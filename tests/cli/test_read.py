"""`hunmin read`."""

import json
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from hunmin.documents.page import DocumentPage
from hunmin.errors import ImageError
from hunmin.synth.config import default_config
from hunmin.synth.generate import Recipe
from hunmin.text.charset import ksx1001
from tests.cli.conftest import Hunmin
from tests.cli.tiny_model import TinyModel
from tests.documents.paper import damaged_tiff

LINE_TOPS = (80, 240, 400)


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A white page with three generated lines, one below the other."""
    generator = Recipe(default_config(), frozenset(ksx1001().characters)).build()
    sheet = Image.new("RGB", (800, 600), "white")
    for number, top in enumerate(LINE_TOPS):
        line = Image.fromarray(generator.sample(3, 0, number, max_length=8).image)
        sheet.paste(line.resize((round(line.width * 48 / line.height), 48)), (100, top))
    path = tmp_path_factory.mktemp("pages") / "page.png"
    sheet.save(path)
    return path


def test_the_lines_of_a_page_come_from_top_to_bottom_with_boxes_and_confidence(
    hunmin: Hunmin, model: TinyModel, page: Path
) -> None:
    done = hunmin("read", page, "--model", model.onnx, "--json", "--threads", 1)
    assert done.code == 0
    found = json.loads(done.out)
    assert (found["path"], found["width_px"], found["height_px"]) == (str(page), 800, 600)
    tops = [min(y for _, y in line["box"]) for line in found["lines"]]
    assert len(tops) >= 3
    assert tops == sorted(tops)
    assert [any(abs(top - wanted) < 24 for top in tops) for wanted in LINE_TOPS] == [True] * 3
    assert all(line["text"] and 0 < line["confidence"] <= 1 for line in found["lines"])


def test_without_json_each_page_has_a_heading_and_each_line_its_confidence(
    hunmin: Hunmin, model: TinyModel, page: Path
) -> None:
    found = json.loads(hunmin("read", page, "--model", model.onnx, "--json", "--threads", 1).out)
    done = hunmin("read", page, "--model", model.onnx, "--threads", 1)
    heading, *rows = done.out.splitlines()
    assert heading == f"# {page}: {len(rows)} lines"
    assert rows == [f"{line['confidence']:.2f}  {line['text']}" for line in found["lines"]]


def test_characters_stand_in_the_printed_json_and_nowhere_else(
    hunmin: Hunmin, model: TinyModel, page: Path, tmp_path: Path
) -> None:
    (row,) = hunmin("read", page, "--model", model.onnx, "--characters", "--threads", 1).out.splitlines()
    for line in json.loads(row)["lines"]:
        assert "".join(character["text"] for character in line["characters"]) == line["text"]
    refused = hunmin("read", page, "--characters", "-o", tmp_path / "out.json")
    assert (refused.code, refused.out) == (2, "")
    assert "--characters: is for printed JSON; leave out --format and -o, or give --format json" in refused.err
    refused = hunmin("read", page, "--json", "--format", "text")
    assert (refused.code, refused.out) == (2, "")
    assert "--json: is for printed JSON" in refused.err


def test_the_overlay_is_a_picture_named_after_its_page(
    hunmin: Hunmin, model: TinyModel, page: Path, tmp_path: Path
) -> None:
    done = hunmin("read", page, "--model", model.onnx, "--overlay", tmp_path / "a" / "b", "--threads", 1)
    assert done.code == 0
    assert [file.name for file in (tmp_path / "a" / "b").iterdir()] == ["page.overlay.png"]
    with Image.open(tmp_path / "a" / "b" / "page.overlay.png") as drawn:
        assert drawn.width * drawn.height >= 2 * 800 * 600  # the page, and beside it what was read


def test_an_overlay_beside_its_page_leaves_the_page_alone(
    hunmin: Hunmin, model: TinyModel, page: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "page.png"
    mine.write_bytes(page.read_bytes())
    assert hunmin("read", mine, "--model", model.onnx, "--overlay", tmp_path, "--threads", 1).code == 0
    assert mine.read_bytes() == page.read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["page.overlay.png", "page.png"]


def test_pages_of_one_name_have_overlays_of_their_own(
    hunmin: Hunmin, model: TinyModel, page: Path, tmp_path: Path
) -> None:
    (tmp_path / "in" / "below").mkdir(parents=True)
    for copy in (tmp_path / "in" / "page.png", tmp_path / "in" / "below" / "page.png"):
        copy.write_bytes(page.read_bytes())
    done = hunmin("read", page, tmp_path / "in", "--model", model.onnx, "--overlay", tmp_path / "drawn", "--threads", 1)
    assert done.code == 0
    drawn = sorted(str(file.relative_to(tmp_path / "drawn")) for file in (tmp_path / "drawn").rglob("*.png"))
    assert drawn == ["below/page.overlay.png", "page.2.overlay.png", "page.overlay.png"]


def test_a_file_that_is_no_page_is_told_and_the_others_are_read(
    hunmin: Hunmin, model: TinyModel, page: Path, tmp_path: Path
) -> None:
    (tmp_path / "\x1b[2J.png").write_text("no picture")
    done = hunmin("read", tmp_path, page, "--model", model.onnx, "--threads", 1)
    assert done.code == 2
    assert done.out.startswith(f"# {page}: ")
    assert done.err.splitlines()[1:] == ["hunmin: 1 read, 1 not"]
    assert "\\x1b[2J.png: not a PNG" in done.err


def test_a_document_is_written_in_the_format_that_the_name_ends_in(
    hunmin: Hunmin, model: TinyModel, page: Path, tmp_path: Path
) -> None:
    target = tmp_path / "page.searchable.pdf"
    done = hunmin("read", page, "-o", target, "--model", model.onnx, "--threads", 1)
    assert (done.code, done.out, done.err) == (0, f"{target}\n", "")
    assert target.read_bytes().startswith(b"%PDF-")


def test_several_formats_go_into_a_folder_each_with_its_ending(
    hunmin: Hunmin, model: TinyModel, page: Path, tmp_path: Path
) -> None:
    done = hunmin(
        "read", page, "-o", tmp_path / "out", "--format", "text, json,hocr", "--model", model.onnx, "--threads", 1
    )
    assert done.code == 0
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["page.hocr", "page.json", "page.txt"]
    lines = json.loads((tmp_path / "out" / "page.json").read_text("utf-8"))["pages"][0]["lines"]
    assert [line["text"] for line in lines if line["text"]] == (tmp_path / "out" / "page.txt").read_text(
        "utf-8"
    ).splitlines()


def test_one_text_format_can_be_printed(hunmin: Hunmin, model: TinyModel, page: Path) -> None:
    done = hunmin("read", page, "--format", "json", "--model", model.onnx, "--threads", 1)
    assert json.loads(done.out)["format"] == "hunmin-document"


def test_the_pages_of_a_document_are_chosen_and_each_has_a_heading(
    hunmin: Hunmin, model: TinyModel, page: Path, tmp_path: Path
) -> None:
    with Image.open(page) as sheet:
        sheet.save(tmp_path / "a.tif", save_all=True, append_images=[sheet.copy(), sheet.copy()])
    done = hunmin("read", tmp_path / "a.tif", "--pages", "2-", "--model", model.onnx, "--threads", 1)
    headings = [line for line in done.out.splitlines() if line.startswith("# ")]
    assert [heading.rpartition(":")[0] for heading in headings] == [
        f"# {tmp_path}/a.tif, page {number}" for number in (2, 3)
    ]


def test_a_page_that_cannot_be_read_is_named_and_counted_and_the_others_are_read(
    hunmin: Hunmin, model: TinyModel, tmp_path: Path
) -> None:
    path = damaged_tiff(tmp_path / "a.tif")
    done = hunmin("read", path, "--json", "--model", model.onnx, "--threads", 1)
    assert done.code == 2
    rows = [json.loads(row) for row in done.out.splitlines()]
    assert [row["number"] for row in rows] == [1, 2, 3]
    assert [row.get("error", {}).get("code") for row in rows] == [None, "unreadable", None]
    named, counted = done.err.splitlines()
    assert named.startswith(f"hunmin: {path}, page 2: damaged")
    assert counted == "hunmin: 1 read but for 1 page, 0 not"
    written = hunmin("read", path, "-o", tmp_path / "a.searchable.pdf", "--model", model.onnx, "--threads", 1)
    assert (written.code, written.err) == (2, done.err)
    with pikepdf.open(tmp_path / "a.searchable.pdf") as pdf:
        assert len(pdf.pages) == 3


def test_every_page_of_a_document_has_an_overlay_of_its_own(
    hunmin: Hunmin, model: TinyModel, page: Path, tmp_path: Path
) -> None:
    with Image.open(page) as sheet:
        sheet.save(tmp_path / "a.tif", save_all=True, append_images=[sheet.copy()])
        sheet.save(tmp_path / "b.pdf", resolution=200)
    paths = [tmp_path / name for name in ("a.tif", "b.pdf")]
    drawn = tmp_path / "drawn"
    read = ("--overlay", drawn, "--model", model.onnx, "--threads", 1)
    assert hunmin("read", *paths, "--format", "text", "-o", tmp_path / "out", *read).code == 0
    names = ["a.0001", "a.0002", "b"]
    assert sorted(file.name for file in drawn.iterdir()) == [f"{name}.overlay.png" for name in names]
    for file in drawn.iterdir():
        with Image.open(file) as picture:
            assert picture.width * picture.height >= 2 * 800 * 600


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--format", "docx"], "there is no format 'docx'"),
        (["--format", "text,json"], "name a folder for them with -o"),
        (["--format", "pdf"], "name a folder for them with -o"),
        (["-o", "out.docx"], "no format has this ending"),
        (["-o", "nope"], "give a name that ends in one of .txt, "),
        (["-o", "nope"], ".pdf; or, with --format, that of a folder for the files"),
        (["--pages", "2"], "has no page 2"),
        (["--dpi", "5"], "dpi=5"),
        (["--password", "x"], "is no PDF"),
    ],
)
def test_what_cannot_be_written_is_told_in_one_line(
    hunmin: Hunmin, model: TinyModel, page: Path, arguments: list[str], told: str
) -> None:
    done = hunmin("read", page, *arguments, "--model", model.onnx)
    assert done.code == 2
    assert told in done.err
    assert done.err.count("\n") == 1


def test_two_documents_never_share_a_file(hunmin: Hunmin, model: TinyModel, page: Path, tmp_path: Path) -> None:
    (tmp_path / "page.png").write_bytes(page.read_bytes())
    one = hunmin("read", page, tmp_path / "page.png", "-o", tmp_path / "a.txt", "--model", model.onnx)
    assert "is one file for 2 documents" in one.err
    many = hunmin(
        "read", page, tmp_path / "page.png", "--format", "text", "-o", tmp_path / "out", "--model", model.onnx
    )
    assert "2 documents are called page" in many.err
    assert not (tmp_path / "out").exists()


def test_a_document_that_what_was_asked_for_does_not_suit_does_not_end_the_others(
    hunmin: Hunmin, model: TinyModel, page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Image.open(page) as sheet:
        sheet.save(tmp_path / "a.tif", save_all=True, append_images=[sheet.copy()])
    options = ("--model", model.onnx, "--threads", 1)
    done = hunmin("read", page, tmp_path / "a.tif", "--pages", "2", "--password", "암호", *options)
    assert (done.code, done.out.startswith(f"# {tmp_path / 'a.tif'}, page 2")) == (2, True)
    assert f"{page}: has no page 2" in done.err
    monkeypatch.setenv("HUNMIN_PDF_PASSWORD", "암호")
    assert hunmin("read", page, *options).code == 0


def test_a_page_whose_overlay_cannot_be_drawn_is_written_all_the_same(
    hunmin: Hunmin, model: TinyModel, page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(page: DocumentPage) -> None:
        raise ImageError("too_slow", "page.png: takes too long")

    monkeypatch.setattr(DocumentPage, "picture", refuse)
    read = ("read", page, "--overlay", tmp_path / "drawn", "--model", model.onnx, "--threads", 1)
    done = hunmin(*read, "-o", tmp_path / "page.txt")
    assert (done.code, done.err) == (0, "hunmin: page.png: takes too long\n")
    assert (tmp_path / "page.txt").exists()
