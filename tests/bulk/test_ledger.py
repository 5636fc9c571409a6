import json
import sqlite3
from pathlib import Path

import pytest

from hunmin.bulk.ledger import DATABASE, Failure, Ledger, Part
from hunmin.bulk.shards import shard_format
from hunmin.errors import InputError

SETTINGS = {"model": "a", "dpi": "200"}


def ledger(out: Path, rows_per_shard: int = 3, settings: dict[str, str] = SETTINGS) -> Ledger:
    return Ledger(out, settings, shard_format("jsonl"), rows_per_shard)


def add(to: Ledger, path: str, first: int, last: int, num_pages: int) -> None:
    for number in range(first, last + 1):
        to.add(Part(path, first, last), number, num_pages, {"path": path, "number": number})


def rows(out: Path) -> list[tuple[str, int]]:
    found = [
        json.loads(line) for path in sorted((out / "pages").iterdir()) for line in path.read_text("utf-8").splitlines()
    ]
    return [(row["path"], row["number"]) for row in found]


def test_of_a_file_the_pages_that_are_missing_come_in_parts(tmp_path: Path) -> None:
    held = ledger(tmp_path / "out")
    assert held.missing("a.pdf", 50) == [Part("a.pdf", 1, 50)]
    add(held, "a.pdf", 1, 3, 120)
    add(held, "a.pdf", 51, 52, 120)
    assert held.missing("a.pdf", 50) == [
        Part("a.pdf", 4, 50, 120),
        Part("a.pdf", 53, 102, 120),
        Part("a.pdf", 103, 120, 120),
    ]
    add(held, "b.png", 1, 1, 1)
    held.fail(Part("c.png", 1, 50), 0, Failure("unreadable", "c.png: damaged"))
    held.fail(Part("a.pdf", 4, 50, 120), 120, Failure("not_found", "a.pdf: gone"), 4)
    assert held.missing("b.png", 50) == held.missing("c.png", 50) == []
    assert [part.first for part in held.missing("a.pdf", 50)] == [53, 103]
    assert (held.counts.num_files, held.counts.num_rows, held.counts.num_failures) == (3, 8, 2)
    held.close()
    again = ledger(tmp_path / "out")
    assert (again.counts.num_files, again.counts.num_rows, again.counts.num_failures) == (3, 8, 2)
    again.close()


def test_rows_that_were_waiting_when_the_process_died_come_in_the_next_shard(tmp_path: Path) -> None:
    held = ledger(tmp_path / "out")
    add(held, "a.pdf", 1, 4, 9)
    held.close()
    # Killed after the second shard was written, and before it was noted.
    (tmp_path / "out" / "pages" / "000002.jsonl").write_text('{"path": "a.pdf", "number": 4}\n', "utf-8")
    (tmp_path / "out" / "pages" / "000003.jsonl.partial-0123abcd").touch()
    again = ledger(tmp_path / "out")
    assert rows(tmp_path / "out") == [("a.pdf", 1), ("a.pdf", 2), ("a.pdf", 3)]
    add(again, "a.pdf", 5, 5, 9)
    again.write_shard()
    again.write_shard()
    again.close()
    assert rows(tmp_path / "out") == [("a.pdf", number) for number in range(1, 6)]
    assert len(list((tmp_path / "out" / "pages").iterdir())) == 2


def test_two_processes_never_hold_one_folder(tmp_path: Path) -> None:
    held = ledger(tmp_path / "out")
    with pytest.raises(InputError, match="another process reads into this folder"):
        ledger(tmp_path / "out")
    held.close()
    ledger(tmp_path / "out").close()


def test_another_setting_is_refused_with_the_way_out(tmp_path: Path) -> None:
    ledger(tmp_path / "out").close()
    with pytest.raises(InputError, match=r"begun with dpi=200, now it is 300\. Give the same to go on, or another"):
        ledger(tmp_path / "out", settings={**SETTINGS, "dpi": "300"})


def test_a_folder_of_somebody_else_a_damaged_one_and_one_without_a_shard_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    with pytest.raises(InputError, match=r"holds 'thesis\.tex' and was not begun by hunmin"):
        ledger(tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.tex"]
    held = ledger(tmp_path / "out")
    add(held, "a.pdf", 1, 3, 9)
    held.close()
    (tmp_path / "out" / "pages" / "000001.jsonl").rename(tmp_path / "away.jsonl")
    with pytest.raises(InputError, match=r"000001\.jsonl: is gone; put it back"):
        ledger(tmp_path / "out")
    (tmp_path / "out" / DATABASE).write_bytes(b"no database" * 1000)
    with pytest.raises(InputError, match=r"ledger\.sqlite: is damaged"):
        ledger(tmp_path / "out")


def test_a_full_database_is_named_with_the_bytes_that_are_free(tmp_path: Path) -> None:
    held = ledger(tmp_path / "out", rows_per_shard=1000)
    held._database.execute(f"PRAGMA max_page_count = {held._one('PRAGMA page_count') + 2}")
    with pytest.raises(InputError, match=r"ledger\.sqlite: cannot be written \(database or disk is full, [\d,]+ bytes"):
        add(held, "a" * 500, 1, 1000, 1000)
    held.close()


def test_the_summary_names_what_failed_by_reason(tmp_path: Path) -> None:
    out = tmp_path / "out"
    held = ledger(out)
    for number in range(7):
        held.fail(Part(f"{number}\udcff.png", 1, 50), 0, Failure("unreadable", f"{number}: damaged"))
    held.add(Part("a.pdf", 1, 50), 1, 2, {"path": "a.pdf", "number": 1}, Failure("too_slow", "a.pdf, page 1: slow"))
    held.write_shard()
    assert held.write_summary({".txt": 3}, is_finished=True) == {"unreadable": 7, "too_slow": 1}
    held.close()
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    assert summary["failures"]["unreadable"]["count"] == 7
    assert len(summary["failures"]["unreadable"]["examples"]) == 5
    assert summary["failures"]["too_slow"]["examples"] == ["a.pdf, page 1"]
    assert (summary["passed_over"], summary["settings"]) == ({".txt": 3}, SETTINGS)
    failures = [json.loads(line) for line in (out / "failures.jsonl").read_text("utf-8").splitlines()]
    assert [failure["code"] for failure in failures].count("unreadable") == 7
    assert failures[0]["path"] == "0\\udcff.png"


def test_the_database_grows_by_a_path_a_file(tmp_path: Path) -> None:
    held = ledger(tmp_path / "out", rows_per_shard=100)
    for number in range(600):
        held.add(Part(f"{number:08d}.png", 1, 50), 1, 1, {"text": "x" * 2000})
    held.write_shard()
    held.close()
    with sqlite3.connect(tmp_path / "out" / DATABASE) as database:
        ((waiting,),) = database.execute("SELECT count(*) FROM waiting")
    assert waiting == 0
    assert (tmp_path / "out" / DATABASE).stat().st_size < 600 * 50 + 500_000
