"""`hunmin read FOLDER -o OUT`."""

import json
from pathlib import Path

import pytest

from hunmin.cli.folder import duration
from tests.bulk.folders import coloured, pages_of, rows
from tests.cli.conftest import Hunmin
from tests.cli.tiny_model import TinyModel
from tests.documents.paper import damaged_tiff


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in" / "2024").mkdir(parents=True)
    coloured().save(tmp_path / "in" / "2024" / "1.png")
    damaged_tiff(tmp_path / "in" / "long.tif")
    (tmp_path / "in" / "notes.hwp").touch()
    (tmp_path / "in" / "list.tsv").touch()
    return tmp_path / "in"


def test_a_folder_becomes_shards_and_failures_are_counted_by_reason(
    hunmin: Hunmin, model: TinyModel, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    read = ("read", folder, "-o", out, "--model", model.onnx, "--threads", 1)
    done = hunmin(*read)
    assert done.code == 2
    assert done.err == "hunmin: passed over, being no images: .tsv 1\n"
    head, *reasons, last = done.out.splitlines()
    assert (head, last) == (
        f"{out}: 3 files, 3 pages read, 2 pages or files not read",
        f"what was not read: {out / 'failures.jsonl'}",
    )
    assert sorted(reason.split()[0] for reason in reasons) == ["skipped", "unreadable"]
    names = [("2024/1.png", 1), ("long.tif", 1), ("long.tif", 2), ("long.tif", 3), ("notes.hwp", None)]
    assert pages_of(out) == dict.fromkeys(names, 1)
    failed = {row["path"]: row["error"] for row in rows(out) if "error" in row}
    assert set(failed) == {"long.tif", "notes.hwp"}
    settings = json.loads((out / "summary.json").read_text("utf-8"))["settings"]
    assert (settings["folder"], settings["dpi"]) == (str(folder), "200")

    again = hunmin(*read)
    assert (again.code, again.out) == (2, done.out)
    changed = hunmin(*read, "--dpi", 300)
    assert changed.code == 2
    assert changed.err == (
        f"hunmin: {out}: begun with dpi=200, now it is 300. Give the same to go on, or another folder to begin anew.\n"
    )


def test_parquet_is_written_where_it_is_asked_for(
    hunmin: Hunmin, model: TinyModel, folder: Path, tmp_path: Path
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    (folder / "long.tif").unlink()
    (folder / "notes.hwp").unlink()
    done = hunmin(
        "read", folder, "-o", tmp_path / "a.b", "--format", "parquet", "--model", model.onnx, "--threads", 1, "-q"
    )
    assert (done.code, done.out) == (0, f"{tmp_path / 'a.b'}: 1 file, 1 page read\n")
    assert parquet.read_table(tmp_path / "a.b" / "pages")["path"].to_pylist() == ["2024/1.png"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-o", "out", "--overlay", "drawn"], "--overlay: is not for a folder that is read into shards"),
        (["-o", "out", "--pages", "1"], "--pages: is not for a folder"),
        (["-o", "out", "--json"], "--json: is not for a folder"),
        (["--format", "jsonl"], "--format jsonl: goes into files; name a folder for them with -o"),
        (["more.png", "-o", "out", "--format", "parquet"], "--format parquet: is for one folder"),
        (["--format", "docx", "-o", "out"], "and for a folder jsonl and parquet"),
        (["--format", "json,jsonl", "-o", "out"], "jsonl and parquet stand alone, for one folder with -o"),
        (["-o", "out", "--model", "none.onnx"], "none.onnx: cannot be read (No such file or directory)"),
    ],
)
def test_what_makes_no_sense_for_a_folder_is_told_in_one_line(
    hunmin: Hunmin, folder: Path, arguments: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    done = hunmin("read", folder, *arguments)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert done.err.count("\n") == 1
    assert not (folder.parent / "out").exists()


def test_time_that_is_left_is_told_in_the_two_largest_units() -> None:
    assert [duration(seconds) for seconds in (20, 600, 5400, 200_000)] == ["0 min", "10 min", "1 h 30 min", "2 d 7 h"]
