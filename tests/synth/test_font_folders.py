"""Folders of a user's own fonts: web fonts, a list beside them, and what is remembered between starts."""

from io import BytesIO
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from hunmin.errors import InputError
from hunmin.font_manifest import BUNDLED_FONTS, Face
from hunmin.synth.fonts.faces import bundled_faces, load_faces
from hunmin.synth.fonts.scan import scan_file, scan_folder
from hunmin.synth.fonts.web_fonts import unpack
from hunmin.synth.lines.render import GlyphCache
from tests.synth.fonts_of_blocks import SYLLABLES, make_font_of_blocks

PEN = BUNDLED_FONTS.parent / "HunminPen.ttf"


@pytest.fixture(autouse=True)
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No fonts installed, no memory, whatever machine the tests run on."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HUNMIN_FONTS", raising=False)
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "fonts"
    path.mkdir()
    return path


def web_font(source: Path, target: Path) -> Path:
    font = TTFont(source)
    font.flavor = target.suffix[1:]
    font.save(target)
    return target


def add(folder: Path, name: str, family: str = "") -> Path:
    return make_font_of_blocks(folder / f"{name}.ttf", family or name, SYLLABLES[:200])


def write_list(folder: Path, *rows: str, columns: str = "file family style licence held_out") -> None:
    lines = ["\t".join(columns.split()), *("\t".join(row.split("|")) for row in rows)]
    (folder / "MANIFEST.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize("suffix", [".woff", ".woff2"])
def test_a_web_font_draws_the_pixels_of_the_font_it_was_made_from(folder: Path, suffix: str) -> None:
    (plain,) = scan_file(PEN)
    web_font(PEN, folder / f"pen{suffix}")
    (face,) = scan_folder(folder).faces
    assert (face.coverage, face.family, face.style) == (plain.coverage, plain.family, plain.style)
    cache = GlyphCache()
    for char in "한글훈민정음0Ag%":
        assert (cache.glyph(face, 40, char).mask == cache.glyph(plain, 40, char).mask).all()


def test_unpacked_outlines_are_those_that_fonttools_rebuilds(tmp_path: Path) -> None:
    # Composite glyphs, several contours, coordinates of every size.
    path = web_font(BUNDLED_FONTS.parent / "HunminSans.ttf", tmp_path / "sans.woff2")
    ours, theirs = TTFont(BytesIO(unpack(path.read_bytes()))), TTFont(path)
    names = theirs.getGlyphOrder()
    for glyph in range(0, len(names), 5):
        assert ours["glyf"][ours.getGlyphName(glyph)] == theirs["glyf"][names[glyph]]
        assert ours["hmtx"][ours.getGlyphName(glyph)] == theirs["hmtx"][names[glyph]]


def test_a_damaged_web_font_is_named(folder: Path) -> None:
    content = web_font(PEN, folder / "pen.woff2").read_bytes()
    (folder / "pen.woff2").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=r"pen\.woff2: not a readable font"):
        scan_folder(folder)


def test_the_second_start_measures_nothing_wherever_the_file_has_moved(folder: Path) -> None:
    web_font(PEN, folder / "pen.woff2")
    add(folder, "My Hand")
    measured: list[tuple[int, int]] = []
    first = scan_folder(folder, lambda done, total: measured.append((done, total))).faces
    assert measured == [(0, 2), (1, 2), (2, 2)]
    (folder / "below").mkdir()
    (folder / "pen.woff2").rename(folder / "below" / "other name.woff2")
    measured.clear()
    second = scan_folder(folder, lambda done, total: measured.append((done, total))).faces
    assert measured == []
    assert {face.sha256: face.coverage for face in second} == {face.sha256: face.coverage for face in first}


def test_a_web_font_whose_unpacked_file_is_gone_is_unpacked_again(folder: Path) -> None:
    web_font(PEN, folder / "pen.woff2")
    (face,) = scan_folder(folder).faces
    face.path.unlink()
    assert scan_folder(folder).faces == (face,)
    assert face.path.exists()


def test_many_files_are_measured_in_several_processes_in_the_order_of_their_paths(folder: Path) -> None:
    paths = [add(folder, f"Hand {number}") for number in range(9)]
    assert [face.path for face in scan_folder(folder).faces] == paths


def test_a_list_beside_the_fonts_says_family_style_licence_and_what_is_held_out(folder: Path) -> None:
    for name in ("a", "b", "c"):
        add(folder, name, "HS____")
    write_list(folder, "a.ttf|Santokki / 산토끼|hand|OFL-1.1|", "b.ttf|Office|serif||yes", "c.ttf|Dots|bitmap||no")
    assert [(face.family, face.style, face.licence, face.held_out) for face in scan_folder(folder).faces] == [
        ("Santokki", "handwriting", "OFL-1.1", False),
        ("Office", "myeongjo", "unknown", True),
        ("Dots", "bitmap", "unknown", False),
    ]
    assert scan_folder(folder).guessed == ()


def test_a_face_that_no_list_names_and_nobody_knows_is_a_guess(folder: Path) -> None:
    add(folder, "listed")
    add(folder, "unknown", "My Hand")
    add(folder, "known", "Gothic A1")
    write_list(folder, "listed.ttf|Listed|hand||")
    assert [face.family for face in scan_folder(folder).guessed] == ["My Hand"]


def test_a_list_does_not_bring_a_held_out_design_into_training(folder: Path) -> None:
    add(folder, "renamed", "Song Myung")
    add(folder, "other")
    write_list(folder, "renamed.ttf|A New Name|serif||no", "other.ttf|Song Myung Bold|serif||no")
    assert {(face.family, face.held_out) for face in scan_folder(folder).faces} == {("Song Myung", True)}


def test_the_word_of_the_list_counts_without_measuring_again(folder: Path) -> None:
    add(folder, "mine")
    assert [face.style for face in scan_folder(folder).faces] == ["gothic"]
    write_list(folder, "mine.ttf|Mine|display||yes")
    assert [(face.style, face.held_out) for face in scan_folder(folder, lambda *_: pytest.fail("measured")).faces] == [
        ("display", True)
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("gone.ttf|Mine|hand||", r"line 2: file 'gone\.ttf' is not there"),
        ("mine.ttf|Mine|curly||", r"line 2: style 'curly' means nothing"),
        ("mine.ttf|Mine|hand||perhaps", r"held_out 'perhaps' is neither yes nor no"),
        ("mine.ttf||hand||", r"line 2: no family"),
    ],
)
def test_a_mistake_in_a_list_is_named_with_its_line(folder: Path, row: str, message: str) -> None:
    add(folder, "mine")
    write_list(folder, row)
    with pytest.raises(InputError, match=message):
        scan_folder(folder)


def test_a_list_without_its_columns_is_named(folder: Path) -> None:
    add(folder, "mine")
    write_list(folder, "mine.ttf|hand", columns="file style")
    with pytest.raises(InputError, match=r"no column 'family'"):
        scan_folder(folder)


def test_a_file_other_than_the_one_that_the_list_means_is_named(folder: Path) -> None:
    add(folder, "mine")
    write_list(folder, f"mine.ttf|Mine|hand|{'0' * 64}", columns="file family style sha256")
    with pytest.raises(InputError, match=r"not the file that MANIFEST\.tsv means"):
        scan_folder(folder)


def test_the_fonts_of_a_folder_keep_what_the_bundled_ones_are(folder: Path) -> None:
    add(folder, "mine")
    write_list(folder, "mine.ttf|Mine|hand||")
    faces: list[Face] = load_faces(folders=[folder])
    assert faces[:-1] == bundled_faces()


def test_a_design_that_is_not_used_says_why(folder: Path) -> None:
    add(folder, "used")
    unused = add(folder, "unused", "HE서기2400체S")
    scan = scan_folder(folder)
    assert [face.path.stem for face in scan.faces] == ["used"]
    assert list(scan.left_out) == [unused]
    assert "stems" in scan.left_out[unused]


HANDS_FOR_VALIDATION = (
    "Nanum AmSeuTeReuDam",
    "Nanum GarMaesGeur",
    "Nanum HaRamCe",
    "Nanum OeHarMeoNiGeurSsi",
    "Nanum ABbaGeurSsi",
    "Nanum DaHaengCe",
    "Nanum GoDigANiGoGoDing",
    "Nanum BugGeugSeong",
    "Nanum OgBiCe",
    "Nanum SonPyeonJiCe",
    "KCC-eunyoung",
    "KCC-Kimhoon",
)


@pytest.mark.parametrize("name", [*HANDS_FOR_VALIDATION, "Suseong Batang", "DOSGothic", "LINE Seed Sans KR", "Jalnan"])
def test_the_hands_and_print_designs_held_out_are_known_by_name_in_any_folder(folder: Path, name: str) -> None:
    add(folder, "renamed file", name)
    assert [face.held_out for face in scan_folder(folder).faces] == [True]


def test_the_bitmaps_of_one_design_are_held_out_together_whoever_traced_them(folder: Path) -> None:
    for name in ("DOSGothic", "HE바람네모가는체", "DungGeunMo"):
        add(folder, name)
    assert {face.path.stem: face.held_out for face in scan_folder(folder).faces} == {
        "DOSGothic": True,
        "HE바람네모가는체": True,
        "DungGeunMo": False,
    }


def test_what_is_no_font_in_a_folder_of_fonts_is_passed_over(folder: Path) -> None:
    (folder / "pen.ttf").write_bytes(PEN.read_bytes())
    (folder / "._pen.ttf").write_bytes(b"a Mac's notes")
    (folder / "gone.ttf").symlink_to("nowhere.ttf")
    (folder / "folder.otf").mkdir()
    assert [face.path.name for face in scan_folder(folder).faces] == ["pen.ttf"]
