"""Samples in an LMDB file, in the layout that the field shares, so that published sets open as they are.

`num-samples`, then for n from 1: `image-%09d` (PNG or JPEG), `label-%09d` (UTF-8). hunmin adds `meta-%09d` (JSON: id,
kind, group, boxes) and `hunmin-digest`, which other readers pass over, and a `manifest.json` beside `data.mdb`.
"""

import errno
import hashlib
import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final
from weakref import WeakValueDictionary

import lmdb

from hunmin.data.clean import Ledger
from hunmin.data.sample import EncodedSample, Sample
from hunmin.data.store.codec import decode_image, encode_image
from hunmin.data.store.integrity import check_pages, check_size, check_some_blocks, data_file
from hunmin.data.store.manifest import Counts, Manifest, hash_file
from hunmin.data.store.metadata import Note, encode_meta, parse_meta
from hunmin.errors import InputError, StoreError
from hunmin.files import new_folder
from hunmin.text.normalize import normalize_label
from hunmin.version import __version__

KEY_NAMES: Final = (b"image", b"label", b"meta")
NUM_SAMPLES_KEY: Final = b"num-samples"
DIGEST_KEY: Final = b"hunmin-digest"
REPAIR: Final = "see what hunmin data verify says, or copy the store again"
SAMPLES_PER_TRANSACTION: Final = 500
FIRST_MAP_BYTES: Final = 1 << 20
"""The map is doubled whenever it is full."""


class Store:
    """A readable store; get one from `open_store`.

    LMDB is opened when the first sample is read, anew in every process, so a store may be handed to workers.
    """

    def __init__(self, path: Path, manifest: Manifest | None) -> None:
        """Remember where the store is and how many samples it holds."""
        self.path = path
        self.name = path.absolute().name
        self.manifest = manifest
        """None for a published set."""
        self._environment: lmdb.Environment | None = None
        self._pid = 0
        self._num_samples = manifest.num_samples if manifest else self._read_num_samples()

    def __len__(self) -> int:
        return self._num_samples

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_environment": None, "_pid": 0}

    def sample(self, index: int) -> Sample:
        """Read and decode sample `index`, counted from 0. Its label is normalised.

        Raises:
            IndexError: `index` is not in 0 … len - 1.
            StoreError: a key is missing or holds something else.
            ImageError: the image cannot be decoded.
        """
        if not 0 <= index < self._num_samples:
            raise IndexError(f"{self.path}: no sample {index}, it holds {self._num_samples}")
        image, label, meta = self.raw(index)
        if image is None:
            raise StoreError(f"{self.path}: image-{index + 1:09d} is missing; {REPAIR}")
        note = self._note(index, label, meta)
        return Sample(
            image=decode_image(image, where=f"{self.path}, image-{index + 1:09d}"),
            text=note.text,
            id=note.id or f"{self.name}/{index + 1:09d}",
            kind=note.kind,
            boxes=note.boxes,
            group=note.group,
        )

    def labels(self) -> Iterator[str]:
        """All labels in order, normalised, without touching the images.

        Raises:
            StoreError: a label is missing or not UTF-8.
        """
        for index in range(self._num_samples):
            yield self._label(index, *self._get(b"label-%09d" % (index + 1)))

    def note(self, index: int) -> Note:
        """Label and metadata of sample `index`, counted from 0, without touching its image.

        Raises:
            StoreError: a key is missing or holds something else.
        """
        return self._note(index, *self._get(b"label-%09d" % (index + 1), b"meta-%09d" % (index + 1)))

    def encoded_image(self, index: int) -> bytes:
        """The image file of sample `index`, counted from 0, byte for byte.

        Raises:
            StoreError: it is missing.
        """
        (image,) = self._get(b"image-%09d" % (index + 1))
        if image is None:
            raise StoreError(f"{self.path}: image-{index + 1:09d} is missing; {REPAIR}")
        return image

    def raw(self, index: int) -> tuple[bytes | None, bytes | None, bytes | None]:
        """Image, label and metadata of sample `index` as they are stored; None for a key that is not there.

        Raises:
            StoreError: LMDB finds damage.
        """
        image, label, meta = self._get(*(b"%s-%09d" % (name, index + 1) for name in KEY_NAMES))
        return image, label, meta

    def noted_digest(self) -> str | None:
        """The content digest that the writer put inside `data.mdb`, or None in a published set."""
        (noted,) = self._get(DIGEST_KEY)
        return None if noted is None else noted.decode(errors="replace")

    def _label(self, index: int, label: bytes | None) -> str:
        if label is None:
            raise StoreError(f"{self.path}: label-{index + 1:09d} is missing; {REPAIR}")
        try:
            return normalize_label(label.decode())
        except UnicodeDecodeError as error:
            raise StoreError(f"{self.path}: label-{index + 1:09d} is not UTF-8 text; {REPAIR}") from error

    def _note(self, index: int, label: bytes | None, meta: bytes | None) -> Note:
        return parse_meta(meta, self._label(index, label), f"{self.path}: meta-{index + 1:09d}")

    def _read_num_samples(self) -> int:
        (value,) = self._get(NUM_SAMPLES_KEY)
        if value is None or not value.isdigit():
            raise StoreError(
                f"{self.path}: num-samples is {value and value[:20]!r}, not a count; give an LMDB folder with the keys "
                "num-samples, image-000000001, label-000000001 …"
            )
        return int(value)

    def _get(self, *keys: bytes) -> list[bytes | None]:
        try:
            with self._open().begin() as transaction:
                return [transaction.get(key) for key in keys]
        except lmdb.Error as error:
            raise StoreError(f"{self.path}: LMDB cannot read {keys[0].decode()} ({error}); {REPAIR}") from error

    def _open(self) -> lmdb.Environment:
        if self._environment is None or self._pid != os.getpid():
            self._environment, self._pid = _environment(self.path), os.getpid()
        return self._environment


# LMDB allows one environment a file and process, so all stores of one path share it; it closes with the last of them.
_environments: WeakValueDictionary[tuple[int, int], lmdb.Environment] = WeakValueDictionary()
MOST_TRIES: Final = 100
"""Of opening a file, a hundredth of a second apart, while another thread lets go of its last store."""
_opening = threading.Lock()
"""Held while one is looked for, or two threads would open the same file."""


def _environment(path: Path) -> lmdb.Environment:
    status = (path / "data.mdb").stat()
    key = (status.st_dev, status.st_ino)  # Not the path: the store may have been replaced by another one.
    with _opening:
        environment = _environments.get(key)
        if environment is None:
            environment = _environments[key] = _opened(path)
        return environment


def _opened(path: Path) -> lmdb.Environment:
    for number in range(MOST_TRIES):
        try:
            # No read-ahead: training reads in random order, and pages nobody asked for push out those that are needed.
            return lmdb.open(str(path), readonly=True, lock=False, readahead=False)
        except lmdb.Error as error:
            is_closing = "already open in this process" in str(error)  # the last store of another thread goes just now
            if not is_closing or number == MOST_TRIES - 1:
                raise StoreError(f"{path}: LMDB cannot open it ({error}); {REPAIR}") from error
            time.sleep(0.01)
    raise AssertionError


def _close_inherited() -> None:
    # An environment that was opened before a fork is unusable in the child, and LMDB refuses a second one beside it.
    for environment in list(_environments.values()):
        environment.close()
    _environments.clear()
    _opening.release()


if hasattr(os, "register_at_fork"):  # Windows has no fork.
    os.register_at_fork(before=_opening.acquire, after_in_parent=_opening.release, after_in_child=_close_inherited)


def open_store(path: Path) -> Store:
    """Open a store of hunmin, or a published set in the same layout, for reading.

    Before LMDB maps the file: its last page must lie inside it; and with a manifest the size must be right, and the
    hashes of some blocks (of all, up to 256 MiB). `hunmin data verify` checks everything.

    Raises:
        StoreError: no store, damaged, or of a later version.
    """
    data = data_file(path)
    manifest = Manifest.read(path)
    check_pages(data)
    if manifest:
        check_size(data, manifest)
        check_some_blocks(data, manifest)
    store = Store(path, manifest)
    noted = store.noted_digest()
    if noted is not None and (manifest is None or manifest.content_digest != noted):
        raise StoreError(f"{path}: its manifest.json is missing or belongs to another store; copy the store again")
    return store


def write_store(
    samples: Iterable[Sample],
    path: Path,
    *,
    num: int | None = None,
    jpeg_quality: int | None = None,
    ledger: Ledger | None = None,
) -> Manifest:
    """Write a store, whole or not at all: it grows in a folder beside `path` that takes the name `path` at the end.

    Args:
        samples: what to write; may be endless when `num` is given.
        path: the folder to make.
        num: how many samples to write; None writes all.
        jpeg_quality: 1 to 100; None keeps every pixel, as PNG.
        ledger: what `clean` counted while `samples` passed through it; its counts go into the manifest.

    Returns:
        The manifest, as it lies in `path`.

    Raises:
        InputError: `path` exists, `samples` ends before `num`, or the disk is full.
    """
    encoded = (_encode(sample, jpeg_quality) for sample in islice(samples, num))
    return write_encoded(encoded, path, num=num, ledger=ledger)


def write_encoded(
    samples: Iterable[EncodedSample], path: Path, *, num: int | None = None, ledger: Ledger | None = None
) -> Manifest:
    """Write a store of images that are files already; otherwise as `write_store`.

    Raises:
        InputError: `path` exists, `samples` ends before `num`, or the disk is full.
    """
    with new_folder(path) as folder, _as_os_error():
        return _write_folder(islice(samples, num), folder, num, ledger)


@contextmanager
def _as_os_error() -> Iterator[None]:
    """LMDB's failures in writing as the system's, which they are; a full disk may look like an input/output error to it."""
    try:
        yield
    except lmdb.Error as error:
        raise OSError(errno.ENOSPC if isinstance(error, lmdb.DiskError) else errno.EIO, str(error)) from error


def _encode(sample: Sample, jpeg_quality: int | None) -> EncodedSample:
    image = encode_image(sample.image, jpeg_quality)
    return EncodedSample(image, normalize_label(sample.text), sample.id, sample.kind, sample.boxes, sample.group)


def _write_folder(samples: Iterator[EncodedSample], folder: Path, num: int | None, ledger: Ledger | None) -> Manifest:
    digest = hashlib.sha256()
    counts = Counts()
    num_written = 0
    with lmdb.open(str(folder), map_size=FIRST_MAP_BYTES, lock=False, sync=False) as environment:
        while batch := list(islice(samples, SAMPLES_PER_TRANSACTION)):
            pairs = []
            for sample in batch:
                num_written += 1
                values = (sample.image, sample.text.encode(), encode_meta(sample))
                add_to_digest(digest, *values)
                pairs += [
                    (b"%s-%09d" % (name, num_written), value) for name, value in zip(KEY_NAMES, values, strict=True)
                ]
                counts.add(sample.text, sample.kind)
            _put(environment, pairs)
        _put(environment, [(NUM_SAMPLES_KEY, b"%d" % num_written), (DIGEST_KEY, digest.hexdigest().encode())])
        environment.sync(True)
    if num is not None and num_written < num:
        raise InputError(f"only {num_written} of the {num} samples asked for came, so no store was written")
    return write_manifest(folder, num_written, counts, digest.hexdigest(), ledger)


def write_manifest(folder: Path, num_samples: int, counts: Counts, digest: str, ledger: Ledger | None) -> Manifest:
    """Write the manifest of a store whose `data.mdb` is complete and closed.

    Args:
        folder: where `data.mdb` lies.
        num_samples: in the store.
        counts: of these samples.
        digest: over all images, labels and metadata, see `add_to_digest`.
        ledger: what was kept and dropped; None = nothing was dropped.
    """
    ledger = ledger or Ledger(seen=num_samples, kept=num_samples)
    ledger.check()
    assert ledger.kept == num_samples, f"the ledger kept {ledger.kept}, {num_samples} were written"
    manifest = Manifest(
        created_by=f"hunmin {__version__}",
        num_samples=num_samples,
        characters=dict(sorted(counts.characters.items())),
        label_lengths={str(length): count for length, count in sorted(counts.lengths.items())},
        kinds=dict(sorted(counts.kinds.items())),
        seen=ledger.seen,
        dropped=dict(ledger.dropped),
        drop_examples=ledger.examples,
        content_digest=digest,
        file=hash_file(folder / "data.mdb"),
    )
    manifest.write(folder)
    return manifest


def _put(environment: lmdb.Environment, pairs: list[tuple[bytes, bytes]]) -> None:
    while True:
        try:
            with environment.begin(write=True) as transaction:
                for key, value in pairs:
                    transaction.put(key, value)
            return
        except lmdb.MapFullError:
            environment.set_mapsize(2 * environment.info()["map_size"])


def add_to_digest(digest: "hashlib._Hash", *values: bytes | None) -> None:
    """Add values to a content digest; their lengths go in, too, so that no two sequences run together."""
    for value in values:
        digest.update(b"none" if value is None else len(value).to_bytes(8, "little"))
        digest.update(value or b"")
