"""An import: pages from labelled images, cut into crops, parted into splits, one store a split.

The pages come one after the other and are never all in memory. Consecutive ones make a chunk, and a process turns that
into a shard (`import_pages`). Once all shards are there, duplicates are found, and the crops of each split are joined.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import partial as with_arguments
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, NoReturn, TypeAlias

import cv2
import numpy as np
import PIL

from hunmin.data.clean import EXAMPLES_PER_REASON, Ledger
from hunmin.data.imports.shard import Chunk, ImportConfig, Shard, chunks, read_shard, write_shard
from hunmin.data.imports.split import SPLITS, Split
from hunmin.data.inspect.duplicates import repeated
from hunmin.data.reasons import DUPLICATE, NO_IMAGE, NO_LABEL
from hunmin.data.sources.page import Page
from hunmin.data.store.assemble import Part, Report, check_room, finish, join, saying_what_is_kept, unfinished
from hunmin.data.store.lmdb_store import Store, open_store
from hunmin.data.store.manifest import Manifest
from hunmin.errors import InputError, StoreError
from hunmin.files import write_bytes
from hunmin.text.normalize import escape_lone_surrogates
from hunmin.version import __version__

LEDGER_NAME: Final = "ledger.json"

Engine: TypeAlias = Callable[[Callable[[Chunk], int], Iterable[Chunk]], Generator[int, None, None]]
"""Does a function for every chunk, somewhere, and yields the results in no order; see `assemble.in_processes`."""


@dataclass(frozen=True)
class Imported:
    """What came of an import."""

    manifests: Mapping[Split, Manifest]
    """Of each split that has samples; its store is the folder of that name."""
    ledger: Ledger
    """Over all splits."""


def import_pages(
    pages: Iterable[Page],
    out: Path,
    config: ImportConfig,
    *,
    origin: Mapping[str, Any],
    engine: Engine,
    report: Report = lambda _task, _num: None,
) -> Imported:
    """Cut the texts out of pages and write them as stores, one a split; or go on with that.

    Args:
        pages: in the same order in every run.
        out: the folder to make. Work in progress lies beside it, in `out` + `.partial`.
        config: what is kept and how it is cut.
        origin: what the pages come from, as JSON gives it back; an interrupted import goes on only with the same.
        engine: where the work is done. The stores are the same, wherever.
        report: told about `cutting` (inputs kept or dropped, the first call says how many were there already), then
            `storing` (crops).

    Raises:
        InputError: `out` exists or cannot be written, the disk is full, nothing could be kept; what is in progress
            there is another import, or the pages changed since it began.
    """
    with unfinished(out, {**origin, **_conditions(config)}) as partial:
        shards = _cut_all(_begun(pages, partial), partial, config, engine, report)
        if not any(ledger.kept for shard in shards for ledger in shard.ledgers.values()):
            _refuse(partial, shards)
        manifests, ledgers = _join_all(shards, partial, report)
        ledger = _sum(ledgers.values())
        _write_ledger(partial / "store" / LEDGER_NAME, origin, ledger, ledgers)
        finish(partial, out)
    return Imported(manifests, ledger)


def _begun(pages: Iterable[Page], partial: Path) -> Iterator[Page]:
    """The same pages, the first of which has been read."""
    iterator = iter(pages)
    try:
        first = list(islice(iterator, 1))
    except InputError:
        # Not what the user meant, and with other paths it would be another import.
        if not (partial / "shards").exists():
            shutil.rmtree(partial, ignore_errors=True)
        raise
    return map(_writable, chain(first, iterator))


def _writable(page: Page) -> Page:
    """The page under names that a store can hold."""
    id_, group, kind = map(escape_lone_surrogates, (page.id, page.group, page.kind))
    return replace(page, id=id_, group=group, kind=kind)


def _conditions(config: ImportConfig) -> dict[str, Any]:
    """The settings, by the keys of `ImportRun`."""
    spec = config.rules.spec
    characters = hashlib.sha256(spec.characters.encode()).hexdigest()[:16]
    values: dict[str, Any] = {
        "charset": f"{spec.charset_name} ({len(spec.characters)} characters, {characters})",
        "on_unknown_character": config.rules.on_unknown_character,
        "max_label_length": spec.max_label_length,
        "height_px": spec.height_px,
        "max_width_px": spec.max_width_px,
    }
    values |= {f"cut.{key}": value for key, value in asdict(config.cut).items()}
    values |= {f"split.{key}": value for key, value in asdict(config.split).items()}
    # Another version of these may cut another pixel.
    values["made_by"] = f"hunmin {__version__}, OpenCV {cv2.__version__}, Pillow {PIL.__version__}"
    return values


def _cut_all(pages: Iterable[Page], partial: Path, config: ImportConfig, engine: Engine, report: Report) -> list[Shard]:
    """Make all shards that are not there yet; all of them, in order."""
    folder = partial / "shards"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made ({error.strerror}); make room or give another place") from error
    paths: list[Path] = []
    num_done = 0
    changed = False

    def missing() -> Iterator[Chunk]:
        nonlocal num_done, changed
        for chunk in chunks(pages, folder):
            paths.append(chunk.path)
            if not chunk.path.exists():
                yield chunk
                continue
            if read_shard(chunk.path).fingerprint != chunk.fingerprint():
                changed = True
                return
            num_done += chunk.num_inputs
            report("cutting", num_done)

    report("cutting", 0)
    with (
        saying_what_is_kept(partial, did="cut crops", things="crops"),
        closing(engine(with_arguments(write_shard, config), missing())) as results,
    ):
        for num in results:
            num_done += num
            report("cutting", num_done)
    if changed or {path.name for path in folder.iterdir() if path.name.isdigit()} != {path.name for path in paths}:
        raise InputError(
            f"{partial}: begun with other labels than those that are there now; delete the folder to begin anew"
        )
    return [read_shard(path) for path in paths]


def _refuse(partial: Path, shards: Sequence[Shard]) -> NoReturn:
    # Whoever adds what was missing imports from other paths, so what is there is of no use.
    shutil.rmtree(partial, ignore_errors=True)
    ledger = _sum(ledger for shard in shards for ledger in shard.ledgers.values())
    if not ledger.seen:
        raise InputError("nothing was imported: what was given holds no page of this kind")
    reason = ledger.dropped.most_common(1)[0][0]
    way_out = {
        NO_IMAGE: "; give the folders or archives of the images, too",
        NO_LABEL: "; give the folders or archives of the label files, too",
    }
    raise InputError(
        f"nothing was imported, for no text can be used ({ledger.summary()}), such as {ledger.examples[reason][0]!r}"
        + way_out.get(reason, "")
    )


def _join_all(
    shards: Sequence[Shard], partial: Path, report: Report
) -> tuple[dict[Split, Manifest], dict[Split, Ledger]]:
    """A store for each split, without duplicates."""
    left_out = _duplicates(shards)
    files = {
        split: [shard.path / split / "data.mdb" for shard in shards if shard.ledgers[split].kept] for split in SPLITS
    }
    needed = {split: sum(file.stat().st_size for file in files[split]) for split in SPLITS}
    check_room(partial, sum(needed.values()))
    manifests: dict[Split, Manifest] = {}
    ledgers: dict[Split, Ledger] = {}
    num_stored = 0
    for split in SPLITS:
        ledger = ledgers[split] = _sum(shard.ledgers[split] for shard in shards)
        for shard in shards:
            for index in sorted(left_out.get((shard.path, split), ())):
                ledger.kept -= 1
                ledger.seen -= 1
                ledger.drop(DUPLICATE, _example(shard, split, index, ledger))
        if ledger.kept:
            parts = (
                Part(_open(shard.path / split), left_out.get((shard.path, split), frozenset()))
                for shard in shards
                if shard.ledgers[split].kept
            )
            already = num_stored
            manifests[split] = join(
                parts,
                partial / "store" / split,
                needed=needed[split],
                ledger=ledger,
                report=lambda stored: report("storing", already + stored),  # noqa: B023 - called before the next turn
            )
            num_stored += ledger.kept
    return manifests, ledgers


def _duplicates(shards: Sequence[Shard]) -> dict[tuple[Path, Split], frozenset[int]]:
    """Shard and split → the crops in it that were there before, in this split or another one."""
    sizes = [(shard.path, split, shard.ledgers[split].kept) for shard in shards for split in SPLITS]
    flags = repeated(lambda: (shard.hashes() for shard in shards), sum(num for _, _, num in sizes))
    found: dict[tuple[Path, Split], frozenset[int]] = {}
    start = 0
    for path, split, num in sizes:
        indices = np.flatnonzero(flags[start : start + num])
        if len(indices):
            found[path, split] = frozenset(indices.tolist())
        start += num
    return found


def _example(shard: Shard, split: Split, index: int, ledger: Ledger) -> str:
    if len(ledger.examples.get(DUPLICATE, ())) >= EXAMPLES_PER_REASON:
        return ""  # which nobody would see
    note = _open(shard.path / split).note(index)
    return f"{note.id}: {note.text}"


def _open(path: Path) -> Store:
    try:
        return open_store(path)
    except StoreError as error:
        raise InputError(f"{error}. Or delete {path.parent}: the same command makes it again.") from error


def _sum(ledgers: Iterable[Ledger]) -> Ledger:
    total = Ledger()
    for ledger in ledgers:
        total.add(ledger)
    total.check()
    return total


def _write_ledger(path: Path, origin: Mapping[str, Any], total: Ledger, ledgers: Mapping[Split, Ledger]) -> None:
    """The account of an import, for people and programs: over all, then for each split."""
    values = {
        "created_by": f"hunmin {__version__}",
        **origin,
        **total.to_dict(),
        "splits": {split: ledger.to_dict() for split, ledger in ledgers.items()},
    }
    text = json.dumps(values, ensure_ascii=False, indent=1) + "\n"
    write_bytes(path, text.encode("utf-8", errors="replace"))
