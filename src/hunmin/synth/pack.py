"""A pack: fonts and texts in one file that stands in for the installed ones, for a machine without a network.

A pack is a zip of `manifest.json` (charset, weights of the user's texts), the fonts with a manifest as `make fonts`
writes it, and the texts. All but the first are xz files inside the zip: deflate looks back 32 kB, too little to see how
alike the syllables of a font are, and would let in half as many fonts.
"""

import hashlib
import json
import lzma
import re
import struct
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile

from hunmin.errors import InputError
from hunmin.files import new_folder
from hunmin.font_manifest import read_manifest
from hunmin.synth.texts.lexicon import LISTS

PACK_VERSION: Final = 2
# Everything that a pack may hold. No name with another folder, `..` or a leading slash is among them.
_MEMBER = re.compile(
    r"manifest\.json|LICENCES\.md|fonts/(manifest\.json|\d+\.(ttf|otf))\.xz|texts/[a-z]+(-\d+)?\.txt\.xz"
)
_FONT_FILE = re.compile(r"\d+\.(ttf|otf)")
# More than ten times what the fonts that hunmin knows take; keeps a malicious file from filling the disk.
_MAX_UNPACKED_BYTES = 4 << 30
_CHUNK_BYTES = 1 << 20
# What zipfile, lzma and json raise for bytes that nobody wrote on purpose, and `_check` for the rest.
_DAMAGE = (
    BadZipFile,
    lzma.LZMAError,
    zlib.error,
    struct.error,
    EOFError,
    MemoryError,
    RuntimeError,
    ValueError,
    KeyError,
    TypeError,
)


@dataclass(frozen=True, slots=True)
class Pack:
    """An unpacked pack."""

    manifest: Path
    """Of its fonts."""
    texts: Path
    """Folder of the lists that stand in for the bundled and installed ones."""
    files: tuple[tuple[Path, float], ...]
    """The texts of whoever made the pack, and their weights."""


def open_pack(path: Path, charset: frozenset[str]) -> Pack:
    """Unpack a pack, once for each content, below `~/.cache/hunmin/packs`.

    Args:
        path: a file of `hunmin synth pack`.
        charset: what lines may contain; the pack must have been made for all of it.

    Raises:
        InputError: not a pack, damaged, of a later version, made for another charset, or there is no room.
    """
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: the pack cannot be read ({error.strerror})") from error
    folder = Path.home() / ".cache" / "hunmin" / "packs" / sha256[:32]
    if not folder.exists():
        _unpack(path, folder)
    content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    lacking = sorted(charset - set(content["charset"]))
    if lacking:
        raise InputError(
            f"{path}: made for a charset that lacks {len(lacking)} of the {len(charset)} characters, such as "
            f"{''.join(lacking[:5])!r}. Make it anew with charset=…, or take the charset it was made for."
        )
    files = [(folder / "texts" / f"user-{i}.txt", float(weight)) for i, weight in enumerate(content["weights"])]
    return Pack(folder / "fonts" / "manifest.json", folder / "texts", tuple(files))


def _unpack(path: Path, folder: Path) -> None:
    """Make `folder`, whole or not at all."""
    try:
        with new_folder(folder) as partial:
            (partial / "fonts").mkdir()
            (partial / "texts").mkdir()
            with path.open("rb") as file, ZipFile(file) as archive:
                _unpack_members(archive, partial)
            _check(partial)
    except _DAMAGE as error:
        raise InputError(
            f"{path}: not a pack of `hunmin synth pack`, or a damaged one ({error}); make or copy it again"
        ) from error
    except InputError as error:
        # Where another process was quicker, what it unpacked is the same.
        if not folder.exists():
            raise InputError(f"{path}: cannot be unpacked. {error}") from error


def _unpack_members(archive: ZipFile, folder: Path) -> None:
    room = _MAX_UNPACKED_BYTES
    for name, count in Counter(archive.namelist()).items():
        if not _MEMBER.fullmatch(name) or count > 1:
            raise ValueError(f"it holds {name!r} {count} times, which no pack does")
        with archive.open(name) as member, (folder / name.removesuffix(".xz")).open("xb") as target:
            plain = lzma.LZMAFile(member) if name.endswith(".xz") else member
            while chunk := plain.read(_CHUNK_BYTES):
                room -= len(chunk)
                if room < 0:
                    raise ValueError(f"it unpacks to more than {_MAX_UNPACKED_BYTES:,} bytes")
                target.write(chunk)


def _check(folder: Path) -> None:
    """Refuse a pack that could not be used, or that names files outside it; whatever is wrong is a ValueError or kin."""
    content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    if content["version"] != PACK_VERSION:
        raise ValueError(f"it is of version {content['version']}, this hunmin knows {PACK_VERSION}")
    if not isinstance(content["charset"], str):
        raise ValueError("its charset is no text")
    files = [*LISTS, *(f"user-{i}" for i, weight in enumerate(content["weights"]) if float(weight) > 0)]
    missing = [name for name in files if not (folder / "texts" / f"{name}.txt").is_file()]
    fonts = folder / "fonts"
    try:
        faces = read_manifest(fonts / "manifest.json")
    except InputError as error:
        raise ValueError(error) from error
    missing += [str(face.path) for face in faces if not _is_font_of(fonts, face.path)]
    if missing:
        raise ValueError(f"it lacks {missing[0]!r}")


def _is_font_of(fonts: Path, path: Path) -> bool:
    return path.parent == fonts and bool(_FONT_FILE.fullmatch(path.name)) and path.is_file()
