"""Promise S5: nothing in an archive is written, reaches outside it, or takes more memory than its limits."""

import struct
import time
import tracemalloc
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.random import Generator

from hunmin.archives.zip_file import MAX_ENTRIES
from hunmin.data.sources.downloads.files import open_files
from hunmin.errors import InputError
from hunmin.opening import MAX_FILE_BYTES
from tests.data.zips import UTF8_FLAG, Raw, zip_bytes

GOOD = {f"인.허가/문서 {number}.jpg": b"good %d" % number for number in range(4)}
BOMB = bytes(MAX_FILE_BYTES + 1)

Hostile = Callable[[Generator], list[Raw]]

UNSAFE_NAMES = (
    b"../outside.jpg",
    b"a/../../outside.jpg",
    b"..\\outside.jpg",
    b"/tmp/outside.jpg",
    b"C:\\outside.jpg",
    b"\\\\server\\outside.jpg",
    b"outside.jpg\0.jpg",
    b"..",
    "한글/../../../밖.jpg".encode("cp949"),
)
MODES = {"link": 0o120777, "character device": 0o020666, "block device": 0o060666, "pipe": 0o010666, "socket": 0o140666}

# What an archive holds besides the good files → the reason it is skipped for; None = reading it is an error.
ENTRIES: dict[str, tuple[list[Raw], str | None]] = {
    **{repr(name): ([Raw(name, b"x")], "unsafe name") for name in UNSAFE_NAMES},
    **{
        what: ([Raw(b"a.jpg", b"../outside.jpg", unix_mode=mode)], "link" if what == "link" else "device")
        for what, mode in MODES.items()
    },
    "absolute link": ([Raw(b"a.jpg", b"/etc/passwd", unix_mode=0o120777)], "link"),
    "ratio bomb": ([Raw(b"a.jpg", BOMB)], None),
    "ratio bomb that says 100 bytes": ([Raw(b"a.jpg", BOMB, said_bytes=100)], None),
    "ratio bomb that says 2 MB": ([Raw(b"a.jpg", BOMB, said_bytes=2_000_000)], None),
    "name of a good file": ([Raw("인.허가/문서 1.jpg".encode("cp949"), b"bad")], "name seen before"),
    "encrypted": ([Raw(b"a.jpg", b"x", flags=1)], "encrypted"),
    "unknown compression": ([Raw(b"a.jpg", b"x", method=93)], "unknown compression"),
    "resource fork": ([Raw(b"__MACOSX/._a.jpg", b"x")], "system file"),
    "archive in an archive": ([Raw(b"a.zip", zip_bytes([Raw(b"../outside.jpg", b"x")]))], ""),
    "NFD": ([Raw(unicodedata.normalize("NFD", "한글.jpg").encode(), b"nfd", UTF8_FLAG)], ""),
    "empty name": ([Raw(b"", b"x")], "unsafe name"),
}


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder with the archive two folders below, and a file that a link could reach."""
    (tmp_path / "data" / "set").mkdir(parents=True)
    (tmp_path / "outside.jpg").write_bytes(b"secret")
    return tmp_path


def snapshot(folder: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file())


def good_entries() -> list[Raw]:
    return [Raw(name.encode("cp949"), data) for name, data in GOOD.items()]


def test_hostile_entries_are_skipped_or_refused_and_good_ones_are_read(
    outside: Path, rounds: Callable[..., int]
) -> None:
    archive = outside / "data" / "set" / "a.zip"
    names = list(ENTRIES)
    for number in range(rounds(short=len(names), full=2 * len(names))):
        rng = np.random.default_rng([5, number])
        hostile, reason = ENTRIES[names[number % len(names)]]
        entries = good_entries()
        # A name may only come twice after the good one, or the bad one would be the first.
        place = len(entries) if reason == "name seen before" else int(rng.integers(len(entries) + 1))
        archive.write_bytes(zip_bytes(entries[:place] + hostile + entries[place:]))
        before = snapshot(outside)

        tracemalloc.start()
        files = open_files([outside / "data"])
        texts, errors = {}, 0
        for file in files:
            assert not {"..", ""} & set(file.path.split("/"))
            try:
                texts[file.path] = file.read()
            except InputError:
                errors += 1
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

        assert GOOD.items() <= texts.items(), names[number % len(names)]
        assert files.skipped == ({reason: 1} if reason else {}), names[number % len(names)]
        assert errors == (reason is None)
        assert b"secret" not in texts.values() and b"x" not in texts.values()
        assert peak < 8 << 20, names[number % len(names)]
        assert snapshot(outside) == before


def test_damaged_archives_raise_what_the_user_can_read(outside: Path, rounds: Callable[..., int]) -> None:
    sound = zip_bytes(good_entries())
    archive = outside / "data" / "a.zip"
    for number in range(rounds(short=100, full=2000)):
        rng = np.random.default_rng([6, number])
        broken = bytearray(sound[: int(rng.integers(1, len(sound) + 1))] if number % 2 else sound)
        for _ in range(int(rng.integers(1, 4))):
            broken[int(rng.integers(len(broken)))] ^= 1 << int(rng.integers(8))
        archive.write_bytes(broken)
        try:
            for file in open_files([archive]):
                file.read()
        except InputError as error:
            assert "a.zip" in str(error)


def test_more_entries_than_the_limit_are_refused_before_they_are_read(outside: Path) -> None:
    archive = outside / "data" / "a.zip"
    num, num_bytes = MAX_ENTRIES + 1, 60 * (MAX_ENTRIES + 1)
    with archive.open("wb") as file:
        file.seek(num_bytes)  # The table is a hole in the file.
        file.write(struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, num, num, num_bytes, 0))
        file.write(struct.pack("<4sIQI", b"PK\6\7", 0, num_bytes, 1))
        file.write(struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0))
    start = time.perf_counter()
    with pytest.raises(InputError, match=r"a\.zip: holds more than 5,000,000 files"):
        open_files([archive])
    assert time.perf_counter() - start < 1


def test_a_million_entries_over_one_another_cost_little_each(outside: Path, rounds: Callable[..., int]) -> None:
    """Each entry of the table points at the same bytes, so that a small file claims to hold a lot."""
    archive = outside / "data" / "a.zip"
    num = rounds(short=20_000, full=1_000_000)
    sound = zip_bytes([Raw(b"0000000.jpg", bytes(100_000))])
    table_start = sound.index(b"PK\1\2")
    record = sound[table_start : sound.rindex(b"PK\5\6")]
    table = b"".join(record[:-11] + b"%07d.jpg" % number for number in range(num))
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, num & 0xFFFF, num & 0xFFFF, len(table), table_start, 0)
    archive.write_bytes(sound[:table_start] + table + end)
    tracemalloc.start()
    files = open_files([archive])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(files) == num
    assert peak < 1000 * num + (8 << 20)
    assert list(files)[-1].read() == bytes(100_000)
