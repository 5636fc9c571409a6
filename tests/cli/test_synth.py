"""`hunmin synth`."""

from pathlib import Path

from PIL import Image

from hunmin.data.manifest import Manifest
from tests.cli.conftest import Hunmin


def test_a_store_holds_as_many_lines_as_asked_for_and_the_same_for_the_same_seed(
    hunmin: Hunmin, tmp_path: Path
) -> None:
    digests = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        done = hunmin("synth", tmp_path / name, "num=6", f"seed={seed}")
        assert (done.code, done.out) == (0, f"{tmp_path / name}: 6 lines\n")
        manifest = Manifest.read(tmp_path / name)
        assert manifest is not None
        assert manifest.num_samples == 6
        digests.append(manifest.content_digest)
    assert digests[0] == digests[1] != digests[2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c"]


def test_the_preview_is_a_picture_and_nothing_else(hunmin: Hunmin, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    done = hunmin("synth", "--preview", sheet, "--boxes")
    assert (done.code, done.out) == (0, f"{sheet}\n")
    with Image.open(sheet) as picture:
        assert min(picture.size) > 500
    assert list(tmp_path.iterdir()) == [sheet]


def test_lines_of_a_text_file_of_the_user_are_drawn(hunmin: Hunmin, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("훈민정음\n", encoding="utf-8")
    done = hunmin("synth", tmp_path / "store", "num=12", f"corpus=[{tmp_path / 'mine.txt'}:1000]", "synth.max_length=8")
    assert done.code == 0
    manifest = Manifest.read(tmp_path / "store")
    assert manifest is not None
    assert manifest.characters.get("훈", 0) >= 6
