"""Fonts: which faces there are, and which characters each one really draws.

A face without a glyph raises nothing: it draws a blank, a box or a dot, and the label is wrong from then on. So every
face carries its coverage, measured once by drawing each character of its cmap, and the manifest keeps it.
"""

import functools
import hashlib
import json
import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import Any

import yaml
from PIL import ImageFont

from hunmin.errors import InputError
from hunmin.files import naming_failures, write_text
from hunmin.text.hangul import is_syllable

FONT_SUFFIXES = frozenset({".ttf", ".otf", ".ttc", ".otc"})
STYLES = frozenset({"gothic", "myeongjo", "mono", "display", "handwriting", "brush", "typewriter"})

HELD_OUT_FOLDER = "held_out"
"""Fonts of the user's own in a folder of this name are kept out of training."""

_MANIFEST_VERSION = 1
_PROBE_SIZE_PX = 24
# More syllables than this with one and the same picture are a stand-in for missing glyphs, not a design.
_MAX_TWINS = 6
# A picture this much taller than the face's middle syllable is no syllable: some faces keep pictograms where they have
# syllables to spare. The tallest real ones, of brush faces, reach 1.48.
_TALLEST_SYLLABLE = 1.6
# A face with fewer syllables is a logo or an icon font that the user did not mean.
_MIN_SYLLABLES = 100
# A noncharacter: every face draws its missing glyph for it.
_NEVER_ASSIGNED = "\U0010ffff"
_LAST_BMP, _CONJOINING_JAMO = 0xFFFF, range(0x1100, 0x1200)


@dataclass(frozen=True, slots=True)
class Face:
    """One face of one font file."""

    path: Path
    """A .ttf, .otf, .ttc or .otc file."""
    index: int
    """The face's number inside a collection; 0 in a plain file."""
    family: str
    """The design that the face descends from. All faces of a family are held out together."""
    style: str
    """One of `STYLES`."""
    licence: str
    """SPDX identifier where there is one; `unknown` for a user's own fonts."""
    sha256: str
    """Of the file, in hexadecimal."""
    held_out: bool
    """True = for validation only, never for training."""
    coverage: frozenset[str]
    """The characters (printable, Basic Multilingual Plane) that the face draws as themselves."""


def load_faces(manifest: Path | None = None, folders: Sequence[Path] = ()) -> list[Face]:
    """Faces to draw with.

    Args:
        manifest: a manifest file. None = `$HUNMIN_FONTS` (a manifest or its folder), else the installed manifest
            (`~/.cache/hunmin/fonts/manifest.json`), else the faces that ship with hunmin.
        folders: the user's own folders, scanned once and then cached, added to the manifest's faces.

    Returns:
        The faces in a stable order. A family with one face that is held out is held out as a whole.

    Raises:
        InputError: the manifest or a font in it is missing or damaged, or a folder cannot be used (`scan_folder`).
    """
    manifest = manifest or _installed_manifest()
    faces = bundled_faces() if manifest is None else _read_manifest(manifest)
    for folder in folders:
        faces = faces + _scan_folder_cached(folder)
    held_out = {face.family for face in faces if face.held_out}
    return [replace(face, held_out=face.family in held_out) for face in faces]


def bundled_faces() -> list[Face]:
    """The few faces that ship with hunmin; one of their families is held out, so that everything works offline."""
    return _read_manifest(Path(str(resources.files("hunmin") / "fonts" / "manifest.json")))


def scan_folder(folder: Path) -> list[Face]:
    """Read every font file below `folder` and measure what each face draws. Needs fontTools and about 0.4 s a face.

    Files in `HELD_OUT_FOLDER`, be it `folder` itself or a folder below it, are held out whatever their family.

    Raises:
        InputError: the folder is missing or holds no font, or a file is broken or has no Hangul.
    """
    return [
        replace(face, held_out=face.held_out or HELD_OUT_FOLDER in path.relative_to(folder.parent).parts)
        for path in font_files(folder)
        for face in scan_file(path)
    ]


def scan_file(path: Path) -> list[Face]:
    """All faces of one font file.

    Raises:
        InputError: the file cannot be read as a font, or a face has no Hangul.
    """
    try:
        from fontTools.ttLib import TTFont, TTLibError
    except ImportError as error:
        raise InputError(f"Reading the fonts in {path.parent} needs fontTools. Run: pip install fonttools") from error

    try:
        content = path.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        faces = []
        for index in range(_count_faces(content)):
            with TTFont(BytesIO(content), fontNumber=index, lazy=True) as font:
                cmap = font.getBestCmap() or {}
                name = font["name"].getBestFamilyName() or path.stem
            coverage = _measure_coverage(content, index, cmap)
            faces.append(_describe(path, index, name, sha256, coverage))
    except (TTLibError, OSError, KeyError, ValueError, AssertionError) as error:
        raise InputError(
            f"{path}: not a readable font ({type(error).__name__}: {error}). Remove it or install it again."
        ) from error
    return faces


def write_manifest(faces: Iterable[Face], path: Path) -> None:
    """Write `faces` as JSON, whole or not at all; paths below the manifest's own folder are stored relative to it.

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
    text = json.dumps({"version": _MANIFEST_VERSION, "faces": rows}, ensure_ascii=False, indent=1) + "\n"
    write_text(path, text)


def _installed_manifest() -> Path | None:
    configured = os.environ.get("HUNMIN_FONTS")
    if configured:
        path = Path(configured).expanduser()
        return path / "manifest.json" if path.is_dir() else path
    installed = _cache_folder() / "manifest.json"
    return installed if installed.exists() else None


def _cache_folder() -> Path:
    return Path.home() / ".cache" / "hunmin" / "fonts"


def _read_manifest(path: Path) -> list[Face]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such font manifest. Run `make fonts`, or unset HUNMIN_FONTS.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a font manifest ({error}). Run `make fonts` to write it again.") from error
    try:
        if content["version"] != _MANIFEST_VERSION:
            raise InputError(
                f"{path}: font manifest of version {content['version']}, not {_MANIFEST_VERSION}. Run `make fonts`."
            )
        faces = [_read_face(row, path.parent) for row in content["faces"]]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: damaged font manifest ({error!r}). Run `make fonts`.") from error
    missing = [str(face.path) for face in faces if not face.path.exists()]
    if missing:
        raise InputError(f"{path}: {len(missing)} font files are gone, {missing[0]} among them. Run `make fonts`.")
    return faces


def _read_face(row: dict[str, Any], base: Path) -> Face:
    coverage = _from_ranges(row["coverage"], row["family"])
    return Face(**{**row, "path": base / row["path"], "coverage": coverage})


def _scan_folder_cached(folder: Path) -> list[Face]:
    stats = [(str(path.absolute()), path.stat()) for path in font_files(folder)]
    files = [(path, stat.st_size, stat.st_mtime_ns) for path, stat in stats]
    # What is known of families is kept with the scan, so it is part of the key.
    listing = json.dumps([str(folder.absolute()), files, _families()])
    cached = _cache_folder() / "scans" / f"{hashlib.sha256(listing.encode()).hexdigest()[:16]}.json"
    if not cached.exists():
        faces = scan_folder(folder)
        try:
            with naming_failures(cached):
                cached.parent.mkdir(parents=True, exist_ok=True)
            write_manifest(faces, cached)
        except InputError as error:
            raise InputError(
                f"{error}. It is where hunmin notes what the fonts in {folder} cover; HOME may name another folder."
            ) from error
    return _read_manifest(cached)


def font_files(folder: Path) -> list[Path]:
    """The font files in a folder and the folders below it.

    Raises:
        InputError: there is no such folder, or no font in it.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such font folder.")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in FONT_SUFFIXES)
    if not paths:
        raise InputError(f"{folder}: no font in this folder ({', '.join(sorted(FONT_SUFFIXES))}).")
    return paths


def _count_faces(content: bytes) -> int:
    return int.from_bytes(content[8:12], "big") if content.startswith(b"ttcf") else 1


def _describe(path: Path, index: int, name: str, sha256: str, coverage: frozenset[str]) -> Face:
    num_syllables = sum(is_syllable(char) for char in coverage)
    if num_syllables < _MIN_SYLLABLES:
        raise InputError(f"{path}: font without Hangul ({num_syllables} syllables). Take it out of the folder.")
    known = _known_family(name)
    family = known.get("family", name)
    return Face(
        path=path,
        index=index,
        family=family,
        style=known.get("style", "gothic"),
        licence=known.get("licence", "unknown"),
        sha256=sha256,
        held_out=known.get("held_out", False),
        coverage=coverage - _misdrawn(family),
    )


@functools.cache
def _families() -> dict[str, dict[str, Any]]:
    text = (resources.files("hunmin") / "configs" / "synth" / "families.yaml").read_text(encoding="utf-8")
    return {name: entry for entry in yaml.safe_load(text) for name in entry["names"]}


@functools.cache
def _misdrawn(family: str) -> frozenset[str]:
    """What the faces of a family draw as something else."""
    return frozenset(
        char for known in _families().values() if known["family"] == family for char in known.get("misdrawn", "")
    )


def _known_family(name: str) -> dict[str, Any]:
    folded = "".join(name.lower().split())
    matches = [known for known in _families() if folded.startswith(known)]
    return _families()[max(matches, key=len)] if matches else {}


def _measure_coverage(content: bytes, index: int, cmap: Iterable[int]) -> frozenset[str]:
    """Characters of the cmap whose picture is neither blank, nor the missing glyph, nor a stand-in, nor a pictogram."""
    font = ImageFont.truetype(BytesIO(content), _PROBE_SIZE_PX, index=index, layout_engine=ImageFont.Layout.BASIC)
    candidates = [chr(code) for code in cmap if _is_printable(code)]
    pictures = {char: _picture(font, char) for char in candidates}
    syllables = [picture for char, picture in pictures.items() if picture and is_syllable(char)]
    refused = {picture for picture, count in Counter(syllables).items() if count > _MAX_TWINS}
    # Of pictures that are drawn alike only the first counts, so that a stand-in is not taken for the middle.
    heights = sorted(size[1] for size, _ in set(syllables))
    tallest = _TALLEST_SYLLABLE * heights[len(heights) // 2] if heights else 0
    refused |= {picture for picture in syllables if picture[0][1] > tallest}
    missing = _picture(font, _NEVER_ASSIGNED)
    drawn = {char for char, picture in pictures.items() if picture not in refused | {missing, None}}
    # Korean keyboards have ₩ where others have a backslash, and many faces draw it so.
    if "₩" in drawn and pictures.get("\\") == pictures["₩"]:
        drawn.discard("\\")
    return frozenset(drawn | {" "} & pictures.keys())


def _picture(font: ImageFont.FreeTypeFont, char: str) -> tuple[tuple[int, int], bytes] | None:
    """(size, pixels) of one glyph, None when it is blank."""
    mask = font.getmask(char, mode="L")
    return (mask.size, bytes(mask)) if mask.getbbox() else None


def _is_printable(code: int) -> bool:
    # Combining marks draw on top of a neighbour; conjoining jamo never survive NFC.
    return code == ord(" ") or (
        code <= _LAST_BMP and unicodedata.category(chr(code))[0] not in "CZM" and code not in _CONJOINING_JAMO
    )


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


# Many faces of one family cover the same characters: cached, they share one set.
@functools.cache
def _from_ranges(text: str, family: str) -> frozenset[str]:
    """What `_to_ranges` wrote, without what was found to be misdrawn since."""
    chars: set[str] = set()
    for item in filter(None, text.split(",")):
        first, _, last = item.partition("-")
        chars.update(map(_char, range(int(first, 16), int(last or first, 16) + 1)))
    return frozenset(chars - _misdrawn(family))


@functools.cache
def _char(code: int) -> str:
    return chr(code)
