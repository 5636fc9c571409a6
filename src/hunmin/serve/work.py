"""How much is done at once, and when it ends.

A request takes a slot when it arrives and gives it back when it is answered and nothing works for it any more; when all
slots are taken, the next one is told to come back. What reads runs on threads, a few for documents and some for crops, so
that a book does not keep a line waiting. Nobody can interrupt a thread: whoever hangs up or takes too long is answered at
once, and the work for them ends at its next page.
"""

import asyncio
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from starlette.types import Receive

from hunmin.serve.requests.problems import ClientGoneError, RefusedError, busy, no_room

T = TypeVar("T")

PREFIX = "hunmin-serve-"
"""Of the temporary folder's name."""


class GivenUpError(Exception):
    """Nobody waits for this work any more."""


class Stop:
    """Tells work that nobody waits for it any more."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Let the work end."""
        self._event.set()

    def check(self) -> None:
        """Go on, or not.

        Raises:
            GivenUpError: nobody waits.
        """
        if self._event.is_set():
            raise GivenUpError


class Work:
    """The slots of a service, and one folder for the files of all requests."""

    def __init__(self, max_requests: int) -> None:
        self._max_requests = max_requests
        self._num_taken = 0
        self._changed = threading.Lock()
        self._folder = tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True)

    @property
    def num_taken(self) -> int:
        """How many slots are taken."""
        return self._num_taken

    def take(self) -> "Slot":
        """Take a slot.

        Raises:
            RefusedError: 503, there is none, or no room for its files.
        """
        with self._changed:
            if self._num_taken >= self._max_requests:
                raise busy()
            self._num_taken += 1
        try:
            parent = Path(self._folder.name)
            parent.mkdir(mode=0o700, exist_ok=True)  # systems clear folders away that nobody has touched for days
            return Slot(parent, self._give_back)
        except OSError as error:
            self._give_back()
            raise no_room() from error

    def close(self) -> None:
        """Remove the folder."""
        self._folder.cleanup()

    def _give_back(self) -> None:
        with self._changed:
            self._num_taken -= 1


class Slot:
    """The place of one request; to be entered, and left when the request is answered."""

    def __init__(self, parent: Path, give_back: Callable[[], None]) -> None:
        self._folder = tempfile.TemporaryDirectory(dir=parent, ignore_cleanup_errors=True)
        self._give_back = give_back
        self._stop = Stop()
        self._num_holders = 1
        self._changed = threading.Lock()

    @property
    def folder(self) -> Path:
        """For the files of this request alone."""
        return Path(self._folder.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._let_go()

    async def run(
        self, threads: ThreadPoolExecutor, work: Callable[[Stop], T], receive: Receive, timeout_s: float
    ) -> T:
        """Run `work` on one of `threads`.

        Args:
            threads: where it waits for its turn.
            work: is to call `Stop.check` now and then.
            receive: of the request, whose body has arrived.
            timeout_s: from now on, waiting included.

        Raises:
            RefusedError: 504, it took too long.
            ClientGoneError: the client hung up.
        """
        with self._changed:
            self._num_holders += 1
        future: Future[T] = threads.submit(work, self._stop)
        future.add_done_callback(lambda _: self._let_go())
        done = asyncio.wrap_future(future)
        gone = asyncio.create_task(_hung_up(receive))
        try:
            await asyncio.wait((done, gone), timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if done.done():
                return done.result()
            if gone.done():
                raise ClientGoneError
            raise RefusedError(
                HTTPStatus.GATEWAY_TIMEOUT,
                "too_slow",
                f"this was not read within {timeout_s:g} s; send fewer pages at once, or a smaller picture",
            )
        finally:
            self._stop.set()
            future.cancel()
            gone.cancel()
            # What comes of work that was given up interests nobody.
            done.add_done_callback(lambda one: one.cancelled() or one.exception())
            with suppress(asyncio.CancelledError):
                await gone

    def _let_go(self) -> None:
        with self._changed:
            self._num_holders -= 1
            is_over = self._num_holders == 0
        if is_over:
            self._folder.cleanup()
            self._give_back()


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
