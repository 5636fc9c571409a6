"""The AI Hub sets: every schema, every quirk that is known, and words for what is not."""

import json
import unicodedata
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hunmin.data.sources.downloads.files import open_files
from hunmin.data.sources.formats import SOURCES
from hunmin.data.sources.page import Page, Region
from hunmin.errors import ImageError, InputError
from hunmin.image import MAX_PAGE_PIXELS, load_image
from tests.data.fake_aihub import FakeSet, build
from tests.data.fake_trees import TREES

IMAGE = b"an image, for nobody looks"


def pages_of(source: str, *paths: Path) -> list[Page]:
    pages = list(SOURCES[source](open_files(list(paths))))
    assert len({page.id for page in pages}) == len(pages), "ids are unique"
    return pages


def account(pages: list[Page]) -> tuple[list[str], Counter[str]]:
    """What an engine counts that only looks at what the importer says and at whether images decode."""
    texts, dropped = [], Counter[str]()
    for page in pages:
        if not page.regions:
            dropped["no label"] += 1
        for region in page.regions:
            reason = region.drop_reason or ("no image" if page.image is None else "")
            if page.image is not None and not reason and not is_image(page.image.read()):
                reason = "unreadable image"
            if reason or not region.text:
                dropped[reason or "empty label"] += 1
            else:
                texts.append(region.text)
    return texts, dropped


def is_image(content: bytes) -> bool:
    try:
        load_image(content, max_pixels=MAX_PAGE_PIXELS)
    except ImageError:
        return False
    return True


def write(folder: Path, files: dict[str, Any]) -> Path:
    """Files below `folder`: bytes as they are, anything else as JSON."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode())
    return folder


@pytest.mark.parametrize("source", sorted(TREES))
@pytest.mark.parametrize(
    "how",
    [{}, {"num_volumes": 3}, {"zipped": False}, {"names": "utf-8"}],
    ids=["zipped", "volumes", "folders", "utf-8"],
)
def test_every_text_of_a_set_is_found_with_its_image_and_box(source: str, how: dict[str, Any], tmp_path: Path) -> None:
    fake = build(source, tmp_path, num_pages=4, **how)
    pages = pages_of(fake.source, *fake.paths)
    texts, dropped = account(pages)
    assert sorted(texts) == fake.texts
    assert not dropped
    regions = [region for page in pages for region in page.regions]
    assert sum(region.corners is not None for region in regions) == 4 * 8
    assert not any(region.vertical for region in regions)


@pytest.mark.parametrize("source", sorted(TREES))
def test_what_the_importer_can_see_of_the_planted_defects_is_counted(source: str, tmp_path: Path) -> None:
    fake = build(source, tmp_path, num_pages=6, defects=True)
    pages = pages_of(fake.source, *fake.paths)
    texts, dropped = account(pages)
    seen_later = ("duplicate", "unknown character", "too long", "too small", "too wide", "box outside")
    assert dropped == {reason: num for reason, num in fake.dropped.items() if reason not in seen_later}
    assert len(texts) == fake.num_kept + sum(fake.dropped[reason] for reason in seen_later)


def test_parts_kinds_and_groups_come_from_the_tree_and_the_labels(tmp_path: Path) -> None:
    found = {}
    for source in ("aihub-88", "aihub-105", "aihub-105-2023", "aihub-023", "aihub-91", "aihub-81"):
        fake = build(source, tmp_path / source, num_pages=4)
        pages = pages_of(fake.source, *fake.paths)
        found[source] = {(page.part, page.kind) for page in pages}, len({page.group for page in pages})
    both = "training", "validation"
    assert found["aihub-88"] == ({(part, "인.허가") for part in both}, 2)  # two pages a document
    assert found["aihub-105"] == ({(part, "가로형간판") for part in both}, 4)
    assert found["aihub-105-2023"] == ({(part, "가로형간판") for part in both}, 4)
    assert found["aihub-023"] == ({(part, "style 0") for part in both}, 4)
    assert found["aihub-91"][0] == {(part, kind) for part in both for kind in ("인쇄체 문장", "필기체 단어")}
    kinds = ("손글씨 단어(어절)", "인쇄체 단어(어절)", "book")
    assert found["aihub-81"] == ({("", kind) for kind in kinds}, 1 + 2 + 4)  # one writer, two crops, four photographs


@pytest.mark.parametrize("source", sorted(TREES))
def test_a_set_has_the_same_groups_unpacked_renamed_or_given_in_parts(source: str, tmp_path: Path) -> None:
    zipped = build(source, tmp_path / "zipped")
    unpacked = build(source, tmp_path / "unpacked", zipped=False)
    renamed = build(source, tmp_path / "data set 2", zipped=False)
    deeper = tmp_path / "deeper" / "and" / "deeper"
    build(source, deeper)
    given = zipped.paths, unpacked.paths, sorted(renamed.paths[0].iterdir()), [tmp_path / "deeper"]
    groups = [sorted(page.group for page in pages_of(zipped.source, *paths)) for paths in given]
    assert groups[1:] == groups[:1] * 3


@pytest.mark.parametrize("source", sorted(TREES))
def test_the_same_set_gives_the_same_pages_in_every_run(source: str, tmp_path: Path) -> None:
    fake = build(source, tmp_path, num_pages=6, defects=True)
    assert pages_of(fake.source, *fake.paths) == pages_of(fake.source, *fake.paths)


def of_88(*annotations: dict[str, Any]) -> dict[str, Any]:
    return {"images": [{"image.file.name": "a-1-1-1.jpg", "image.category": "기타"}], "annotations": list(annotations)}


def word_88(text: object, box: object) -> dict[str, Any]:
    return {"id": 1, "annotation.type": "rectangle", "annotation.text": text, "annotation.bbox": box}


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        ([-5, -5, 20, 20], ""),  # beyond the edge; the engine knows the image's size
        ([1.5, 2, 30, 20], ""),
        (["1", "2", "30", "20"], ""),
        ([1, 2, -30, 20], "malformed box"),
        ([1, 2, 0, 20], "malformed box"),
        ([1, 2, 30], "malformed box"),
        ([1, 2, 30, 20, 5], "malformed box"),
        ([1, 2, None, 20], "malformed box"),
        ([1, 2, True, 20], "malformed box"),
        ([1, 2, "wide", 20], "malformed box"),
        ([1, 2, float("nan"), 20], "malformed box"),
        ([1, 2, float("inf"), 20], "malformed box"),
        ([1, 2, 10**400, 20], "malformed box"),
        ([[1, 2], [30, 20]], "malformed box"),
        ({"x": 1}, "malformed box"),
        (None, "malformed box"),
        ("", "malformed box"),
    ],
)
def test_a_box_is_four_numbers_around_something_or_malformed(box: object, reason: str, tmp_path: Path) -> None:
    write(tmp_path, {"라벨/a-1-1-1.json": of_88(word_88("가", box)), "원천/a-1-1-1.jpg": IMAGE})
    (page,) = pages_of("aihub-88", tmp_path)
    (region,) = page.regions
    assert region.drop_reason == reason
    assert (region.corners is None) == bool(reason)


def test_null_empty_and_number_are_labels_and_ids_may_come_twice(tmp_path: Path) -> None:
    words = [word_88(text, [1, 1, 9, 9]) for text in (None, "", 1994, "가")]
    write(tmp_path, {"a-1-1-1.json": of_88(*words), "a-1-1-1.jpg": IMAGE})
    (page,) = pages_of("aihub-88", tmp_path)
    assert [region.text for region in page.regions] == [None, "", "1994", "가"]


def test_signs_that_run_downwards_are_vertical(tmp_path: Path) -> None:
    def sign(orientation: str, *words: tuple[str, int, int]) -> dict[str, Any]:
        notes = [{"id": 1, "bbox": [0, 0, width, height], "text": text} for text, width, height in words]
        return {"images": [{"file_name": "x"}], "annotations": notes, "metadata": [{"wordorientation": orientation}]}

    words = ("약국", 50, 100), ("약국", 50, 55), ("약", 50, 100), ("1.", 10, 30), ("약국", 100, 50), ("xxx", 9, 90)
    write(
        tmp_path,
        {"1.json": sign("세로", *words), "2.json": sign("가로", *words), "1.jpg": IMAGE, "2.jpg": IMAGE},
    )
    downwards, across = (page.regions for page in pages_of("aihub-105", tmp_path))
    assert [region.vertical for region in downwards] == [True, True, False, True, False, True]
    assert [region.vertical for region in across] == [True, False, False, False, False, False]
    assert across[-1] == Region("xxx", ((0, 0), (9, 0), (9, 90), (0, 90)), "illegible mark")


def test_letters_words_and_sheets_of_91_are_told_apart(tmp_path: Path) -> None:
    letters = [{"value": "가", "charbox": [0, 0, 9, 9]}, {"value": "방", "charbox": [9, 0, 18, 9]}]
    sheet = [{"value": "가방", "wordbox": [1, 2, 18, 9], "letter": letters}, {"value": "x", "wordbox": [5, 5, 5, 9]}]
    texts = {"letter": {"letter": {"value": "가"}}, "word": {"word": letters}, "sheet": {"word": sheet}}
    texts["null"] = {"word": [{"value": None, "charbox": [0, 0, 9, 9]}]}
    files = {f"{name}.json": {"info": {}, "image": {"file_name": "?"}, "text": text} for name, text in texts.items()}
    write(tmp_path, files | {f"{name}.jpg": IMAGE for name in texts})
    regions = {page.id.rpartition("/")[2]: page.regions for page in pages_of("aihub-91", tmp_path)}
    assert regions["letter"] == (Region("가"),)
    assert regions["word"] == (Region("가방"),)
    assert regions["null"] == (Region(None),)
    assert regions["sheet"][0] == Region("가방", ((1, 2), (18, 2), (18, 9), (1, 9)))
    assert regions["sheet"][1].drop_reason == "malformed box"


def test_crops_of_91_that_were_written_in_one_run_are_one_group(tmp_path: Path) -> None:
    label = {"info": {}, "image": {"file_name": "?"}, "text": {"letter": {"value": "가"}}}
    stems = "02110000001", "02110000999", "02110001001", "1", "021100000011"
    write(tmp_path, {f"{stem}.json": label for stem in stems} | {f"{stem}.jpg": IMAGE for stem in stems})
    groups = {page.id.rpartition("/")[2]: page.group for page in pages_of("aihub-91", tmp_path)}
    own = {stem: stem for stem in ("1", "021100000011")}
    assert groups == {"02110000001": "02110000", "02110000999": "02110000", "02110001001": "02110001"} | own


def coco(images: list[dict[str, Any]], annotations: list[dict[str, Any]]) -> dict[str, Any]:
    return {"info": {}, "images": images, "annotations": annotations, "licenses": []}


def test_photographs_of_81_gather_their_words_and_say_why_characters_are_dropped(tmp_path: Path) -> None:
    images = [{"id": key, "file_name": f"{key}AB.jpg", "type": kind} for key, kind in (("1", "book"), ("2", "sign"))]
    notes = [
        {"id": "1", "image_id": "1", "text": "한글", "bbox": [0, 0, 20, 10], "attributes": {"class": "word"}},
        {"id": "2", "image_id": "2", "text": "길", "bbox": [-9, 0, 20, 10], "attributes": {"class": "word"}},
        {"id": "3", "image_id": "1", "text": "한", "bbox": [0, 0, 10, 10], "attributes": {"class": "character"}},
        {"id": "3", "image_id": "1", "text": None, "bbox": [0, 0, 10, 10], "attributes": {"class": "ignored"}},
        {"id": "4", "image_id": "9", "text": "밖", "bbox": [0, 0, 10, 10], "attributes": {"class": "word"}},
    ]
    root = "04.Text in the wild"
    files = {f"{root}/textinthewild_data_info.json": coco(images, notes), f"{root}/book/1AB.jpg": IMAGE}
    write(tmp_path, files | {f"{root}/Singboard/2AB.jpg": IMAGE, f"{root}/book/unused.jpg": IMAGE})
    book, sign, missing, unused = pages_of("aihub-81", tmp_path)
    assert [(region.text, region.drop_reason) for region in book.regions] == [
        ("한글", ""),
        ("한", "character of a word"),
        (None, "illegible mark"),
    ]
    assert (book.kind, sign.kind, sign.regions[0].corners) == ("book", "sign", ((-9, 0), (11, 0), (11, 10), (-9, 10)))
    assert missing.image is None and len(missing.regions) == 1
    assert unused.image is not None and not unused.regions


def test_the_numbers_of_81_begin_anew_in_every_part(tmp_path: Path) -> None:
    folders = {
        "01.손글씨": ("handwriting_data_info_clean.json", "1_word"),
        "02.인쇄체": ("printed_data_info.json", "word"),
        "03.인쇄체_증강": ("printed_data_info.json", "word"),
    }
    files: dict[str, Any] = {}
    for folder, (label, inside) in folders.items():
        note = {"id": "1", "image_id": "00000001", "text": folder, "attributes": {}}
        files[f"{folder}/{label}"] = coco([{"id": "00000001", "file_name": "00000001.png"}], [note])
        files[f"{folder}/{inside}/00000001.png"] = folder.encode()
    # The uncleaned list names the same images once more.
    files["01.손글씨/handwriting_data_info1.json"] = files["01.손글씨/handwriting_data_info_clean.json"]
    opened = open_files([write(tmp_path, files)])
    pages = list(SOURCES["aihub-81"](opened))
    assert sorted((page.kind, page.regions[0].text, page.image.read().decode()) for page in pages if page.image) == [
        ("손글씨", "01.손글씨", "01.손글씨"),
        ("인쇄체", "02.인쇄체", "02.인쇄체"),
        ("인쇄체 증강", "03.인쇄체_증강", "03.인쇄체_증강"),
    ]
    assert opened.skipped == {"label file with a cleaned version": 1}


def broken(fake: FakeSet, change: Callable[[Path], None], num: int | None = None) -> None:
    """Change the first `num` label files of an unzipped set."""
    for path in sorted(path for root in fake.paths for path in root.rglob("*.json"))[:num]:
        change(path)


def drop_key(key: str) -> Callable[[Path], None]:
    return lambda path: path.write_text(path.read_text("utf-8").replace(f'"{key}"', '"other"'), "utf-8")


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ("aihub-88", "annotations"),
        ("aihub-88", "annotation.bbox"),
        ("aihub-88", "annotation.text"),
        ("aihub-105", "images"),
        ("aihub-105", "text"),
        ("aihub-91", "image"),
        ("aihub-91", "wordbox"),
        ("aihub-023", "Bbox"),
        ("aihub-023", "data"),
        ("aihub-81", "image_id"),
        ("aihub-81", "file_name"),
        ("aihub-81", "annotations"),
    ],
)
def test_an_unknown_variant_stops_with_file_expected_key_and_what_was_found(
    source: str, key: str, tmp_path: Path
) -> None:
    fake = build(source, tmp_path, num_pages=2, zipped=False)
    broken(fake, drop_key(key))
    # 91's crops have no word boxes and stay good.
    for crop in tmp_path.rglob("2.단어/1/*.json"):
        crop.unlink()
    with pytest.raises(InputError, match=rf"\.json.*expected key.*'{key}'.*found the keys .*'other'"):
        pages_of(source, tmp_path)


def test_one_bad_label_file_among_good_ones_is_counted_with_its_message(tmp_path: Path) -> None:
    fake = build("aihub-88", tmp_path, num_pages=4, zipped=False)
    broken(fake, lambda path: path.write_bytes(path.read_bytes()[:-20]), num=1)
    pages = pages_of("aihub-88", tmp_path)
    assert len(pages) == 4
    (region,) = pages[0].regions
    assert region.drop_reason == "unreadable label"
    assert region.text is not None and "0001-0001.json: is no JSON (" in region.text and "line 1, column" in region.text
    assert pages[0].image is not None


@pytest.mark.parametrize(
    ("source", "key"),
    [("aihub-88", "annotation.text"), ("aihub-105", "text"), ("aihub-91", "wordbox"), ("aihub-023", "data")],
)
def test_one_bad_annotation_on_a_page_costs_that_text_alone(source: str, key: str, tmp_path: Path) -> None:
    fake = build(source, tmp_path, num_pages=2, zipped=False)
    label = next(path for path in sorted(tmp_path.rglob("*.json")) if "2.단어" not in path.parts)
    label.write_text(label.read_text("utf-8").replace(f'"{key}"', '"other"', 1), "utf-8")
    pages = pages_of(source, tmp_path)
    texts, dropped = account(pages)
    assert (len(texts), dropped) == (len(fake.texts) - 1, {"unreadable label": 1})
    (bad,) = [region for page in pages for region in page.regions if region.drop_reason]
    assert str(bad.text).startswith(label.relative_to(tmp_path.parent).as_posix())
    assert f"[0]: expected key '{key}'" in str(bad.text)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"images": [', r"a\.json: is no JSON \(Expecting value at line 1, column 13\)"),
        (b"\xff\xfe\x00", r"a\.json: byte 0 is 0xff, neither UTF-8 nor CP949 text; save it as UTF-8"),
        (b"[" * 100_000, r"a\.json: is no JSON that can be read"),
        (b"[]", r"a\.json: expected an object with key 'images', found \[\]"),
        (b"null", r"a\.json: expected an object with key 'images', found null"),
        (b'{"images": {}}', r"a\.json: key 'images' should be a list, found an empty object"),
        (b'{"images": [], "annotations": [7]}', r"annotations\[0\]: expected an object with key 'annotation\.bbox'"),
        (b"", r"a\.json: is no JSON"),
    ],
)
def test_a_label_file_that_is_none_is_named_with_the_place(content: bytes, message: str, tmp_path: Path) -> None:
    write(tmp_path, {"a.json": content, "a.jpg": IMAGE})
    with pytest.raises(InputError, match=message) as caught:
        pages_of("aihub-88", tmp_path)
    assert "this is no aihub-88 data, or of an unknown form" in str(caught.value)


@pytest.mark.parametrize("source", sorted(source for source in SOURCES if source.startswith("aihub")))
def test_a_path_that_is_not_the_set_says_what_was_looked_for_and_found(source: str, tmp_path: Path) -> None:
    write(tmp_path, {"a.txt": b"x", "b.jpg": IMAGE})
    with pytest.raises(InputError, match=rf"no {source} data: it has no label files .*only 2 files \(.*\.txt 1"):
        pages_of(source, tmp_path)
    write(tmp_path / "labels", {"a.json": {}})
    with pytest.raises(InputError, match=r"it has no images \(.*only 1 file \(\.json 1\); give the folder or the arch"):
        pages_of(source, tmp_path / "labels")


def test_a_label_file_with_a_byte_order_mark_or_in_cp949_is_read(tmp_path: Path) -> None:
    label = json.dumps(of_88(word_88("가나", [1, 1, 9, 9])), ensure_ascii=False)
    write(
        tmp_path, {"a.json": label.encode("utf-8-sig"), "b.json": label.encode("cp949"), "a.jpg": IMAGE, "b.jpg": b""}
    )
    assert [page.regions[0].text for page in pages_of("aihub-88", tmp_path)] == ["가나", "가나"]


def test_labels_from_a_mac_find_their_korean_names(tmp_path: Path) -> None:
    name = unicodedata.normalize("NFD", "약국.jpg")
    of_88_ = of_88(word_88("가", [1, 1, 9, 9])) | {"images": [{"image.file.name": name}]}
    write(tmp_path / "88", {"a-1-1-1.json": of_88_, "약국.jpg": IMAGE})
    (page,) = pages_of("aihub-88", tmp_path / "88")
    assert page.image is not None
    notes = [{"id": "1", "image_id": "1", "text": "가", "attributes": {}}]
    of_81 = coco([{"id": "1", "file_name": name}], notes)
    write(tmp_path / "81", {"02.인쇄체/printed_data_info.json": of_81, "02.인쇄체/word/약국.jpg": IMAGE})
    (page,) = pages_of("aihub-81", tmp_path / "81")
    assert page.image is not None
