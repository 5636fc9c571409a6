"""Processes that share a long piece of work, and end with the one that started them."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait

from hunmin.errors import InputError

IN_A_SCRIPT = "in a script, put what calls hunmin under: if __name__ == '__main__'"
"""Every new process runs the script that started it as a module, from top to bottom."""


def num_cores() -> int:
    """CPU cores that this process may use: fewer than the machine has in a container or under `taskset`."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def refuse_in_new_process() -> None:
    """Refuse to begin a long piece of work in a process that is only being started for the one that is under way.

    Raises:
        InputError: a script without a guard is being run once more by a process that it started.
    """
    # Only while a process imports the script of its parent; Python's own check of the same asks this, too.
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise InputError(
            f"this process was started to help another one, and is not to begin the work again; {IN_A_SCRIPT}"
        )


@contextmanager
def worker_pool(
    workers: int, begin: Callable[..., None] | None = None, *arguments: object
) -> Iterator[ProcessPoolExecutor]:
    """A pool of processes, each of which first calls `begin(*arguments)`.

    At the end, be it an error or Ctrl-C, what a worker has begun is finished and what waits is given up.

    Args:
        workers: how many processes; 0 = one for each core.
        begin: called once in every process; must not fail.
        arguments: for `begin`.
    """
    pool = ProcessPoolExecutor(
        workers or num_cores(),
        # A forked worker would inherit threads and the write ends of its siblings' pipes, and outlive us by them.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(begin, arguments),
    )
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def follow_parent() -> None:
    """In a process that another one has started: leave Ctrl-C to that one, and end when it ends, in whatever way."""
    # Ctrl-C in a terminal reaches every process of the group; only the first of them decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _begin(begin: Callable[..., None] | None, arguments: tuple[object, ...]) -> None:
    follow_parent()
    if begin:
        begin(*arguments)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None, "a worker has a parent"
    wait([parent.sentinel])
    # A parent that was killed closes no queue: without this, workers would wait for work for ever.
    os._exit(1)
