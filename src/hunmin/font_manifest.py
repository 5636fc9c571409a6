"""The manifest of fonts: which faces lie beside it, and which characters each one draws.

JSON, one entry a face; `path` is relative to the manifest's folder where the font lies below it. Written by `make fonts`,
by `hunmin synth pack`, for the fonts that ship with hunmin, and for each font file of a user's own that was measured.
"""

import functools
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hunmin.errors import InputError, reason_of
from hunmin.files import naming_failures, write_text

BUNDLED_FONTS = Path(__file__).parent / "fonts" / "manifest.json"
"""Of the few faces that ship with hunmin."""

STYLES = frozenset({"gothic", "myeongjo", "mono", "display", "handwriting", "brush", "typewriter", "bitmap"})

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Face:
    """One face of one font file."""

    path: Path
    """A .ttf, .otf, .ttc or .otc file; of a web font what was unpacked from it."""
    index: int
    """The face's number inside a collection; 0 in a plain file."""
    family: str
    """The design that the face descends from. All faces of a family are held out together."""
    style: str
    """One of `STYLES`."""
    licence: str
    """SPDX identifier where there is one; `unknown` for a user's own fonts."""
    sha256: str
    """Of the file as it was given, in hexadecimal."""
    held_out: bool
    """True = for validation only, never for training."""
    coverage: frozenset[str]
    """The characters (printable, Basic Multilingual Plane) that the face draws as themselves."""


def read_manifest(path: Path) -> list[Face]:
    """The faces of a manifest, in its order; whether their files exist is not looked at.

    Raises:
        InputError: there is no such manifest, or it is damaged or of another version.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such font manifest. Run `make fonts`, or unset HUNMIN_FONTS.") from error
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: not a font manifest ({reason_of(error)}). Run `make fonts` to write it again."
        ) from error
    try:
        if content["version"] != _VERSION:
            raise InputError(
                f"{path}: font manifest of version {content['version']}, not {_VERSION}. Run `make fonts`."
            )
        return [_read_face(row, path.parent) for row in content["faces"]]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: damaged font manifest ({error!r}). Run `make fonts`.") from error


def write_manifest(faces: Iterable[Face], path: Path) -> None:
    """Write `faces` as JSON, whole or not at all.

    Raises:
        InputError: it cannot be written.
    """
    base = path.parent.resolve()
    rows = [
        {
            "path": str(_relative(face.path.resolve(), base)),
            "index": face.index,
            "family": face.family,
            "style": face.style,
            "licence": face.licence,
            "sha256": face.sha256,
            "held_out": face.held_out,
            "coverage": _to_ranges(face.coverage),
        }
        for face in faces
    ]
    text = json.dumps({"version": _VERSION, "faces": rows}, ensure_ascii=False, indent=1) + "\n"
    with naming_failures(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, text)


def _read_face(row: dict[str, Any], base: Path) -> Face:
    return Face(**{**row, "path": base / row["path"], "coverage": _from_ranges(row["coverage"])})


def _relative(path: Path, base: Path) -> Path:
    return path.relative_to(base) if path.is_relative_to(base) else path


def _to_ranges(chars: frozenset[str]) -> str:
    """Compact text: `20-7E,AC00-D7A3`."""
    ranges: list[list[int]] = []
    for code in sorted(map(ord, chars)):
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return ",".join(f"{first:X}-{last:X}" if last > first else f"{first:X}" for first, last in ranges)


# Many faces cover the same characters: cached, they share one set.
@functools.cache
def _from_ranges(text: str) -> frozenset[str]:
    chars: set[str] = set()
    for item in filter(None, text.split(",")):
        first, _, last = item.partition("-")
        chars.update(map(_char, range(int(first, 16), int(last or first, 16) + 1)))
    return frozenset(chars)


@functools.cache
def _char(code: int) -> str:
    return chr(code)
