import threading
from collections import Counter
from pathlib import Path

import pytest

from hunmin.bulk.ledger import Failure, Ledger, Part
from hunmin.bulk.read_folder import PAGES_PER_PART, _Work, count_files, read_folder
from hunmin.bulk.reading import Lost, Opened, PageDone, ReadOptions
from hunmin.bulk.shards import shard_format
from hunmin.bulk.workers import CRASHED
from hunmin.documents.reader import Reader
from hunmin.errors import InputError
from tests.bulk.folders import (
    CRASHES,
    HANGS,
    IS_DEFECT,
    coloured,
    pages_and_others,
    pages_of,
    reader_that_some_pages_end,
    rows,
    run_of,
)
from tests.documents.paper import PLACES, scan_pdf, scan_tiff


def no_reader() -> Reader:
    raise InputError("m.onnx: no such model file")


def reader_that_cannot_start() -> Reader:
    raise SystemExit(7)


def test_every_page_of_a_folder_has_a_row_and_what_comes_later_is_read_by_the_next_run(tmp_path: Path) -> None:
    expected = pages_and_others(tmp_path / "in", 40, num_corrupt=2)
    run = run_of(tmp_path / "in", tmp_path / "in" / "out")
    done = read_folder(run)
    assert pages_of(run.out) == expected
    assert (done.is_finished, done.failures, done.passed_over) == (True, {"unknown_format": 2}, {".txt": 1})
    assert (done.counts.num_files, done.counts.num_rows) == (42, 163) == (count_files(run), expected.total())
    whole = next(row for row in rows(run.out) if row["path"] == "long.tif")
    failed = next(row for row in rows(run.out) if row["number"] is None)
    assert (whole["text"], whole["num_pages"]) == ("\n".join(PLACES), 120)
    assert failed["error"]["code"] == "unknown_format"  # type: ignore[index]
    assert str(tmp_path / "in" / str(failed["path"])) in failed["error"]["message"]  # type: ignore[index]
    shards = {path: path.read_bytes() for path in (run.out / "pages").iterdir()}
    assert len(shards) == 4

    assert read_folder(run_of(tmp_path / "in", run.out, make_reader=no_reader)).counts == done.counts
    coloured().save(tmp_path / "in" / "new.png")
    assert read_folder(run).counts.num_rows == 164
    assert pages_of(run.out) == expected + Counter({("new.png", 1): 1})
    assert {path: path.read_bytes() for path in shards} == shards


def test_a_folder_with_nothing_to_read_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "below").mkdir(parents=True)
    (folder / "notes.txt").touch()
    for out in (tmp_path / "out", folder / "out"):
        with pytest.raises(InputError, match=r"in: has no images in it, only \.txt 1; give another folder"):
            read_folder(run_of(folder, out, make_reader=no_reader))
        assert not out.exists()

    coloured().save(folder / "page.png")
    run = run_of(folder, tmp_path / "out", num_workers=1)
    first = read_folder(run)
    (folder / "page.png").unlink()
    assert read_folder(run).counts == first.counts, "what was read stays, whatever has become of the folder"


def test_pages_that_end_or_hold_up_a_process_are_named_and_the_others_are_read(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, colour in {"crashes": CRASHES, "defect": IS_DEFECT, "fine": None}.items():
        coloured(colour).save(folder / f"{name}.png")
    pages = [coloured(), coloured(HANGS), coloured(), coloured(CRASHES), coloured()]
    pages[0].save(folder / "long.tif", save_all=True, append_images=pages[1:])
    run = run_of(folder, tmp_path / "out", make_reader=reader_that_some_pages_end, page_timeout_s=8)
    done = read_folder(run)
    errors = {(row["path"], row["number"]): row.get("error", {}) for row in rows(run.out)}
    assert len(errors) == len(rows(run.out)) == 8
    codes = {key: error["code"] for key, error in errors.items() if error}  # type: ignore[index]
    assert codes == {
        ("crashes.png", 1): "crashed",
        ("defect.png", 1): "crashed",
        ("long.tif", 2): "too_slow",
        ("long.tif", 4): "crashed",
    }
    assert done.failures == {"crashed": 3, "too_slow": 1}
    message = errors["crashes.png", 1]["message"]  # type: ignore[index]
    assert message == f"{folder / 'crashes.png'}, page 1: the process that read it was ended by SIGKILL"
    assert "takes more than 8 s" in errors["long.tif", 2]["message"]  # type: ignore[index]
    assert "AssertionError: a defect of the detector" in capfd.readouterr().err


def test_a_run_that_is_stopped_keeps_what_was_read_and_the_next_one_reads_the_rest(tmp_path: Path) -> None:
    expected = pages_and_others(tmp_path / "in", 30)
    run = run_of(tmp_path / "in", tmp_path / "out")
    stop = threading.Event()
    stopped = read_folder(
        run, is_stopped=stop.is_set, report=lambda counts: (counts.num_rows >= 60 and stop.set()) or None
    )
    assert not stopped.is_finished
    first = pages_of(run.out)
    assert first.total() == stopped.counts.num_rows < expected.total()
    assert read_folder(run).is_finished
    assert pages_of(run.out) == expected


def test_a_model_that_cannot_be_loaded_is_told_in_one_line(tmp_path: Path) -> None:
    pages_and_others(tmp_path / "in", 1)
    with pytest.raises(InputError, match=r"^m\.onnx: no such model file$"):
        read_folder(run_of(tmp_path / "in", tmp_path / "out", make_reader=no_reader))


def test_processes_that_never_start_end_the_run(tmp_path: Path) -> None:
    pages_and_others(tmp_path / "in", 1)
    with pytest.raises(InputError, match=r"end again and again \(the process that read it ended with exit code 7\)"):
        read_folder(run_of(tmp_path / "in", tmp_path / "out", make_reader=reader_that_cannot_start))


def test_encrypted_pdfs_are_read_with_the_password_and_it_is_written_nowhere(tmp_path: Path) -> None:
    import pikepdf

    folder = tmp_path / "in"
    folder.mkdir()
    scan_pdf(folder / "secret.pdf", encryption=pikepdf.Encryption(owner="주인", user="열려라참깨", R=6))
    scan_pdf(folder / "other.pdf", encryption=pikepdf.Encryption(owner="주인", user="비밀", R=6))
    scan_tiff(folder / "a.tif", 2)
    run = run_of(folder, tmp_path / "out", options=ReadOptions(72, password="열려라참깨"), num_workers=1)
    assert read_folder(run).failures == {"encrypted": 1}
    assert pages_of(run.out) == {("secret.pdf", 1): 1, ("other.pdf", None): 1, ("a.tif", 1): 1, ("a.tif", 2): 1}
    for path in (path for path in run.out.rglob("*") if path.is_file()):
        assert "열려라참깨".encode() not in path.read_bytes()


def test_a_resolution_that_renders_nothing_is_refused_before_anything_is_noted(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    coloured().save(tmp_path / "in" / "page.png")
    with pytest.raises(InputError, match="dpi=5000: give"):
        read_folder(run_of(tmp_path / "in", tmp_path / "out", options=ReadOptions(5000)))
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_not_there_for_now_ends_the_next_run_and_not_the_work(tmp_path: Path) -> None:
    expected = pages_and_others(tmp_path / "in", 5)
    run = run_of(tmp_path / "in", tmp_path / "out")
    stop = threading.Event()
    read_folder(run, is_stopped=stop.is_set, report=lambda counts: (counts.num_rows >= 3 and stop.set()) or None)
    (tmp_path / "in").rename(tmp_path / "away")
    with pytest.raises(InputError, match="no such file or folder"):
        read_folder(run)
    (tmp_path / "away").rename(tmp_path / "in")
    assert read_folder(run).is_finished
    assert pages_of(run.out) == expected


def test_a_process_that_is_lost_behind_its_last_page_costs_nothing(tmp_path: Path) -> None:
    run = run_of(tmp_path / "in", tmp_path / "out")
    ledger = Ledger(run.out, {}, shard_format("jsonl"), 10)
    work = _Work(run, ledger, lambda: False)
    part = Part("page.png", 1, PAGES_PER_PART, 0)
    work._at[part], work._num_pages[part] = 1, 0
    work.note(part, Opened(1))
    work.note(part, PageDone(1, {"path": "page.png", "number": 1}, None))
    work.note(part, Lost(Failure(CRASHED, "the process that read it was ended by SIGKILL")))
    assert (ledger.counts.num_rows, ledger.counts.num_failures, list(work._first)) == (1, 0, [])
    ledger.close()
