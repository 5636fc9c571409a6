"""Gather the installed font files in one place, merge the sliced ones, measure all of them, and write the manifest.

Usage: python recipes/fonts/build_manifest.py NODE_MODULES TARGET
"""

import logging
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from fontTools import merge
from fontTools.ttLib import TTFont

from hunmin.files import new_file
from hunmin.font_manifest import Face, write_manifest
from hunmin.synth.fonts.scan import scan_file

DISTRIBUTION = Path("/usr/share/fonts/truetype")
DISTRIBUTION_FOLDERS = (
    "alee",
    "baekmuk",
    "lexi",
    "nanum",
    "naver-d2coding",
    "unfonts-core",
    "unfonts-extra",
    "woowa-bm",
)

# Which files of the npm packages: one format of each, no variable fonts, no fonts without Hangul.
NPM_FILES = (
    "@expo-google-fonts/*/**/*.ttf",
    "pretendard/dist/public/static/*.otf",
    "wanted-sans/fonts/otf/*.otf",
    "@embedpdf/fonts-kr/fonts/*.otf",
    "@sun-typeface/suit/fonts/static/ttf/*.ttf",
    "spoqa-han-sans/Subset/SpoqaHanSansNeo/*.ttf",
    "spoqa-han-sans/Subset/SpoqaHanSans/*.ttf",
    "@kfonts/*/src/*.[ot]tf",
    "@noonnu/*/fonts/*.woff",
)

# Published as about 100 slices a weight only.
SLICED = (("hi-melody", 400), ("hahmlet", 400), ("hahmlet", 700), ("stylish", 400))

# Drawn so freely, or so damaged, that a person cannot read every line set in them.
ILLEGIBLE = {
    "MoiraiOne": "strokes are dissolved into ornament",
    "BMEuljirooraeorae": "worn until syllables merge",
    "Guseul": "beads instead of strokes",
    "UnJamoNovel": "jamo overlap",
    "UnJamoSora": "jamo overlap",
    "Grandiflora": "tendrils hide the strokes",
}

# Layout tables differ from slice to slice and are not needed to draw single glyphs.
MERGE_DROPS = ("GSUB", "GPOS", "GDEF", "vhea", "vmtx", "VORG", "BASE", "STAT", "DSIG", "meta")


def main(node_modules: Path, target: Path) -> None:
    """Fill `target` with font files and their manifest."""
    # Some old faces carry unused bytes in their tables; nothing a user could do about it.
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    files = target / "files"
    files.mkdir(parents=True, exist_ok=True)
    faces: list[Face] = []
    dropped: list[str] = []
    for path in [*distribution_files(), *npm_files(node_modules, files), *merged_files(node_modules, files)]:
        reason = next((why for name, why in ILLEGIBLE.items() if path.name.startswith(name)), None)
        if reason:
            dropped.append(f"{path.name}: {reason}")
            continue
        faces.extend(distinct(scan_file(path)))
        print(f"\r{len(faces)} faces", end="", flush=True)
    unknown = sorted({face.family for face in faces if face.licence == "unknown"})
    if unknown:
        sys.exit(f"fonts: hunmin/configs/synth/families.yaml does not say what these are: {', '.join(unknown)}")
    write_manifest(faces, target / "manifest.json")
    families = {face.family for face in faces}
    held_out = sorted({face.family for face in faces if face.held_out})
    print(f"\r{target / 'manifest.json'}: {len(faces)} faces of {len(families)} families")
    print(f"held out: {', '.join(held_out)}")
    for line in dropped:
        print(f"dropped: {line}")


def distribution_files() -> Iterator[Path]:
    """The font files that the distribution's packages installed."""
    for folder in DISTRIBUTION_FOLDERS:
        yield from sorted(path for path in (DISTRIBUTION / folder).iterdir() if path.suffix in {".ttf", ".ttc"})


def npm_files(node_modules: Path, files: Path) -> Iterator[Path]:
    """Copies of the whole font files in the npm packages, unpacked where they are compressed for the web."""
    for pattern in NPM_FILES:
        paths = sorted(node_modules.glob(pattern))
        if not paths:
            sys.exit(f"fonts: {node_modules / pattern} matches nothing; the lock file and this list disagree")
        for path in paths:
            if path.suffix == ".woff":
                copy = files / f"{path.stem}.ttf"
                font = TTFont(path, recalcTimestamp=False)
                font.flavor = None
                font.save(copy)
            else:
                copy = files / path.name
                shutil.copyfile(path, copy)
            yield copy


def merged_files(node_modules: Path, files: Path) -> Iterator[Path]:
    """One font file from the slices of each sliced family."""
    for family, weight in SLICED:
        target = files / f"{family}-{weight}.ttf"
        if not target.exists():
            slices = sorted((node_modules / "@fontsource" / family / "files").glob(f"{family}-*-{weight}-normal.woff"))
            merge_slices(slices, target)
        yield target


def merge_slices(slices: list[Path], target: Path) -> None:
    """Merge `slices`, each with some hundred glyphs, into one plain TrueType file."""
    with tempfile.TemporaryDirectory() as scratch:
        plain = []
        for number, path in enumerate(slices):
            font = TTFont(path)
            font.flavor = None
            for tag in MERGE_DROPS:
                if tag in font:
                    del font[tag]
            plain.append(str(Path(scratch) / f"{number}.ttf"))
            font.save(plain[-1])
        merged = merge.Merger().merge(plain)
        # No time of day in the file: the same slices give the same hash.
        merged.recalcTimestamp = False
        merged["head"].created = merged["head"].modified = 0
        with new_file(target) as partial:
            merged.save(partial)


def distinct(faces: list[Face]) -> list[Face]:
    """A collection's faces without those that differ in layout tables only (the ligature versions of D2Coding)."""
    return faces[:2] if len(faces) > 2 else faces  # noqa: PLR2004


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]).expanduser())
