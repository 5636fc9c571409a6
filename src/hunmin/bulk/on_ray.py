"""Actors on a Ray cluster that read parts of files, each on one core of any machine.

The process that began the run finds the files, hands them out and writes, as on one machine; only reading is elsewhere.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import ray
from ray.exceptions import RayError, RayTaskError

from hunmin.bulk.ledger import Failure, Part
from hunmin.bulk.reading import Lost, Message, ReadOptions, Ready, read_part
from hunmin.bulk.workers import CRASHED, MakeReader, Worker
from hunmin.errors import InputError


class RayActor(Worker):
    """One actor, and what it is at."""

    def __init__(self, make_reader: MakeReader, folder: Path, options: ReadOptions) -> None:
        """Start it where a core is free; it loads its reader first."""
        super().__init__()
        # Two calls at once, so that it can be told to stop while it reads.
        self._actor = ray.remote(num_cpus=1, max_concurrency=2)(_Reading).remote(make_reader, folder, options)
        self._handle: Any = self._actor.load.remote()

    @staticmethod
    def wait(handles: list[Any], timeout_s: float) -> list[Any]:
        """Those of several `handle`s that have something to tell, as soon as one has."""
        if not handles:
            time.sleep(timeout_s)
            return []
        ray.wait(handles, num_returns=1, timeout=timeout_s)
        ready, _ = ray.wait(handles, num_returns=len(handles), timeout=0)
        return list(ready)

    @property
    def handle(self) -> Any:
        """What it will give next."""
        return self._handle

    def stop(self) -> None:
        """Have it end after the page that it is at."""
        stopping = self._actor.stop.remote()
        if self.is_idle:
            self._handle = stopping

    def kill(self) -> None:
        """End it at once."""
        with suppress(RayError):
            ray.kill(self._actor)

    def _send(self, part: Part) -> None:
        self._handle = self._actor.read.options(num_returns="streaming").remote(part)

    def _next_message(self) -> Message:
        try:
            is_reading = isinstance(self._handle, ray.ObjectRefGenerator)
            message: Message | None = ray.get(next(self._handle) if is_reading else self._handle)
        except StopIteration:
            message = None
        except RayTaskError as error:
            sys.stderr.write(f"{error}\n")
            message = Lost(Failure(CRASHED, f"the process that read it failed ({type(error.cause).__name__})"))
        except RayError:
            message = Lost(Failure(CRASHED, "the process that read it is gone, or the machine that it was on"))
        if message is None:
            message = Lost(Failure(CRASHED, "the process that read it was stopped"))
        if isinstance(message, Lost):
            self.kill()
        return message

    def receive(self) -> Message:
        """What it has to tell."""
        message = super().receive()
        if self.is_idle:
            self._handle = None
        return message


class _Reading:
    """What an actor does."""

    def __init__(self, make_reader: MakeReader, folder: Path, options: ReadOptions) -> None:
        self._make_reader, self._folder, self._options = make_reader, folder, options
        self._is_stopping = False

    def load(self) -> Ready:
        cv2.setNumThreads(1)
        try:
            self._reader = self._make_reader()
        except InputError as error:
            return Ready(str(error))
        return Ready()

    def read(self, part: Part) -> Iterator[Message]:
        for message in read_part(self._reader, self._folder, part, self._options):
            yield message
            if self._is_stopping:
                return

    def stop(self) -> None:
        self._is_stopping = True
