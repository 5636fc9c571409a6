"""A file or a folder is written whole or not at all.

What is being written lies beside its target as `NAME.partial-1f9c03ab`, a name that no other process or thread takes. Once
it is complete it becomes NAME in one move, and what was there before stays until then. When writing fails or is
interrupted it is removed. Only a process that was killed leaves one behind, see `remove_leftovers`.

A folder `NAME.partial` without the digits is another thing: work that goes on where it was (`hunmin.data.store.assemble`).
"""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hunmin.errors import InputError, reason_of

_SUFFIX = ".partial-"
_MAY_BE_FOR_WANT_OF_SPACE = (errno.EIO, errno.EFBIG)


def write_text(path: Path, text: str) -> None:
    r"""Write `text` as UTF-8, its line ends as they are, `\n` on Windows, too; otherwise as `write_bytes`."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes | memoryview) -> None:
    """Write `content`, whole or not at all; a crash or a power failure afterwards does not lose it.

    Raises:
        InputError: it cannot be written. A full disk is named with the bytes that are needed and those that are free.
    """
    with naming_failures(path, len(content)), _replaced(path) as partial:
        partial.write_bytes(content)


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A path to write to, for a library or piece by piece; the file there takes the name `path` at the end, or is gone.

    Raises:
        InputError: for every OSError, those of the block too: the disk is full, or `path` cannot be written.
    """
    with naming_failures(path), _replaced(path) as partial:
        yield partial


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder to write into, with the folders above it; it takes the name `path` at the end, or is gone.

    Its files are as safe from a power failure as whoever writes them makes them.

    Raises:
        InputError: `path` exists; or, for every OSError, those of the block too: the disk is full, or `path` cannot be
            written.
    """
    if path.exists():
        raise InputError(f"{path}: exists already; remove it or give another name")
    partial = _beside(path)
    with naming_failures(path):
        try:
            partial.mkdir(parents=True)
            yield partial
            partial.rename(path)
        finally:
            shutil.rmtree(partial, ignore_errors=True)  # gone already if all went well


def leftovers(folder: Path) -> list[Path]:
    """What lies half-written in `folder`: by killed processes, or by some that are still at it."""
    return sorted(folder.glob(f"*{_SUFFIX}*"))


def remove_leftovers(folder: Path) -> None:
    """Remove what killed processes left half-written in `folder`; nobody else may be writing there."""
    for path in leftovers(folder):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def check_target(path: Path) -> None:
    """Find out before the work, not after it, that a file cannot be written.

    Raises:
        InputError: `path` is a folder or a device, or the folder that it should lie in is missing or not writable.
    """
    with naming_failures(path):  # such as a name that is too long to ask for
        if path.is_dir():
            raise InputError(f"{path}: is a folder; give the name of a file")
        _check_replaceable(path)
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise InputError(f"{path}: cannot be written, {path.parent} is missing or not writable; give another place")


def free_bytes(path: Path) -> int:
    """Free bytes on the disk where `path` lies, or would lie."""
    above = path.absolute()
    while not above.is_dir():
        above = above.parent
    return shutil.disk_usage(above).free


@contextmanager
def naming_failures(path: Path, num_bytes: int | None = None) -> Iterator[None]:
    """Turn every OSError of the block, which writes `path`, into an InputError that names it, the cause and the way out.

    Args:
        path: what is written, or what is made to write it in.
        num_bytes: that it needs, where this is known.

    Raises:
        InputError: in place of OSError.
    """
    try:
        yield
    except OSError as error:
        reason = reason_of(error)
        if is_disk_full(error):
            needed = f"{num_bytes:,} bytes are needed and " if num_bytes is not None else ""
            told = f"the disk is full, {needed}{free_bytes(path):,} are free; make room"
        elif error.errno in _MAY_BE_FOR_WANT_OF_SPACE:
            told = f"cannot be written ({reason}, {free_bytes(path):,} bytes are free); make room or give another place"
        else:
            told = f"cannot be written ({reason}); give another place"
        raise InputError(f"{path}: {told}") from error


def is_disk_full(error: OSError) -> bool:
    """Whether it says that a disk or a quota is used up."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}{_SUFFIX}{secrets.token_hex(4)}")


def _check_replaceable(path: Path) -> None:
    # A move would put an ordinary file in the place of /dev/null or of a pipe.
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise InputError(f"{path}: is a device or a pipe, which cannot be replaced; give the name of a file")


@contextmanager
def _replaced(path: Path) -> Iterator[Path]:
    _check_replaceable(path)
    partial = _beside(path)
    try:
        yield partial
        with partial.open("rb+") as file:
            os.fsync(file.fileno())  # or the name could outlive a power failure, and the content not
        partial.replace(path)
        _sync_folder(path.parent)
    finally:
        partial.unlink(missing_ok=True)  # gone already if all went well


def _sync_folder(folder: Path) -> None:
    """Make a move inside `folder` outlive a power failure; Windows opens no folders and does so by itself."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
