"""The manifest beside a store's `data.mdb`: what is in the store, what was left out, and hashes that tell damage.

The hashes are of blocks, so that opening a large store can check some of them and verifying can say where the damage
is.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from hunmin.data.clean import Ledger
from hunmin.errors import StoreError, reason_of

MANIFEST_NAME = "manifest.json"
FORMAT_VERSION = 1
BLOCK_BYTES = 8 << 20


@dataclass(frozen=True)
class FileHashes:
    """Size and hashes of `data.mdb`."""

    num_bytes: int
    sha256: str
    """Of the whole file, as `sha256sum` prints it."""
    blocks: list[str]
    """The first 128 bits of the SHA-256 of each block of `BLOCK_BYTES`."""


@dataclass(frozen=True)
class Manifest:
    """What `write_store` noted about a store."""

    created_by: str
    """Program and version, such as `hunmin 0.1.0`."""
    num_samples: int
    characters: dict[str, int]
    """Every character of the labels → how often, in code order."""
    label_lengths: dict[str, int]
    """Label length in characters (a decimal string, as JSON keys are) → how many labels."""
    kinds: dict[str, int]
    """Kind → how many samples; the empty name stands for unknown."""
    seen: int
    """Samples that were looked at: num_samples + everything in `dropped`."""
    dropped: dict[str, int]
    """Reason → how many were left out."""
    drop_examples: dict[str, list[str]]
    """Reason → the first few that were left out."""
    content_digest: str
    """SHA-256 over all images, labels and metadata in order; the same for any LMDB page layout."""
    file: FileHashes
    format_version: int = FORMAT_VERSION

    @property
    def counts(self) -> "Counts":
        """The counts of labels and kinds."""
        lengths = {int(length): count for length, count in self.label_lengths.items()}
        return Counts(Counter(self.characters), Counter(lengths), Counter(self.kinds))

    @property
    def ledger(self) -> Ledger:
        """What was kept and dropped."""
        return Ledger(self.seen, self.num_samples, Counter(self.dropped), self.drop_examples)

    def write(self, folder: Path) -> None:
        """Write the manifest into `folder`, with a checksum of itself."""
        values = asdict(self)
        text = json.dumps(values | {"checksum": _checksum(values)}, ensure_ascii=False, indent=1)
        (folder / MANIFEST_NAME).write_text(text, encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """The manifest of the store in `folder`, or None if it has none, as published sets do not.

        Raises:
            StoreError: no manifest of this version, or one that was changed after it was written.
        """
        path = folder / MANIFEST_NAME
        if not path.exists():
            return None
        try:
            values = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError) as error:
            raise StoreError(f"{path}: not readable as JSON ({reason_of(error)}); copy the store again") from error
        if not isinstance(values, dict) or not isinstance(values.get("format_version"), int):
            raise StoreError(f"{path}: has no format_version; it is not the manifest of a hunmin store")
        if values["format_version"] > FORMAT_VERSION:
            raise StoreError(
                f"{path}: format_version is {values['format_version']}, this hunmin knows {FORMAT_VERSION}; "
                "update hunmin"
            )
        # The checksum covers every key and value, so what passes it has the types that `write` gave it.
        if values.pop("checksum", None) != _checksum(values) or values.keys() != {field.name for field in fields(cls)}:
            raise StoreError(f"{path}: was changed after it was written (its checksum differs); copy the store again")
        return cls(**values | {"file": FileHashes(**values["file"])})


@dataclass
class Counts:
    """What a manifest counts of labels and kinds."""

    characters: Counter[str] = field(default_factory=Counter)
    lengths: Counter[int] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)

    def add(self, text: str, kind: str) -> None:
        """Count one sample."""
        self.characters.update(text)
        self.lengths[len(text)] += 1
        self.kinds[kind] += 1

    def update(self, other: "Counts") -> None:
        """Add what was counted elsewhere."""
        self.characters.update(other.characters)
        self.lengths.update(other.lengths)
        self.kinds.update(other.kinds)

    def subtract(self, other: "Counts") -> None:
        """Take away what turned out not to belong."""
        self.characters -= other.characters
        self.lengths -= other.lengths
        self.kinds -= other.kinds


def _checksum(values: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def hash_file(path: Path) -> FileHashes:
    """Read a file once and hash it, as a whole and in blocks."""
    whole, blocks, size = hashlib.sha256(), [], 0
    for block in _blocks(path):
        whole.update(block)
        blocks.append(_block_hash(block))
        size += len(block)
    return FileHashes(size, whole.hexdigest(), blocks)


def block_hash(path: Path, number: int) -> str:
    """The hash of block `number` of a file."""
    with path.open("rb") as file:
        file.seek(number * BLOCK_BYTES)
        return _block_hash(file.read(BLOCK_BYTES))


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


def _block_hash(block: bytes) -> str:
    return hashlib.sha256(block).hexdigest()[:32]
