"""A label file gets its own image or none, whatever the folders are called."""

import json
from pathlib import Path

import pytest

from hunmin.data.sources.downloads.files import open_files
from hunmin.data.sources.page import Page, Region
from hunmin.data.sources.pairing import Labels, page_id, pair_pages
from tests.data.sources.test_aihub import write


def paired(folder: Path, *names: str) -> dict[str, str | None]:
    """Label file → the image's path, or what the region was dropped for. Every file holds its own name."""
    write(folder, {name: json.dumps(name) if name.endswith(".json") else name.encode() for name in names})
    found = {}
    for page in pages(folder):
        image = page.image.read().decode() if page.image else None
        reason = page.regions[0].drop_reason if page.regions else "no label"
        found[page.id.partition("/")[2]] = reason or image
    return found


def pages(folder: Path) -> list[Page]:
    return list(
        pair_pages(open_files([folder]), lambda value, file: Labels((Region(str(value)),), page_id(file)), "test")
    )


@pytest.mark.parametrize(
    ("label", "image"),
    [
        ("[라벨]train/01.라벨링데이터(Json)/허가/1/a.json", "[원천]train/02.원천데이터(Jpg)/허가/1/a.jpg"),
        ("[라벨]train_partly/허가/1/a.json", "[원천]train/02.원천데이터(Jpg)/허가/1/a.JPG"),
        ("1.Training/라벨링데이터_230216_add/TL1/1.간판/a.json", "1.Training/원천데이터_230216_add/TS1/1.간판/a.jpg"),
        ("labels/a.json", "images/a.png"),
        ("a.json", "deep/er/a.jpeg"),
        ("one/a.json", "two/a.jpg"),
    ],
)
def test_root_folders_may_differ(label: str, image: str, tmp_path: Path) -> None:
    assert paired(tmp_path, label, image) == {label.removesuffix(".json"): image}


def test_where_numbering_begins_anew_the_folders_must_agree(tmp_path: Path) -> None:
    found = paired(
        tmp_path, "라벨/a/1.json", "라벨/b/1.json", "라벨/c/1.json", "원천/a/1.jpg", "원천/b/1.jpg", "원천/d/1.jpg"
    )
    assert found == {
        "라벨/a/1": "원천/a/1.jpg",
        "라벨/b/1": "원천/b/1.jpg",
        "라벨/c/1": None,
        "원천/d/1": "no label",
    }


def test_a_folder_further_out_parts_them_too(tmp_path: Path) -> None:
    found = paired(tmp_path, "라벨/a/x/1.json", "라벨/c/x/1.json", "원천/b/x/1.jpg", "원천/c/x/1.jpg")
    assert found == {"라벨/a/x/1": None, "라벨/c/x/1": "원천/c/x/1.jpg", "원천/b/x/1": "no label"}


def test_training_and_validation_never_mix(tmp_path: Path) -> None:
    found = paired(tmp_path, "Training/라벨/a/1.json", "Validation/라벨/a/1.json", "Validation/원천/a/1.jpg")
    assert found == {"Training/라벨/a/1": None, "Validation/라벨/a/1": "Validation/원천/a/1.jpg"}
    assert {page.id.partition("/")[2]: page.part for page in pages(tmp_path)} == {
        "Training/라벨/a/1": "training",
        "Validation/라벨/a/1": "validation",
    }


def test_an_image_between_two_label_files_is_given_to_neither(tmp_path: Path) -> None:
    found = paired(tmp_path, "라벨/a/1.json", "라벨/b/1.json", "1.jpg")
    assert found == {"라벨/a/1": "ambiguous image", "라벨/b/1": "ambiguous image"}


def test_a_label_file_between_two_images_gets_neither(tmp_path: Path) -> None:
    found = paired(tmp_path, "1.json", "원천/a/1.jpg", "원천/long/1.jpg")
    assert found == {"1": "ambiguous image"}


def test_copies_of_an_image_are_no_rivals(tmp_path: Path) -> None:
    write(tmp_path, {"Training/[원천]train/a/1.jpg": b"same", "Training/[원천]train_partly/a/1.jpg": b"same"})
    found = paired(tmp_path, "Training/[라벨]train/a/1.json", "Training/[라벨]train_partly/a/1.json")
    assert found == {"Training/[라벨]train/a/1": "same", "Training/[라벨]train_partly/a/1": "same"}


def test_a_set_whose_files_all_have_one_name_is_paired_quickly(tmp_path: Path) -> None:
    names = [f"{number}/page.{suffix}" for number in range(400) for suffix in ("json", "jpg")]
    found = paired(tmp_path, *names)
    assert found == {f"{number}/page": f"{number}/page.jpg" for number in range(400)}


def named(folder: Path, *names: str) -> dict[str, str | None]:
    """Label file → the image's path, where every label file says that its image is called `a.jpg`."""
    write(folder, {name: json.dumps(name) if name.endswith(".json") else name.encode() for name in names})
    labels = pair_pages(
        open_files([folder]), lambda value, file: Labels((Region(str(value)),), "", image_name="a.jpg"), "test"
    )
    return {
        page.id.partition("/")[2]: page.image.read().decode() if page.image else None for page in labels if page.regions
    }


def test_an_image_that_a_label_file_names_is_of_its_part(tmp_path: Path) -> None:
    found = named(tmp_path, "Training/라벨/x.json", "Validation/라벨/y.json", "Validation/원천/a.jpg")
    assert found == {"Training/라벨/x": None, "Validation/라벨/y": "Validation/원천/a.jpg"}


def test_an_image_that_has_a_label_file_is_not_given_to_one_that_names_it(tmp_path: Path) -> None:
    assert named(tmp_path, "a.json", "a.jpg", "x.json") == {"a": "a.jpg", "x": None}
