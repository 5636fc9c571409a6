"""A store of generated lines, drawn by several processes, that goes on where it was after whatever ended it."""

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import lmdb
import numpy as np
import PIL

from hunmin.data.store.assemble import (
    Part,
    Report,
    check_room,
    finish,
    in_processes,
    join,
    saying_what_is_kept,
    unfinished,
)
from hunmin.data.store.lmdb_store import Store, open_store, write_store
from hunmin.data.store.manifest import Manifest
from hunmin.errors import InputError, StoreError, reason_of
from hunmin.processes import num_cores
from hunmin.synth.fonts.faces import load_faces
from hunmin.synth.generate import Recipe
from hunmin.synth.source import SynthSource
from hunmin.synth.texts.lexicon import LISTS, read_list, read_user_lines
from hunmin.version import __version__

LARGEST_SHARD: Final = 500
"""Lines of a shard; at most this much is drawn again after an interruption, by each process."""
SMALLEST_SHARD: Final = 16
# Enough shards for all cores of a large machine, also where the store is small.
_SHARDS_OF_A_SMALL_STORE = 64


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
        report: told about `drawing`, then `storing`; the first call says how many lines were there already.

    Returns:
        The store's manifest.

    Raises:
        InputError: `out` exists, cannot be written, or the disk is full; what is in progress there is another run, or
            someone else's folder; nothing can be drawn.
    """
    with unfinished(out, _conditions(recipe, num, seed)) as partial:
        shards = _shards(partial / "shards", num)
        missing = [shard for shard in shards if not shard.path.exists()]
        num_done = num - sum(shard.num for shard in missing)
        report("drawing", num_done)
        if missing:
            _draw_all(missing, recipe, seed, workers, partial, lambda drawn: report("drawing", num_done + drawn))
        needed = sum((shard.path / "data.mdb").stat().st_size for shard in shards)
        check_room(partial, needed)
        parts = (Part(_open_shard(shard)) for shard in shards)
        manifest = join(parts, partial / "store", needed=needed, report=lambda stored: report("storing", stored))
        finish(partial, out)
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
    processes = min(workers or num_cores(), len(shards))
    with (
        saying_what_is_kept(partial, did="drew lines", things="lines"),
        closing(in_processes(_draw, shards, processes, _begin, recipe, seed)) as results,
    ):
        for num in results:
            drawn += num
            report(drawn)


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
        raise InputError(
            f"{shard.path}: its {shard.num} lines could not be drawn and written ({reason_of(error)})"
        ) from error


def _open_shard(shard: Shard) -> Store:
    try:
        return open_store(shard.path)
    except StoreError as error:
        raise InputError(f"{error}. Or delete {shard.path}: the same command draws these lines again.") from error


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
