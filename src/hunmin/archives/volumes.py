"""A file on the disk, or one that was cut into volumes, read as one stretch of bytes.

Files stay open between reads, because opening one for each of a million images would take longer than reading them;
each process opens its own, for a file offset that a fork shares would be moved by both sides.
"""

import atexit
import os
import threading
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass
from typing import BinaryIO, Final, Self

from hunmin.errors import InputError

MAX_OPEN_FILES: Final = 64
"""Beyond it the file that was not read for the longest time is closed."""


@dataclass(frozen=True, slots=True)
class Volumes:
    """One file or several that follow one another. Small and picklable."""

    paths: tuple[str, ...]
    ends: tuple[int, ...]
    """Where each file ends, in bytes from the start of the first."""

    @classmethod
    def of(cls, paths: list[str]) -> Self:
        """The files at `paths`, in this order.

        Raises:
            InputError: one cannot be read.
        """
        ends, end = [], 0
        for path in paths:
            try:
                end += os.stat(path).st_size  # noqa: PTH116 - a stat, without a Path for each of many files
            except OSError as error:
                raise InputError(f"{path}: cannot be read ({error.strerror})") from error
            ends.append(end)
        return cls(tuple(paths), tuple(ends))

    @property
    def num_bytes(self) -> int:
        """The length of all together."""
        return self.ends[-1]

    def read(self, start: int, num_bytes: int) -> bytes:
        """Bytes from `start`; fewer than `num_bytes` only at the end.

        Raises:
            InputError: a file is gone, or shorter than it was.
        """
        end = min(start + num_bytes, self.num_bytes)
        if start >= end:
            return b""
        chunks = []
        number = bisect_right(self.ends, start)
        while start < end:
            offset = start - (self.ends[number - 1] if number else 0)
            wanted = min(end, self.ends[number]) - start
            chunk = _open_files.read(self.paths[number], offset, wanted)
            if len(chunk) < wanted:
                raise InputError(f"{self.paths[number]}: became shorter while it was read; start again")
            chunks.append(chunk)
            start += wanted
            number += 1
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)


class _OpenFiles:
    """The files that this process holds open, the one read last at the end."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, BinaryIO] = OrderedDict()
        self._reset()

    def close(self) -> None:
        """Close all; the next read opens what it needs."""
        while self._files:
            self._files.popitem()[1].close()

    def read(self, path: str, offset: int, num_bytes: int) -> bytes:
        if self._pid != os.getpid():
            self._reset()
        try:
            with self._lock:  # A position and a read belong together, whatever other threads do.
                file = self._file(path)
                file.seek(offset)
                return file.read(num_bytes)
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror})") from error

    def _reset(self) -> None:
        """Let go of what another process opened, and of its lock, which a fork may have copied while it was held."""
        self._pid, self._lock = os.getpid(), threading.Lock()
        self.close()

    def _file(self, path: str) -> BinaryIO:
        file = self._files.pop(path, None)
        if file is None:
            if len(self._files) >= MAX_OPEN_FILES:
                self._files.popitem(last=False)[1].close()
            file = open(path, "rb", buffering=0)  # noqa: PTH123 - stays open; closed above
        self._files[path] = file
        return file


_open_files = _OpenFiles()
# Before the interpreter takes them apart, which it would warn of.
atexit.register(_open_files.close)
