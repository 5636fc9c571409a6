"""Ctrl-C and SIGTERM while images are read: the end comes at once, but never in the middle of what is written."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM)
SIGNAL_EXIT_CODE = 128
"""Plus the signal's number: 130 after Ctrl-C, 143 after SIGTERM, as shells have it."""


class WholeOutput:
    """Writes rows and files that a signal cannot cut off."""

    def __init__(self) -> None:
        self._number: int | None = None
        self._is_writing = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Notice the signals while images are read."""
        before = {number: signal.signal(number, self._notice) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Let what is begun here be finished first."""
        self._is_writing = True
        yield
        self._is_writing = False
        if self._number is not None:
            self._end(self._number)

    def write(self, *rows: str) -> None:
        """Print rows, and hand them over: what is printed has been read, whatever happens next."""
        with self.writing():
            sys.stdout.write("".join(f"{row}\n" for row in rows))
            sys.stdout.flush()

    def _notice(self, number: int, frame: FrameType | None) -> None:
        self._number = number
        if not self._is_writing:
            self._end(number)

    def _end(self, number: int) -> NoReturn:
        print(f"hunmin: stopped by {signal.Signals(number).name}; what was read until then is written", file=sys.stderr)
        sys.exit(SIGNAL_EXIT_CODE + number)
