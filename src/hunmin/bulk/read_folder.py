"""A folder of any number of pages, read by several processes into shards; after whatever ended it, it goes on where it was."""

import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from hunmin.bulk.ledger import DATABASE, Counts, Failure, Ledger, Part, parts
from hunmin.bulk.local import LocalProcess
from hunmin.bulk.reading import Lost, Message, Opened, PageDone, PartDone, ReadOptions
from hunmin.bulk.shards import failed_row, shard_format
from hunmin.bulk.walk import has_no_pages, walk
from hunmin.bulk.workers import CRASHED, MakeReader, Workers
from hunmin.documents.source.pdf import check_dpi
from hunmin.errors import InputError
from hunmin.text.printable import printable

PAGES_PER_PART: Final = 50
"""A longer document is read by several processes, and what a kill may cost is bounded."""
ROWS_PER_SHARD: Final = 1000
PAGE_TIMEOUT_S: Final = 300.0
"""An ordinary page takes seconds; PDFium gives up after one minute by itself."""
DRAIN_S: Final = 8.0
"""How long pages at work may take once the run is to end; what takes longer is read by the next run."""
MOST_ATTEMPTS: Final = 2
"""A page at which a process ended is tried again, for the system may have ended it to have its memory."""
_WAIT_S: Final = 0.2


@dataclass(frozen=True)
class FolderRun:
    """What is read, where to, and how."""

    folder: Path
    """Or a ZIP archive, which is gone through like a folder; so are those inside a folder."""
    out: Path
    make_reader: MakeReader
    """Loads the reader, in every process."""
    options: ReadOptions
    num_workers: int
    """Processes; on a Ray cluster 0 = one for each of its cores."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """What `make_reader` and `options` come from: a run goes on only with the same."""
    format_name: str = "jsonl"
    rows_per_shard: int = ROWS_PER_SHARD
    page_timeout_s: float = PAGE_TIMEOUT_S
    ray_address: str | None = None
    """Of a Ray cluster whose machines have hunmin and see the folder under the same path; None = this machine reads."""


@dataclass(frozen=True)
class FolderDone:
    """What came of it."""

    counts: Counts
    """Of all runs on this folder together; rows are of pages that were read and of whatever failed."""
    failures: Mapping[str, int]
    """Code → how many files and pages could not be read for that reason."""
    passed_over: Mapping[str, int]
    """Kind → files that nobody would take for pages."""
    is_finished: bool
    """Whether everything is done; else it was stopped."""


def read_folder(
    run: FolderRun,
    *,
    is_stopped: Callable[[], bool] = lambda: False,
    report: Callable[[Counts], None] = lambda counts: None,
) -> FolderDone:
    """Read all pages in a folder and those below it, each exactly once, into `out/pages/000001.jsonl` and so on.

    Also written: `summary.json`, `failures.jsonl`, and `ledger.sqlite`, by which the next run with the same settings goes
    on; it reads what was not read yet, and files that have come since.

    Args:
        run: what to read.
        is_stopped: asked all the time; once it is true, pages at work are finished, and that is all.
        report: told what is done.

    Raises:
        InputError: the folder has nothing to read or cannot be looked into; no page is rendered at that `dpi`; `out` cannot be
            written, holds something else or another run; or processes end whatever they read.
    """
    check_dpi(run.options.dpi)
    if not os.path.exists(run.out / DATABASE):  # noqa: PTH110 - that of Path raises where a folder may not be looked into
        _check_has_pages(run)
    settings = {"folder": str(run.folder.absolute()), "format": run.format_name, **run.settings}
    ledger = Ledger(run.out, settings, shard_format(run.format_name), run.rows_per_shard)
    try:
        work = _Work(run, ledger, is_stopped)
        report(ledger.counts)
        if work.is_left():
            with _workers(run) as workers:
                while not is_stopped() and work.hand_out(workers):
                    for part, message in workers.messages(_WAIT_S):
                        work.note(part, message)
                        report(ledger.counts)
                if is_stopped():
                    work.drain(workers)
        is_finished = not is_stopped()
        ledger.write_shard()
        failures = ledger.write_summary(work.passed_over, is_finished=is_finished)
        return FolderDone(ledger.counts, failures, work.passed_over, is_finished)
    finally:
        ledger.close()


@contextmanager
def _workers(run: FolderRun) -> Iterator[Workers]:
    if run.ray_address is None:
        start = partial(LocalProcess, run.make_reader, run.folder, run.options)
        with Workers(run.num_workers, start, LocalProcess.wait, run.page_timeout_s) as workers:
            yield workers
        return
    from hunmin.bulk.on_ray import RayActor
    from hunmin.ray_cluster import connected

    with connected(run.ray_address, num_cores=run.num_workers) as num_cores:
        start_there = partial(RayActor, run.make_reader, run.folder.absolute(), run.options)
        with Workers(num_cores, start_there, RayActor.wait, run.page_timeout_s) as workers:
            yield workers


def _check_has_pages(run: FolderRun) -> None:
    """Look as far as the first file that gets a row."""
    passed_over: Counter[str] = Counter()
    for entry in walk(run.folder, documents=True, archives=True, left_out=run.out):
        if entry.problem and entry.path == run.folder:
            raise entry.problem
        if not entry.passed_over:
            return
        passed_over[entry.passed_over] += 1
    raise InputError(has_no_pages(run.folder, passed_over))


def count_files(run: FolderRun) -> int:
    """How many files the folder has that get a row."""
    return sum(not entry.passed_over for entry in walk(run.folder, documents=True, archives=True, left_out=run.out))


class _Work:
    """What is left to do, and what becomes of it."""

    def __init__(self, run: FolderRun, ledger: Ledger, is_stopped: Callable[[], bool]) -> None:
        self.passed_over: Counter[str] = Counter()
        self._run, self._ledger, self._is_stopped = run, ledger, is_stopped
        self._found = self._find()
        self._first: deque[Part] = deque()
        """Before what is found next: the other parts of long documents, and what follows a page that was lost."""
        self._at: dict[Part, int] = {}
        """Of parts at work the number of the page that comes next."""
        self._num_pages: dict[Part, int] = {}
        self._attempts: Counter[tuple[str, int]] = Counter()

    def is_left(self) -> bool:
        """Whether there is anything to read; processes take seconds to start."""
        self._first.extend(islice(self._found, 1))
        return bool(self._first)

    def hand_out(self, workers: Workers) -> bool:
        """Give work to who waits; False once everything is done."""
        while workers.num_idle:
            part = self._first.popleft() if self._first else next(self._found, None)
            if part is None:
                return workers.num_busy > 0
            self._at[part] = part.first
            self._num_pages[part] = part.num_pages
            workers.give(part)
        return True

    def drain(self, workers: Workers) -> None:
        """Note what is finished soon."""
        workers.stop()
        end = time.monotonic() + DRAIN_S
        while workers.num and (left_s := end - time.monotonic()) > 0:
            for part, message in workers.messages(min(left_s, _WAIT_S)):
                self.note(part, message)

    def note(self, part: Part, message: Message) -> None:
        """Keep what a process says of its part."""
        if isinstance(message, Opened):
            self._open(part, message.num_pages)
        elif isinstance(message, PageDone):
            self._ledger.add(part, message.number, self._num_pages[part], message.row, message.failure)
            self._at[part] = message.number + 1
        elif isinstance(message, PartDone):
            if message.failure:
                self._ledger.fail(part, self._num_pages[part], message.failure, self._at[part])
            self._forget(part)
        elif isinstance(message, Lost):
            self._lose(part, message.failure)

    def _open(self, part: Part, num_pages: int) -> None:
        self._num_pages[part] = num_pages
        if part.first == 1 and not part.num_pages:
            self._first += parts(part, part.last + 1, num_pages, num_pages, PAGES_PER_PART)

    def _lose(self, part: Part, failure: Failure) -> None:
        """Try the page once more at which a process crashed; else note it and go on behind it."""
        number, num_pages = self._at[part], self._num_pages[part]
        self._forget(part)
        if num_pages and number > min(part.last, num_pages):  # all was read, and only the word of it is missing
            return
        self._attempts[part.path, number] += 1
        if failure.code == CRASHED and self._attempts[part.path, number] < MOST_ATTEMPTS:
            self._first.appendleft(replace(part, first=number, num_pages=num_pages))
            return
        del self._attempts[part.path, number]
        where = f"{self._run.folder / part.path}, page {number}" if num_pages else f"{self._run.folder / part.path}"
        failure = Failure(failure.code, f"{where}: {failure.message}")
        if not num_pages:
            self._ledger.fail(part, 0, failure)
            return
        row = failed_row(part.path, failure.code, failure.message, number, num_pages)
        self._ledger.add(part, number, num_pages, row, failure)
        last = min(part.last, num_pages)
        if number < last:
            self._first.appendleft(replace(part, first=number + 1, last=last, num_pages=num_pages))

    def _forget(self, part: Part) -> None:
        del self._at[part], self._num_pages[part]

    def _find(self) -> Iterator[Part]:
        """What is not done of every file, found when it is asked for."""
        folder = self._run.folder
        for entry in walk(folder, documents=True, archives=True, left_out=self._run.out):
            if self._is_stopped():
                return
            if entry.passed_over:
                self.passed_over[entry.passed_over] += 1
                continue
            if entry.problem and entry.path == folder:  # not there for now, such as a disk that is not mounted
                raise entry.problem
            path = entry.path.relative_to(folder).as_posix()
            missing = self._ledger.missing(path, PAGES_PER_PART, entry.archived)
            if entry.problem and missing:
                self._ledger.fail(missing[0], 0, Failure(entry.problem.code, printable(entry.problem)))
            elif not entry.problem:
                yield from missing
