import errno
import os
from itertools import islice
from pathlib import Path

import pytest

from hunmin.bulk.walk import walk


def names(folder: Path, **options: object) -> list[str]:
    found = walk(folder, documents=True, **options)  # type: ignore[arg-type]
    return [str(entry.path.relative_to(folder)) for entry in found if not (entry.problem or entry.passed_over)]


def test_files_come_before_the_folders_beside_them_and_numbers_count_as_numbers(tmp_path: Path) -> None:
    wanted = ["9.png", "10.png", "a/1.pdf", "a/b/2.png", "b/1.png"]
    for name in wanted:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert names(tmp_path, in_order=True) == wanted
    assert sorted(names(tmp_path)) == sorted(wanted)


def test_a_file_is_found_when_it_is_asked_for(tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / f"{number}.png").touch()
    found = walk(tmp_path, documents=True)
    first = [entry.path for entry in islice(found, 1)]
    for path in tmp_path.iterdir():
        if path not in first:
            path.unlink()
    # The system hands out names by the block, so some that are gone may still come.
    assert len(list(found)) < 100


def test_folders_that_are_left_out_hidden_or_closed_are_not_looked_into(tmp_path: Path) -> None:
    for name in ("out", ".git", "in"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.png").touch()
    assert names(tmp_path, left_out=tmp_path / "out") == ["in/1.png"]
    assert names(tmp_path, left_out=Path(os.path.relpath(tmp_path / "out"))) == ["in/1.png"]


def test_a_folder_that_cannot_be_listed_is_told_and_the_others_are_walked(tmp_path: Path) -> None:
    gone = tmp_path / "a"
    gone.mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "1.png").touch()
    found = walk(tmp_path, documents=True, in_order=True)
    (tmp_path / "0.png").touch()
    entries = []
    for entry in found:
        entries.append(entry)
        if entry.path.name == "0.png":
            gone.rmdir()
    assert [(entry.path.name, entry.problem and entry.problem.code) for entry in entries] == [
        ("0.png", None),
        ("a", "not_found"),
        ("1.png", None),
    ]
    assert [str(entry.problem) for entry in walk(gone, documents=True)] == [f"{gone}: no such file or folder"]


@pytest.mark.parametrize("in_order", [False, True])
def test_a_walk_that_is_given_up_leaves_nothing_open(tmp_path: Path, in_order: bool) -> None:
    (tmp_path / "a").mkdir()
    for number in range(3):
        (tmp_path / "a" / f"{number}.png").touch()
    before = len(list(Path("/proc/self/fd").iterdir()))
    found = walk(tmp_path, documents=True, in_order=in_order)
    next(found)
    found.close()  # type: ignore[attr-defined]
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_pages_without_an_ending_are_known_by_their_first_bytes(tmp_path: Path) -> None:
    heads = {
        "png": b"\x89PNG\r\n\x1a\n",
        "avif": b"\0\0\0\x20ftypavif",
        "heic": b"\0\0\0\x18ftypheic",
        "pdf": b"%PDF-1.7",
        "mp4": b"\0\0\0\x18ftypisom",
        "text": b"page one",
    }
    for name, head in heads.items():
        (tmp_path / name).write_bytes(head + bytes(20))
    assert sorted(names(tmp_path)) == ["avif", "heic", "pdf", "png"]
    others = {entry.path.name: entry.passed_over for entry in walk(tmp_path, documents=False) if entry.passed_over}
    assert others == dict.fromkeys(("mp4", "pdf", "text"), "files without an ending")


def test_files_of_a_folder_that_can_be_listed_but_not_entered_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "1.png").touch()

    def refuse(path: Path, **options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat", refuse)
    (entry,) = walk(tmp_path, documents=True)
    assert entry.problem
    assert entry.problem.code == "no_permission"
