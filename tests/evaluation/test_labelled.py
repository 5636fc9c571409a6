"""Crops with labels from stores and tables."""

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hunmin.errors import ImageError, InputError
from hunmin.evaluation.labelled import labelled_crops
from tests.data.lines import line, store_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two crops, one of them in a folder of its own."""
    (tmp_path / "sign" / "old").mkdir(parents=True)
    for name, grey in (("a.png", 10), ("sign/old/b.png", 20)):
        Image.new("L", (40, 20), grey).save(tmp_path / name)
    return tmp_path


def test_a_store_gives_its_samples_in_order(tmp_path: Path) -> None:
    store_of(3, tmp_path / "store")
    crops = list(labelled_crops(tmp_path / "store"))
    assert [(crop.path, crop.label, crop.kind) for crop in crops] == [
        (f"line/0/{number}", f"한글 {number}", ("document", "sign")[number % 2]) for number in range(3)
    ]
    assert np.array_equal(crops[2].image, line(2).image)


def test_without_a_header_the_first_folder_of_the_path_is_the_kind(folder: Path) -> None:
    (folder / "labels.tsv").write_text("a.png\t가\nsign/old/b.png\t나 다\n", encoding="utf-8")
    crops = list(labelled_crops(folder))
    assert [(crop.path, crop.label, crop.kind) for crop in crops] == [
        ("a.png", "가", ""),
        ("sign/old/b.png", "나 다", "sign"),
    ]
    assert [int(crop.image[0, 0, 0]) for crop in crops] == [10, 20]


def test_with_a_header_the_column_kind_is_the_kind(folder: Path) -> None:
    for table in (
        "path\ttext\tfont\tkind\nsign/old/b.png\t나\tx\tform\n",
        "kind\ttext\tpath\nform\t나\tsign/old/b.png\n",
    ):
        (folder / "meta.tsv").write_text(table, encoding="utf-8")
        (crop,) = labelled_crops(folder)
        assert (crop.label, crop.kind) == ("나", "form")


def test_the_file_itself_may_be_named_and_paths_are_relative_to_it(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "mine.txt").write_text("a.png\t가\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert [crop.label for crop in labelled_crops(folder / "mine.txt")] == ["가"]


def test_files_of_other_editors_are_read_as_well(folder: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "한글")
    (folder / "labels.tsv").write_bytes(b"\xef\xbb\xbf" + f'a.png\t"{decomposed}"\r\n'.encode())
    assert [crop.label for crop in labelled_crops(folder)] == ['"한글"']


def test_a_line_of_any_length_is_a_line(folder: Path) -> None:
    (folder / "labels.tsv").write_text("a.png\t" + "가" * 200_000 + "\n", encoding="utf-8")
    (crop,) = labelled_crops(folder)
    assert len(crop.label) == 200_000


def test_only_a_line_end_ends_a_line(folder: Path) -> None:
    (folder / "labels.tsv").write_bytes("a.png\t가\u2028나\x85다\x0b라\r\na.png\t마\n".encode())
    assert [crop.label for crop in labelled_crops(folder)] == ["가 나 다 라", "마"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("a.png\t가\nb.png 나\n", r"labels\.tsv, line 2: has 0 tabs; write path, tab, text"),
        ("a.png\t무거운 짐은\t점검이\n", r"line 1: has 2 tabs; write path, tab, text"),
        ("path\ttext\tkind\na.png\t가\n", r"line 2: has 1 tabs; write path, tab, text, tab, kind"),
        ("path\ttext\n", r"labels\.tsv: has no lines"),
        ("", r"labels\.tsv: has no lines"),
    ],
)
def test_a_line_that_does_not_fit_is_named(content: str, says: str, folder: Path) -> None:
    (folder / "labels.tsv").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=says):
        list(labelled_crops(folder))


def test_a_table_that_is_not_utf_8_and_a_missing_image_are_named(folder: Path) -> None:
    (folder / "labels.tsv").write_bytes("a.png\t가".encode("cp949"))
    with pytest.raises(InputError, match=r"labels\.tsv: cannot be read .+ give a UTF-8 file"):
        list(labelled_crops(folder))
    (folder / "labels.tsv").write_text("b.png\t가\n", encoding="utf-8")
    (folder / "labels.tsv").write_text("a.png\t가\n\nb.png\t나\nc.png\t다\n", encoding="utf-8")
    with pytest.raises(ImageError, match=r"b\.png: no such image file; 2 of the 3 of .*labels\.tsv are missing"):
        next(labelled_crops(folder))
