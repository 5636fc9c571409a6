"""`hunmin data import` and `hunmin data merge`: what they print, and what they say to mistakes."""

import json
import shutil
from pathlib import Path

import pytest

from hunmin.data.store import open_store, write_store
from tests.cli.conftest import Hunmin
from tests.data.fake_aihub import build
from tests.data.lines import lines

EXAMPLES = Path(__file__).parents[2] / "examples" / "lines"


def test_a_list_of_crops_becomes_stores_and_the_account_is_printed(hunmin: Hunmin, tmp_path: Path) -> None:
    done = hunmin(
        "data", "import", "tsv", EXAMPLES, tmp_path / "set", "split.test=0", "split.validation=0", "workers=1"
    )
    num = len((EXAMPLES / "labels.tsv").read_text("utf-8").splitlines())
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        f"{tmp_path / 'set' / 'train'}: {num} crops\nseen {num}, kept {num}, dropped 0\n"
        f"more examples: {tmp_path / 'set' / 'ledger.json'}\n"
    )
    store = open_store(tmp_path / "set" / "train")
    images = {path.read_bytes() for path in EXAMPLES.glob("*.png")}
    assert {store.raw(index)[0] for index in range(len(store))} <= images


def change_version(store: Path) -> None:
    path = store / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"format_version": 9}), "utf-8")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a download, the same without images, one of another set, and stores."""
    build("aihub-88", tmp_path / "download", num_pages=2)
    build("aihub-88", tmp_path / "labels", num_pages=2)
    for path in (tmp_path / "labels").rglob("?원천?*"):
        path.unlink()
    (tmp_path / "there").mkdir()
    write_store(lines(2), tmp_path / "store")
    shutil.copytree(tmp_path / "store", tmp_path / "newer")
    change_version(tmp_path / "newer")
    monkeypatch.chdir(tmp_path)
    return tmp_path


MISTAKES: dict[str, tuple[tuple[str, ...], str]] = {
    "no words": (("import", "aihub-88"), "takes SOURCE, one or more FROM, and TO; SOURCE is one of aihub-88, aihub-81"),
    "unknown source": (("import", "aihub-99", "download", "set"), "there is no source 'aihub-99'; choose one of"),
    "target exists": (("import", "aihub-88", "download", "there"), "there: exists already; remove it or give another"),
    "nothing there": (("import", "aihub-88", "nowhere", "set"), "nowhere: there is no such file or folder"),
    "another set": (("import", "aihub-91", "download", "set"), "expected"),
    "labels without images": (("import", "aihub-88", "labels", "set"), "image"),
    "unknown key": (("import", "aihub-88", "download", "set", "cut.margn=1"), "did you mean cut.margin?"),
    "margin below nothing": (("import", "aihub-88", "download", "set", "cut.margin=-1"), "cut.margin=-1: input should"),
    "shares of all": (("import", "aihub-88", "download", "set", "split.test=1"), "leave nothing to train on"),
    "one store": (("merge", "store", "both"), "takes two or more stores, and the new one"),
    "a newer store": (("merge", "store", "newer", "both"), "format_version is 9, this hunmin knows 1; update hunmin"),
    "merge into a store": (("merge", "store", "newer", "store"), "newer"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_that_names_it_and_nothing_is_written(mistake: str, hunmin: Hunmin, place: Path) -> None:
    arguments, message = MISTAKES[mistake]
    before = sorted(path.name for path in place.iterdir())
    done = hunmin("data", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("hunmin: ")
    assert message in done.err
    assert done.err.count("\n") == 1
    assert sorted(path.name for path in place.iterdir()) == before


def test_merging_says_what_came_of_it(hunmin: Hunmin, place: Path) -> None:
    write_store(lines(3, seed=1), place / "more")
    done = hunmin("data", "merge", "store", "more", "both")
    assert done.code == 0
    assert done.out.startswith("both: 5 samples of 2 stores; digest ")
