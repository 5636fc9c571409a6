"""What people give the commands in their first hours, and what they see of it."""

import io
import json
import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

import hunmin as package
from hunmin.bulk.walk import natural_order
from hunmin.cli.images import find_images, overlay_names
from hunmin.cli.models import model_file
from hunmin.drawing import draw_text
from tests.cli.conftest import Hunmin

TEXT = "합계 4,500원"


def line() -> Image.Image:
    picture = Image.new("RGB", (260, 60), "white")
    draw_text(ImageDraw.Draw(picture), (20, 30), TEXT, 32, (0, 0, 0))
    return picture


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """A folder as people have them: a line in a folder below, and much that is no image."""
    folder = tmp_path / "scans"
    (folder / "2024" / "seoul").mkdir(parents=True)
    line().save(folder / "2024" / "seoul" / "1.png")
    for name, content in {
        "contract.pdf": b"%PDF-1.7",
        "notes.hwp": b"\xd0\xcf\x11\xe0",
        "labels.tsv": b"1.png\t\n",
        "README": b"text",
        ".DS_Store": b"\0",
        "._1.png": b"\0\5\x16\7",
        "zero.png": b"",
    }.items():
        (folder / name).write_bytes(content)
    return folder


def rows(out: str) -> list[tuple[str, str]]:
    return [(row.split("\t")[0], row.split("\t")[1]) for row in out.splitlines()]


def test_what_is_left_out_is_named_and_counted_and_the_exit_code_says_so(hunmin: Hunmin, scans: Path) -> None:
    done = hunmin("recognize", scans)
    assert done.code == 2
    assert rows(done.out) == [(str(scans / "2024" / "seoul" / "1.png"), TEXT)]
    told = done.err.splitlines()
    assert (
        f"hunmin: {scans / 'contract.pdf'}: skipped, .pdf files are not read; make an image of each page: pdftoppm"
        in told[0]
    )
    assert f"hunmin: {scans / 'notes.hwp'}: skipped, .hwp files are not read; save it as PDF first" == told[1]
    assert told[2] == "hunmin: passed over, being no images: hidden files 2, files without an ending 1, .tsv 1" or (
        set(told[2].removeprefix("hunmin: passed over, being no images: ").split(", "))
        == {"hidden files 2", "files without an ending 1", ".tsv 1"}
    )
    assert told[3] == f"hunmin: {scans / 'zero.png'}: the file is empty"
    assert told[4] == "hunmin: 1 read, 3 not"


def test_files_that_nobody_would_take_for_pages_are_no_failure_and_quiet_passes_over_them(
    hunmin: Hunmin, scans: Path
) -> None:
    for name in ("contract.pdf", "notes.hwp", "zero.png"):
        (scans / name).unlink()
    done = hunmin("recognize", scans, "--quiet")
    assert (done.code, done.err) == (0, "")
    assert "passed over" in hunmin("recognize", scans).err


def test_a_missing_file_stops_no_other(hunmin: Hunmin, scans: Path) -> None:
    done = hunmin("recognize", scans / "nowhere.png", scans / "2024", "no/folder")
    assert (done.code, len(rows(done.out))) == (2, 1)
    assert done.err.splitlines() == [
        f"hunmin: {scans / 'nowhere.png'}: no such file or folder",
        "hunmin: no/folder: no such file or folder",
        "hunmin: 1 read, 2 not",
    ]


def test_an_address_gets_the_way_to_fetch_it(hunmin: Hunmin) -> None:
    done = hunmin("read", "https://example.com/a.png")
    assert (done.code, done.out) == (2, "")
    way_out = "download it first: curl -L -O https://example.com/a.png"
    assert done.err == f"hunmin: https://example.com/a.png: addresses are not fetched; {way_out}\n"


@pytest.mark.parametrize("command", ["recognize", "read"])
def test_a_dash_reads_standard_input(command: str, hunmin: Hunmin, monkeypatch: pytest.MonkeyPatch) -> None:
    content = io.BytesIO()
    line().save(content, "PNG")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.getvalue())))
    done = hunmin(command, "-", "--json")
    found = json.loads(done.out)
    assert found["path"] == "-"
    assert (found["text"] if command == "recognize" else found["lines"][0]["text"]) == TEXT


def test_images_are_known_by_their_content_and_pages_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for name in ("page10.png", "page9.png", "page2.JPG", "scan", "x.jfif"):
        line().save(tmp_path / name, "PNG" if name != "x.jfif" else "JPEG")
    (tmp_path / "BMW.txt").write_text("BMW and others, a text", encoding="utf-8")
    found = find_images([tmp_path])
    assert found.passed_over == {".txt": 1}
    assert [image.path.name for image in found.images] == ["page2.JPG", "page9.png", "page10.png", "scan", "x.jfif"]
    assert sorted(["b1", "a10", "a9", "10", "9"], key=natural_order) == ["9", "10", "a9", "a10", "b1"]


def test_links_that_lead_back_or_nowhere_are_told(tmp_path: Path) -> None:
    line().save(tmp_path / "1.png")
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "gone.png").symlink_to(tmp_path / "nothing.png")
    (tmp_path / "same.png").symlink_to(tmp_path / "1.png")
    found = find_images([tmp_path])
    assert [image.path.name for image in found.images] == ["1.png", "same.png"]
    assert found.problems == [
        f"{tmp_path / 'again'}: a link to a folder, which is not followed inside a folder; give the link itself",
        f"{tmp_path / 'gone.png'}: a link to nowhere",
    ]
    assert [image.path.name for image in find_images([tmp_path / "again"]).images] == ["1.png", "same.png"]


def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert find_images([tmp_path]).problems == [
        f"{tmp_path}: has no images in it, only pipes and devices 1; give another folder"
    ]


def test_overlays_of_an_earlier_run_are_no_pages_and_no_two_share_a_name(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("page.png", "page.jpg", "PAGE.bmp", "b/page.png", "page.overlay.png"):
        line().save(tmp_path / name)
    found = find_images([tmp_path, tmp_path / "page.png"])
    assert len(found.images) == 5
    names = [str(name) for name in overlay_names(found.images)]
    assert len({name.casefold() for name in names}) == 5
    assert "b/page.overlay.png" in names


def test_what_data_export_wrote_is_read_as_a_folder(hunmin: Hunmin, tmp_path: Path) -> None:
    assert hunmin("synth", tmp_path / "store", "num=2", "workers=1", "--quiet").code == 0
    assert hunmin("data", "export", tmp_path / "store", tmp_path / "out", "--quiet").code == 0
    done = hunmin("recognize", tmp_path / "out", "--quiet")
    assert (done.code, done.out.count("\n")) == (0, 2)
    assert hunmin("evaluate", "bundled", tmp_path / "out").code == 0


def test_the_version_is_told(hunmin: Hunmin) -> None:
    assert hunmin("--version").out == f"hunmin {package.__version__}\n"


def test_a_run_that_is_not_finished_says_where_its_newest_state_is(hunmin: Hunmin, tmp_path: Path) -> None:
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    (tmp_path / "run" / "checkpoints" / "last.ckpt").write_bytes(b"")
    done = hunmin("export", tmp_path / "run", tmp_path / "out.onnx")
    newest = tmp_path / "run" / "checkpoints" / "last.ckpt"
    assert done.code == 2
    assert done.err.endswith(f"it has no model.safetensors; its newest state is {newest}\n")


def test_the_folder_of_a_run_stands_for_its_model_and_one_of_an_export_for_its_file(tmp_path: Path) -> None:
    assert model_file("bundled") == Path("bundled")
    (tmp_path / "m.onnx").write_bytes(b"")
    assert model_file(tmp_path) == tmp_path / "m.onnx"
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert model_file(tmp_path) == tmp_path / "model.safetensors"


def shown_on_a_terminal(arguments: list[str], *, encoding: str = "utf-8", out: Path | None = None) -> str:
    """What a terminal of a code page shows of a command, whose output may go into a file."""
    ours, theirs = pty.openpty()
    code = f"import sys; sys.argv = ['hunmin', *{arguments!r}]; from hunmin.cli.app import main; main()"
    environment = os.environ | {"PYTHONIOENCODING": encoding, "COLUMNS": "200", "TERM": "xterm"}
    with out.open("wb") if out else os.fdopen(os.dup(theirs), "wb") as target:
        process = subprocess.Popen([sys.executable, "-c", code], stdout=target, stderr=theirs, env=environment)
    # Reading ends when nobody has the other end open any more.
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # Linux's way to say so
        while part := os.read(ours, 1 << 16):
            shown += part
    process.wait()
    os.close(ours)
    return shown.decode("latin-1" if encoding != "utf-8" else "utf-8", "replace")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_of_another_code_page_shows_escapes_and_no_traceback(encoding: str, tmp_path: Path) -> None:
    shown = shown_on_a_terminal(["recognize", str(tmp_path / "없는 파일.png")], encoding=encoding)
    assert "Traceback" not in shown
    assert r"\uc5c6\ub294" in shown


def test_progress_shows_on_the_terminal_while_the_output_goes_into_a_file_unless_it_is_to_be_quiet(
    tmp_path: Path,
) -> None:
    line().save(tmp_path / "1.png")
    out = tmp_path / "out.tsv"
    shown = shown_on_a_terminal(["recognize", str(tmp_path / "1.png")], out=out)
    assert "reading" in shown
    assert rows(out.read_text("utf-8")) == [(str(tmp_path / "1.png"), TEXT)]
    assert shown_on_a_terminal(["recognize", str(tmp_path / "1.png"), "--quiet"], out=out) == ""


def test_json_is_asked_for_with_the_same_word_everywhere(hunmin: Hunmin, tmp_path: Path) -> None:
    line().save(tmp_path / "1.png")
    (tmp_path / "labels.tsv").write_text(f"1.png\t{TEXT}\n", encoding="utf-8")
    crop = tmp_path / "1.png"
    for arguments in (
        ("read", crop, "--json"),
        ("recognize", crop, "--json"),
        ("recognize", crop, "--format", "json"),
        ("evaluate", "bundled", tmp_path, "--json", "-"),
        ("info", "--json"),
    ):
        done = hunmin(*arguments)
        assert done.code == 0
        assert isinstance(json.loads(done.out), dict)


def test_a_pdf_in_a_folder_is_a_page_to_read_and_no_crop(tmp_path: Path) -> None:
    (tmp_path / "contract.pdf").write_bytes(b"%PDF-1.7")
    assert [named.path.name for named in find_images([tmp_path], documents=True).images] == ["contract.pdf"]
    assert find_images([tmp_path]).images == []
