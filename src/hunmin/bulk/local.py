"""Processes of this machine that read parts of files."""

import multiprocessing
import signal
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import cv2

from hunmin.bulk.ledger import Failure, Part
from hunmin.bulk.reading import Lost, Message, PartDone, ReadOptions, Ready, read_part
from hunmin.bulk.workers import CRASHED, MakeReader, Worker
from hunmin.errors import InputError
from hunmin.processes import follow_parent


class LocalProcess(Worker):
    """One process, and what it is at."""

    def __init__(self, make_reader: MakeReader, folder: Path, options: ReadOptions) -> None:
        """Start it; it loads its reader first."""
        super().__init__()
        # A forked process would inherit threads, and could hang on their locks.
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, make_reader, folder, options), daemon=True)
        self._process.start()
        theirs.close()

    @staticmethod
    def wait(handles: list[Any], timeout_s: float) -> list[Any]:
        """Those of several `handle`s that have something to tell, as soon as one has."""
        return wait(handles, timeout_s)

    @property
    def handle(self) -> "Connection[Part | None, Message]":
        """Its end of the pipe."""
        return self._connection

    def stop(self) -> None:
        """Have it end after the page that it is at."""
        with suppress(OSError):
            self._connection.send(None)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.join()
        self._connection.close()

    def _send(self, part: Part) -> None:
        with suppress(OSError):  # it is gone, which `receive` finds
            self._connection.send(part)

    def _next_message(self) -> Message:
        try:
            message: Message = self._connection.recv()
        except (EOFError, OSError):
            self.kill()
            return Lost(Failure(CRASHED, self._how_it_ended()))
        return message

    def _how_it_ended(self) -> str:
        code = self._process.exitcode
        if code is None or code >= 0:
            return f"the process that read it ended with exit code {code}"
        name = signal.Signals(-code).name
        return f"the process that read it was ended by {name}"


def _work(
    connection: "Connection[Message, Part | None]", make_reader: MakeReader, folder: Path, options: ReadOptions
) -> None:
    follow_parent()
    # A SIGTERM that is sent to a whole group is for the first process, which lets pages be finished.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    cv2.setNumThreads(1)
    try:
        reader = make_reader()
    except InputError as error:
        connection.send(Ready(str(error)))
        return
    connection.send(Ready())
    while part := connection.recv():
        for message in read_part(reader, folder, part, options):
            connection.send(message)
            # Behind a part comes the next one; in the middle of one only the word to stop.
            if not isinstance(message, PartDone) and connection.poll():
                return
