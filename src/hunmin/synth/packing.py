"""Making a pack: fonts cut down to a charset, and texts, in one file of limited size."""

import hashlib
import json
import logging
import lzma
import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from hunmin.errors import InputError, reason_of, require_extra
from hunmin.files import naming_failures, new_file
from hunmin.font_manifest import Face, write_manifest
from hunmin.processes import num_cores, worker_pool
from hunmin.synth.pack import PACK_VERSION
from hunmin.synth.texts.lexicon import LISTS, read_list, read_user_lines
from hunmin.version import __version__

MAX_PACK_BYTES: Final = 50_000_000

# What print uses most, first.
_WEIGHTS = (400, 700, 300, 900, 500, 800, 200, 600, 100)
# Of no use where glyphs are drawn one at a time, each at a place of the renderer's choosing.
_LAYOUT_TABLES = "GSUB GPOS GDEF BASE JSTF MATH STAT kern mort morx kerx vhea vmtx VORG DSIG meta".split()
# At least what a zip spends on the name and place of one member.
_BYTES_A_MEMBER = 256

_LICENCE_NOTICE = """# What is in this pack, and under which licences

The fonts were cut down to the characters of one charset by `hunmin synth pack` and kept their names. Each stays under
its own licence, named below. An OFL font with a reserved name may not be passed on under that name once it is cut down;
GPL and Artistic fonts may only be passed on under the terms of those licences; about `unknown` ones hunmin knows
nothing. Using the pack on machines of your own is free of all that.

The word lists and sentences that ship with hunmin are Apache-2.0. Sentences that `make texts` installed, and texts of
your own, stay under the licences of the documents they come from.

| file | family | licence |
|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Packed:
    """What went into a pack and what did not."""

    num_bytes: int
    """Size of the file."""
    faces: tuple[Face, ...]
    """As they were given."""
    left_out: tuple[Face, ...]
    """Faces for which there was no room, or that have none of the characters."""
    num_left_out: dict[str, int]
    """Text list or file → how many of its entries hold a character outside the charset."""


def write_pack(
    path: Path,
    charset: str,
    faces: Sequence[Face],
    files: Sequence[tuple[Path, float]] = (),
    *,
    workers: int = 0,
    max_bytes: int = MAX_PACK_BYTES,
    report: Callable[[int], None] = lambda _num: None,
) -> Packed:
    """Write a pack of the installed texts and of as many faces as there is room for.

    Every family comes in with one face before any with a second one, so what is left out is weights, not designs.

    Args:
        path: of the file to write, which must not exist.
        charset: the characters that faces keep and texts may hold.
        faces: to choose from.
        files: (file, weight): texts of one's own, as `load_corpus` takes them.
        workers: processes that cut fonts; 0 = one for each core. The file is the same for any number.
        max_bytes: largest size of the file.
        report: told how many faces have been cut down.

    Raises:
        InputError: `path` exists or cannot be written, the disk is full, a font or a text is unusable, or the texts
            leave no room for a face to train with.
    """
    require_extra("data", ("fontTools",))
    if path.exists():
        raise InputError(f"{path}: exists already; remove it or give another name")
    characters = frozenset(charset)
    content = {
        "version": PACK_VERSION,
        "created_by": f"hunmin {__version__}",
        "charset": charset,
        "weights": [weight for _, weight in files],
    }
    if not path.parent.exists():
        with naming_failures(path):
            path.parent.mkdir(parents=True)
    with new_file(path) as partial, TemporaryDirectory(dir=path.parent, prefix=f"{path.name}.partial-") as scratch:
        folder = Path(scratch)
        (folder / "fonts").mkdir()
        (folder / "texts").mkdir()
        (folder / "manifest.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        num_left_out = _write_texts(folder / "texts", characters, [file for file, _ in files])
        usable = [face for face in faces if face.coverage & characters - {" "}]
        cut = _cut_all(usable, characters, folder / "fonts", workers, report)
        chosen = _keep_what_fits(folder, usable, cut, max_bytes)
        num_bytes = _zip(folder, partial)
        assert num_bytes <= max_bytes, f"{num_bytes} bytes instead of at most {max_bytes}"
    packed = tuple(usable[i] for i in chosen)
    return Packed(num_bytes, packed, tuple(face for face in faces if face not in packed), num_left_out)


def _write_texts(folder: Path, characters: frozenset[str], files: Sequence[Path]) -> dict[str, int]:
    lists = [(name, name, read_list(name)) for name in LISTS]
    lists += [(str(file), f"user-{i}", read_user_lines(file)) for i, file in enumerate(files)]
    num_left_out = {}
    for source, name, lines in lists:
        kept = [line for line in lines if characters.issuperset(line)]
        if not kept and source not in LISTS:
            raise InputError(
                f"{source}: no line of this corpus lies inside the charset of {len(characters)} characters."
            )
        num_left_out[source] = len(lines) - len(kept)
        text = "".join(f"{line}\n" for line in kept)
        (folder / f"{name}.txt.xz").write_bytes(lzma.compress(text.encode()))
    return num_left_out


def _cut_all(
    faces: Sequence[Face], characters: frozenset[str], folder: Path, workers: int, report: Callable[[int], None]
) -> list[Face]:
    """The faces as they are in the pack: `path` is what they are called once unpacked."""
    if not faces:
        return []
    cut: list[Face] = []
    with worker_pool(min(workers or num_cores(), len(faces))) as pool:
        stems = [folder / f"{i:03d}" for i in range(len(faces))]
        for face in pool.map(_cut, faces, stems, repeat(characters)):
            cut.append(face)
            report(len(cut))
    return cut


def _cut(face: Face, stem: Path, characters: frozenset[str]) -> Face:
    """Write the face with only these characters as an xz file."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont, TTLibError

    # Some old faces carry unused bytes in their tables; nothing a user could do about it.
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    coverage = face.coverage & characters
    # Hints stay, so that a pack gives the lines that the installation gives. A face without hints is hinted by FreeType,
    # which measures Hanja and Greek for it: where the charset has none, a few edges move by parts of a pixel.
    options = Options(layout_features=[], notdef_outline=True, name_IDs=["*"], name_languages=["*"])
    options.drop_tables += _LAYOUT_TABLES
    buffer = BytesIO()
    try:
        with TTFont(face.path, fontNumber=face.index, lazy=True, recalcTimestamp=False, recalcBBoxes=False) as font:
            subsetter = Subsetter(options)
            subsetter.populate(unicodes=map(ord, coverage))
            subsetter.subset(font)
            font.save(buffer)
            suffix = ".otf" if font.sfntVersion == "OTTO" else ".ttf"
    except (TTLibError, OSError, KeyError, ValueError, AssertionError) as error:
        raise InputError(
            f"{face.path}: cannot be cut down ({type(error).__name__}: {reason_of(error)}). Remove it or install it again."
        ) from error
    content = buffer.getvalue()
    path = stem.with_suffix(suffix)
    _xz_name(path).write_bytes(lzma.compress(content))
    return replace(face, path=path, index=0, sha256=hashlib.sha256(content).hexdigest(), coverage=coverage)


def _keep_what_fits(folder: Path, faces: Sequence[Face], cut: Sequence[Face], max_bytes: int) -> list[int]:
    """Delete the cut faces for which there is no room, and note the others. Returns their numbers in order."""
    # The notes on all faces take at least as much as those on the chosen ones.
    _write_notes(folder, cut)
    room = max_bytes - sum(_packed_bytes(file) for file in folder.rglob("*") if file.is_file() and not _is_font(file))
    chosen = _choose(faces, [_packed_bytes(_xz_name(face.path)) for face in cut], room)
    if all(faces[i].held_out for i in chosen):
        raise InputError(
            f"a pack of {max_bytes:,} bytes has {max(room, 0):,} left for fonts, and no font to train with fits; take a "
            "smaller corpus, or more fonts"
        )
    _write_notes(folder, [cut[i] for i in chosen])
    for i in set(range(len(cut))) - set(chosen):
        _xz_name(cut[i].path).unlink()
    return chosen


def _choose(faces: Sequence[Face], sizes: Sequence[int], room: int) -> list[int]:
    """Numbers of the faces that fit, in order."""
    families: defaultdict[str, list[int]] = defaultdict(list)
    for i, face in enumerate(faces):
        families[face.family].append(i)
    turns = [
        (turn, i)
        for members in families.values()
        for turn, i in enumerate(sorted(members, key=lambda i: _preference(faces[i])) if len(members) > 1 else members)
    ]
    chosen = []
    for _, i in sorted(turns):
        if sizes[i] <= room:
            chosen.append(i)
            room -= sizes[i]
    return sorted(chosen)


def _preference(face: Face) -> int:
    """Low for the weights that print uses most."""
    from fontTools.ttLib import TTFont

    with TTFont(face.path, fontNumber=face.index, lazy=True) as font:
        weight = font["OS/2"].usWeightClass if "OS/2" in font else _WEIGHTS[0]
    return min(range(len(_WEIGHTS)), key=lambda rank: abs(_WEIGHTS[rank] - weight))


def _write_notes(folder: Path, faces: Sequence[Face]) -> None:
    manifest = folder / "fonts" / "manifest.json"
    write_manifest(faces, manifest)
    _xz_name(manifest).write_bytes(lzma.compress(manifest.read_bytes()))
    manifest.unlink()
    rows = [f"| fonts/{face.path.name} | {face.family} | {face.licence} |\n" for face in faces]
    (folder / "LICENCES.md").write_text(_LICENCE_NOTICE + "".join(rows), encoding="utf-8")


def _zip(folder: Path, path: Path) -> int:
    """Put all files of `folder` into one at `path`: the same bytes for the same content. Returns its size in bytes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    with ZipFile(path, "w") as archive:
        for file in files:
            member = ZipInfo(file.relative_to(folder).as_posix())
            member.compress_type = ZIP_STORED if file.suffix == ".xz" else ZIP_DEFLATED
            archive.writestr(member, file.read_bytes(), compresslevel=9)
    return path.stat().st_size


def _packed_bytes(file: Path) -> int:
    """At least what `file` takes in the zip."""
    content = file.read_bytes()
    return len(content if file.suffix == ".xz" else zlib.compress(content, 9)) + _BYTES_A_MEMBER


def _is_font(file: Path) -> bool:
    return file.name.endswith((".ttf.xz", ".otf.xz"))


def _xz_name(path: Path) -> Path:
    return path.with_name(f"{path.name}.xz")
