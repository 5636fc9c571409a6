"""Promise R8: an import on a disk that fills up says so, spoils nothing, and goes on once there is space."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hunmin.data.imports.split import SPLITS
from hunmin.data.store.lmdb_store import write_store
from hunmin.data.store.verify import verify_store
from hunmin.errors import InputError
from tests.data.lines import lines
from tests.promises.import_pages import run
from tests.promises.test_import_resumes import content


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() or mount("-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)):
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["/bin/umount", folder], check=True)


def mount(*arguments: str) -> int:
    return subprocess.run(["/bin/mount", *arguments], check=False, capture_output=True).returncode


def fill(disk: Path, left_bytes: int) -> Path:
    """A file that leaves so much free."""
    status = os.statvfs(disk)
    with (disk / "large file").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, status.f_bavail * status.f_frsize - left_bytes)
    return disk / "large file"


@pytest.mark.parametrize("left_bytes", [0, 12 << 10, 300 << 10, 2 << 20, 6 << 20])
def test_a_full_disk_is_named_with_bytes_and_the_import_goes_on_once_there_is_space(
    disk: Path, tmp_path: Path, left_bytes: int
) -> None:
    write_store(lines(20), disk / "earlier")
    large = fill(disk, left_bytes)
    with pytest.raises(InputError, match=rf"{disk}.*\d (bytes )?are free") as caught:
        run(disk / "set", num_pages=140)
    assert "\n" not in str(caught.value)
    assert not (disk / "set").exists()
    assert verify_store(disk / "earlier") == []
    large.unlink()
    run(disk / "set", num_pages=140)
    run(tmp_path / "unbroken", num_pages=140)
    assert content(disk / "set") == content(tmp_path / "unbroken")
    assert [verify_store(disk / "set" / split) for split in SPLITS] == [[], [], []]
    assert sorted(path.name for path in disk.iterdir()) == ["earlier", "set"]
