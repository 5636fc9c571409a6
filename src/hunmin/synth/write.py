"""A store of generated lines, drawn by several processes, that goes on where it was after whatever ended it.

`OUT.partial` holds `run.json` (all that the lines depend on) and `shards/`, small stores of consecutive lines, each
whole or not there. Once all are there they are put together, and `OUT` appears, complete.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import lmdb
import numpy as np
import PIL

from hunmin import __version__
from hunmin.data.manifest import Manifest, hash_file
from hunmin.data.store import (
    DIGEST_KEY,
    FIRST_MAP_BYTES,
    KEY_NAMES,
    NUM_SAMPLES_KEY,
    Store,
    add_to_digest,
    open_store,
    write_store,
)
from hunmin.errors import InputError, StoreError
from hunmin.synth.fonts import load_faces
from hunmin.synth.generate import Recipe
from hunmin.synth.lexicon import LISTS, read_list, read_user_lines
from hunmin.synth.processes import worker_pool
from hunmin.synth.source import SynthSource

LARGEST_SHARD: Final = 500
"""Lines of a shard; at most this much is drawn again after an interruption, by each process."""
SMALLEST_SHARD: Final = 16
# Enough shards for all cores of a large machine, also where the store is small.
_SHARDS_OF_A_SMALL_STORE = 64
_LITTLE_SPACE_BYTES = 64 << 20

Report = Callable[[str, int], None]
"""Called with what is being done, `drawing` or `storing`, and the lines for which it is done."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Consecutive lines that one process draws."""

    path: Path
    first: int
    num: int


def write_lines(
    recipe: Recipe, out: Path, *, num: int, seed: int, workers: int = 0, report: Report = lambda _task, _num: None
) -> Manifest:
    """Draw lines 0 … num - 1 of epoch 0 and write them as a store; or go on with that.

    Args:
        recipe: fonts, texts and settings.
        out: the store's folder, which must not exist. Work in progress lies beside it, in `out` + `.partial`.
        num: of lines, at least 1.
        seed: of the stream.
        workers: processes; 0 = one for each core. The store is the same for any number.
        report: told about progress; the first call says how many lines were there already.

    Returns:
        The store's manifest.

    Raises:
        InputError: `out` exists, cannot be written, or the disk is full; what is in progress there is another run, or
            someone else's folder; nothing can be drawn.
    """
    partial = out.with_name(f"{out.name}.partial")
    if out.exists():
        left_over = f" ({partial} is left over from writing it and can go, too)" if partial.exists() else ""
        raise InputError(f"{out}: exists already; remove it or give another name{left_over}")
    with _claimed(partial, _conditions(recipe, num, seed)):
        shards = _shards(partial / "shards", num)
        missing = [shard for shard in shards if not shard.path.exists()]
        num_done = num - sum(shard.num for shard in missing)
        report("drawing", num_done)
        if missing:
            _draw_all(missing, recipe, seed, workers, partial, lambda drawn: report("drawing", num_done + drawn))
        manifest = _join(shards, partial / "store", report)
        (partial / "store").rename(out)
        shutil.rmtree(partial, ignore_errors=True)
    return manifest


def _shards(folder: Path, num: int) -> list[Shard]:
    # Whatever the number of processes, so that another number can go on.
    size = min(max(num // _SHARDS_OF_A_SMALL_STORE, SMALLEST_SHARD), LARGEST_SHARD)
    starts = range(0, num, size)
    return [Shard(folder / f"{i:06d}", first, min(size, num - first)) for i, first in enumerate(starts)]


def _draw_all(
    shards: Sequence[Shard], recipe: Recipe, seed: int, workers: int, partial: Path, report: Callable[[int], None]
) -> None:
    drawn = 0
    try:
        with worker_pool(min(workers or os.cpu_count() or 1, len(shards)), _begin, recipe, seed) as pool:
            for future in as_completed([pool.submit(_draw, shard) for shard in shards]):
                drawn += future.result()
                report(drawn)
    except BrokenProcessPool as error:
        raise InputError(
            f"{partial}: a process that drew lines was killed, most likely because memory ran out. Finished lines are "
            "kept; run the same command with fewer workers=."
        ) from error
    except InputError as error:
        free = shutil.disk_usage(partial).free
        space = f" ({free:,} bytes are free there: make room)" if free < _LITTLE_SPACE_BYTES else ""
        raise InputError(f"{error}{space}. Finished lines are kept in {partial}; the same command goes on.") from error


# One a process: preparing a generator takes longer than drawing a shard.
_source: SynthSource


def _begin(recipe: Recipe, seed: int) -> None:
    global _source  # noqa: PLW0603 - a pool has no other place for what lives as long as the process
    _source = SynthSource(recipe, seed=seed)


def _draw(shard: Shard) -> int:
    samples = (_source.sample(0, index) for index in range(shard.first, shard.first + shard.num))
    try:
        return write_store(samples, shard.path, num=shard.num).num_samples
    except (lmdb.Error, OSError) as error:
        # What a full disk is to LMDB when it cuts a write short: an input/output error.
        raise InputError(f"{shard.path}: its {shard.num} lines could not be drawn and written ({error})") from error


def _join(shards: Sequence[Shard], folder: Path, report: Report) -> Manifest:
    """One store of all shards' lines in order, as `write_store` would have written it; nothing is encoded anew."""
    needed = sum((shard.path / "data.mdb").stat().st_size for shard in shards)
    free = shutil.disk_usage(folder.parent).free
    if needed > free:
        raise InputError(
            f"{folder.parent}: putting the lines together needs {needed:,} bytes, {free:,} are free. Free some space; "
            "the same command goes on."
        )
    try:
        folder.mkdir()
        # Of a map that is too large nothing but addresses is lost.
        with lmdb.open(str(folder), map_size=2 * needed + FIRST_MAP_BYTES, lock=False, sync=False) as environment:
            return _copy(shards, folder, environment, report)
    except (lmdb.Error, OSError) as error:
        raise InputError(
            f"{folder}: cannot be written ({error}; {needed:,} bytes are needed, "
            f"{shutil.disk_usage(folder.parent).free:,} are free). The same command goes on."
        ) from error


def _copy(shards: Sequence[Shard], folder: Path, environment: lmdb.Environment, report: Report) -> Manifest:
    digest = hashlib.sha256()
    characters, lengths, kinds = Counter[str](), Counter[str](), Counter[str]()
    number = 0
    for shard in shards:
        store = _open_shard(shard)
        with environment.begin(write=True) as transaction:
            for index in range(shard.num):
                number += 1
                values = store.raw(index)
                add_to_digest(digest, *values)
                for name, value in zip(KEY_NAMES, values, strict=True):
                    assert value is not None, f"{shard.path} passed its hashes"
                    transaction.put(b"%s-%09d" % (name, number), value)
        assert store.manifest is not None, f"{shard.path} was written by write_store"
        characters.update(store.manifest.characters)
        lengths.update(store.manifest.label_lengths)
        kinds.update(store.manifest.kinds)
        report("storing", number)
    with environment.begin(write=True) as transaction:
        transaction.put(NUM_SAMPLES_KEY, b"%d" % number)
        transaction.put(DIGEST_KEY, digest.hexdigest().encode())
    environment.sync(True)
    whole = Manifest(
        created_by=f"hunmin {__version__}",
        num_samples=number,
        characters=dict(sorted(characters.items())),
        label_lengths=dict(sorted(lengths.items(), key=lambda item: int(item[0]))),
        kinds=dict(sorted(kinds.items())),
        seen=number,
        dropped={},
        drop_examples={},
        content_digest=digest.hexdigest(),
        file=hash_file(folder / "data.mdb"),
    )
    whole.write(folder)
    return whole


def _open_shard(shard: Shard) -> Store:
    try:
        return open_store(shard.path)
    except StoreError as error:
        raise InputError(f"{error}. Or delete {shard.path}: the same command draws these lines again.") from error


@contextmanager
def _claimed(partial: Path, conditions: dict[str, Any]) -> Iterator[None]:
    """Hold the folder for work in progress, and make sure that what lies in it is ours and of this run."""
    note = partial / "run.json"
    try:
        partial.mkdir(parents=True, exist_ok=True)
        lock = (partial / "lock").open("w")
    except OSError as error:
        raise InputError(f"{partial}: cannot be written ({error.strerror}); give another place") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"{partial}: another process is writing there; wait for it or end it") from None
        if note.exists():
            _check_same_run(note, conditions)
        else:
            _begin_run(note, conditions)
        # Of processes that were killed. Nobody else is at work here: the lock is ours.
        for left_over in [*(partial / "shards").glob("*.partial-*"), partial / "store"]:
            shutil.rmtree(left_over, ignore_errors=True)
        yield


def _begin_run(note: Path, conditions: dict[str, Any]) -> None:
    strangers = [path.name for path in note.parent.iterdir() if path.name not in ("lock", "run.json.part")]
    if strangers:
        raise InputError(f"{note.parent}: holds {strangers[0]!r}, so it is no unfinished store; move it away")
    unfinished = note.with_name("run.json.part")
    try:
        unfinished.write_text(json.dumps(conditions, ensure_ascii=False, indent=1), encoding="utf-8")
        unfinished.replace(note)
    except OSError as error:
        raise InputError(
            f"{note}: cannot be written ({error.strerror}, {shutil.disk_usage(note.parent).free:,} bytes are free)"
        ) from error


def _check_same_run(note: Path, conditions: dict[str, Any]) -> None:
    try:
        before = json.loads(note.read_text(encoding="utf-8"))
        keys = [key for key in before | conditions if before.get(key) != conditions.get(key)]
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{note}: not readable ({error}); delete {note.parent} to begin anew") from error
    if keys:
        key = keys[0]
        raise InputError(
            f"{note.parent}: begun with {key}={before.get(key)}, now it is {key}={conditions.get(key)}. "
            f"Give the same value to go on, or delete the folder to begin anew."
        )


def _conditions(recipe: Recipe, num: int, seed: int) -> dict[str, Any]:
    """All that the lines depend on, as JSON gives it back; files by what they hold, not by where they lie."""
    faces = [
        (face.sha256, face.index, face.family, face.style, face.held_out, _digest("".join(sorted(face.coverage))))
        for face in load_faces(recipe.manifest, recipe.folders)
    ]
    settings = {f"synth.{key}": value for key, value in asdict(recipe.config).items() if key != "pack"}
    conditions = {
        "num": num,
        "seed": seed,
        **settings,
        "charset": _digest("".join(sorted(recipe.charset))),
        "fonts": _digest(json.dumps(faces)),
        "texts": _digest("\n".join(line for name in LISTS for line in read_list(name, recipe.texts))),
        "corpus": [[_digest("\n".join(read_user_lines(path))), weight] for path, weight in recipe.files],
        # Another version of these may draw another pixel.
        "drawn_by": f"hunmin {__version__}, OpenCV {cv2.__version__}, Pillow {PIL.__version__}, NumPy {np.__version__}",
    }
    same: dict[str, Any] = json.loads(json.dumps(conditions))
    return same


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
