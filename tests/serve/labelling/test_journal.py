"""What people say of lines is kept, one saying after the other."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hunmin.errors import InputError
from hunmin.serve.labelling.append_file import AppendFile
from hunmin.serve.labelling.cutting import LinesToLabel, NamedFile
from hunmin.serve.labelling.journal import Journal, OvertakenError
from tests.serve.running import quick_reader


def pages(folder: Path, num: int) -> list[NamedFile]:
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(num):
        Image.fromarray(rng.integers(0, 255, (30, 60, 3), dtype=np.uint8)).save(folder / f"{number}.png")
    return [NamedFile(folder / f"{number}.png", f"{number}.png") for number in range(num)]


def read(folder: Path, files: list[NamedFile], *, crops: bool = False) -> LinesToLabel:
    lines = LinesToLabel(folder)
    lines.read(files, quick_reader, crops=crops, stop=threading.Event())
    return lines


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[LinesToLabel]:
    made = read(tmp_path / "out", pages(tmp_path / "pages", 3))
    yield made
    made.close()


@pytest.fixture
def journal(lines: LinesToLabel) -> Iterator[Journal]:
    made = Journal(lines.folder, lines)
    yield made
    made.close()


def ids(lines: LinesToLabel) -> list[str]:
    return [line.id for line in lines.by_doubt()]


def test_what_is_confirmed_stands_in_the_list_with_its_crop_and_its_document(
    journal: Journal, lines: LinesToLabel
) -> None:
    first, second, third = ids(lines)
    journal.say(first, "confirmed", "  계약 \t기간은\u200b 2년 ", "민지", 0)
    journal.say(second, "skipped", "", "민지", 0)
    journal.say(third, "draft", "쓰는 중", "민지", 0)
    assert (lines.folder / "labels.tsv").read_text("utf-8") == (
        f"path\ttext\tgroup\ncrops/{first}.png\t계약 기간은 2년\t{lines[first].document}\n"
    )
    assert (lines.folder / lines[first].crop).is_file()


def test_a_line_that_is_taken_back_leaves_the_list(journal: Journal, lines: LinesToLabel) -> None:
    first = ids(lines)[0]
    journal.say(first, "confirmed", "가", "", 0)
    journal.say(first, "skipped", "", "", 1)
    assert (lines.folder / "labels.tsv").read_text("utf-8") == "path\ttext\tgroup\n"


def test_whoever_is_slower_is_told_and_counts_when_they_say_it_again(journal: Journal, lines: LinesToLabel) -> None:
    first = ids(lines)[0]
    journal.say(first, "confirmed", "나", "민지", 0)
    for state in ("confirmed", "skipped", "draft"):
        with pytest.raises(OvertakenError) as caught:
            journal.say(first, state, "다", "준호", 0)
        assert (caught.value.label.text, caught.value.label.by) == ("나", "민지")
    journal.say(first, "confirmed", "다", "준호", caught.value.label.version)
    assert journal.of(first).text == "다"


def test_drafts_do_not_stop_anybody_from_confirming(journal: Journal, lines: LinesToLabel) -> None:
    first = ids(lines)[0]
    journal.say(first, "draft", "나", "민지", 0)
    journal.say(first, "draft", "나다", "준호", 0)
    assert journal.say(first, "confirmed", "나다라", "민지", 0).version == 1


def test_many_at_once_lose_nothing(journal: Journal, lines: LinesToLabel) -> None:
    names = ids(lines)
    said: list[tuple[str, str]] = []
    lock = threading.Lock()

    def label(who: int) -> None:
        for number in range(30):
            name, text = names[number % 3], f"{who}의 {number}"
            while True:
                try:
                    journal.say(name, "confirmed", text, str(who), journal.of(name).version)
                except OvertakenError:
                    continue
                with lock:
                    said.append((name, text))
                break

    people = [threading.Thread(target=label, args=(who,)) for who in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    journal.close()
    entries = AppendFile(lines.folder / "journal.jsonl")
    assert sorted((entry["id"], entry["text"]) for entry in entries.entries) == sorted(said)
    assert [entry["sequence"] for entry in entries.entries] == list(range(1, 121))
    entries.close()


def test_everything_is_there_after_a_new_start_and_half_a_line_is_not(journal: Journal, lines: LinesToLabel) -> None:
    first, second, _ = ids(lines)
    journal.say(first, "confirmed", "가나", "민지", 0)
    journal.say(second, "draft", "쓰다 만", "민지", 0)
    journal.close()
    path = lines.folder / "journal.jsonl"
    path.write_bytes(path.read_bytes() + b'{"id": "00000-000", "state": "confirmed", "te')
    (lines.folder / "labels.tsv").unlink()  # as a kill between the two leaves it
    again = Journal(lines.folder, lines)
    assert (again.of(first).text, again.of(second).state, again.sequence) == ("가나", "draft", 2)
    assert "가나" in (lines.folder / "labels.tsv").read_text("utf-8")
    again.say(second, "confirmed", "다 쓴", "민지", 0)
    assert path.read_text("utf-8").count("\n") == 3
    again.close()


@pytest.mark.parametrize(
    "damage",
    ["nonsense\n", "[]\n", '{"id": 3}\n', '{"id": "a", "state": "gone", "text": "", "by": "", "version": 0}\n'],
)
def test_a_damaged_line_is_named(journal: Journal, lines: LinesToLabel, damage: str) -> None:
    journal.close()
    (lines.folder / "journal.jsonl").write_text(damage)
    with pytest.raises(InputError, match=r"journal\.jsonl, line 1: "):
        Journal(lines.folder, lines)


def test_nothing_else_may_be_said_of_a_line(journal: Journal, lines: LinesToLabel) -> None:
    first = ids(lines)[0]
    for state, text in (("confirmed", " \u200b "), ("draft", "가" * 3000)):
        with pytest.raises(InputError):
            journal.say(first, state, text, "", 0)  # type: ignore[arg-type]
    assert journal.sequence == 0


def test_two_servers_do_not_label_one_folder(journal: Journal, lines: LinesToLabel) -> None:
    pytest.importorskip("fcntl")
    with pytest.raises(InputError, match="in use by another"):
        AppendFile(lines.folder / "journal.jsonl")


FULL = """
import resource, sys
from pathlib import Path
from hunmin.errors import InputError
from hunmin.serve.labelling.append_file import AppendFile
file = AppendFile(Path(sys.argv[1]))
file.add({"number": 1})
resource.setrlimit(resource.RLIMIT_FSIZE, (60, 60))
for number in range(3):
    try:
        file.add({"number": 2, "text": "x" * 100})
    except InputError as error:
        print(error)
file.add({"n": 3})
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the size of files is limited as POSIX does")
def test_a_full_disk_is_told_and_leaves_no_half_line(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    done = subprocess.run([sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.count("make room") == 3
    assert path.read_text() == '{"number": 1}\n{"n": 3}\n'


def test_pages_are_read_once_and_what_came_since_is_read_at_the_next_start(tmp_path: Path) -> None:
    files = pages(tmp_path / "pages", 3)
    read(tmp_path / "out", files[:2]).close()
    again = read(tmp_path / "out", files)
    assert (len(again), again.num_pages) == (3, 3)
    assert len(list((tmp_path / "out" / "crops").iterdir())) == 3
    again.close()
    untouched = LinesToLabel(tmp_path / "out")
    untouched.read(files, lambda: pytest.fail("nothing is to be read"), crops=False, stop=threading.Event())
    untouched.close()


def test_what_cannot_be_read_is_named_by_its_name_in_the_folder(tmp_path: Path) -> None:
    (file,) = pages(tmp_path / "pages", 1)
    file.path.write_bytes(b"nothing")
    lines = read(tmp_path / "out", [file])
    assert lines.problems == [
        "0.png: not a PNG, JPEG, WebP, TIFF, BMP, GIF or AVIF image and not a PDF, whatever its name"
    ]
    lines.close()


def test_crops_are_lines_themselves(tmp_path: Path) -> None:
    lines = read(tmp_path / "out", pages(tmp_path / "crops", 2), crops=True)
    assert [(line.text, line.box) for line in lines.by_doubt()] == [("가", ()), ("가", ())]
    lines.close()


def test_what_could_not_be_read_is_tried_at_the_next_start_and_no_longer_told_once_it_was(tmp_path: Path) -> None:
    (file,) = pages(tmp_path / "pages", 1)
    whole = file.path.read_bytes()
    file.path.write_bytes(whole[:40])
    for _ in range(2):
        lines = read(tmp_path / "out", [file])
        assert (len(lines.problems), lines.num_pages) == (1, 1)
        lines.close()
    assert len((tmp_path / "out" / "lines.jsonl").read_text("utf-8").splitlines()) == 1
    file.path.write_bytes(whole)
    lines = read(tmp_path / "out", [file])
    assert (lines.problems, lines.num_pages, len(lines)) == ([], 1, 1)
    lines.close()


def test_a_start_without_news_leaves_the_list_as_it_is(journal: Journal, lines: LinesToLabel) -> None:
    journal.say(ids(lines)[0], "confirmed", "가", "", 0)
    before = (lines.folder / "labels.tsv").stat()
    journal.close()
    Journal(lines.folder, lines).close()
    after = (lines.folder / "labels.tsv").stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)
