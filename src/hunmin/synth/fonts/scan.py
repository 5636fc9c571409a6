"""Folders of a user's own fonts: every file is measured once and remembered by its hash.

Memory: `~/.cache/hunmin/fonts/scans/SHA256-VERSION.json`, a manifest of the file's faces with the names that the file gives
itself, and `~/.cache/hunmin/fonts/unpacked/SHA256/` for what was inside a web font. What is known of families and what a
list says is looked up each time, so it may change.
"""

import functools
import hashlib
import logging
import multiprocessing
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Final

from hunmin.archives.zip_file import is_system_file
from hunmin.errors import InputError, reason_of
from hunmin.files import naming_failures, write_bytes
from hunmin.font_manifest import Face, read_manifest, write_manifest
from hunmin.processes import worker_pool
from hunmin.synth.fonts.coverage import measure_coverage
from hunmin.synth.fonts.families import find_family, misdrawn
from hunmin.synth.fonts.font_list import LIST_NAME, Listed, read_lists
from hunmin.synth.fonts.web_fonts import WEB_FONT_SUFFIXES, unpack
from hunmin.text.hangul import is_syllable

FONT_SUFFIXES = frozenset({".ttf", ".otf", ".ttc", ".otc"}) | WEB_FONT_SUFFIXES

HELD_OUT_FOLDER = "held_out"
"""Fonts of the user's own in a folder of this name are kept out of training."""

# Another way of measuring makes what was measured before worthless: then this number goes up.
_MEASURED_BY: Final = 2
# A face with fewer syllables is a logo or an icon font that the user did not mean.
_MIN_SYLLABLES: Final = 100
# Fewer files are measured before other processes have started.
_FILES_WORTH_PROCESSES: Final = 8


@dataclass(frozen=True, slots=True)
class FolderScan:
    """What a folder of fonts holds."""

    faces: tuple[Face, ...]
    """In the order of their files' paths."""
    guessed: tuple[Face, ...]
    """Those of them that no list names and no known design matches: family from the font's own name, style unknown and
    therefore taken for gothic."""
    left_out: dict[Path, str]
    """Files of designs that are not used → why."""


def scan_folder(folder: Path, report: Callable[[int, int], None] = lambda _done, _total: None) -> FolderScan:
    """Read every font file below `folder`; those never seen before are measured, about 0.7 s a face, on all cores.

    Files in `HELD_OUT_FOLDER`, be it `folder` itself or a folder below it, are held out whatever their family.

    Args:
        folder: with fonts and perhaps a list of them (`font_list`).
        report: told how many of the files that must be measured are done, and their number.

    Raises:
        InputError: the folder is missing or holds no font, a file is broken, has no Hangul or is not the one that the list
            means, or what was measured cannot be kept.
    """
    files = font_files(folder)
    listed = read_lists(folder)
    _measure_new([path for path in files if not _is_measured(path)], report)
    faces: list[Face] = []
    guessed: list[Face] = []
    left_out: dict[Path, str] = {}
    for path in files:
        entry = listed.get(path)
        if entry and entry.sha256 and entry.sha256.lower() != _sha256(path):
            raise InputError(f"{path}: not the file that {LIST_NAME} means, its sha256 is {_sha256(path)}.")
        is_in_held_out_folder = HELD_OUT_FOLDER in path.relative_to(folder.parent).parts
        for measured in _measured(path):
            known = find_family([*(entry.names if entry else ()), measured.family])
            if known and known.left_out:
                left_out[path] = known.left_out
                continue
            face = describe(measured, entry)
            faces.append(replace(face, held_out=face.held_out or is_in_held_out_folder))
            if not entry and not known:
                guessed.append(faces[-1])
    return FolderScan(tuple(faces), tuple(guessed), left_out)


def scan_file(path: Path) -> list[Face]:
    """All faces of one font file, measured now, whatever is remembered of it.

    Raises:
        InputError: the file cannot be read as a font, or a face has no Hangul.
    """
    return [describe(face) for face in _measure(path)]


def font_files(folder: Path) -> list[Path]:
    """The font files in a folder and the folders below it.

    Raises:
        InputError: there is no such folder, or no font in it.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such font folder.")
    paths = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in FONT_SUFFIXES and path.is_file() and not is_system_file(path.name)
    )
    if not paths:
        raise InputError(f"{folder}: no font in this folder ({', '.join(sorted(FONT_SUFFIXES))}).")
    return paths


def describe(measured: Face, listed: Listed | None = None) -> Face:
    """The face with all that is known of it: the list's word counts, but a design descends from what it descends from."""
    known = find_family([*(listed.names if listed else ()), measured.family])
    family = known.family if known else listed.names[0] if listed else measured.family
    licence = listed.licence if listed and listed.licence != "unknown" else known.licence if known else "unknown"
    return replace(
        measured,
        family=family,
        style=listed.style if listed else known.style if known else "gothic",
        licence=licence,
        held_out=bool((listed and listed.held_out) or (known and known.held_out)),
        coverage=measured.coverage - misdrawn(family),
    )


def _measure_new(paths: Sequence[Path], report: Callable[[int, int], None]) -> None:
    if not paths:
        return
    report(0, len(paths))
    # A worker of a data loader may not start processes; by then its parent has measured everything.
    if len(paths) < _FILES_WORTH_PROCESSES or multiprocessing.current_process().daemon:
        for done, path in enumerate(paths, start=1):
            _measure_and_keep(path)
            report(done, len(paths))
        return
    with worker_pool(0) as pool:
        for done, _ in enumerate(pool.map(_measure_and_keep, paths), start=1):
            report(done, len(paths))


def _measure_and_keep(path: Path) -> None:
    record, faces = _record(_sha256(path)), _measure(path)
    try:
        write_manifest(faces, record)
    except InputError as error:
        raise InputError(
            f"{error}. It is where hunmin notes what the fonts in {path.parent} cover; HOME may name another folder."
        ) from error


def _measure(path: Path) -> list[Face]:
    """The faces of a file under the names that they give themselves; a web font is unpacked into the memory."""
    try:
        from fontTools.ttLib import TTFont, TTLibError
    except ImportError as error:
        raise InputError(f"Reading the fonts in {path.parent} needs fontTools. Run: pip install fonttools") from error

    # Some old faces carry unused bytes in their tables; nothing a user could do about it.
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    try:
        content = path.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        plain = unpack(content) if path.suffix.lower() in WEB_FONT_SUFFIXES else content
        faces = []
        for index in range(_count_faces(plain)):
            with TTFont(BytesIO(plain), fontNumber=index, lazy=True) as font:
                cmap = font.getBestCmap() or {}
                name = font["name"].getBestFamilyName() or path.stem
            coverage = measure_coverage(plain, index, cmap)
            faces.append(Face(path, index, name, "gothic", "unknown", sha256, held_out=False, coverage=coverage))
    except ImportError as error:
        raise InputError(f"{path}: reading web fonts needs brotli. Run: pip install brotli") from error
    except (TTLibError, OSError, KeyError, ValueError, AssertionError, IndexError, struct.error) as error:
        raise InputError(
            f"{path}: not a readable font ({type(error).__name__}: {reason_of(error)}). Remove it or install it again."
        ) from error
    for face in faces:
        num_syllables = sum(map(is_syllable, face.coverage))
        if num_syllables < _MIN_SYLLABLES:
            raise InputError(f"{path}: font without Hangul ({num_syllables} syllables). Take it out of the folder.")
    if path.suffix.lower() in WEB_FONT_SUFFIXES:
        unpacked = _keep_unpacked(path, sha256, plain)
        return [replace(face, path=unpacked) for face in faces]
    return faces


def _keep_unpacked(path: Path, sha256: str, plain: bytes) -> Path:
    unpacked = cache_folder() / "unpacked" / sha256 / f"{path.stem}{'.otf' if plain.startswith(b'OTTO') else '.ttf'}"
    try:
        with naming_failures(unpacked):
            unpacked.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(unpacked, plain)
    except InputError as error:
        raise InputError(f"{error}. What was inside {path} is kept there; HOME may name another folder.") from error
    return unpacked


def cache_folder() -> Path:
    """Where fonts are installed and what was measured is kept."""
    return Path.home() / ".cache" / "hunmin" / "fonts"


def _record(sha256: str) -> Path:
    return cache_folder() / "scans" / f"{sha256}-{_MEASURED_BY}.json"


def _is_measured(path: Path) -> bool:
    try:
        return all(face.path.exists() for face in _measured(path))
    except InputError:
        # Never measured, or the record is damaged: measuring writes it anew.
        return False


def _measured(path: Path) -> list[Face]:
    """What is remembered of a file; the file may have been moved since."""
    faces = _read_record(_record(_sha256(path)))
    return list(faces) if path.suffix.lower() in WEB_FONT_SUFFIXES else [replace(face, path=path) for face in faces]


@functools.cache
def _read_record(record: Path) -> tuple[Face, ...]:
    return tuple(read_manifest(record))


def _sha256(path: Path) -> str:
    stat = path.stat()
    return _sha256_of(path, stat.st_size, stat.st_mtime_ns)


@functools.cache
def _sha256_of(path: Path, _size: int, _mtime_ns: int) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({reason_of(error)}). Have its owner allow it, or take it out."
        ) from error


def _count_faces(content: bytes) -> int:
    return int.from_bytes(content[8:12], "big") if content.startswith(b"ttcf") else 1
