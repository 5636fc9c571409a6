"""`hunmin data import` and `hunmin data merge`: what they print, and what they say to mistakes."""

import json
import shutil
from pathlib import Path

import pytest

from hunmin.data.store.lmdb_store import open_store, write_store
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
    assert done.out == (f"{tmp_path / 'set' / 'train'}: {num} crops\nseen {num}, kept {num}, dropped 0\n")
    store = open_store(tmp_path / "set" / "train")
    images = {path.read_bytes() for path in EXAMPLES.glob("*.png")}
    assert {store.raw(index)[0] for index in range(len(store))} <= images


def test_a_damaged_label_file_is_named_in_the_account(hunmin: Hunmin, tmp_path: Path) -> None:
    build("aihub-88", tmp_path / "download", num_pages=2, zipped=False)
    first = min((tmp_path / "download").rglob("*.json"))
    first.write_bytes(first.read_bytes()[:-30])
    done = hunmin("data", "import", "aihub-88", tmp_path / "download", tmp_path / "set", "workers=1")
    assert done.code == 0
    line = next(line for line in done.out.splitlines() if "unreadable label" in line)
    assert line.endswith("…") and "…/5350109-1994-0001-0001.json: is no JSON (" in line


def change_version(store: Path) -> None:
    path = store / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"format_version": 9}), "utf-8")


@pytest.fixture(scope="session")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a download, and the same spoilt in the ways in which downloads are."""
    folder = tmp_path_factory.mktemp("downloads")
    build("aihub-88", folder / "download", num_pages=2)
    shutil.copytree(folder / "download", folder / "labels")
    for path in (folder / "labels").rglob("?원천?*"):
        path.unlink()
    shutil.copytree(folder / "download", folder / "cut")
    for path in (folder / "cut").rglob("?원천?*"):
        path.write_bytes(path.read_bytes()[:-1000])
    for name, old, new in (("no_json", b"}", b""), ("variant", b'"annotation.bbox"', b'"annotation.polygon"')):
        build("aihub-88", folder / name, num_pages=2, zipped=False)
        for path in (folder / name).rglob("*.json"):
            path.write_bytes(path.read_bytes().replace(old, new))
    (folder / "empty").mkdir()
    return folder


@pytest.fixture
def place(downloads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with these downloads, a folder in the way, and stores."""
    shutil.copytree(downloads, tmp_path, dirs_exist_ok=True)
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
    "nothing in it": (("import", "aihub-88", "empty", "set"), "empty: holds no file at all; give the folder or the"),
    "another set": (("import", "aihub-91", "download", "set"), "no aihub-91 data, or of an unknown form: download/88."),
    "another set as one file": (("import", "aihub-81", "download", "set"), "no aihub-81 data, or of an unknown form"),
    "labels without images": (("import", "aihub-88", "labels", "set"), "has no images (.jpg, .png …), only 2 files"),
    "a zip cut short": (("import", "aihub-88", "cut", "set"), "train.zip: this zip file is cut short"),
    "labels that are no JSON": (("import", "aihub-88", "no_json", "set"), "0001-0001.json: is no JSON (Expecting"),
    "an unknown variant": (
        ("import", "aihub-88", "variant", "set"),
        "expected key 'annotation.bbox' or 'annotation.box', found the keys 'id', 'annotation.type', 'annotation.text', "
        "'annotation.ttype', 'annotation.polygon'",
    ),
    "import a newer store": (("import", "lmdb", "newer", "set"), "format_version is 9, this hunmin knows 1; update"),
    "export a newer store": (("export", "newer", "set"), "format_version is 9, this hunmin knows 1; update hunmin"),
    "export into a folder": (("export", "store", "there"), "there: exists already; remove it or give another"),
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
