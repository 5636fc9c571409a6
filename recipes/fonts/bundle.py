"""Cut four OFL faces down to the `korean` charset and put them into the package, with licences and manifest.

Usage: python recipes/fonts/bundle.py NODE_MODULES    (after recipes/fonts.sh; the faces come from its folders)

A cut-down face must not carry a reserved font name, so each gets a name of its own; the licence file beside it says
what it is.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

from hunmin.files import new_file
from hunmin.font_manifest import write_manifest
from hunmin.synth.fonts.scan import scan_file
from hunmin.text.charset import korean

TARGET = Path("src/hunmin/fonts")
FAMILY_NAME_IDS, STYLE_NAME_IDS, FULL_NAME_ID, POSTSCRIPT_NAME_ID = (1, 16), (2, 17), 4, 6
KEPT_NAME_IDS = {0, 13, 14}


# Any of the packages carries the text of the Open Font License, below a line of dashes.
OFL_TEXT = "@expo-google-fonts/single-day/LICENSE_FONT"


@dataclass(frozen=True)
class Cut:
    """One face to bundle."""

    source: str
    """Path below NODE_MODULES, or an absolute one."""
    name: str
    """What the cut-down face calls itself; families.yaml knows its design by it."""
    notice: str
    """The copyright notice of the original, with its reserved font names."""


CUTS = (
    Cut(
        "@expo-google-fonts/gothic-a1/500Medium/GothicA1_500Medium.ttf",
        "Hunmin Gothic",
        "(C) Copyright HanYang I&C Co.,Ltd. All rights reserved.",
    ),
    Cut(
        "/usr/share/fonts/truetype/nanum/NanumMyeongjo.ttf",
        "Hunmin Myeongjo",
        "Copyright (c) 2010, NAVER Corporation (http://www.nhncorp.com), with Reserved Font Name Nanum, Naver Nanum, "
        "NanumGothic, Naver NanumGothic, NanumMyeongjo, Naver NanumMyeongjo, NanumBrush, Naver NanumBrush, NanumPen, "
        "Naver NanumPen, Naver NanumGothicEco, NanumGothicEco, Naver NanumMyeongjoEco, NanumMyeongjoEco, "
        "Naver NanumGothicLight, NanumGothicLight, NanumBarunGothic, Naver NanumBarunGothic.",
    ),
    Cut(
        "@expo-google-fonts/single-day/400Regular/SingleDay_400Regular.ttf",
        "Hunmin Pen",
        "Copyright 2015 DXKorea Inc. All rights reserved.",
    ),
    Cut(
        "@expo-google-fonts/ibm-plex-sans-kr/IBMPlexSansKR_400Regular.ttf",
        "Hunmin Sans",
        'Copyright 2018 IBM Corp. All rights reserved. Reserved Font Name "Plex".',
    ),
)


def main(node_modules: Path) -> None:
    """Write faces, licences and manifest into the package."""
    TARGET.mkdir(parents=True, exist_ok=True)
    ofl = (node_modules / OFL_TEXT).read_text(encoding="utf-8").partition("-----")[2].lstrip("-\r\n ")
    faces = []
    for cut in CUTS:
        source = node_modules / cut.source
        target = TARGET / f"{cut.name.replace(' ', '')}{source.suffix}"
        cut_down(source, target, cut.name)
        about = f"{target.name} is {source.name}, cut down to hunmin's charset and renamed. The original's notice:"
        licence = f"{about}\n\n{cut.notice}\n\nBoth under the following licence.\n\n{ofl}"
        (TARGET / f"{target.stem}-LICENCE.txt").write_text(licence, encoding="utf-8")
        faces.extend(scan_file(target))
        print(f"{target}: {target.stat().st_size} bytes, {len(faces[-1].coverage)} characters")
    write_manifest(faces, TARGET / "manifest.json")


def cut_down(source: Path, target: Path, name: str) -> None:
    """Keep the charset's glyphs; drop layout tables, hints and every name but copyright and licence."""
    options = subset.Options(
        layout_features=[], hinting=False, glyph_names=False, notdef_outline=True, name_IDs=["*"], desubroutinize=False
    )
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "vhea", "vmtx", "VORG", "BASE", "kern"]
    options.drop_tables += ["meta", "DSIG", "gasp", "hdmx", "FFTM"]
    with TTFont(source, recalcTimestamp=False) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(text=korean().characters)
        cutter.subset(font)
        rename(font, name)
        with new_file(target) as partial:
            font.save(partial)


def rename(font: TTFont, name: str) -> None:
    """Give the face its new name everywhere a name may stand."""
    table = font["name"]
    table.names = [record for record in table.names if record.nameID in KEPT_NAME_IDS]
    postscript = name.replace(" ", "")
    names = {FULL_NAME_ID: name, POSTSCRIPT_NAME_ID: postscript, 3: postscript}
    names |= dict.fromkeys(FAMILY_NAME_IDS, name) | dict.fromkeys(STYLE_NAME_IDS, "Regular")
    for name_id, text in names.items():
        table.setName(text, name_id, 3, 1, 0x409)
    if "CFF " in font:
        top = font["CFF "].cff
        top.fontNames = [postscript]
        top.topDictIndex[0].rawDict.pop("Notice", None)
        top.topDictIndex[0].FullName = name
        top.topDictIndex[0].FamilyName = name


if __name__ == "__main__":
    main(Path(sys.argv[1]))
