"""Packs: the same lines as from the installation, a limited size, and nothing unpacked that should not be."""

import json
import lzma
import os
import resource
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import numpy as np
import pytest

from hunmin.data.sample import Sample
from hunmin.errors import InputError
from hunmin.font_manifest import Face
from hunmin.synth.config import default_config
from hunmin.synth.fonts.faces import bundled_faces, load_faces
from hunmin.synth.fonts.scan import scan_file
from hunmin.synth.generate import Recipe
from hunmin.synth.pack import open_pack
from hunmin.synth.packing import MAX_PACK_BYTES, Packed, write_pack
from hunmin.synth.recipe import build_recipe
from hunmin.text.charset import ASCII, ksx1001_syllables

FONTS = Path(str(resources.files("hunmin") / "fonts" / "manifest.json"))
SMALL = ASCII + "".join(ksx1001_syllables()[:300])
COMMAND = "from hunmin.cli.app import main; main()"


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> object:
    """No installed fonts and sentences, whatever machine the tests run on; processes inherit it."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        patch.setenv("HOME", str(home))
        patch.setenv("HUNMIN_FONTS", str(FONTS))
        yield home


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus") / "나의 글.txt"
    path.write_text("가구 거기\n漢字가 있는 줄\n고기 국\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def made(home: Path, corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A pack that the command made of the bundled fonts, and what it printed."""
    path = tmp_path_factory.mktemp("packs") / "all.pack"
    charset = path.with_name("small.txt")
    charset.write_text("\n".join(SMALL), encoding="utf-8")
    arguments = ["synth", "pack", str(path), f"charset={charset}", f"corpus=['{corpus}:0.5']", "workers=1"]
    done = subprocess.run([sys.executable, "-c", COMMAND, *arguments], capture_output=True, text=True, check=True)
    assert f"{corpus}: not drawn, for a character that charset {charset} lacks: 1 of its lines; " in done.stderr
    assert "sentences" not in done.stderr
    return path, done.stdout.splitlines()


@pytest.fixture(scope="module")
def small(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack of one face with 300 syllables."""
    path = tmp_path_factory.mktemp("packs") / "small.pack"
    pack([bundled_face("Gothic A1")], path)
    return path


@pytest.fixture
def another_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where nothing was unpacked yet."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    return home


def bundled_face(family: str) -> Face:
    return next(face for face in bundled_faces() if face.family == family)


def pack(faces: list[Face], path: Path, max_bytes: int = MAX_PACK_BYTES) -> Packed:
    return write_pack(path, SMALL, faces, workers=1, max_bytes=max_bytes)


def rewritten(path: Path, source: Path, change: Callable[[str, bytes], tuple[str, bytes]]) -> Path:
    """A copy of the pack `source` with members changed."""
    with ZipFile(source) as old, ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(*change(name, old.read(name)))
    return path


def unpacked(home: Path) -> list[Path]:
    return list((home / ".cache").glob("hunmin/packs/*"))


def pixels(sample: Sample) -> tuple[object, ...]:
    assert sample.boxes is not None
    return sample.text, sample.kind, sample.image.shape, sample.image.tobytes(), sample.boxes.tobytes()


def test_a_pack_gives_the_lines_that_the_installation_gives(made: tuple[Path, list[str]], corpus: Path) -> None:
    config = default_config()
    installed = Recipe(config, frozenset(SMALL), FONTS, files=((corpus, 0.5),)).build()
    packed = build_recipe(replace(config, pack=str(made[0])), SMALL, [], []).build()
    assert [pixels(packed.sample(0, 0, i)) for i in range(60)] == [pixels(installed.sample(0, 0, i)) for i in range(60)]


def test_the_command_says_what_went_in_and_under_which_licences(made: tuple[Path, list[str]]) -> None:
    path, printed = made
    assert printed == [
        f"{path}: 4 faces of 4 families, {path.stat().st_size / 1e6:.1f} MB; use it with synth.pack={path}",
        "licences: OFL-1.1 4",
    ]
    with ZipFile(path) as archive:
        licences = archive.read("LICENCES.md").decode()
    for face in bundled_faces():
        assert f"| {face.family} | {face.licence} |" in licences


def test_a_cut_face_draws_the_characters_asked_for(made: tuple[Path, list[str]]) -> None:
    faces = load_faces(open_pack(made[0], frozenset(SMALL)).manifest)
    for face, whole in zip(faces, bundled_faces(), strict=True):
        assert face.coverage == whole.coverage & set(SMALL)
        (scanned,) = scan_file(face.path)
        # Characters that share a glyph with one asked for may stay.
        assert face.coverage <= scanned.coverage < whole.coverage
        assert scanned.sha256 == face.sha256
        assert face.path.stat().st_size < whole.path.stat().st_size
        assert (face.family, face.style, face.licence, face.held_out) == (
            whole.family,
            whole.style,
            whole.licence,
            whole.held_out,
        )


def test_the_same_content_gives_the_same_bytes_with_any_number_of_workers(small: Path, tmp_path: Path) -> None:
    write_pack(tmp_path / "again.pack", SMALL, [bundled_face("Gothic A1")], workers=2)
    assert (tmp_path / "again.pack").read_bytes() == small.read_bytes()


def test_where_room_is_scarce_every_family_keeps_a_face_and_weights_are_left_out(tmp_path: Path) -> None:
    gothic, pen = bundled_face("Gothic A1"), bundled_face("Single Day")
    weights = [replace(gothic, index=0), replace(gothic, sha256="b"), replace(gothic, sha256="c")]
    everything = pack([*weights, pen], tmp_path / "all.pack")
    assert everything.left_out == ()
    less = everything.num_bytes - 1
    packed = pack([*weights, pen], tmp_path / "less.pack", max_bytes=less)
    assert (packed.faces, packed.left_out) == ((*weights[:2], pen), (weights[2],))
    assert (tmp_path / "less.pack").stat().st_size == packed.num_bytes <= less
    assert len(load_faces(open_pack(tmp_path / "less.pack", frozenset(SMALL)).manifest)) == 3


def test_a_pack_without_room_for_a_font_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"a pack of 30,000 bytes has \d[\d,]* left for fonts, and no font to train with fits"
    ):
        pack([bundled_face("Gothic A1")], tmp_path / "small.pack", max_bytes=30_000)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_exists_or_cannot_be_written_is_named_and_nothing_half_written_stays(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    with pytest.raises(InputError, match="precious: exists already"):
        pack([bundled_face("Gothic A1")], tmp_path / "precious")
    with pytest.raises(InputError, match=r"precious/a\.pack: cannot be written \(Not a directory\)"):
        pack([bundled_face("Gothic A1")], tmp_path / "precious" / "a.pack")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(InputError, match=r"a\.pack: cannot be written \(File too large, [\d,]+ bytes are free"):
            pack([bundled_face("Gothic A1")], tmp_path / "a.pack")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]
    assert (tmp_path / "precious").read_text() == "mine"


def test_a_font_that_cannot_be_cut_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(bundled_face("Gothic A1").path.read_bytes()[:5000])
    with pytest.raises(InputError, match=r"broken\.ttf: cannot be cut down"):
        pack([replace(bundled_face("Gothic A1"), path=broken)], tmp_path / "a.pack")
    assert [path.name for path in tmp_path.iterdir()] == ["broken.ttf"]


def test_a_pack_is_unpacked_once(small: Path, another_home: Path) -> None:
    first = open_pack(small, frozenset(SMALL))
    (folder,) = unpacked(another_home)
    assert first.manifest.is_relative_to(folder)
    before = folder.stat().st_ino
    assert open_pack(small, frozenset(SMALL)) == first
    assert [path.stat().st_ino for path in unpacked(another_home)] == [before]


def test_a_charset_that_the_pack_was_not_made_for_is_refused(small: Path) -> None:
    with pytest.raises(
        InputError, match=r"small\.pack: made for a charset that lacks 1 of the 396 characters, such as '뷁'"
    ):
        open_pack(small, frozenset(SMALL + "뷁"))


@pytest.mark.parametrize(
    "name",
    ["../evil", "/evil", "fonts/../../evil.ttf.xz", "C:\\evil", "fonts\\evil", "texts/evil.sh", "fonts/", "evil"],
)
def test_a_member_with_an_unsafe_or_unknown_name_is_refused(
    small: Path, name: str, tmp_path: Path, another_home: Path
) -> None:
    shutil.copy(small, tmp_path / "evil.pack")
    with ZipFile(tmp_path / "evil.pack", "a") as archive:
        archive.writestr(name, "evil")
    with pytest.raises(InputError, match="which no pack does"):
        open_pack(tmp_path / "evil.pack", frozenset(SMALL))
    assert unpacked(another_home) == []
    assert not list(tmp_path.rglob("evil*"))[1:]


def test_a_link_in_a_pack_becomes_a_plain_file(small: Path, tmp_path: Path, another_home: Path) -> None:
    link = ZipInfo("texts/link.txt.xz")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    shutil.copy(small, tmp_path / "link.pack")
    with ZipFile(tmp_path / "link.pack", "a") as archive:
        archive.writestr(link, lzma.compress(b"/etc/passwd"))
    texts = open_pack(tmp_path / "link.pack", frozenset(SMALL)).texts
    assert (texts / "link.txt").read_bytes() == b"/etc/passwd"
    assert not (texts / "link.txt").is_symlink()


@pytest.mark.parametrize("outside", ["/usr/share/fonts/a.ttf", "../../a.ttf", "001.ttf", 7])
def test_a_font_outside_the_pack_is_refused(small: Path, outside: object, tmp_path: Path, another_home: Path) -> None:
    def change(name: str, content: bytes) -> tuple[str, bytes]:
        if name != "fonts/manifest.json.xz":
            return name, content
        manifest = json.loads(lzma.decompress(content))
        manifest["faces"][0]["path"] = outside
        return name, lzma.compress(json.dumps(manifest).encode())

    with pytest.raises(InputError, match=r"a\.pack: not a pack .*, or a damaged one"):
        open_pack(rewritten(tmp_path / "a.pack", small, change), frozenset(SMALL))
    assert unpacked(another_home) == []


def test_a_pack_of_a_later_version_is_refused(small: Path, tmp_path: Path, another_home: Path) -> None:
    def change(name: str, content: bytes) -> tuple[str, bytes]:
        return name, content.replace(b'"version": 2', b'"version": 3') if name == "manifest.json" else content

    with pytest.raises(InputError, match="of version 3, this hunmin knows 2"):
        open_pack(rewritten(tmp_path / "a.pack", small, change), frozenset(SMALL))


def test_a_damaged_pack_is_refused_or_read_as_it_was_written(small: Path, tmp_path: Path, another_home: Path) -> None:
    whole = small.read_bytes()
    good = open_pack(small, frozenset(SMALL))
    rng = np.random.default_rng(0)
    num_refused = 0
    for number in range(60):
        damaged = bytearray(whole)
        if number % 3:
            damaged[int(rng.integers(len(whole)))] ^= 1 << int(rng.integers(8))
        else:
            del damaged[int(rng.integers(len(whole))) :]
        path = tmp_path / f"{number}.pack"
        path.write_bytes(damaged)
        try:
            opened = open_pack(path, frozenset(SMALL))
        except InputError as error:
            assert str(error).startswith(f"{path}: ")
            num_refused += 1
        else:
            for file in good.manifest.parent.iterdir():
                assert (opened.manifest.parent / file.name).read_bytes() == file.read_bytes()
            shutil.rmtree(opened.texts.parent)
    assert num_refused > 40
    assert unpacked(another_home) == [good.texts.parent]


def test_what_is_no_pack_or_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.pack: the pack cannot be read \(No such file"):
        open_pack(tmp_path / "none.pack", frozenset(SMALL))
    (tmp_path / "a.pack").write_text("no zip")
    with pytest.raises(InputError, match=r"a\.pack: not a pack"):
        open_pack(tmp_path / "a.pack", frozenset(SMALL))


def test_a_home_that_cannot_be_written_is_named(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("HOME", os.fspath(tmp_path / "file"))
    with pytest.raises(InputError, match=r"file/\.cache/hunmin/packs/.*: cannot be written \(Not a directory\)"):
        open_pack(small, frozenset(SMALL))
