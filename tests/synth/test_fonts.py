"""Fonts: a face draws what its coverage says, and held-out designs stay out of training."""

import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont

import hunmin
from hunmin.errors import InputError
from hunmin.font_manifest import BUNDLED_FONTS, STYLES, Face, write_manifest
from hunmin.synth.fonts.faces import bundled_faces, load_faces
from hunmin.synth.fonts.scan import scan_file, scan_folder
from hunmin.text.charset import ksx1001_syllables
from tests.synth.fonts_of_blocks import SYLLABLES, make_font_of_blocks


@pytest.fixture(autouse=True)
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No fonts installed, no cache, whatever machine the tests run on."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HUNMIN_FONTS", raising=False)
    return tmp_path / "home"


@pytest.fixture
def make_font(tmp_path: Path) -> Callable[..., Path]:
    """`make_font_of_blocks` in a folder of fonts, under a file name."""

    def make(
        name: str,
        good: Sequence[str],
        placeholder: Sequence[str] = (),
        blank: Sequence[str] = (),
        family: str = "",
        rows: Sequence[int] = range(40),
    ) -> Path:
        return make_font_of_blocks(tmp_path / "fonts" / f"{name}.ttf", family or name, good, placeholder, blank, rows)

    return make


@pytest.mark.parametrize("face", bundled_faces(), ids=lambda face: face.path.stem)
def test_every_character_of_a_bundled_face_has_an_outline_of_its_own(face: Face) -> None:
    with TTFont(face.path, fontNumber=face.index) as font:
        cmap, glyphs = font.getBestCmap(), font.getGlyphSet()
        for char in sorted(face.coverage - {" "})[::7]:
            assert cmap[ord(char)] != ".notdef"
            pen = BoundsPen(glyphs)
            glyphs[cmap[ord(char)]].draw(pen)
            assert pen.bounds, f"{char!r} is blank in {face.path.name}"


def test_bundled_faces_cover_hangul_in_several_styles_and_hold_one_family_out() -> None:
    faces = bundled_faces()
    assert {"gothic", "myeongjo", "handwriting"} <= {face.style for face in faces if not face.held_out}
    assert any(face.held_out for face in faces)
    assert all(face.coverage.issuperset(ksx1001_syllables()) and face.style in STYLES for face in faces)
    assert all((face.path.parent / f"{face.path.stem}-LICENCE.txt").exists() for face in faces)


def test_no_family_is_both_for_training_and_held_out() -> None:
    faces = bundled_faces()
    assert not {face.family for face in faces if face.held_out} & {face.family for face in faces if not face.held_out}


def test_characters_that_share_a_placeholder_or_are_blank_are_not_covered(make_font: Callable[..., Path]) -> None:
    path = make_font("Liar", good=SYLLABLES[:200], placeholder=SYLLABLES[200:300], blank=SYLLABLES[300:])
    (face,) = scan_file(path)
    assert face.coverage == frozenset(SYLLABLES[:200])


def test_pictograms_in_the_place_of_syllables_are_not_covered(make_font: Callable[..., Path]) -> None:
    # 200 syllables in ten rows of heights, and one picture more than twice as high as the middle one.
    path = make_font("Menu", good=[*SYLLABLES[:200], *SYLLABLES[380:400]], rows=[*range(10), 60])
    (face,) = scan_file(path)
    assert face.coverage == frozenset(SYLLABLES[:200])


def test_a_backslash_drawn_as_a_won_sign_is_not_covered(make_font: Callable[..., Path]) -> None:
    (liar,) = scan_file(make_font("Keyboard", good=[*SYLLABLES[:200]], placeholder=["\\", "₩"]))
    assert "₩" in liar.coverage
    assert "\\" not in liar.coverage


@pytest.mark.parametrize(("drawn", "covered"), [("\\", True), ("₩", False)])
def test_a_backslash_is_one_where_it_falls_to_the_right(tmp_path: Path, drawn: str, covered: bool) -> None:
    # A face that draws ₩ for the backslash often has no ₩ of its own to compare with.
    with TTFont(BUNDLED_FONTS.parent / "HunminSans.ttf") as font:
        cmap = font.getBestCmap()
        glyph = cmap[ord(drawn)]
        for table in font["cmap"].tables:
            table.cmap = {code: name for code, name in table.cmap.items() if chr(code) not in "\\₩￦"} | {
                ord("\\"): glyph
            }
        font.save(tmp_path / "font.ttf")
    (face,) = scan_file(tmp_path / "font.ttf")
    assert ("\\" in face.coverage) == covered


def test_what_a_known_family_draws_as_something_else_is_not_covered(make_font: Callable[..., Path]) -> None:
    path = make_font("BM HANNA Pro", good=["₩", *SYLLABLES[:220]])
    (face,) = scan_file(path)
    assert {"₩", "갅", "갋"}.isdisjoint(face.coverage)
    assert {"가", "각"} <= face.coverage
    manifest = path.parent / "manifest.json"
    write_manifest([replace(face, coverage=face.coverage | set("₩갅"))], manifest)
    assert load_faces(manifest) == [face]


@pytest.mark.parametrize("name", ["IBM Plex Sans KR", "Song Myung", "NanumBrush", "Nanum Brush Script", "UnTaza"])
def test_the_held_out_designs_are_known_by_name(make_font: Callable[..., Path], name: str) -> None:
    (face,) = scan_file(make_font("renamed file", good=SYLLABLES[:200], family=name))
    assert face.held_out


def test_faces_of_one_lineage_are_one_family(make_font: Callable[..., Path]) -> None:
    names = ("D2Coding", "NanumBarunGothic", "NanumBarunGothic Light")
    faces = [face for name in names for face in scan_file(make_font(name, good=SYLLABLES[:200]))]
    assert {face.family for face in faces} == {"Nanum Barun Gothic"}


def test_a_manifest_gives_back_what_was_scanned(make_font: Callable[..., Path]) -> None:
    path = make_font("My Hand", good=SYLLABLES[:200])
    faces = list(scan_folder(path.parent).faces)
    manifest = path.parent / "manifest.json"
    write_manifest(faces, manifest)
    assert load_faces(manifest) == faces


def test_a_folder_of_fonts_is_added_and_read_from_the_cache_the_second_time(
    make_font: Callable[..., Path], empty_home: Path
) -> None:
    folder = make_font("My Hand", good=SYLLABLES[:200]).parent
    first = load_faces(folders=[folder])
    (cached,) = (empty_home / ".cache" / "hunmin" / "fonts" / "scans").iterdir()
    written = cached.stat().st_mtime_ns
    assert load_faces(folders=[folder]) == first
    assert cached.stat().st_mtime_ns == written
    assert [face.family for face in first] == [*(face.family for face in bundled_faces()), "My Hand"]


def test_what_is_new_about_a_family_holds_for_a_folder_that_was_scanned_before(
    make_font: Callable[..., Path], tmp_path: Path
) -> None:
    folder = make_font("My Hand", good=SYLLABLES[:200]).parent
    package = tmp_path / "site" / "hunmin"
    shutil.copytree(Path(hunmin.__file__).parent, package, ignore=shutil.ignore_patterns("weights", "texts", "train"))
    families = package / "configs" / "synth" / "families.yaml"
    code = (
        "from pathlib import Path; from hunmin.synth.fonts.faces import load_faces; "
        f"face = load_faces(folders=[Path({str(folder)!r})])[-1]; print(face.family, face.style, face.held_out)"
    )

    def newest_face() -> str:
        command = [sys.executable, "-c", code]
        return subprocess.run(command, cwd=package.parent, check=True, capture_output=True, text=True).stdout.strip()

    assert newest_face() == "My Hand gothic False"
    with families.open("a", encoding="utf-8") as file:
        file.write("\n- {family: My Hand, style: handwriting, licence: unknown, names: [myhand], held_out: true}\n")
    assert newest_face() == "My Hand handwriting True"


def test_a_font_of_the_users_own_is_held_out_in_a_folder_of_that_name_with_all_of_its_family(
    make_font: Callable[..., Path],
) -> None:
    paths = [make_font(name, good=SYLLABLES[:200], family="My Hand") for name in ("light", "bold")]
    make_font("Other", good=SYLLABLES[:200])
    folder = paths[0].parent

    def held_out(folder: Path) -> dict[str, bool]:
        return {face.path.stem: face.held_out for face in load_faces(folders=[folder])[len(bundled_faces()) :]}

    assert held_out(folder) == {"light": False, "bold": False, "Other": False}
    (folder / "held_out").mkdir()
    paths[0].rename(folder / "held_out" / paths[0].name)
    assert held_out(folder) == {"light": True, "bold": True, "Other": False}
    assert held_out(folder / "held_out") == {"light": True}


def test_the_installed_faces_of_a_family_are_held_out_with_a_font_of_the_users_own(
    make_font: Callable[..., Path],
) -> None:
    path = make_font("Gothic A1 Black", good=SYLLABLES[:200])
    path.parent.rename(path.parent.with_name("held_out"))
    faces = load_faces(folders=[path.parent.with_name("held_out")])
    assert {face.path.stem for face in faces if face.family == "Gothic A1"} == {"HunminGothic", "Gothic A1 Black"}
    assert all(face.held_out for face in faces if face.family == "Gothic A1")
    assert any(not face.held_out for face in faces)


def test_the_environment_variable_names_another_manifest(
    make_font: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_font("My Hand", good=SYLLABLES[:200]).parent
    write_manifest(scan_folder(folder).faces, folder / "manifest.json")
    monkeypatch.setenv("HUNMIN_FONTS", str(folder))
    assert [face.family for face in load_faces()] == ["My Hand"]


def test_a_broken_font_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"\0\1\0\0" + b"rubbish" * 40)
    with pytest.raises(InputError, match=r"broken\.ttf: not a readable font"):
        scan_folder(tmp_path)


def test_a_truncated_font_is_named(tmp_path: Path) -> None:
    whole = bundled_faces()[0].path
    (tmp_path / "cut.ttf").write_bytes(whole.read_bytes()[:40_000])
    with pytest.raises(InputError, match=r"cut\.ttf: not a readable font"):
        scan_folder(tmp_path)


def test_a_font_without_hangul_is_named(make_font: Callable[..., Path]) -> None:
    path = make_font("Latin Only", good=list("ABCDEFG"))
    with pytest.raises(InputError, match=r"Latin Only\.ttf: font without Hangul \(0 syllables\)"):
        scan_folder(path.parent)


def test_a_folder_without_fonts_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no font in this folder"):
        scan_folder(tmp_path)
    with pytest.raises(InputError, match=r"no such font folder"):
        load_faces(folders=[tmp_path / "nowhere"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not a font manifest"),
        ('{"version": 99, "faces": []}', "version 99"),
        ('{"version": 1, "faces": [{"path": "a.ttf"}]}', "damaged font manifest"),
    ],
)
def test_a_damaged_manifest_is_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        load_faces(path)


def test_a_font_file_that_is_gone_is_named(make_font: Callable[..., Path]) -> None:
    path = make_font("My Hand", good=SYLLABLES[:200])
    manifest = path.parent / "manifest.json"
    write_manifest(scan_folder(path.parent).faces, manifest)
    path.unlink()
    with pytest.raises(InputError, match=r"1 font files are gone, .*My Hand\.ttf"):
        load_faces(manifest)


def test_a_scan_that_cannot_be_kept_is_named_and_nothing_half_written_stays(
    make_font: Callable[..., Path], empty_home: Path
) -> None:
    folder = make_font("My Hand", good=SYLLABLES[:200]).parent
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(InputError, match=r"scans/.*cannot be written \(File too large.*what the fonts in"):
            load_faces(folders=[folder])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list((empty_home / ".cache" / "hunmin" / "fonts" / "scans").iterdir()) == []
