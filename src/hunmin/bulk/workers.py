"""Processes that read parts of files, each with a model of its own, and what becomes of one that crashes or hangs.

A process gets one `Part` at a time and sends one message a page. What it was at is known whenever it ends.
"""

import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeAlias

import cv2

from hunmin.bulk.ledger import Failure, Part
from hunmin.bulk.shards import Row, page_row
from hunmin.documents.document import Document
from hunmin.documents.reader import Reader
from hunmin.errors import ImageError, InputError
from hunmin.processes import follow_parent
from hunmin.text.printable import printable

MOST_FAILED_STARTS: Final = 3
"""So many processes in a row that end before they have loaded their model end the run."""
MOST_CRASHES: Final = 20
"""So many in a row that end before they have read a page do so, too: then it is not the pages."""

MOST_BETWEEN_LOOKS_S: Final = 5.0
"""Writing a shard takes less."""
CRASHED: Final = "crashed"
TOO_SLOW: Final = "too_slow"

MakeReader: TypeAlias = Callable[[], Reader]
"""Loads a reader; must be a function that another process can import, or a `functools.partial` of one."""


@dataclass(frozen=True)
class ReadOptions:
    """How documents are read, as `Reader.read_document` takes it."""

    dpi: float
    force: bool = False
    password: str | None = None


@dataclass(frozen=True)
class Ready:
    """The model is loaded, or `error` says why it cannot be."""

    error: str = ""


@dataclass(frozen=True)
class Opened:
    """The file is open."""

    num_pages: int


@dataclass(frozen=True)
class PageDone:
    """A page was read, or `failure` says why not."""

    number: int
    row: Row
    failure: Failure | None


@dataclass(frozen=True)
class PartDone:
    """There is no more of a part; `failure` says why if it ended early."""

    failure: Failure | None = None


@dataclass(frozen=True)
class Lost:
    """The process that was at a part is gone."""

    failure: Failure


Message: TypeAlias = Ready | Opened | PageDone | PartDone | Lost


class Workers:
    """A number of processes; a lost one is replaced. Leaving the block ends them."""

    def __init__(
        self, num: int, make_reader: MakeReader, folder: Path, options: ReadOptions, page_timeout_s: float
    ) -> None:
        """Set up what they need.

        Args:
            num: how many.
            make_reader: called once in each.
            folder: that the paths of parts are in.
            options: how documents are read.
            page_timeout_s: seconds that opening a file or reading a page may take before the process is ended.
        """
        self._arguments = (make_reader, folder, options)
        self._num, self._page_timeout_s = num, page_timeout_s
        self._workers: list[_Worker] = []
        self._num_failed_starts = self._num_crashes = 0
        self._is_stopping = False
        self._looked = time.monotonic()

    def __enter__(self) -> Self:
        self._workers = [_Worker(*self._arguments) for _ in range(self._num)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.kill()

    @property
    def num_idle(self) -> int:
        """How many wait for a part."""
        return sum(worker.is_idle for worker in self._workers)

    @property
    def num_busy(self) -> int:
        """How many are at a part."""
        return sum(worker.part is not None for worker in self._workers)

    @property
    def num(self) -> int:
        """How many there are; after `stop` those that have not ended yet."""
        return len(self._workers)

    def give(self, part: Part) -> None:
        """Give a part to one that waits."""
        next(worker for worker in self._workers if worker.is_idle).give(part)

    def stop(self) -> None:
        """Have each end after the page that it is at; what it sends until then still comes from `messages`."""
        self._is_stopping = True
        for worker in self._workers:
            worker.stop()

    def messages(self, timeout_s: float) -> Iterator[tuple[Part, Message]]:
        """What they have sent, with the part that it is about.

        Args:
            timeout_s: how long to wait for the first message.

        Raises:
            InputError: a model cannot be loaded, or processes end again and again, whatever they are given.
        """
        ready = wait([worker.connection for worker in self._workers], timeout_s)
        now = time.monotonic()
        # Of a time in which this process stood still, after Ctrl-Z or in a virtual machine, the others may have, too.
        waited_s = min(now - self._looked, timeout_s + MOST_BETWEEN_LOOKS_S)
        self._looked = now
        for worker in list(self._workers):
            part = worker.part
            is_ready = worker.connection in ready
            message = worker.receive() if is_ready else worker.overdue(waited_s, self._page_timeout_s)
            if isinstance(message, Lost) and self._is_stopping:
                self._workers.remove(worker)
                continue
            if isinstance(message, Lost):
                self._replace(worker, message)
            elif isinstance(message, Ready):
                if message.error:
                    raise InputError(message.error)
                self._num_failed_starts = 0
            elif isinstance(message, PageDone):
                self._num_crashes = 0
            if part and message:
                yield part, message

    def _replace(self, worker: "_Worker", lost: Lost) -> None:
        if worker.is_loading:
            self._num_failed_starts += 1
        elif lost.failure.code == CRASHED:
            self._num_crashes += 1
        if self._num_failed_starts >= MOST_FAILED_STARTS or self._num_crashes >= MOST_CRASHES:
            raise InputError(
                f"processes that read pages end again and again ({lost.failure.message}), most likely because memory "
                "runs out; give fewer with --threads"
            )
        self._workers[self._workers.index(worker)] = _Worker(*self._arguments)


class _Worker:
    """One process, and what it is at."""

    def __init__(self, make_reader: MakeReader, folder: Path, options: ReadOptions) -> None:
        # A forked process would inherit threads, and could hang on their locks.
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, make_reader, folder, options), daemon=True)
        self._process.start()
        theirs.close()
        self.part: Part | None = None
        self.is_loading = True
        self._waited_s = 0.0

    @property
    def is_idle(self) -> bool:
        return not (self.part or self.is_loading)

    def give(self, part: Part) -> None:
        self.part, self._waited_s = part, 0.0
        with suppress(OSError):  # it is gone, which `receive` finds
            self.connection.send(part)

    def stop(self) -> None:
        with suppress(OSError):
            self.connection.send(None)

    def receive(self) -> Message:
        self._waited_s = 0.0
        try:
            message: Message = self.connection.recv()
        except (EOFError, OSError):
            self.kill()
            return Lost(Failure(CRASHED, self._how_it_ended()))
        if isinstance(message, Ready):
            self.is_loading = False
        elif isinstance(message, PartDone):
            self.part = None
        return message

    def overdue(self, waited_s: float, limit_s: float) -> Lost | None:
        """End it where it takes too long, after another while without a message; None where all is well."""
        self._waited_s += waited_s
        if self.part is None or self._waited_s <= limit_s:
            return None
        self.kill()
        return Lost(Failure(TOO_SLOW, f"takes more than {limit_s:g} s; leave it out or save it again"))

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self.connection.close()

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
        failure = None
        try:
            for message in _read(reader, folder, part, options):
                connection.send(message)
                if connection.poll():
                    return
        except InputError as error:
            failure = Failure(error.code if isinstance(error, ImageError) else "unreadable", printable(error))
        connection.send(PartDone(failure))


def _read(reader: Reader, folder: Path, part: Part, options: ReadOptions) -> Iterator[Message]:
    document = _opened(reader, folder / part.path, part.first, options)
    num_pages = document.source.num_pages
    yield Opened(num_pages)
    for page in islice(document, part.last - part.first + 1):
        failure = Failure(page.error.code, printable(page.error)) if page.error else None
        yield PageDone(page.number, page_row(part.path, num_pages, page), failure)


def _opened(reader: Reader, path: Path, first: int, options: ReadOptions) -> Document:
    """A document from its page `first` on; the password is for encrypted ones alone."""
    pages: Sequence[int] | str = f"{first}-"
    try:
        return reader.read_document(path, pages=pages, dpi=options.dpi, force=options.force)
    except ImageError as error:
        if error.code != "encrypted" or options.password is None:
            raise
    return reader.read_document(path, pages=pages, dpi=options.dpi, force=options.force, password=options.password)
