"""Files and folders that are whole or not there, on real full disks and after real kills."""

import multiprocessing
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from hunmin.errors import InputError
from hunmin.files import (
    check_target,
    free_bytes,
    leftovers,
    new_file,
    new_folder,
    remove_leftovers,
    write_bytes,
    write_text,
)

DISK_BYTES = 1 << 20
FULL = r"the disk is full, ([\d,]+ bytes are needed and )?[\d,]+ are free; make room$"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["/bin/mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["/bin/umount", folder], check=True)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def in_a_process_that_is_killed(do: Callable[[], None], when: Callable[[], bool]) -> None:
    """Run `do` in a child until `when`, then kill it with a signal that nothing can catch."""
    process = multiprocessing.get_context("fork").Process(target=do)
    process.start()
    while not when():
        assert process.is_alive()
        time.sleep(0.001)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def test_text_is_utf_8_and_bytes_are_as_they_were_given(tmp_path: Path) -> None:
    write_text(tmp_path / "text", "한글\r\n\n")
    write_bytes(tmp_path / "bytes", memoryview(b"\x00\xff"))
    assert (tmp_path / "text").read_bytes() == "한글\r\n\n".encode()
    assert (tmp_path / "bytes").read_bytes() == b"\x00\xff"
    assert names(tmp_path) == ["bytes", "text"]


def test_others_may_read_a_new_file_as_they_may_any_other(tmp_path: Path) -> None:
    (tmp_path / "any").touch()
    write_text(tmp_path / "new", "")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "any").stat().st_mode


def test_what_was_there_stays_until_the_new_file_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with new_file(path) as partial:
        partial.write_text("new")
        assert path.read_text() == "old"
        assert partial.parent == path.parent
    assert path.read_text() == "new"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("a defect"), InputError("the user's")])
def test_whatever_interrupts_writing_passes_through_and_leaves_the_old_file(
    tmp_path: Path, error: BaseException
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(type(error)), new_file(path) as partial:
        partial.write_text("ne")
        raise error
    with pytest.raises(type(error)), new_folder(tmp_path / "b") as folder:
        (folder / "one").touch()
        raise error
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_folder_takes_its_name_when_it_is_complete_and_those_above_it_are_made(tmp_path: Path) -> None:
    with new_folder(tmp_path / "above" / "set") as folder:
        (folder / "one").write_text("1")
        assert not (tmp_path / "above" / "set").exists()
    assert (tmp_path / "above" / "set" / "one").read_text() == "1"
    assert names(tmp_path / "above") == ["set"]


def test_a_folder_that_exists_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    with (
        pytest.raises(InputError, match="set: exists already; remove it or give another name"),
        new_folder(tmp_path / "set"),
    ):
        pytest.fail("it was begun")
    assert names(tmp_path) == ["set"]


def test_a_full_disk_is_named_with_bytes_and_the_old_file_stays(disk: Path) -> None:
    path = disk / "a.bin"
    write_bytes(path, b"old")
    with pytest.raises(
        InputError, match=rf"^{path}: the disk is full, 2,097,152 bytes are needed and [\d,]+ are free; make room$"
    ):
        write_bytes(path, bytes(2 * DISK_BYTES))
    with pytest.raises(InputError, match=rf"^{path}: {FULL}"), new_file(path) as partial, partial.open("wb") as file:
        for _ in count():
            file.write(bytes(10_000))
    assert path.read_bytes() == b"old"
    assert names(disk) == ["a.bin"]
    write_bytes(path, bytes(DISK_BYTES // 2))
    assert path.stat().st_size == DISK_BYTES // 2


def test_a_folder_that_fills_the_disk_is_named_and_gives_its_space_back(disk: Path) -> None:
    before = free_bytes(disk / "not" / "there" / "yet")
    with pytest.raises(InputError, match=rf"^{disk / 'set'}: {FULL}"), new_folder(disk / "set") as folder:
        for number in count():
            (folder / str(number)).write_bytes(bytes(100_000))
    assert names(disk) == []
    assert free_bytes(disk) == before <= DISK_BYTES


def test_a_file_that_grows_too_large_is_named_with_the_bytes_that_are_free(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(InputError, match=r"a\.bin: cannot be written \(File too large, [\d,]+ bytes are free\)"):
            write_bytes(tmp_path / "a.bin", bytes(1000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert names(tmp_path) == []


def test_a_place_that_takes_no_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path, why in (
        (tmp_path / "nowhere" / "a", "No such file or directory"),
        (tmp_path / "file" / "a", "Not a directory"),
        (tmp_path, "Is a directory"),
    ):
        with pytest.raises(InputError, match=rf"^{path}: cannot be written \({why}\); give another place$"):
            write_text(path, "x")
    with (
        pytest.raises(InputError, match=r"file/set: cannot be written \(Not a directory\)"),
        new_folder(tmp_path / "file" / "set"),
    ):
        pytest.fail("it was begun")
    assert names(tmp_path) == ["file"]


def test_a_device_and_a_pipe_are_not_replaced_by_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(InputError, match=f"{path}: is a device or a pipe"):
            check_target(path)
        with pytest.raises(InputError, match=f"{path}: is a device or a pipe"):
            write_text(path, "x")
    assert (tmp_path / "pipe").is_fifo()


def test_a_target_is_refused_before_the_work(tmp_path: Path) -> None:
    check_target(tmp_path / "new")
    with pytest.raises(InputError, match="is a folder; give the name of a file"):
        check_target(tmp_path)
    with pytest.raises(InputError, match="nowhere is missing or not writable"):
        check_target(tmp_path / "nowhere" / "new")
    with pytest.raises(InputError, match=r"cannot be written \(File name too long\)"):
        check_target(tmp_path / ("가" * 100))


def test_a_process_killed_between_the_writing_and_the_move_leaves_the_old_file_and_a_leftover(tmp_path: Path) -> None:
    path, is_written = tmp_path / "a.txt", tmp_path / "is_written"
    path.write_text("old")

    def write() -> None:
        with new_file(path) as partial:
            partial.write_text("new")
            is_written.touch()
            time.sleep(60)

    in_a_process_that_is_killed(write, is_written.exists)
    assert path.read_text() == "old"
    (leftover,) = leftovers(tmp_path)
    assert leftover.read_text() == "new"
    write_text(path, "another")
    remove_leftovers(tmp_path)
    assert path.read_text() == "another"
    assert names(tmp_path) == ["a.txt", "is_written"]


def test_a_process_killed_while_it_fills_a_folder_leaves_nothing_under_its_name(tmp_path: Path) -> None:
    def write() -> None:
        with new_folder(tmp_path / "set") as folder:
            for number in count():
                (folder / str(number)).touch()

    in_a_process_that_is_killed(write, lambda: bool(list(tmp_path.glob("set.partial-*/9"))))
    assert [path.name.partition("-")[0] for path in tmp_path.iterdir()] == ["set.partial"]
    remove_leftovers(tmp_path)
    assert names(tmp_path) == []


def test_a_file_is_the_old_or_the_new_one_whenever_its_writer_is_killed(tmp_path: Path) -> None:
    path, size = tmp_path / "a.bin", 300_000

    def write() -> None:
        for number in count():
            write_bytes(path, bytes([number % 256]) * size)

    for delay_s in (0.01, 0.02, 0.03, 0.04, 0.05):
        until = time.monotonic() + delay_s
        in_a_process_that_is_killed(write, lambda until=until: path.exists() and time.monotonic() > until)  # type: ignore[misc]
        content = path.read_bytes()
        assert content == content[:1] * size


def test_two_writers_of_one_file_never_mix(tmp_path: Path) -> None:
    path, size = tmp_path / "a.bin", 300_000
    context = multiprocessing.get_context("fork")

    def write(byte: bytes) -> None:
        for _ in range(50):
            write_bytes(path, byte * size)

    writers = [context.Process(target=write, args=(byte,)) for byte in (b"a", b"b")]
    for writer in writers:
        writer.start()
    seen = set()
    while any(writer.is_alive() for writer in writers):
        content = path.read_bytes() if path.exists() else b"a" * size
        assert content in (b"a" * size, b"b" * size)
        seen.add(content[:1])
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert seen == {b"a", b"b"}
    assert names(tmp_path) == ["a.bin"]


def test_of_two_writers_of_one_folder_the_second_is_told_and_spoils_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match=r"set: cannot be written \(Directory not empty\)"),
        new_folder(tmp_path / "set") as late,
    ):
        (late / "one").write_text("late")
        with new_folder(tmp_path / "set") as early:
            (early / "one").write_text("early")
    assert (tmp_path / "set" / "one").read_text() == "early"
    assert names(tmp_path) == ["set"]
