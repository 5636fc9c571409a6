"""What reads parts of files at the same time, each with a model of its own, and what becomes of one that crashes or hangs.

A worker gets one `Part` at a time and sends one message a page. What it was at is known whenever it ends.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Final, Self, TypeAlias

from hunmin.bulk.ledger import Failure, Part
from hunmin.bulk.reading import Lost, Message, NoRoom, PageDone, PartDone, Ready
from hunmin.documents.reader import Reader
from hunmin.errors import InputError

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
Wait: TypeAlias = Callable[[list[Any], float], list[Any]]
"""Of several `Worker.handle`s those that have something to tell, as soon as one has, at the latest after so many seconds."""


class Worker(ABC):
    """Something that reads one part at a time."""

    def __init__(self) -> None:
        """It loads its reader first, and tells when that is done."""
        self.part: Part | None = None
        self.is_loading = True
        self._waited_s = 0.0

    @property
    def is_idle(self) -> bool:
        """Whether it waits for a part."""
        return not (self.part or self.is_loading)

    @property
    @abstractmethod
    def handle(self) -> Any:
        """What a `Wait` waits for; None where it has nothing to tell."""

    def give(self, part: Part) -> None:
        """Have it read a part."""
        self.part, self._waited_s = part, 0.0
        self._send(part)

    def receive(self) -> Message:
        """What it has to tell."""
        self._waited_s = 0.0
        message = self._next_message()
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

    @abstractmethod
    def stop(self) -> None:
        """Have it end after the page that it is at."""

    @abstractmethod
    def kill(self) -> None:
        """End it at once."""

    @abstractmethod
    def _send(self, part: Part) -> None: ...

    @abstractmethod
    def _next_message(self) -> Message: ...


class Workers:
    """A number of them; a lost one is replaced. Leaving the block ends them."""

    def __init__(self, num: int, start: Callable[[], Worker], wait: Wait, page_timeout_s: float) -> None:
        """Set up what they need.

        Args:
            num: how many.
            start: starts one.
            wait: waits for several.
            page_timeout_s: seconds that opening a file or reading a page may take before a worker is ended.
        """
        self._start, self._wait = start, wait
        self._num, self._page_timeout_s = num, page_timeout_s
        self._workers: list[Worker] = []
        self._num_failed_starts = self._num_crashes = 0
        self._is_stopping = False
        self._looked = time.monotonic()

    def __enter__(self) -> Self:
        self._workers = [self._start() for _ in range(self._num)]
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
            InputError: a model cannot be loaded, there is no room to unpack an archive, or processes end again and again,
                whatever they are given.
        """
        handles = [worker.handle for worker in self._workers]
        ready = self._wait([handle for handle in handles if handle is not None], timeout_s)
        now = time.monotonic()
        # Of a time in which this process stood still, after Ctrl-Z or in a virtual machine, the others may have, too.
        waited_s = min(now - self._looked, timeout_s + MOST_BETWEEN_LOOKS_S)
        self._looked = now
        for worker in list(self._workers):
            part = worker.part
            is_ready = worker.handle in ready
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
            elif isinstance(message, NoRoom):
                raise InputError(message.error)
            elif isinstance(message, PageDone):
                self._num_crashes = 0
            if part and message:
                yield part, message

    def _replace(self, worker: Worker, lost: Lost) -> None:
        if worker.is_loading:
            self._num_failed_starts += 1
        elif lost.failure.code == CRASHED:
            self._num_crashes += 1
        # Of a machine that is gone, all end at once.
        if self._num_failed_starts >= max(MOST_FAILED_STARTS, self._num) or self._num_crashes >= max(
            MOST_CRASHES, 2 * self._num
        ):
            raise InputError(
                f"processes that read pages end again and again ({lost.failure.message}); where memory runs out, give fewer "
                "with --threads, else see the error above"
            )
        self._workers[self._workers.index(worker)] = self._start()
