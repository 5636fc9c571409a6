"""Lists of images and texts: tsv, JSON lines, PaddleOCR's."""

import json
import tracemalloc
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from hunmin.data.sources.downloads.files import open_files
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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp949"])
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
    assert (second.kind, second.group, second.key) == ("간판", "", "img/2.jpg")


@pytest.mark.parametrize("source", ["tsv", "jsonl", "paddleocr"])
def test_a_crop_without_a_document_stays_in_its_split_when_the_list_grows_or_is_moved(
    source: str, tmp_path: Path
) -> None:
    def keys(name: str, *images: str) -> dict[str, str]:
        if source == "jsonl":
            table = "".join(json.dumps({"path": image, "text": image}) + "\n" for image in images)
        else:
            table = "".join(f"{image}\t{image}\n" for image in images)
        suffix = {"tsv": "tsv", "jsonl": "jsonl", "paddleocr": "txt"}[source]
        write(tmp_path / name, IMAGES | {f"labels.{suffix}": table.encode()})
        pages = pages_of(source, tmp_path / name)
        assert {page.group for page in pages if page.regions} == {""}
        return {str(page.regions[0].text): page.key for page in pages if page.regions}

    before = keys("set", "img/2.jpg")
    assert keys("longer and elsewhere", "img/1.jpg", "img/2.jpg")["img/2.jpg"] == before["img/2.jpg"]


def test_the_crops_of_a_page_are_of_one_document(tmp_path: Path) -> None:
    box = {"transcription": "나", "points": [[1, 2], [9, 3], [9, 7], [1, 6]]}
    rows = [f"{image}\t{json.dumps([box, box], ensure_ascii=False)}\n" for image in ("./img/1.jpg", "img\\2.jpg")]
    write(tmp_path, IMAGES | {"Label.txt": "".join(rows).encode()})
    assert [page.group for page in pages_of("paddleocr", tmp_path)] == ["img/1.jpg", "img/2.jpg"]


@pytest.mark.parametrize(
    ("written", "read"), [("12", "12"), ("12.0", "12"), ("0", "0"), ('"x"', "x"), ("null", ""), ("NaN", ""), ('""', "")]
)
def test_a_document_may_be_a_number_and_a_gap_is_none(written: str, read: str, tmp_path: Path) -> None:
    line = f'{{"path": "img/1.jpg", "text": "가", "group": {written}}}'
    write(tmp_path, IMAGES | {"a.jsonl": line.encode()})
    assert pages_of("jsonl", tmp_path)[0].group == read


@pytest.mark.parametrize("written", ["1.5", "true", "Infinity", "[1]", "{}"])
def test_a_document_that_is_neither_text_nor_number_is_counted(written: str, tmp_path: Path) -> None:
    good, bad = '{"path": "img/1.jpg", "text": "가"}', f'{{"path": "img/2.jpg", "text": "나", "group": {written}}}'
    write(tmp_path, IMAGES | {"a.jsonl": f"{good}\n{bad}\n".encode()})
    (region,) = pages_of("jsonl", tmp_path)[1].regions
    assert region.drop_reason == "unreadable label"
    assert str(region.text).startswith(f"{tmp_path.name}/a.jsonl, line 2: key 'group' should be a text or a whole")


@pytest.mark.parametrize("given", ["set", "set/labels.tsv", "set/라벨.tsv"])
@pytest.mark.parametrize(("form", "disk"), [("NFD", "NFC"), ("NFC", "NFD"), ("NFD", "NFD")])
def test_a_list_made_on_a_mac_finds_its_korean_images(form: Any, disk: Any, given: str, tmp_path: Path) -> None:
    path = "사진/간판 1.jpg"
    write(tmp_path / "set", {unicodedata.normalize(disk, path): b"1"})
    table = unicodedata.normalize(form, f"{path}\t가\n").encode()
    write(tmp_path / "set", {"labels.tsv" if given == "set" else given.removeprefix("set/"): table})
    (page,) = pages_of("tsv", tmp_path / given)
    assert page.image is not None and page.image.read() == b"1"
    assert page.key == path


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


def test_an_image_that_one_set_lacks_is_not_taken_from_another_set(tmp_path: Path) -> None:
    write(tmp_path / "a", {"img/1.jpg": b"a1", "labels.tsv": "img/1.jpg\t가\nimg/2.jpg\t나\n".encode()})
    write(tmp_path / "b", {"img/2.jpg": b"b2", "labels.tsv": "img/2.jpg\t다\n".encode()})
    assert read("tsv", tmp_path / "a", tmp_path / "b") == [("a1", "가"), ("", "나"), ("b2", "다")]


def test_an_image_beside_the_list_hides_no_other_of_the_same_folder_or_of_a_folder_without_such_a_list(
    tmp_path: Path,
) -> None:
    both = "img/1.jpg\t가\nimg/2.jpg\t나\n".encode()
    write(tmp_path / "set", {"train/labels.tsv": both, "train/img/1.jpg": b"1", "img/2.jpg": b"2"})
    assert read("tsv", tmp_path / "set") == [("1", "가"), ("2", "나")]
    write(tmp_path / "part", {"labels.tsv": both, "img/1.jpg": b"1"})
    write(tmp_path / "more", {"notes.txt": b"", "img/2.jpg": b"2"})
    assert read("tsv", tmp_path / "part", tmp_path / "more") == [("1", "가"), ("2", "나")]


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


@pytest.mark.parametrize("given", ["project", "project/Label.txt", "."])
def test_a_folder_of_ppocrlabel_gives_every_word_once(given: str, tmp_path: Path) -> None:
    boxes = [{"transcription": "가", "points": [[1, 2], [9, 3], [9, 7], [1, 6]], "difficult": False}]
    files = {"1.jpg": b"1", "crop_img/1_crop_0.jpg": b"2", "fileState.txt": b"/elsewhere/project/1.jpg\t1\n"}
    files |= {"Label.txt": f"project/1.jpg\t{json.dumps(boxes)}\n".encode()}
    files |= {"rec_gt.txt": "crop_img/1_crop_0.jpg\t가\n".encode()}
    write(tmp_path / "project", files)
    view = open_files([tmp_path / given])
    pages = [page for page in SOURCES["paddleocr"](view) if page.regions]
    assert [(page.image and page.image.read(), page.regions[0].text) for page in pages] == [(b"1", "가")]
    if not given.endswith(".txt"):
        assert view.skipped == {"PPOCRLabel's fileState.txt": 1, "rec_gt.txt beside Label.txt": 1}
    (tmp_path / "project" / "Label.txt").unlink()
    assert read("paddleocr", tmp_path / "project")[0] == ("2", "가")


@pytest.mark.parametrize("name", ["README.txt", "readme.txt"])
@pytest.mark.parametrize("num", [2, 20])
def test_a_text_beside_a_list_is_accounted_for_and_stops_nothing(name: str, num: int, tmp_path: Path) -> None:
    write(tmp_path, IMAGES | {"labels.txt": "img/1.jpg\t가\nimg/2.jpg\t나\n".encode(), name: b"Thank you.\n" * num})
    pages = pages_of("paddleocr", tmp_path)
    reasons = Counter(page.regions[0].drop_reason for page in pages)
    assert reasons == {"": 2, "unreadable label": num}


def test_a_label_is_not_shortened_at_a_tab(tmp_path: Path) -> None:
    rows = ["img/1.jpg\t합계", "img/2.jpg\t합계\t12,000원", "img/2.jpg\t합계\t \t"]
    write(tmp_path, IMAGES | {"labels.tsv": "\n".join(rows).encode()})
    _, part, whole = pages_of("tsv", tmp_path)
    assert part.regions[0].drop_reason == "unreadable label"
    assert "line 2: has 2 tabs for 2 columns; write a space for a tab in a text" in str(part.regions[0].text)
    assert (whole.regions[0].text, whole.regions[0].drop_reason) == ("합계", "")
    header = "path\ttext\tkind\n"
    write(tmp_path, {"labels.tsv": f"{header}img/1.jpg\t합계\t간판\nimg/1.jpg\t합계\t12,000원\t간판".encode()})
    good, bad, _ = pages_of("tsv", tmp_path)
    assert (good.regions[0].text, good.kind) == ("합계", "간판")
    assert bad.regions[0].drop_reason == "unreadable label"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"img/1.jpg 1\n", r"labels\.tsv, line 1: has 0 tabs; write path, tab, text"),
        ("img/1.jpg\t가".encode("utf-16") + b"\x00", r"labels\.tsv: begins as UTF-16 text and goes on otherwise"),
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


def test_paddleocr_takes_folders_in_brackets_and_pages_without_a_box(tmp_path: Path) -> None:
    files = {"[원천]train/1.jpg": b"1", "2.jpg": b"2"}
    write(tmp_path, files | {"labels.txt": "[원천]train/1.jpg\t가\n2.jpg\t[]\n".encode()})
    assert read("paddleocr", tmp_path) == [("1", "가"), ("2", None)]


def test_gt_txt_takes_suffixes_in_large_letters_and_splits_by_what_lies_in_the_folder(tmp_path: Path) -> None:
    files = {"a/1.TIF": b"1", "a/1.gt.txt": "가".encode(), "a/2.JPG": b"2", "a/2.gt.txt": "나".encode()}
    write(tmp_path / "lines", files)
    write(tmp_path / "moved", files)
    assert read("gt-txt", tmp_path / "lines") == [("1", "가"), ("2", "나")]
    first, second = (pages_of("gt-txt", tmp_path / name) for name in ("lines", "moved"))
    assert [page.key for page in first] == [page.key for page in second] == ["a/1", "a/2"]
