"""LMDB folders, parquet tables and Label Studio's exports."""

import json
import math
import pickle
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from hunmin.data.sources.page import Page
from hunmin.data.store.codec import encode_image
from hunmin.data.store.lmdb_store import write_store
from hunmin.errors import InputError
from tests.data.lines import line, lines, store_of
from tests.data.sources.test_aihub import pages_of, write
from tests.data.store.test_lmdb_store import write_published
from tests.data.zips import Raw, write_zip

PNG = encode_image(line(0).image)


def test_a_store_comes_out_as_it_went_in(tmp_path: Path) -> None:
    samples = list(lines(5))
    write_store(iter(samples), tmp_path / "stores" / "lines")
    pages = pages_of("lmdb", tmp_path / "stores")
    assert [page.regions[0].text for page in pages] == [sample.text for sample in samples]
    assert [page.kind for page in pages] == [sample.kind for sample in samples]
    images = [page.image.read() for page in pages if page.image]
    assert images == [encode_image(sample.image) for sample in samples]
    (again,) = {pickle.loads(pickle.dumps(pages[3].image)).read() for _ in range(2)}  # noqa: S301 - our own
    assert again == images[3]
    assert pages[3].image is not None and pages[3].image.name.endswith("stores/lines, image-000000004")


@pytest.mark.parametrize("boxes", ["x", [1, 2, 3], [[1, 2, 3, 4], ["x"]], [[1, 2, float("nan"), 4]], []])
def test_boxes_of_another_program_are_left_out(boxes: Any, tmp_path: Path) -> None:
    meta = json.dumps({"group": 12, "boxes": boxes}).encode()
    pairs = {b"num-samples": b"1", b"image-000000001": PNG, b"label-000000001": b"x", b"meta-000000001": meta}
    write_published(tmp_path / "set", pairs)
    (page,) = pages_of("lmdb", tmp_path / "set")
    assert (page.regions[0].text, page.regions[0].boxes, page.group) == ("x", None, "12")


def test_a_published_store_with_gaps_gives_a_page_for_every_number(tmp_path: Path) -> None:
    pairs = {b"num-samples": b"4", b"image-000000001": PNG, b"label-000000001": "가".encode()}
    pairs |= {b"image-000000002": PNG, b"label-000000003": b"x", b"image-000000004": PNG, b"label-000000004": b"\xff"}
    write_published(tmp_path / "set", pairs)
    pages = pages_of("lmdb", tmp_path / "set")
    assert [(page.image is not None, page.regions[0].text, page.regions[0].drop_reason) for page in pages[:3]] == [
        (True, "가", ""),
        (True, None, ""),
        (False, "x", ""),
    ]
    assert pages[3].regions[0].drop_reason == "unreadable label"


def test_a_store_of_a_later_version_is_not_called_another_kind_of_data(tmp_path: Path) -> None:
    manifest = store_of(3, tmp_path / "store").path / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace('"format_version": 1', '"format_version": 9'), "utf-8")
    with pytest.raises(InputError, match=rf"^{re.escape(str(manifest))}: format_version is 9, this hunmin knows 1; up"):
        pages_of("lmdb", tmp_path / "store")


def test_a_store_in_an_archive_must_be_unpacked(tmp_path: Path) -> None:
    write_zip(tmp_path / "a.zip", [Raw(b"set/data.mdb", b"x")])
    with pytest.raises(InputError, match=r"a\.zip: set/data\.mdb must be unpacked first"):
        pages_of("lmdb", tmp_path)


def write_table(path: Path, columns: dict[str, Any], **options: Any) -> None:
    parquet.write_table(pa.table(columns), path, **options)


def texts_of(pages: list[Page]) -> list[tuple[bytes, str | None]]:
    return [(page.image.read() if page.image else b"", page.regions[0].text) for page in pages]


def test_a_table_of_the_hub_is_read(tmp_path: Path) -> None:
    images = [{"bytes": b"%d" % number, "path": f"{number}.png"} for number in range(50)]
    texts = [f"글 {number}" for number in range(50)]
    write_table(
        tmp_path / "train-00000-of-00001.parquet", {"image": images, "text": texts, "other": texts}, row_group_size=7
    )
    pages = pages_of("parquet", tmp_path)
    assert texts_of(pages) == [(b"%d" % number, f"글 {number}") for number in range(50)]
    assert pages[7].image is not None and pages[7].image.name.endswith("train-00000-of-00001.parquet, row 7")


def test_plain_bytes_paths_and_nulls_are_read_too(tmp_path: Path) -> None:
    write_table(tmp_path / "a.parquet", {"image": [b"1", None], "label": ["가", None], "kind": ["간판", None]})
    assert texts_of(pages_of("parquet", tmp_path)) == [(b"1", "가"), (b"", None)]
    write(tmp_path, {"img/2.jpg": b"2"})
    write_table(tmp_path / "a.parquet", {"image": [{"bytes": None, "path": "img/2.jpg"}], "text": ["나"]})
    assert texts_of(pages_of("parquet", tmp_path)) == [(b"2", "나")]


def test_a_row_keeps_its_split_when_the_table_grows_or_is_a_store(tmp_path: Path) -> None:
    write_table(tmp_path / "a.parquet", {"image": [PNG], "text": ["가"]})
    write_table(tmp_path / "b.parquet", {"image": [b"1", PNG], "text": ["가", "나"]})
    pairs = {b"num-samples": b"1", b"image-000000001": PNG, b"label-000000001": b"x"}
    write_published(tmp_path / "set", pairs)
    (first,), (_, second) = (pages_of("parquet", tmp_path / name) for name in ("a.parquet", "b.parquet"))
    (stored,) = pages_of("lmdb", tmp_path / "set")
    assert first.key == second.key == stored.key
    assert first.group == second.group == stored.group == ""


@pytest.mark.parametrize(
    ("groups", "read"),
    [
        ([0, 0, 1], ["0", "0", "1"]),
        ([0.0, None, float("nan")], ["0", "", ""]),
        (["가", None, ""], ["가", "", ""]),
    ],
)
def test_documents_of_a_table_may_be_numbers_and_gaps_are_none(
    groups: list[Any], read: list[str], tmp_path: Path
) -> None:
    columns = {"image": [b"1", b"2", b"3"], "text": ["가"] * 3, "group": groups, "kind": groups}
    write_table(tmp_path / "a.parquet", columns)
    pages = pages_of("parquet", tmp_path)
    assert [page.group for page in pages] == [page.kind for page in pages] == read


def test_a_row_that_cannot_be_read_is_counted_and_the_others_come(tmp_path: Path) -> None:
    columns = {"image": pa.array([b"1", b"2", b"3"]), "group": pa.array([1.0, 2.0, 0.5])}
    broken = pa.array(["가".encode(), b"\xff", b"x"]).view(pa.string())
    write_table(tmp_path / "a.parquet", columns | {"text": broken})
    first, no_text, no_group = pages_of("parquet", tmp_path)
    assert (first.regions[0].text, first.group) == ("가", "1")
    assert [page.regions[0].drop_reason for page in (no_text, no_group)] == ["unreadable label"] * 2
    assert str(no_text.regions[0].text).endswith(
        "a.parquet, row 1: holds bytes that are no UTF-8 text (invalid start byte)"
    )
    assert "row 2: key 'group' should be a text or a whole number, found 0.5" in str(no_group.regions[0].text)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"image": [b"1"]}, r"a\.parquet: expected a column 'text' or .*found 'image'"),
        ({"picture": [b"1"], "text": ["가"]}, r"a\.parquet: expected a column 'image' or .*found 'picture', 'text'"),
        ({"image": ["1.jpg"], "text": ["가"]}, r"row 0: column 'image' should hold an image's bytes, found str"),
        ({"image": [b"1"], "label": [3]}, r"row 0: column 'label' should hold texts, found int"),
    ],
)
def test_a_table_of_another_form_says_so(columns: dict[str, Any], message: str, tmp_path: Path) -> None:
    write_table(tmp_path / "a.parquet", columns)
    with pytest.raises(InputError, match=message):
        pages_of("parquet", tmp_path)


@pytest.mark.parametrize("cut", [0, 3, 100, -3])
def test_a_damaged_table_is_named(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_table(path, {"image": [PNG] * 9, "text": ["가"] * 9})
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(InputError, match=r"a\.parquet: cannot be read as parquet \(.*download it again"):
        pages_of("parquet", tmp_path)


def result(key: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"id": key, "type": kind, "original_width": 200, "original_height": 100, "value": value}


def task(image: str, *results: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": 1, "data": {"ocr": image}, "annotations": [{"result": list(results), **more}]}


def test_boxes_of_label_studio_become_corners_in_pixels(tmp_path: Path) -> None:
    box = {"x": 10, "y": 20, "width": 50, "height": 10, "rotation": 0}
    turned = {"x": 50, "y": 50, "width": 20, "height": 10, "rotation": 90}
    results = [
        result("a", "rectangle", box),
        result("a", "labels", box | {"labels": ["Text"]}),
        result("a", "textarea", box | {"text": ["한글"]}),
        result("b", "rectangle", turned),
        result("b", "textarea", turned | {"text": ["세로"]}),
        result("c", "rectangle", box),
        result("d", "rectangle", box | {"width": -1}),
        result("d", "textarea", box | {"width": -1, "text": ["틀"]}),
    ]
    write(tmp_path, {"export.json": [task("/data/upload/3/0a1b2c3d-1.jpg", *results)], "1.jpg": b"1"})
    (page,) = pages_of("label-studio", tmp_path)
    assert page.image is not None and page.image.read() == b"1"
    first, second, third, fourth = page.regions
    assert (first.text, first.corners) == ("한글", ((20, 20), (120, 20), (120, 30), (20, 30)))
    # A quarter turn clockwise about the top left: right becomes down, down becomes left.
    assert second.corners is not None
    expected = ((100, 50), (100, 90), (90, 90), (90, 50))
    assert all(math.dist(*pair) < 1e-9 for pair in zip(second.corners, expected, strict=True))
    assert (third.text, third.drop_reason) == (None, "")
    assert (fourth.text, fourth.drop_reason) == ("틀", "malformed box")


def test_whole_images_cancelled_tasks_and_local_files_of_label_studio(tmp_path: Path) -> None:
    whole = result("a", "textarea", {"text": ["첫 줄", "둘째 줄"]})
    tasks = [
        task("/data/local-files/?d=img/1.jpg", whole),
        task("https://host.invalid/x/2.jpg?size=3", whole, was_cancelled=True),
        task("s3://bucket/missing.jpg", whole),
    ]
    write(tmp_path, {"export.json": tasks, "img/1.jpg": b"1", "img/2.jpg": b"2", "img/3.jpg": b"3"})
    first, cancelled, missing, unused = pages_of("label-studio", tmp_path)
    assert first.image is not None and [region.text for region in first.regions] == ["첫 줄 둘째 줄"]
    assert first.regions[0].corners is None
    assert cancelled.image is not None and not cancelled.regions
    assert missing.image is None and len(missing.regions) == 1
    assert unused.image is not None and unused.image.read() == b"3"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{}", r"no label-studio data, or not its JSON export: .*export\.json: should be a list, found '{'"),
        (
            json.dumps([{"image": "1.jpg", "transcription": "x"}]).encode(),
            r"task 0: expected key 'data', found the keys",
        ),
        (json.dumps([{"data": {"text": "x"}}]).encode(), r"task 0: expected an image's path in 'data', found the keys"),
        (json.dumps([{"data": {"i": "1.jpg"}}]).encode(), r"task 0: expected key 'annotations' or 'completions'"),
    ],
)
def test_another_export_says_so(content: bytes, message: str, tmp_path: Path) -> None:
    write(tmp_path, {"export.json": content, "1.jpg": b"1"})
    with pytest.raises(InputError, match=message):
        pages_of("label-studio", tmp_path)
