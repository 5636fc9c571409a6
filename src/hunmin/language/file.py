"""Language models as files: arrays of numbers in numpy's zipped form, never a pickle.

Keys are kept as the gaps between them, low and high bytes apart, and counts as eighths of a power of two, which zip well.
"""

import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hunmin.errors import InputError, reason_of
from hunmin.files import new_file
from hunmin.language.model import Language

VERSION = 2
_LOW_BITS = 8
_LOW = 2**_LOW_BITS - 1
_STEPS = 8
"""Steps in which a count doubles: 4 % off at most."""
_NONE = 255
"""A count of 0."""


def save_language(language: Language, path: Path) -> None:
    """Write a language model, whole or not at all.

    Raises:
        InputError: the file cannot be written.
    """
    keys = language.keys.astype(np.int64)
    gaps = keys - np.concatenate([[0], keys[:-1]])
    arrays = {
        "version": np.array(VERSION),
        "gap_low": (gaps & _LOW).astype(np.uint8),
        "gap_high": _smallest(gaps >> _LOW_BITS),
        "counts": _to_steps(language.counts),
        "num_followers": _to_steps(language.num_followers),
    }
    with new_file(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def load_language(path: Path) -> Language:
    """Read what `save_language` wrote.

    Raises:
        InputError: no such file, or not a language model of this version.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            version = int(arrays["version"])
            if version != VERSION:
                raise InputError(
                    f"{path}: a language model of version {version}, this hunmin knows {VERSION}; build it again: "
                    f"hunmin language TEXTS {path.name}"
                )
            keys = np.cumsum(arrays["gap_low"] + (arrays["gap_high"].astype(np.int64) << _LOW_BITS))
            counts, num_followers = (_from_steps(arrays[name]) for name in ("counts", "num_followers"))
        if not 0 < len(keys) == len(counts) == len(num_followers):
            raise ValueError(f"{len(keys)} keys and {len(counts)} counts")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such language model; build one: hunmin language TEXTS {path.name}") from error
    except (OSError, KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(
            f"{path}: not a language model of hunmin ({reason_of(error)}); build one: hunmin language TEXTS OUT"
        ) from error
    return Language(keys.astype(np.uint32), counts, num_followers)


def _smallest(numbers: NDArray[np.int64]) -> NDArray[np.unsignedinteger]:
    kind = np.min_scalar_type(int(numbers.max(initial=0)))
    return numbers.astype(kind)


def _to_steps(counts: NDArray[np.float32]) -> NDArray[np.uint8]:
    steps = np.round(_STEPS * np.log2(np.maximum(counts, 1)))
    return np.where(counts > 0, np.minimum(steps, _NONE - 1), _NONE).astype(np.uint8)


def _from_steps(steps: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.where(steps == _NONE, 0, 2 ** (steps / _STEPS)).astype(np.float32)
