"""Which image a task of Label Studio means, and what its results say."""

import json
import unicodedata
from pathlib import Path
from typing import Any, Literal

import pytest

from hunmin.data.sources.page import Corners, Region
from tests.data.sources.test_aihub import pages_of, write
from tests.data.sources.test_stores_and_tables import result, task

MALFORMED = Region("가", None, "malformed box")


def paired(folder: Path, exports: dict[str, list[str]], *images: str) -> list[str]:
    """What each task gets: its image's path below `folder`, or the reason its text is dropped for; then the images left.

    Every task has its place as a text, and every image holds its own name.
    """
    for name, paths in exports.items():
        write(folder, {name: [task(path, result("a", "textarea", {"text": [path]})) for path in paths]})
    write(folder, {name: name.encode() for name in images})
    found = []
    for page in pages_of("label-studio", folder):
        image = page.image.read().decode() if page.image else "no image"
        found.append((page.regions[0].drop_reason or image) if page.regions else f"no label {image}")
    return found


@pytest.mark.parametrize(
    "root", ["/data/local-files/?d=", "s3://bucket/scans/", "https://host.invalid/files/"], ids=["local", "s3", "web"]
)
def test_folders_tell_images_of_one_name_apart(root: str, tmp_path: Path) -> None:
    paths = [f"{root}{folder}/1.jpg" for folder in ("a", "b", "c")]
    images = "photos/a/1.jpg", "photos/b/1.jpg", "photos/c/1.jpg"
    assert paired(tmp_path, {"export.json": paths}, *images) == list(images)


def test_an_upload_that_may_be_either_of_two_images_gets_neither(tmp_path: Path) -> None:
    found = paired(tmp_path, {"export.json": ["/data/upload/3/0a1b2c3d-1.jpg"]}, "a/1.jpg", "b/1.jpg")
    assert found == ["ambiguous image"]


def test_an_image_that_two_uploads_may_be_is_given_to_neither(tmp_path: Path) -> None:
    paths = ["/data/upload/3/0a1b2c3d-1.jpg", "/data/upload/3/4e5f6a7b-1.jpg", "/data/upload/3/0a1b2c3d-2.jpg"]
    found = paired(tmp_path, {"export.json": paths}, "1.jpg", "2.jpg")
    assert found == ["ambiguous image", "ambiguous image", "2.jpg"]


def test_an_image_is_given_to_the_task_that_names_its_folder(tmp_path: Path) -> None:
    found = paired(tmp_path, {"export.json": ["s3://bucket/b/1.jpg", "s3://bucket/a/1.jpg"]}, "a/1.jpg")
    assert found == ["no image", "a/1.jpg"]


def test_a_path_that_is_right_from_the_root_or_from_the_export_means_that_image(tmp_path: Path) -> None:
    local = "/data/local-files/?d=img/1.jpg"
    found = paired(tmp_path / "root", {"export.json": [local]}, "img/1.jpg", "old/img/1.jpg")
    assert found == ["img/1.jpg", "no label old/img/1.jpg"]
    found = paired(tmp_path / "two", {"a/a.json": [local], "b/b.json": [local]}, "a/img/1.jpg", "b/img/1.jpg")
    assert found == ["a/img/1.jpg", "b/img/1.jpg"]


def test_two_exports_may_name_one_image(tmp_path: Path) -> None:
    upload = ["/data/upload/3/0a1b2c3d-1.jpg"]
    found = paired(tmp_path, {"may.json": upload, "june.json": upload}, "1.jpg", "more/2.jpg")
    assert found == ["1.jpg", "1.jpg", "no label more/2.jpg"]


def test_a_name_that_begins_like_an_upload_is_kept_where_it_is_none(tmp_path: Path) -> None:
    found = paired(tmp_path, {"export.json": ["s3://bucket/20260101-1.jpg"]}, "1.jpg")
    assert found == ["no image", "no label 1.jpg"]


def region_of(folder: Path, *results: dict[str, Any]) -> Region:
    """The one region that these results of an image of 200×100 pixels are."""
    write(folder, {"export.json": [task("1.jpg", *results)], "1.jpg": b"1"})
    ((region,),) = [page.regions for page in pages_of("label-studio", folder)]
    return region


@pytest.mark.parametrize("first", range(4))
@pytest.mark.parametrize("step", [1, -1], ids=["clockwise", "anticlockwise"])
@pytest.mark.parametrize(
    "corners",
    [
        ((10, 10), (110, 20), (108, 40), (8, 30)),
        ((10, 30), (110, 10), (114, 30), (14, 50)),
        ((20, 5), (32, 5), (30, 95), (22, 95)),
    ],
    ids=["falls", "rises", "column"],
)
def test_a_polygon_may_be_begun_at_any_corner(corners: Corners, step: int, first: int, tmp_path: Path) -> None:
    points = [[corners[(first + step * n) % 4][0] / 2, corners[(first + step * n) % 4][1]] for n in range(4)]
    region = region_of(tmp_path, result("a", "polygon", {"points": points, "text": ["한글"]}))
    assert region.corners == corners


def test_a_polygon_with_a_broken_point_is_malformed(tmp_path: Path) -> None:
    points = [[1, 1], [9, 1], [None, 5], [9, 9], [1, 9]]
    assert region_of(tmp_path, result("a", "polygon", {"points": points, "text": ["가"]})) == MALFORMED


@pytest.mark.parametrize(
    "place",
    [
        {"x": 50, "y": 50, "radiusX": 20, "radiusY": 10, "rotation": 0},
        {"format": "rle", "rle": [0, 1, 2]},
        {"x": 50, "y": 50, "width": 1},
        {"a shape of the future": []},
    ],
    ids=["ellipse", "brush", "key point", "unknown"],
)
@pytest.mark.parametrize("repeats", [True, False])
def test_a_text_in_a_shape_that_is_no_box_is_not_a_text_of_the_whole_image(
    place: dict[str, Any], repeats: bool, tmp_path: Path
) -> None:
    text = (place if repeats else {}) | {"text": ["가"]}
    assert region_of(tmp_path, result("a", "shape", place), result("a", "textarea", text)) == MALFORMED


def test_an_answer_about_the_whole_image_is_no_shape(tmp_path: Path) -> None:
    choice = result("a", "choices", {"choices": ["clean"]})
    assert region_of(tmp_path, choice, result("b", "textarea", {"text": ["가"]})) == Region("가")


def test_one_bad_result_of_a_task_costs_that_text_alone_and_an_arrow_nothing(tmp_path: Path) -> None:
    box = {"x": 10, "y": 20, "width": 50, "height": 10, "rotation": 0}
    results = [
        *(result(key, "rectangle", box) for key in "abc"),
        result("a", "textarea", box | {"text": ["가"]}),
        result("b", "textarea", box | {"text": [7]}),
        result("c", "textarea", box | {"text": ["다"]}),
        {"type": "relation", "from_id": "a", "to_id": "c", "direction": "right"},
        {"id": "e", "type": "textarea"},
    ]
    write(tmp_path, {"export.json": [task("1.jpg", *results)], "1.jpg": b"1"})
    (page,) = pages_of("label-studio", tmp_path)
    reasons = ["", "", "unreadable label", "unreadable label"]
    assert [region.drop_reason for region in page.regions] == reasons
    first, second, text, value = [str(region.text).partition("task 0, ")[2] or region.text for region in page.regions]
    assert (first, second) == ("가", "다")
    assert text == "result 4: key 'text' should be a text or a list of texts"
    assert value == "result 7: expected key 'value', found the keys 'id', 'type'"


def test_the_group_is_the_same_wherever_the_images_lie(tmp_path: Path) -> None:
    paths = ["/data/upload/3/0a1b2c3d-1.jpg", "s3://bucket/a/2.jpg", "/data/local-files/?d=b%2F3.jpg"]
    paired(tmp_path / "set", {"labels/export.json": paths}, "photos/1.jpg", "photos/a/2.jpg", "photos/b/3.jpg")
    write(tmp_path / "other", {"more.json": [task("0.jpg"), *(task(path) for path in paths)], "old/1.jpg": b"1"})
    given = [tmp_path / "set"], [tmp_path / "set" / "photos", tmp_path / "set" / "labels"], [tmp_path / "other"]
    for folders in given:
        groups = [page.group for page in pages_of("label-studio", *folders)]
        assert [group for group in groups if group != "0.jpg"] == ["1.jpg", "a/2.jpg", "b/3.jpg"]


@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
def test_an_export_from_a_mac_finds_its_korean_names(on_disk: Literal["NFC", "NFD"], tmp_path: Path) -> None:
    path = "간판/약국.jpg"
    export = [task(unicodedata.normalize("NFD", f"s3://bucket/{path}"), result("a", "textarea", {"text": ["가"]}))]
    write(tmp_path, {"export.json": export, unicodedata.normalize(on_disk, path): b"1"})
    (page,) = pages_of("label-studio", tmp_path)
    assert page.image is not None and page.regions == (Region("가"),)


def test_of_several_annotations_the_last_that_was_not_cancelled_counts(tmp_path: Path) -> None:
    texts = [result("a", "textarea", {"text": [text]}) for text in ("첫째", "둘째", "셋째")]
    annotations = [{"result": [text], "was_cancelled": text is texts[2]} for text in texts]
    write(tmp_path, {"export.json": [task("1.jpg") | {"annotations": annotations}], "1.jpg": b"1"})
    (page,) = pages_of("label-studio", tmp_path)
    assert page.regions == (Region("둘째"),)


@pytest.mark.parametrize("note", ["//[1] memo", "http://[::1/2.jpg", "\ud800"])
def test_what_stands_beside_the_image_may_be_any_text(note: str, tmp_path: Path) -> None:
    data = {"note": note, "image": "1.jpg"}
    tasks = [task("1.jpg", result("a", "textarea", {"text": ["가"]})) | {"data": data}]
    write(tmp_path, {"export.json": json.dumps(tasks).encode(), "1.jpg": b"1"})
    (page,) = pages_of("label-studio", tmp_path)
    assert page.image is not None and page.regions == (Region("가"),)
