"""Folders, zip files and volumes are one view, read where they lie."""

import multiprocessing
import os
import pickle
import subprocess
import sys
import unicodedata
import zipfile
from pathlib import Path

import pytest

from hunmin.archives import volumes
from hunmin.archives.zip_file import decode_name
from hunmin.data.sources.downloads.files import Files, natural_key, open_files
from hunmin.errors import InputError
from tests.data.zips import STORED, UTF8_FLAG, Raw, write_zip

NAME = "인.허가/5350109/한글 문서.jpg"


def content(files: Files) -> dict[str, bytes]:
    return {file.path: file.read() for file in files}


@pytest.mark.parametrize(
    ("raw", "flags"),
    [
        (NAME.encode("cp949"), 0),
        (NAME.encode(), UTF8_FLAG),
        (NAME.encode(), 0),
        (unicodedata.normalize("NFD", NAME).encode(), UTF8_FLAG),
        (unicodedata.normalize("NFD", NAME).encode(), 0),
        (NAME.replace("/", "\\").encode("cp949"), 0),
    ],
    ids=["cp949", "utf-8", "utf-8 without flag", "nfd", "nfd without flag", "backslashes"],
)
def test_a_korean_name_is_the_same_however_it_was_written(raw: bytes, flags: int, tmp_path: Path) -> None:
    write_zip(tmp_path / "a.zip", [Raw(raw, b"x", flags)])
    assert content(open_files([tmp_path])) == {NAME: b"x"}


def test_no_short_cp949_name_is_taken_for_utf_8() -> None:
    for name in ("책", "책/차", "책표지/책.jpg", "漢字"):
        assert decode_name(name.encode("cp949")) == name


def test_names_on_the_disk_are_nfc_in_the_view_and_still_found(tmp_path: Path) -> None:
    (tmp_path / unicodedata.normalize("NFD", "한글")).mkdir()
    (tmp_path / unicodedata.normalize("NFD", "한글") / "가.jpg").write_bytes(b"nfd")
    with open(os.fsencode(tmp_path) + b"/" + "나.jpg".encode("cp949"), "wb") as file:  # noqa: PTH123 - bytes
        file.write(b"cp949")
    assert content(open_files([tmp_path])) == {"한글/가.jpg": b"nfd", "나.jpg": b"cp949"}


def test_folders_archives_and_volumes_are_one_view(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "a.jpg").write_bytes(b"a")
    write_zip(tmp_path / "deep" / "b.zip", [Raw(b"b.jpg", b"b"), Raw(b"stored.jpg", b"s", method=STORED)])
    write_zip(tmp_path / "c.zip", [Raw(b"c%02d.jpg" % n, bytes([n]) * 50) for n in range(20)], num_volumes=12)
    expected = {"open/a.jpg": b"a", "b.jpg": b"b", "stored.jpg": b"s"}
    expected |= {f"c{n:02d}.jpg": bytes([n]) * 50 for n in range(20)}
    before = sorted(path for path in tmp_path.rglob("*"))

    assert content(open_files([tmp_path])) == expected
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_one_volume_stands_for_all(tmp_path: Path) -> None:
    write_zip(tmp_path / "c.zip", [Raw(b"c.jpg", bytes(range(256)) * 9, method=STORED)], num_volumes=11)
    for given in (["c.zip.part0"], ["c.zip.part10"], ["c.zip.part3", "c.zip.part4"]):
        assert content(open_files([tmp_path / name for name in given])) == {"c.jpg": bytes(range(256)) * 9}


def test_a_joined_archive_is_not_read_twice(tmp_path: Path) -> None:
    write_zip(tmp_path / "c.zip", [Raw(b"c.jpg", b"c" * 99)], num_volumes=2)
    (tmp_path / "c.zip").write_bytes(b"".join((tmp_path / f"c.zip.part{n}").read_bytes() for n in range(2)))
    assert len(open_files([tmp_path])) == 1


def test_volumes_named_by_their_first_byte_are_in_order(tmp_path: Path) -> None:
    write_zip(tmp_path / "whole.zip", [Raw(b"c.jpg", bytes(range(256)) * 200, method=STORED)])
    whole = (tmp_path / "whole.zip").read_bytes()
    for start in range(0, len(whole), 20_000):
        (tmp_path / f"split.zip.part{start}").write_bytes(whole[start : start + 20_000])
    assert content(open_files([tmp_path / "split.zip.part0"])) == {"c.jpg": bytes(range(256)) * 200}


def test_archives_that_other_programs_write_are_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "python.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("한글")
        archive.writestr("한글/가.jpg", b"deflated" * 1000)
        with archive.open("zip64.jpg", "w", force_zip64=True) as entry:
            entry.write(b"zip64")
    assert content(open_files([tmp_path])) == {"한글/가.jpg": b"deflated" * 1000, "zip64.jpg": b"zip64"}


def test_more_entries_than_a_short_count_holds_are_all_found(tmp_path: Path) -> None:
    for name in ("zip64", "overflown"):
        path = tmp_path / f"{name}.zip"
        if name == "zip64":
            with zipfile.ZipFile(path, "w") as archive:
                for number in range(66_000):
                    archive.writestr(f"{number}", b"")
        else:
            write_zip(path, (Raw(b"%d" % number, b"") for number in range(66_000)))
        assert len(open_files([path])) == 66_000


def test_a_large_entry_comes_in_pieces(tmp_path: Path) -> None:
    data = os.urandom(1 << 20) * 5
    for number, method in enumerate((STORED, 8)):
        write_zip(tmp_path / f"{number}.zip", [Raw(b"a.json", data, method=method)], num_volumes=3)
    (tmp_path / "a.json").write_bytes(data)
    for file in open_files([tmp_path]):
        pieces = list(file.chunks(1 << 30))
        assert b"".join(pieces) == data
        assert max(map(len, pieces)) <= 1 << 20
        with pytest.raises(InputError, match=r"a\.json: has (more than )?[\d,]+ bytes"):
            list(file.chunks(1 << 20))


@pytest.mark.parametrize("more_bytes", [1, 100])
def test_an_entry_is_whole_where_its_last_packed_byte_stands_for_more_than_a_piece(
    more_bytes: int, tmp_path: Path
) -> None:
    data = bytes((1 << 20) + more_bytes)
    write_zip(tmp_path / "a.zip", [Raw(b"a.tsv", data)])
    assert b"".join(next(iter(open_files([tmp_path]))).chunks(1 << 30)) == data


def test_a_file_that_a_worker_gets_is_small_and_reads(tmp_path: Path) -> None:
    write_zip(tmp_path / "a.zip", [Raw(b"%04d.jpg" % n, b"%d" % n) for n in range(3000)])
    file = list(open_files([tmp_path]))[1234]
    assert len(pickle.dumps(file)) < 1000
    assert pickle.loads(pickle.dumps(file)).read() == b"1234"  # noqa: S301 - our own


def read_all(files: list[object], results: "multiprocessing.Queue[object]") -> None:
    results.put([file.read() for file in files])  # type: ignore[attr-defined]


@pytest.mark.forks
def test_processes_that_fork_with_open_archives_do_not_disturb_each_other(tmp_path: Path) -> None:
    write_zip(tmp_path / "a.zip", [Raw(b"%03d.jpg" % n, b"%d" % n * 500) for n in range(300)])
    files = list(open_files([tmp_path]))
    expected = [file.read() for file in files]  # The archive is open now.
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    children = [context.Process(target=read_all, args=(files, results)) for _ in range(3)]
    for child in children:
        child.start()
    assert [file.read() for file in files] == expected
    assert all(results.get(timeout=60) == expected for _ in children)
    for child in children:
        child.join()


def test_archives_stay_open_but_never_too_many(tmp_path: Path) -> None:
    for number in range(volumes.MAX_OPEN_FILES + 20):
        write_zip(tmp_path / f"{number}.zip", [Raw(b"a.jpg", b"%d" % number)])
    files = list(open_files([tmp_path]))
    before = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc").exists() else 0
    for _ in range(3):
        assert [file.read() for file in files] == [b"%d" % number for number in range(len(files))]
    if before:
        assert len(list(Path("/proc/self/fd").iterdir())) <= before + volumes.MAX_OPEN_FILES


def test_archives_are_closed_when_the_process_ends(tmp_path: Path) -> None:
    write_zip(tmp_path / "a.zip", [Raw(b"a.jpg", b"a")])
    read = "import sys; from pathlib import Path; from hunmin.data.sources.downloads.files import open_files; "
    read += "print(next(iter(open_files([Path(sys.argv[1])]))).read())"
    command = [sys.executable, "-W", "always::ResourceWarning", "-c", read, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("b'a'\n", "")


def test_links_and_devices_in_a_folder_are_skipped_and_counted(tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.jpg")
    (folder / "._junk.jpg").write_bytes(b"mac")
    (folder / "good.jpg").write_bytes(b"good")
    files = open_files([folder])
    assert content(files) == {"good.jpg": b"good"}
    assert files.skipped == {"link": 2, "device": 1, "system file": 1}
    assert files.contents() == "1 file (.jpg 1), 4 skipped (link 2, system file 1, device 1)"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda whole: whole[:-30], r"a\.zip: this zip file is cut short \(its end is missing\); download it again"),
        (lambda whole: whole[: len(whole) // 2], r"a\.zip: this zip file is cut short"),
        (lambda whole: whole[:50] + whole[90:], r"a\.zip: this zip file is cut short \(40 bytes are missing\)"),
        (lambda whole: b"<html>404</html>" * 9, r"a\.zip: is no zip file, whatever its name"),
        (lambda whole: b"", r"a\.zip: is no zip file"),
        (lambda whole: whole.replace(b"PK\1\2", b"PK\1\3"), r"a\.zip: its table of contents is damaged"),
    ],
    ids=["end", "half", "middle", "web page", "empty", "table"],
)
def test_a_damaged_archive_is_named(damage: object, message: str, tmp_path: Path) -> None:
    write_zip(tmp_path / "a.zip", [Raw(b"%d.jpg" % n, os.urandom(100)) for n in range(5)])
    (tmp_path / "a.zip").write_bytes(damage((tmp_path / "a.zip").read_bytes()))  # type: ignore[operator]
    with pytest.raises(InputError, match=message):
        open_files([tmp_path])


def test_a_missing_volume_is_named(tmp_path: Path) -> None:
    write_zip(tmp_path / "a.zip", [Raw(b"a.jpg", os.urandom(5000))], num_volumes=5)
    (tmp_path / "a.zip.part2").rename(tmp_path / "kept")
    with pytest.raises(InputError, match=r"a\.zip\.part2: this volume is missing"):
        open_files([tmp_path])
    (tmp_path / "kept").rename(tmp_path / "a.zip.part2")
    (tmp_path / "a.zip.part4").unlink()
    with pytest.raises(InputError, match=r"cut short \(its end, perhaps a last volume, is missing\)"):
        open_files([tmp_path])


def test_damage_inside_an_entry_is_found_when_it_is_read(tmp_path: Path) -> None:
    write_zip(tmp_path / "a.zip", [Raw(b"a.jpg", bytes(1000), method=STORED), Raw(b"b.jpg", b"b")])
    whole = bytearray((tmp_path / "a.zip").read_bytes())
    whole[500] ^= 1
    (tmp_path / "a.zip").write_bytes(whole)
    damaged, sound = open_files([tmp_path])
    with pytest.raises(InputError, match=r"a\.zip: a\.jpg: damaged inside the archive; download it again"):
        damaged.read()
    with pytest.raises(InputError, match="damaged inside"):
        list(damaged.chunks(5000))
    assert sound.read() == b"b"


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing: there is no such file or folder"):
        open_files([tmp_path / "nothing"])


def test_ten_comes_after_two() -> None:
    names = ["part10", "part2", "part1", "10.jpg", "a"]
    assert sorted(names, key=natural_key) == ["10.jpg", "a", "part1", "part2", "part10"]
