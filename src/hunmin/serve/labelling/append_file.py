"""A file of JSON lines that is only added to: what was added outlives a kill and a power failure.

A line counts once its end is written; what a kill left without one is cut off when the file is opened again. One process at a
time holds the file.
"""

import json
import os
import threading
from io import FileIO
from pathlib import Path
from typing import Any

from hunmin.errors import InputError
from hunmin.files import naming_failures


class AppendFile:
    """Such a file, opened to be added to; its lock goes when it is closed, or when its process ends."""

    def __init__(self, path: Path) -> None:
        """Open the file, or begin it.

        Raises:
            InputError: another process holds it, it cannot be written, or a line in it is no object of JSON.
        """
        self.path = path
        self._adding = threading.Lock()
        with naming_failures(path):
            # Without a buffer, in which a line that did not fit on the disk would wait and come later.
            self._file = path.open("ab", buffering=0)
        try:
            _lock(self._file, path)
            self.entries, self._num_bytes = _entries(path)
            """What the file held when it was opened, and how many bytes that is."""
            with naming_failures(path):
                self._file.truncate(self._num_bytes)
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def add(self, entry: dict[str, Any]) -> None:
        """Add a line; once this returns it is on the disk.

        Raises:
            InputError: it cannot be written, and the file is as it was.
        """
        line = json.dumps(entry, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
        with self._adding, naming_failures(self.path, len(line)):
            try:
                left = memoryview(line)
                while left:
                    left = left[self._file.write(left) :]
                os.fsync(self._file.fileno())
            except OSError:
                self._file.truncate(self._num_bytes)
                raise
            self._num_bytes += len(line)


def _entries(path: Path) -> tuple[list[dict[str, Any]], int]:
    """Whole lines of the file, and how many bytes they take."""
    entries, num_bytes = [], 0
    with naming_failures(path), path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                break
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise InputError(f"{path}, line {number}: is no JSON ({error}); mend or remove the line") from error
            if not isinstance(entry, dict):
                raise InputError(f"{path}, line {number}: is no object; mend or remove the line")
            entries.append(entry)
            num_bytes += len(line)
    return entries, num_bytes


def _lock(file: FileIO, path: Path) -> None:
    try:
        import fcntl
    except ImportError:  # not on Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise InputError(
            f"{path}: is in use by another `hunmin label`; open its address in the browser, or end it first"
        ) from error
