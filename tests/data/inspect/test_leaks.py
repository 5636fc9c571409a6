"""What stores share is found, whatever was done to the copy, and two renderings of one text are not the same."""

from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from hunmin.data.inspect.fingerprint import sketch
from hunmin.data.inspect.leaks import LeakReport, Reason, find_shared
from hunmin.data.sample import Sample
from hunmin.data.sources.downloads.files import open_files
from hunmin.data.sources.formats import SOURCES
from hunmin.data.store.codec import encode_image
from hunmin.data.store.lmdb_store import Store, open_store, write_store
from tests.data.lines import line, lines, store_of
from tests.data.pages import CONFIG, SPLIT, imported
from tests.data.store.test_lmdb_store import write_published

FONTS = Path(str(resources.files("hunmin") / "fonts"))
TEXTS = [
    "사업자등록번호",
    "주민등록등본",
    "2026년 11월",
    "합계 12,500원",
    "서울특별시 중구",
    "건축허가신청서",
    "도로명주소안내",
]


def drawn(text: str, font: str = "HunminGothic", size: int = 32) -> NDArray[np.uint8]:
    """Black on light grey, with some noise and a margin of its own."""
    face = ImageFont.truetype(str(FONTS / f"{font}.ttf"), size)
    left, top, right, bottom = face.getbbox(text)
    image = Image.new("L", (int(right - left) + size // 2, int(bottom - top) + size // 3), 225)
    ImageDraw.Draw(image).text((size // 4 - left, size // 6 - top), text, fill=40, font=face)
    noise = np.random.default_rng([len(text), size]).normal(0, 3, np.asarray(image).shape)
    return np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8)


def store(path: Path, samples: list[Sample], jpeg_quality: int | None = None) -> Store:
    write_store(samples, path, jpeg_quality=jpeg_quality)
    return open_store(path)


def pictures(change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]], font: str = "HunminGothic") -> list[Sample]:
    return [Sample(change(drawn(text, font)), text, f"{font}/{i}") for i, text in enumerate(TEXTS)]


def only(report: LeakReport) -> dict[Reason, tuple[int, int]]:
    """Counts of the only pair."""
    (overlap,) = report.overlaps
    return {reason: (one.num_first, one.num_second) for reason, one in overlap.shared.items()}


def test_sets_whose_folders_and_images_are_called_alike_share_no_document(tmp_path: Path) -> None:
    stores = []
    for name, first in (("a", 0), ("b", 100)):
        folder = tmp_path / name / "lines"
        folder.mkdir(parents=True)
        for number in range(5):
            (folder / f"{number}.png").write_bytes(encode_image(line(first + number).image))
        rows = [f"{number}.png\t한글 {first + number}\n" for number in range(5)]
        (folder / "labels.tsv").write_text("".join(rows), encoding="utf-8")
        config = replace(CONFIG, split=replace(SPLIT, validation=0.0, test=0.0))
        imported(SOURCES["tsv"](open_files([folder])), tmp_path / name / "set", config)
        stores.append(open_store(tmp_path / name / "set" / "train"))
    assert not find_shared(stores).leaks


def test_stores_of_different_lines_share_nothing(tmp_path: Path) -> None:
    report = find_shared([store_of(40, tmp_path / "a", seed=1), store_of(40, tmp_path / "b", seed=2)])
    assert only(report) == {}
    assert not report.leaks


def test_copies_are_counted_on_both_sides_whatever_their_file_format_and_shown(tmp_path: Path) -> None:
    mine = [*lines(10), line(3), line(90, text="남남")]
    others = [replace(line(3), id="elsewhere"), *lines(5, seed=7), replace(line(4), image=line(4).image.copy(), id="x")]
    report = find_shared([store(tmp_path / "a", mine), store(tmp_path / "b", others)])
    (overlap,) = report.overlaps
    copy = overlap.shared[Reason.COPY]
    assert (copy.num_first, copy.num_second) == (3, 2)
    assert copy.examples == ((3, 0), (4, 6), (10, 0))
    assert report.leaks


def test_one_picture_under_two_labels_is_told_apart_from_a_copy(tmp_path: Path) -> None:
    others = [replace(line(1), text="다른 말", boxes=None, id="x"), replace(line(2), text="한글2", boxes=None, id="y")]
    report = find_shared([store(tmp_path / "a", list(lines(3))), store(tmp_path / "b", others)])
    # Spaces do not count: sources set them differently.
    assert only(report) == {Reason.RELABELLED: (1, 1), Reason.COPY: (1, 1)}


def test_a_grey_file_and_a_colour_file_of_the_same_grey_are_copies(tmp_path: Path) -> None:
    grey = [Sample(drawn("합계"), "합계", "1")]
    colour = [Sample(np.repeat(drawn("합계")[..., None], 3, axis=2), "합계", "2")]
    assert only(find_shared([store(tmp_path / "a", grey), store(tmp_path / "b", colour)])) == {Reason.COPY: (1, 1)}


@pytest.mark.parametrize(
    "change",
    [
        lambda image: cv2.imdecode(
            cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_GRAYSCALE
        ),
        lambda image: cv2.resize(image, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA),
        lambda image: cv2.resize(image, None, fx=1.7, fy=1.7, interpolation=cv2.INTER_CUBIC),
        lambda image: image[2:, 3:-1],
        lambda image: cv2.copyMakeBorder(image, 4, 1, 2, 9, cv2.BORDER_REPLICATE),
    ],
    ids=["jpeg", "smaller", "larger", "cut", "margins"],
)
def test_what_was_saved_scaled_or_cut_anew_is_nearly_the_same(
    change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]], tmp_path: Path
) -> None:
    changed = [replace(sample, id="") for sample in pictures(change)]
    report = find_shared([store(tmp_path / "a", pictures(np.copy)), store(tmp_path / "b", changed)])
    assert only(report) == {Reason.NEAR: (len(TEXTS), len(TEXTS))}


@pytest.mark.parametrize("font", ["HunminMyeongjo", "HunminPen", "HunminSans"])
def test_two_renderings_of_one_text_are_not_the_same(font: str, tmp_path: Path) -> None:
    report = find_shared([store(tmp_path / "a", pictures(np.copy)), store(tmp_path / "b", pictures(np.copy, font))])
    assert only(report) == {}


def test_a_blank_picture_is_near_to_nothing(tmp_path: Path) -> None:
    blank = sketch(np.full((32, 90), 200, np.uint8))
    assert not blank.cells.any()
    stores = [
        store(tmp_path / name, [Sample(np.full((32, width), 200, np.uint8), "빈 그림입니다", name)])
        for name, width in (("a", 90), ("b", 91))
    ]
    assert only(find_shared(stores)) == {}


def png(seed: int) -> bytes:
    buffer = BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (20, 60), dtype=np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def published(path: Path, metas: list[str], seed: int) -> Store:
    pairs = {b"num-samples": b"%d" % len(metas)}
    for number, meta in enumerate(metas, 1):
        pairs |= {b"image-%09d" % number: png(seed + number), b"label-%09d" % number: b"%d" % number}
        pairs |= {b"meta-%09d" % number: meta.encode()} if meta else {}
    write_published(path, pairs)
    return open_store(path)


def test_a_document_in_two_sets_is_found_though_no_crop_is_in_both(tmp_path: Path) -> None:
    train = published(tmp_path / "train", ['{"group":"doc/1"}', '{"group":"doc/1"}', '{"group":"doc/2"}', ""], 0)
    test = published(tmp_path / "test", ['{"group":"doc/3"}', '{"group":"doc/1"}', ""], 100)
    assert only(find_shared([train, test])) == {Reason.GROUP: (2, 1)}


def test_an_id_is_shared_where_the_label_is_too_and_samples_without_ids_share_none(tmp_path: Path) -> None:
    a = published(tmp_path / "a", ['{"id":"p/1"}', '{"id":"p/2"}', ""], 0)
    b = published(tmp_path / "b", ['{"id":"p/1"}', '{"id":"p/1"}', ""], 100)
    assert only(find_shared([a, b])) == {Reason.ID: (1, 1)}


def test_every_pair_of_three_stores_is_compared(tmp_path: Path) -> None:
    stores = [store_of(12, tmp_path / name, seed=seed) for name, seed in (("a", 1), ("b", 2), ("c", 1))]
    report = find_shared(stores)
    found = {(o.first.name, o.second.name): Reason.COPY in o.shared for o in report.overlaps}
    assert found == {("a", "b"): False, ("a", "c"): True, ("b", "c"): False}


def test_a_quick_look_finds_its_proportion_of_the_copies_and_all_documents(tmp_path: Path) -> None:
    mine = [replace(line(i), text=f"한글 {i}", boxes=None) for i in range(240)]
    stores = [store(tmp_path / "a", mine), store(tmp_path / "b", mine)]
    report = find_shared(stores, max_pictures=120)
    assert report.one_in == 4
    shared = report.overlaps[0].shared
    assert 30 <= shared[Reason.COPY].num_first <= 90
    assert shared[Reason.ID].num_first == 240


def test_pictures_that_cannot_be_decoded_are_counted(tmp_path: Path) -> None:
    a = published(tmp_path / "a", ["", ""], 0)
    pairs = {b"num-samples": b"1", b"image-000000001": b"no picture", b"label-000000001": "가".encode()}
    write_published(tmp_path / "b", pairs)
    assert find_shared([a, open_store(tmp_path / "b")]).num_unreadable == {str(tmp_path / "b"): 1}


def test_progress_is_told_store_by_store(tmp_path: Path) -> None:
    stores = [store_of(3, tmp_path / "a"), store_of(5, tmp_path / "b", seed=1)]
    told: list[tuple[str, int]] = []
    find_shared(stores, report=lambda one, num: told.append((one.name, num)))
    assert told == [("a", 0), ("a", 3), ("b", 0), ("b", 5)]
