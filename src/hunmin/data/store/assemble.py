"""Long work on a store in pieces, so that it goes on where it was after whatever ended it.

`OUT.partial` holds `run.json` (all that the result depends on) and `shards/`, small pieces that are each whole or not
there. Once all are there they are joined in `OUT.partial/store`, and that takes the name `OUT`.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import lmdb

from hunmin.data.clean import Ledger
from hunmin.data.store.lmdb_store import (
    DIGEST_KEY,
    FIRST_MAP_BYTES,
    KEY_NAMES,
    NUM_SAMPLES_KEY,
    REPAIR,
    SAMPLES_PER_TRANSACTION,
    Store,
    add_to_digest,
    write_manifest,
)
from hunmin.data.store.manifest import Counts, Manifest
from hunmin.data.store.metadata import encode_meta
from hunmin.errors import InputError, StoreError, reason_of
from hunmin.files import free_bytes, leftovers, naming_failures, remove_leftovers, write_text
from hunmin.processes import worker_pool

TASKS_IN_HAND: Final = 3
"""Tasks that are handed out for each process: one at work, the next at hand, and one for the time until more come."""

Report = Callable[[str, int], None]
"""Called with what is being done, such as `storing`, and for how many samples it is done."""

Task = TypeVar("Task")
Result = TypeVar("Result")


@contextmanager
def unfinished(out: Path, conditions: Mapping[str, Any]) -> Iterator[Path]:
    """Hold the folder for work in progress on `out`, and make sure that what lies in it is ours and of this run.

    Args:
        out: what is being made; must not exist.
        conditions: all that it depends on, as JSON gives it back.

    Yields:
        `out` + `.partial`, without what killed processes left half done.

    Raises:
        InputError: `out` exists; the folder cannot be written, another process holds it, it is of another run or
            somebody else's; or the system has no file locks as POSIX has them.
    """
    try:
        import fcntl
    except ImportError:
        raise InputError(
            f"{out}: stores are written on Linux and macOS only, whose file locks keep two processes apart; "
            "on Windows run this in WSL"
        ) from None
    if out.exists() and not out.name:
        raise InputError(f"{out}: exists already; give another name")
    partial = out.with_name(f"{out.name}.partial")
    if out.exists():
        left_over = f" ({partial} is left over from writing it and can go, too)" if partial.exists() else ""
        raise InputError(f"{out}: exists already; remove it or give another name{left_over}")
    note = partial / "run.json"
    with naming_failures(partial):
        partial.mkdir(parents=True, exist_ok=True)
        lock = (partial / "lock").open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"{partial}: another process is writing there; wait for it or end it") from None
        except OSError as error:  # some network file systems
            raise InputError(
                f"{partial}: files cannot be locked there ({reason_of(error)}); write to another disk"
            ) from error
        if note.exists():
            _check_same_run(note, conditions)
        else:
            _begin_run(note, conditions)
        # Of processes that were killed. Nobody else is at work here: the lock is ours.
        remove_leftovers(partial)
        remove_leftovers(partial / "shards")
        shutil.rmtree(partial / "store", ignore_errors=True)
        yield partial


def finish(partial: Path, out: Path) -> None:
    """Give what lies complete in `partial/store` the name `out`, and clear up."""
    (partial / "store").rename(out)
    shutil.rmtree(partial, ignore_errors=True)


def in_processes(
    do: Callable[[Task], Result],
    tasks: Iterable[Task],
    workers: int,
    begin: Callable[..., None] | None = None,
    *arguments: object,
) -> Generator[Result, None, None]:
    """Do tasks in several processes and yield each result when it is there, in no order.

    A task is taken from `tasks` when a process will soon be free for it, so `tasks` may be far more than fit in memory.

    Raises:
        BrokenProcessPool: a process was killed.
    """
    with worker_pool(workers, begin, *arguments) as pool:
        waiting: set[Future[Result]] = set()
        for task in tasks:
            waiting.add(pool.submit(do, task))
            while len(waiting) >= TASKS_IN_HAND * workers:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)


@contextmanager
def saying_what_is_kept(partial: Path, *, did: str, things: str) -> Iterator[None]:
    """Add to what goes wrong in `in_processes` that finished shards stay, and how to go on.

    Args:
        partial: the folder for work in progress.
        did: what a process did, such as `drew lines`.
        things: what the shards hold, such as `lines`.

    Raises:
        InputError: in place of `BrokenProcessPool`, and of an `InputError`.
    """
    try:
        yield
    except BrokenProcessPool as error:
        raise InputError(
            f"{partial}: a process that {did} was killed, most likely because memory ran out, unless an error of its own "
            f"stands above. Finished {things} are kept; run the same command with fewer workers=."
        ) from error
    except InputError as error:
        raise InputError(f"{error}. Finished {things} are kept in {partial}; the same command goes on.") from error


@dataclass(frozen=True)
class Part:
    """What one store contributes to another."""

    store: Store
    left_out: frozenset[int] = frozenset()
    """Indices of samples that stay behind."""
    new_ids: Mapping[int, str] = field(default_factory=dict)
    """Index → the id that a sample goes by from now on."""


def check_room(folder: Path, needed: int) -> None:
    """Find out before the work that a file system cannot take it.

    Raises:
        InputError: fewer than `needed` bytes are free where `folder` lies.
    """
    free = free_bytes(folder)
    if needed > free:
        raise InputError(
            f"{folder}: putting the lines together needs {needed:,} bytes, {free:,} are free. Free some space; "
            "the same command goes on."
        )


def join(
    parts: Iterable[Part], folder: Path, *, needed: int, ledger: Ledger | None = None, report: Callable[[int], None]
) -> Manifest:
    """One store of all parts' samples in order, as `write_store` would have written it; nothing is encoded anew.

    Args:
        parts: opened one after the other.
        folder: to make.
        needed: bytes that the parts' files have together.
        ledger: what was kept and dropped; None = nothing was dropped.
        report: called with the number of samples that are stored.

    Raises:
        InputError: the disk is full.
        StoreError: a part is damaged.
    """
    try:
        folder.mkdir(parents=True)
        # Of a map that is too large nothing but addresses is lost.
        with lmdb.open(str(folder), map_size=2 * needed + FIRST_MAP_BYTES, lock=False, sync=False) as environment:
            number, counts, digest = _copy(parts, environment, report)
        return write_manifest(folder, number, counts, digest, ledger)
    except (lmdb.Error, OSError) as error:
        raise InputError(
            f"{folder}: cannot be written ({reason_of(error)}; {needed:,} bytes are needed, "
            f"{free_bytes(folder):,} are free). The same command goes on."
        ) from error


def _copy(
    parts: Iterable[Part], environment: lmdb.Environment, report: Callable[[int], None]
) -> tuple[int, Counts, str]:
    digest = hashlib.sha256()
    counts = Counts()
    number = 0
    for part in parts:
        indices: Sequence[int] = range(len(part.store))
        if part.left_out:
            indices = [index for index in indices if index not in part.left_out]
        for start in range(0, len(indices), SAMPLES_PER_TRANSACTION):
            with environment.begin(write=True) as transaction:
                for index in indices[start : start + SAMPLES_PER_TRANSACTION]:
                    number += 1
                    values = _values(part, index)
                    add_to_digest(digest, *values)
                    for name, value in zip(KEY_NAMES, values, strict=True):
                        transaction.put(b"%s-%09d" % (name, number), value)
            report(number)
        counts.update(_counts(part))
    with environment.begin(write=True) as transaction:
        transaction.put(NUM_SAMPLES_KEY, b"%d" % number)
        transaction.put(DIGEST_KEY, digest.hexdigest().encode())
    environment.sync(True)
    return number, counts, digest.hexdigest()


def _values(part: Part, index: int) -> tuple[bytes, bytes, bytes]:
    image, label, meta = part.store.raw(index)
    if image is None or label is None:
        raise StoreError(f"{part.store.path}: image-{index + 1:09d} or its label is missing; {REPAIR}")
    if index in part.new_ids or meta is None:
        id_ = part.new_ids.get(index, f"{part.store.name}/{index + 1:09d}")
        meta = encode_meta(replace(part.store.note(index), id=id_))
    return image, label, meta


def _counts(part: Part) -> Counts:
    store, counts = part.store, Counts()
    known = store.manifest is not None
    if store.manifest:
        counts.update(store.manifest.counts)
    others = Counts()
    for index in part.left_out if known else set(range(len(store))) - part.left_out:
        note = store.note(index)
        others.add(note.text, note.kind)
    if known:
        counts.subtract(others)
    else:
        counts.update(others)
    return counts


def _begin_run(note: Path, conditions: Mapping[str, Any]) -> None:
    ours = [note.with_name("lock"), *leftovers(note.parent)]
    strangers = [path.name for path in note.parent.iterdir() if path not in ours]
    if strangers:
        raise InputError(f"{note.parent}: holds {strangers[0]!r}, so it is no unfinished store; move it away")
    # In ASCII, which gives back paths that are no UTF-8, too.
    write_text(note, json.dumps(conditions, indent=1))


def _check_same_run(note: Path, conditions: Mapping[str, Any]) -> None:
    try:
        before = json.loads(note.read_text(encoding="utf-8"))
        keys = [key for key in before | conditions if before.get(key) != conditions.get(key)]
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{note}: not readable ({reason_of(error)}); delete {note.parent} to begin anew") from error
    if keys:
        key = keys[0]
        raise InputError(
            f"{note.parent}: begun with {key}={before.get(key)}, now it is {key}={conditions.get(key)}. "
            f"Give the same value to go on, or delete the folder to begin anew."
        )
