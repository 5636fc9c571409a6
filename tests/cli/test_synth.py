"""`hunmin synth`; how stores are written is tested in tests/synth."""

from pathlib import Path

from PIL import Image

from hunmin.data.store.lmdb_store import open_store
from tests.cli.conftest import Hunmin


def test_a_store_holds_as_many_lines_as_asked_for_and_among_them_those_of_the_user(
    hunmin: Hunmin, tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("훈민정음\n", encoding="utf-8")
    mine = ("workers=1", f"corpus=[{tmp_path / 'mine.txt'}:1000]", "synth.max_length=8")
    done = hunmin("synth", tmp_path / "store", "num=12", "seed=1", *mine)
    assert (done.code, done.out) == (0, f"{tmp_path / 'store'}: 12 lines\n")
    store = open_store(tmp_path / "store")
    assert [store.sample(index).id for index in range(len(store))] == [f"synth/1/0/{index}" for index in range(12)]
    assert list(store.labels()).count("훈민정음") >= 6
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.txt", "store"]


def test_the_preview_of_pages_is_a_picture_of_pages(hunmin: Hunmin, tmp_path: Path) -> None:
    sheet = tmp_path / "pages.png"
    done = hunmin("synth", "--pages", "--preview", sheet, "synth.pages.types.receipt=1000")
    assert (done.code, done.out) == (0, f"{sheet}\n")
    with Image.open(sheet) as picture:
        assert min(picture.size) > 500


def test_the_preview_is_a_picture_and_nothing_else(hunmin: Hunmin, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    done = hunmin("synth", "--preview", sheet, "--boxes")
    assert (done.code, done.out) == (0, f"{sheet}\n")
    with Image.open(sheet) as picture:
        assert min(picture.size) > 500
    assert list(tmp_path.iterdir()) == [sheet]
