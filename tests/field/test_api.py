"""What people who call hunmin from Python try in their first hours."""

import json
import multiprocessing
import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageShow

from hunmin.errors import ImageError, InputError
from hunmin.image import ImageSource
from hunmin.pages.detector import load_detector
from hunmin.pages.line import Line
from hunmin.pages.page import Page
from hunmin.pages.reader import Reader
from hunmin.recognize.recognizer import BUNDLED_MODEL, Reading, Recognizer
from tests.pages.blocks import SPEC, draw, read_blocks

TEXTS = ["가나다", "라", "마 가"] * 20
PAGE = Page(
    300,
    200,
    (
        Line("가나다 라마", 0.98765, ((30, 20), (130, 20), (130, 52), (30, 52))),
        Line("", 0.0, ((0, 60), (300, 60), (300, 70), (0, 70))),
        Line("합계 4,500", 0.5, ((30, 80), (90, 80), (90, 112), (30, 112))),
    ),
)


@pytest.fixture
def recognizer() -> Recognizer:
    return Recognizer.from_engine(read_blocks, SPEC)


@pytest.fixture
def reader(recognizer: Recognizer) -> Reader:
    """Takes every picture for one line."""

    def whole(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        height, width = image.shape[:2]
        return np.array([[(0, 0), (width, 0), (width, height), (0, height)]], dtype=np.float32)

    return Reader(recognizer, whole)


@pytest.fixture
def pages(tmp_path: Path) -> list[Path]:
    """Three files, of which the second is no image."""
    for name, text in (("1", "가나"), ("3", "다라")):
        Image.fromarray(draw(text)).save(tmp_path / f"{name}.png")
    (tmp_path / "2.png").write_text("no picture")
    return sorted(tmp_path.glob("*.png"))


def again(pickled: bytes) -> Recognizer:
    recognizer = pickle.loads(pickled)  # noqa: S301 - our own bytes
    assert isinstance(recognizer, Recognizer)
    return recognizer


def read_in_process(recognizer: Recognizer, crop: NDArray[np.uint8]) -> str:
    return recognizer.recognize([crop])[0].text


def test_crops_may_come_from_a_generator_and_from_any_other_iterable(recognizer: Recognizer) -> None:
    assert [reading.text for reading in recognizer.recognize(map(draw, TEXTS), batch_size=2)] == TEXTS
    assert [reading.text for reading in recognizer.recognize({"a": draw("가"), "b": draw("나")}.values())] == [
        "가",
        "나",
    ]


def test_crops_of_a_set_are_read(recognizer: Recognizer, tmp_path: Path) -> None:
    paths = set()
    for text in "가나다":
        Image.fromarray(draw(text)).save(tmp_path / f"{text}.png")
        paths.add(tmp_path / f"{text}.png")
    assert [reading.text for reading in recognizer.recognize(paths)] == [path.stem for path in paths]


def test_a_crop_of_a_generator_that_cannot_be_read_is_named_by_its_number(recognizer: Recognizer) -> None:
    crops: Iterator[ImageSource] = iter([*map(draw, TEXTS), b"no picture"])
    with pytest.raises(ImageError, match=r"^image 60: "):
        recognizer.recognize(crops, batch_size=1)


@pytest.mark.parametrize("images", [None, 3])
def test_what_cannot_be_gone_through_is_refused(images: object, recognizer: Recognizer, reader: Reader) -> None:
    with pytest.raises(InputError, match=r"recognize: takes a list of images, not one"):
        recognizer.recognize(images)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"read_many: takes a list of images, not one"):
        reader.read_many(images)  # type: ignore[arg-type]


def test_one_open_file_is_not_read_line_by_line(recognizer: Recognizer, pages: list[Path]) -> None:
    with pages[0].open("rb") as file, pytest.raises(InputError, match=r"not one BufferedReader; give \[image\]"):
        recognizer.recognize(file)


def test_a_recognizer_that_was_pickled_reads_the_same() -> None:
    recognizer = Recognizer(BUNDLED_MODEL, threads=1)
    crops = [np.random.default_rng(0).integers(0, 256, (32, 96, 3), dtype=np.uint8)]
    assert again(pickle.dumps(recognizer)).recognize(crops) == recognizer.recognize(crops)


def test_a_pickled_recognizer_is_small_and_finds_its_model_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(BUNDLED_MODEL.parent)
    pickled = pickle.dumps(Recognizer(BUNDLED_MODEL.name))
    assert len(pickled) < 100_000
    monkeypatch.chdir(tmp_path)
    assert again(pickled).spec == Recognizer(BUNDLED_MODEL).spec


def test_a_reader_reads_in_the_processes_of_a_pool() -> None:
    reader = Reader(Recognizer(BUNDLED_MODEL, threads=1), load_detector(1))
    crop = np.random.default_rng(0).integers(0, 256, (32, 96, 3), dtype=np.uint8)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        there = pool.apply(read_in_process, (reader.recognizer, crop))
        page = pool.apply(reader.read, (crop,))
    assert there == read_in_process(reader.recognizer, crop)
    assert page == reader.read(crop)


def test_pages_are_read_one_by_one_when_they_are_asked_for(reader: Reader) -> None:
    asked = []

    def images() -> Iterator[NDArray[np.uint8]]:
        for text in ("가", "나", "다"):
            asked.append(text)
            yield draw(text)

    read = reader.read_many(images())
    assert asked == []
    assert next(read).text == "가"
    assert asked == ["가"]
    assert [page.text for page in read] == ["나", "다"]


def test_a_page_that_cannot_be_read_ends_the_batch_unless_somebody_takes_its_error(
    reader: Reader, pages: list[Path]
) -> None:
    with pytest.raises(ImageError, match=r"2\.png: not a PNG"):
        list(reader.read_many(pages))
    errors: list[tuple[ImageSource, str]] = []
    read = reader.read_many(pages, on_error=lambda image, error: errors.append((image, error.code)))
    assert [(page.path, page.text) for page in read] == [(str(pages[0]), "가나"), (str(pages[2]), "다라")]
    assert errors == [(pages[1], "unknown_format")]


def test_a_page_is_saved_as_text_or_as_json_by_its_ending(tmp_path: Path) -> None:
    PAGE.save(tmp_path / "page.txt")
    PAGE.save(str(tmp_path / "page.JSON"))
    assert (tmp_path / "page.txt").read_bytes().decode() == "가나다 라마\n합계 4,500\n"
    assert json.loads((tmp_path / "page.JSON").read_text(encoding="utf-8")) == json.loads(json.dumps(PAGE.to_dict()))
    with pytest.raises(InputError, match=r"page\.docx: a page is saved as \.txt or \.json"):
        PAGE.save(tmp_path / "page.docx")
    with pytest.raises(InputError, match="cannot be written"):
        PAGE.save(tmp_path / "no" / "page.txt")


def test_a_page_is_shown_with_its_frames_in_a_viewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Image.Image] = []

    class Viewer(ImageShow.Viewer):
        def show(self, image: Image.Image, **options: object) -> int:
            shown.append(image)
            return 1

    monkeypatch.setattr(ImageShow, "_viewers", [Viewer()])
    picture = np.full((200, 300, 3), 255, dtype=np.uint8)
    PAGE.show(picture)
    assert shown[0].width * shown[0].height > 2 * 300 * 200
    with pytest.raises(InputError, match=r"not read from a file; give its picture to show\(image\)"):
        PAGE.show()


def test_what_was_read_shows_itself_in_one_line() -> None:
    assert repr(PAGE) == "<Page, 300×200 px, 3 lines: '가나다 라마 합계 4,500'>"
    assert repr(Page(9, 9, (), "빈 쪽.png")) == "<Page of 빈 쪽.png, 9×9 px, 0 lines: ''>"
    assert repr(PAGE.lines[0]) == "<Line '가나다 라마', confidence 0.9877, in 30, 20, 130, 52>"
    assert repr(Reading("\x1b가", 0.123456, 0.5)) == "Reading(text='\\x1b가', confidence=0.1235)"


def test_a_recognizer_says_which_model_it_has() -> None:
    shown = repr(Reader(Recognizer(BUNDLED_MODEL), lambda image: np.zeros((0, 4, 2), np.float32)))
    assert shown.startswith(f"<Reader with <Recognizer of {BUNDLED_MODEL}: charset ")
    assert shown.endswith(" px high>>")
