"""Everything that can be wrong with a store, found without endangering the process that asks."""

import hashlib
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from hunmin.data.store.codec import decode_image
from hunmin.data.store.integrity import check_pages, check_size, data_file
from hunmin.data.store.lmdb_store import add_to_digest, open_store
from hunmin.data.store.manifest import BLOCK_BYTES, MANIFEST_NAME, Manifest, hash_file
from hunmin.data.store.metadata import parse_meta
from hunmin.errors import InputError, StoreError
from hunmin.text.normalize import normalize_label


@dataclass(frozen=True)
class Damage:
    """One thing that is wrong with a store."""

    where: str
    """A file or key of the store: `data.mdb`, `manifest.json`, `image-000000017`."""
    problem: str

    @property
    def kind(self) -> str:
        """What sort of thing is damaged: `image`, `label`, `meta`, `data.mdb`, `manifest.json`."""
        return self.where.rstrip("0123456789").removesuffix("-")


Report = Callable[[str, int, int], None]
"""Told what is being checked, how much of it was, and how much there is."""
REPORT_EVERY = 256


def _silent(what: str, done: int, total: int) -> None:
    """Nobody is told."""


def verify_store(path: Path, report: Report = _silent) -> list[Damage]:
    """Check a whole store: every byte against the manifest, then every sample.

    A published set has no manifest, so damage may mislead LMDB; its samples are read in a process of their own.

    Args:
        path: the store's folder.
        report: told now and then how far the check is; a published set is checked without a word.

    Returns:
        All damage found; empty if the store is sound.

    Raises:
        StoreError: `path` holds no `data.mdb` at all.
    """
    data = data_file(path)
    try:
        manifest = Manifest.read(path)
    except StoreError as error:
        return [Damage(MANIFEST_NAME, str(error))]
    try:
        check_pages(data)
        if manifest:
            check_size(data, manifest)
    except StoreError as error:
        return [Damage("data.mdb", str(error))]
    if manifest is None:
        return _samples_in_another_process(path)
    # LMDB must not walk through pages that are known to be damaged.
    report("bytes", 0, manifest.file.num_bytes)
    damage = _blocks(data, manifest)
    report("bytes", manifest.file.num_bytes, manifest.file.num_bytes)
    return damage or _samples(path, report)


def _blocks(data: Path, manifest: Manifest) -> list[Damage]:
    found = hash_file(data)
    pairs = enumerate(zip(found.blocks, manifest.file.blocks, strict=True))
    damage = [
        Damage("data.mdb", f"bytes {number * BLOCK_BYTES} to {(number + 1) * BLOCK_BYTES} differ from what was written")
        for number, (now, then) in pairs
        if now != then
    ]
    if not damage and found.sha256 != manifest.file.sha256:
        damage = [Damage(MANIFEST_NAME, "its sha256 of data.mdb is not that of the file")]
    return damage


def _samples_in_another_process(path: Path) -> list[Damage]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(_samples, path).result()
        except BrokenProcessPool:
            return [Damage("data.mdb", "damaged so badly that reading it kills the process")]


def _samples(path: Path, report: Report = _silent) -> list[Damage]:
    """Read every sample and compare the sums with the manifest."""
    try:
        store = open_store(path)
    except StoreError as error:
        return [Damage("data.mdb", str(error))]
    damage: list[Damage] = []
    digest = hashlib.sha256()
    characters, lengths = Counter[str](), Counter[str]()
    for index in range(len(store)):
        try:
            image, label, meta = store.raw(index)
        except StoreError as error:
            return [*damage, Damage("data.mdb", str(error))]  # Nor is any later answer to be trusted.
        add_to_digest(digest, image, label, meta)
        damage += _sample(path, index + 1, image, label, meta)
        text = normalize_label((label or b"").decode(errors="replace"))
        characters.update(text)
        lengths[str(len(text))] += 1
        if index % REPORT_EVERY == 0:
            report("samples", index, len(store))
    report("samples", len(store), len(store))
    manifest = store.manifest
    if manifest:
        sums = (
            ("content_digest", manifest.content_digest, digest.hexdigest()),
            ("characters", manifest.characters, dict(characters)),
            ("label_lengths", manifest.label_lengths, dict(lengths)),
            ("seen", manifest.seen, manifest.num_samples + sum(manifest.dropped.values())),
        )
        damage += [Damage(MANIFEST_NAME, f"{name} differs from what data.mdb holds") for name, a, b in sums if a != b]
    return damage


def _sample(path: Path, number: int, image: bytes | None, label: bytes | None, meta: bytes | None) -> Iterator[Damage]:
    key = f"image-{number:09d}"
    if image is None:
        yield Damage(key, "missing")
    else:
        try:
            decode_image(image, where=f"{path}, {key}")
        except InputError as error:
            yield Damage(key, str(error))
    key = f"label-{number:09d}"
    if label is None:
        yield Damage(key, "missing")
    else:
        try:
            text = normalize_label(label.decode())
        except UnicodeDecodeError as error:
            yield Damage(key, f"not UTF-8 ({error.reason} at byte {error.start})")
            return
        key = f"meta-{number:09d}"
        try:
            parse_meta(meta, text, f"{path}: {key}")
        except StoreError as error:
            yield Damage(key, str(error))
