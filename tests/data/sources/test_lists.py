"""Lists of images and texts: tsv, JSON lines, PaddleOCR's."""

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from hunmin.data.sources.files import open_files
from hunmin.data.sources.formats import SOURCES
from hunmin.data.sources.page import Page
from hunmin.errors import InputError
from tests.data.sources.test_aihub import pages_of, write
from tests.data.zips import Raw, write_zip

IMAGES = {"img/1.jpg": b"1", "img/2.jpg": b"2"}


def read(source: str, *paths: Path) -> list[tuple[str, str | None]]:
    """Content of each image (empty = none) and its first text (None = no label)."""
    return [
        (page.image.read().decode() if page.image else "", page.regions[0].text if page.regions else None)
        for page in pages_of(source, *paths)
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_tsv_is_read_in_utf_8_and_cp949(encoding: str, end: str, tmp_path: Path) -> None:
    lines = ["img/1.jpg\t한글 1", "", "img/2.jpg\t "]
    write(tmp_path, IMAGES | {"labels.tsv": end.join(lines).encode(encoding)})
    assert read("tsv", tmp_path) == [("1", "한글 1"), ("2", " ")]
    assert read("tsv", tmp_path / "labels.tsv") == [("1", "한글 1"), ("2", " ")]


def test_a_header_names_the_columns(tmp_path: Path) -> None:
    table = "kind\ttext\tpath\tnote\tgroup\n간판\t가\timg/1.jpg\tx\t길 1\n간판\t나\timg/2.jpg\n"
    write(tmp_path, IMAGES | {"meta.tsv": table.encode()})
    first, second = pages_of("tsv", tmp_path)
    assert (first.kind, first.group, first.regions[0].text) == ("간판", "길 1", "가")
    assert (second.kind, second.group) == ("간판", second.id)


def test_what_a_list_lacks_and_what_it_names_in_vain_are_both_pages(tmp_path: Path) -> None:
    write(tmp_path, IMAGES | {"labels.tsv": "img/1.jpg\t가\nimg/9.jpg\t나\nno tab\n".encode()})
    pages = pages_of("tsv", tmp_path)
    assert [(page.image is not None, len(page.regions)) for page in pages] == [
        (True, 1),
        (False, 1),
        (False, 1),
        (True, 0),
    ]
    assert pages[2].regions[0].drop_reason == "unreadable label"
    assert str(pages[2].regions[0].text).endswith("labels.tsv, line 3: has 0 tabs; write path, tab, text")


def test_a_list_and_its_images_may_lie_in_archives_or_apart(tmp_path: Path) -> None:
    write_zip(tmp_path / "all.zip", [Raw(b"set/labels.tsv", "img/1.jpg\t가".encode()), Raw(b"set/img/1.jpg", b"1")])
    assert read("tsv", tmp_path / "all.zip") == [("1", "가")]
    write(tmp_path / "lists", {"train.tsv": "img/1.jpg\t가".encode()})
    write(tmp_path / "pictures", IMAGES)
    assert read("tsv", tmp_path / "lists", tmp_path / "pictures") == [("1", "가"), ("2", None)]
    absolute = f"{tmp_path}/pictures/img/2.jpg\t나".encode()
    write(tmp_path / "lists", {"train.tsv": absolute})
    assert read("tsv", tmp_path / "lists", tmp_path / "pictures")[0] == ("2", "나")


@pytest.mark.parametrize("path", ["../secret.jpg", "img/../../secret.jpg", "{}/secret.jpg", "link.jpg", "pipe", "a\0b"])
def test_a_list_names_nothing_outside_its_folder(path: str, tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    write(tmp_path / "set", IMAGES | {"labels.tsv": f"img/1.jpg\t가\n{path.format(tmp_path)}\t나".encode()})
    (tmp_path / "set" / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    for given in (tmp_path / "set", tmp_path / "set" / "labels.tsv"):
        assert read("tsv", given)[:2] == [("1", "가"), ("", "나")]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        # Paths count from the list's folder, or from any folder that was given.
        ({"path": "img/1.jpg", "text": "가"}, ("1", "가")),
        ({"image": "img/1.jpg", "label": None}, ("1", None)),
        ({"file_name": "1.jpg", "transcription": 1994}, ("1", "1994")),
        ({"file_name": "1.jpg", "ground_truth": "[가]"}, ("1", "[가]")),
    ],
)
def test_json_lines_may_use_any_of_the_usual_keys(record: dict[str, Any], expected: Any, tmp_path: Path) -> None:
    write(tmp_path / "set", IMAGES)
    write(tmp_path / "list", {"a.jsonl": json.dumps(record, ensure_ascii=False).encode() + b"\n"})
    assert read("jsonl", tmp_path / "list", tmp_path / "set", tmp_path / "set" / "img")[0] == expected


def test_json_lines_of_another_form_say_so(tmp_path: Path) -> None:
    write(tmp_path, IMAGES | {"a.jsonl": b'{"img": "img/1.jpg"}\n' * 20})
    with pytest.raises(InputError, match=r"a\.jsonl, line 1: expected key 'path' or 'image' or .*found the keys 'img'"):
        pages_of("jsonl", tmp_path)


def test_paddleocr_lists_name_one_image_or_several_or_boxes(tmp_path: Path) -> None:
    box = {"transcription": "나", "points": [[1, 2], [9, 3], [9, 7], [1, 6]], "difficult": False}
    boxes = [box, box | {"transcription": "###"}, box | {"points": [[1, 2], [3, 4]]}, {"points": box["points"]}]
    lines = [
        "img/1.jpg\t가\t나",
        '["img/1.jpg", "img/2.jpg"]\t다',
        "img/2.jpg\t" + json.dumps(boxes, ensure_ascii=False),
    ]
    write(tmp_path, IMAGES | {"train.txt": "\n".join(lines).encode()})
    pages = pages_of("paddleocr", tmp_path)
    assert read("paddleocr", tmp_path) == [("1", "가\t나"), ("1", "다"), ("2", "다"), ("2", "나")]
    good, illegible, malformed, unreadable = pages[3].regions
    assert good.corners == ((1, 2), (9, 3), (9, 7), (1, 6)) and not good.drop_reason
    assert (illegible.drop_reason, malformed.drop_reason) == ("illegible mark", "malformed box")
    assert unreadable.drop_reason == "unreadable label"
    assert "train.txt, line 3, boxes[3]: expected key 'transcription'" in str(unreadable.text)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"img/1.jpg 1\n", r"labels\.tsv, line 1: has 0 tabs; write path, tab, text"),
        ("img/1.jpg\t가".encode("utf-16"), r"labels\.tsv: is UTF-16 text; save it as UTF-8"),
        (b"img/1.jpg\t\xff\xff\n", r"labels\.tsv, line 1: is neither UTF-8 nor CP949 text"),
        (b"elsewhere/1.jpg\tx\n" * 30, r"line 1: no image 'elsewhere/1\.jpg' among those given; paths count from"),
        (bytes(17 << 20), r"labels\.tsv: has a line of more than 16,777,216 bytes"),
    ],
    ids=["no tab", "UTF-16", "no text", "no images", "no lines"],
)
def test_a_list_that_is_none_says_where_and_why(content: bytes, message: str, tmp_path: Path) -> None:
    write(tmp_path, IMAGES | {"labels.tsv": content})
    with pytest.raises(InputError, match=message):
        pages_of("tsv", tmp_path)


@pytest.mark.parametrize("source", ["tsv", "jsonl", "paddleocr", "lmdb", "parquet", "label-studio"])
def test_a_path_without_such_a_list_says_what_it_found(source: str, tmp_path: Path) -> None:
    write(tmp_path, IMAGES)
    with pytest.raises(InputError, match=rf"this is no {source} data: it has no .*only 2 files \(\.jpg 2\)"):
        pages_of(source, tmp_path)


def test_a_long_list_takes_no_memory(tmp_path: Path) -> None:
    write(tmp_path, IMAGES | {"labels.tsv": b"".join(b"img/1.jpg\t%02000d\n" % n for n in range(5_000))})
    files = open_files([tmp_path])
    tracemalloc.start()
    num = sum(1 for page in SOURCES["tsv"](files) if isinstance(page, Page))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert num == 5_001
    assert peak < 6 << 20  # of 10 MB
