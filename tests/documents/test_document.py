import json
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image

from hunmin.documents.reader import Reader
from hunmin.documents.writers.save import SUFFIXES
from hunmin.errors import ImageError, InputError
from hunmin.pages import reader as pages
from tests.documents.paper import (
    PLACES,
    block_reader,
    damaged_pdf,
    damaged_tiff,
    page_of_lines,
    picture,
    scan_pdf,
    scan_tiff,
    text_pdf,
    word_spans,
)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return block_reader()


def test_the_pages_of_a_pdf_are_read_in_turn(reader: Reader, tmp_path: Path) -> None:
    document = reader.read_document(scan_pdf(tmp_path / "scan.pdf", num_pages=4), pages="2-3", dpi=72)
    assert len(document) == 2
    assert [(page.number, page.text) for page in document] == [(2, "\n".join(PLACES)), (3, "\n".join(PLACES))]


def test_every_line_has_its_words_with_boxes(reader: Reader, tmp_path: Path) -> None:
    (page,) = reader.read_document(scan_pdf(tmp_path / "scan.pdf", rotation=90), dpi=72)
    words = [word for of_line in page.words for word in of_line]
    for word, (text, left, right, middle) in zip(words, word_spans(), strict=True):
        assert word.text == text
        assert abs(word.box[0][0] - left) <= 3
        assert abs(word.box[1][0] - right) <= 3
        assert word.box[0][1] < middle < word.box[3][1]


def test_a_tiff_and_an_image_are_documents_too(reader: Reader, tmp_path: Path) -> None:
    Image.fromarray(picture()).save(tmp_path / "a.png", dpi=(150, 150))
    (page,) = reader.read_document(tmp_path / "a.png")
    assert (page.number, page.dpi, page.text, page.path) == (
        1,
        pytest.approx(150, abs=0.1),
        "\n".join(PLACES),
        str(tmp_path / "a.png"),
    )
    assert [page.number for page in reader.read_document(scan_tiff(tmp_path / "a.tif", 3))] == [1, 2, 3]


def test_pages_are_read_when_they_are_asked_for_and_not_before(tmp_path: Path) -> None:
    seen = []

    def watched(
        image: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]",
    ) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
        seen.append(image.shape)
        return np.zeros((0, 4, 2), np.float32)

    document = Reader(block_reader().recognizer, watched).read_document(scan_tiff(tmp_path / "a.tif", 3))
    assert seen == []
    iterator = iter(document)
    next(iterator)
    assert len(seen) == 1
    assert len(list(document)) == 3


def test_a_sound_text_layer_is_taken_and_force_reads_the_page(reader: Reader, tmp_path: Path) -> None:
    path = text_pdf(tmp_path / "text.pdf", ["대한민국 헌법 제1조"])
    (page,) = reader.read_document(path)
    assert (page.text, page.from_text_layer, page.lines[0].confidence) == ("대한민국 헌법 제1조", True, 1.0)
    (forced,) = reader.read_document(path, force=True)
    assert (forced.text, forced.from_text_layer) == ("", False)


def test_what_cannot_be_is_refused_when_the_document_is_opened(reader: Reader, tmp_path: Path) -> None:
    path = scan_pdf(tmp_path / "scan.pdf")
    with pytest.raises(InputError, match="has no page 2"):
        reader.read_document(path, pages="2")
    with pytest.raises(InputError, match="dpi=5"):
        reader.read_document(path, dpi=5)
    with pytest.raises(ImageError, match="no such file"):
        reader.read_document(tmp_path / "missing.pdf")


def test_what_is_no_image_is_named_when_it_is_read(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_text("no picture, no PDF")
    with pytest.raises(ImageError, match=r"a\.pdf: not a PNG"):
        list(reader.read_document(tmp_path / "a.pdf"))


@pytest.mark.parametrize("name", ["a.pdf", "a.tif"])
def test_a_page_that_cannot_be_read_says_why_and_the_others_are_read(reader: Reader, tmp_path: Path, name: str) -> None:
    path = damaged_pdf(tmp_path / name) if name == "a.pdf" else damaged_tiff(tmp_path / name)
    document = reader.read_document(path, dpi=72)
    first, damaged, third = document
    assert first.text == third.text == "\n".join(PLACES)
    assert damaged.error
    assert document.errors == {2: damaged.error}
    assert (damaged.lines, damaged.from_text_layer, damaged.to_dict()["error"]["code"]) == ((), False, "unreadable")
    with pytest.raises(ImageError, match="page 2"):
        damaged.picture()


def test_when_the_only_page_cannot_be_read_the_document_cannot(reader: Reader, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="page 1: is damaged"):
        list(reader.read_document(damaged_pdf(tmp_path / "a.pdf", num_pages=1, damaged=1)))


def test_a_page_is_saved_alone_in_every_format_of_documents(reader: Reader, tmp_path: Path) -> None:
    _, page = reader.read_document(scan_pdf(tmp_path / "scan.pdf", num_pages=2), dpi=72)
    for suffix in SUFFIXES.values():
        page.save(tmp_path / f"page{suffix}")
        assert (tmp_path / f"page{suffix}").stat().st_size
    saved = json.loads((tmp_path / "page.json").read_text("utf-8"))
    assert [one["number"] for one in saved["pages"]] == [2]
    with pikepdf.open(tmp_path / "page.searchable.pdf") as pdf:
        assert len(pdf.pages) == 1
    with pytest.raises(InputError, match="no format has this ending"):
        page.save(tmp_path / "page.docx")
    with pytest.raises(InputError, match="is of no file"):
        page_of_lines(("글", 1, 1, 9)).save(tmp_path / "a.txt")


@pytest.mark.parametrize("name", ["a.pdf", "a.tif"])
def test_a_page_of_a_document_has_a_picture(reader: Reader, tmp_path: Path, name: str) -> None:
    path = scan_pdf(tmp_path / name, num_pages=2) if name == "a.pdf" else scan_tiff(tmp_path / name)
    _, page = reader.read_document(path, dpi=72)
    assert np.abs(page.picture().astype(int) - picture()).mean() < 1


def test_a_page_with_a_text_layer_has_a_picture_of_its_size(reader: Reader, tmp_path: Path) -> None:
    (page,) = reader.read_document(text_pdf(tmp_path / "text.pdf", ["대한민국 헌법 제1조"]), dpi=150)
    assert page.picture().shape == (page.height_px, page.width_px, 3)


def test_a_page_becomes_plain_values(reader: Reader, tmp_path: Path) -> None:
    (page,) = reader.read_document(scan_pdf(tmp_path / "scan.pdf"), dpi=72)
    values = json.loads(json.dumps(page.to_dict()))
    assert (values["number"], values["dpi"], values["from_text_layer"]) == (1, 72, False)
    assert [word["text"] for word in values["lines"][0]["words"]] == ["가나다", "라마"]


def test_the_public_reader_still_reads_single_pages(reader: Reader) -> None:
    assert isinstance(reader, pages.Reader)
    assert reader.read(picture()).text == "\n".join(PLACES)
