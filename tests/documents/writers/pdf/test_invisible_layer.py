"""Invisible text that a page has is gone once the page was read anew, and nothing else is."""

from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from hunmin.documents.reader import Reader
from hunmin.documents.writers.pdf import invisible_layer
from hunmin.documents.writers.pdf.invisible_layer import without_invisible_text
from tests.documents.paper import PLACES, block_reader, scan_pdf

WRONG = "BT /Old 20 Tf 3 Tr 1 0 0 1 20 100 Tm (WRONG) Tj ET"
VISIBLE = "BT /Old 12 Tf 0 Tr 1 0 0 1 20 10 Tm (SEEN) Tj ET"


@pytest.fixture(scope="module")
def reader() -> Reader:
    return block_reader()


def with_content(path: Path, content: str, *, form: str | None = None) -> Path:
    """A scan with more on it; `form` is drawn where the content says `/Form Do`."""
    scan_pdf(path)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        page = pdf.pages[0]
        fonts = Dictionary(Old=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
        page.Resources.Font = fonts
        if form is not None:
            stream = Stream(pdf, form.encode())
            stream.Type, stream.Subtype, stream.BBox = Name.XObject, Name.Form, Array([0, 0, 340, 220])
            stream.Resources = Dictionary(Font=fonts)
            page.Resources.XObject.Form = pdf.make_indirect(stream)
        scan = page.Contents.read_bytes()
        page.Contents = Stream(pdf, b"q " + scan + b" Q\n" + content.encode())
        pdf.save(path)
    return path


def text_of(path: Path) -> list[str]:
    text: str = pypdfium2.PdfDocument(path)[0].get_textpage().get_text_range()
    return text.split("\r\n")


def picture_of(path: Path) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    return np.array(pypdfium2.PdfDocument(path)[0].render().to_pil())


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (WRONG, None),
        (f"q 1 0 0 1 0 0 cm {WRONG} Q", None),
        ("q 3 Tr BT /Old 20 Tf 20 100 Td [(WR) -20 (ONG)] TJ 0 -20 Td (WRONG) ' 1 2 (WRONG) \" ET Q", None),
        ("q /Form Do Q", WRONG),
        ("3 Tr /Form Do 0 Tr", WRONG.replace("3 Tr ", "")),
    ],
    ids=["page", "saved state", "every operator", "form", "form that inherits the mode"],
)
def test_with_force_a_layer_gives_way_to_the_new_one(
    content: str, form: str | None, reader: Reader, tmp_path: Path
) -> None:
    path = with_content(tmp_path / "scan.pdf", content, form=form)
    assert "WRONG" in "".join(text_of(path))
    reader.read_document(path, dpi=72, force=True).save(tmp_path / "out.pdf")
    assert text_of(tmp_path / "out.pdf") == list(PLACES)
    assert np.array_equal(picture_of(path), picture_of(tmp_path / "out.pdf"))


def test_visible_text_stays_where_it_is(reader: Reader, tmp_path: Path) -> None:
    path = with_content(tmp_path / "scan.pdf", f"{WRONG} {VISIBLE}")
    reader.read_document(path, dpi=72, force=True).save(tmp_path / "out.pdf")
    assert sorted(text_of(tmp_path / "out.pdf")) == sorted([*PLACES, "SEEN"])
    assert np.array_equal(picture_of(path), picture_of(tmp_path / "out.pdf"))


@pytest.mark.parametrize(
    "content",
    [
        VISIBLE,
        "BT /Old 20 Tf 3 Tr 20 100 Td (WRONG) Tj 0 Tr (SEEN) Tj ET",
        "BT /Old 20 Tf 7 Tr 20 100 Td (CLIP) Tj ET",
        "3 Tr",
        "BT (",
        "Tr BT (WRONG) Tj ET Do",
    ],
    ids=["none is invisible", "seen text follows", "clips", "no text", "damaged", "operands are missing"],
)
def test_a_content_without_such_text_keeps_its_bytes(content: str, tmp_path: Path) -> None:
    with pikepdf.open(with_content(tmp_path / "scan.pdf", content)) as pdf:
        page = pdf.pages[0]
        before = page.Contents.read_raw_bytes()
        assert not without_invisible_text(pdf, page.obj, page.Resources)
        assert page.Contents.read_raw_bytes() == before


def test_a_form_that_draws_itself_ends(tmp_path: Path) -> None:
    with pikepdf.open(with_content(tmp_path / "scan.pdf", "/Form Do", form=f"{WRONG} /Form Do")) as pdf:
        form = pdf.pages[0].Resources.XObject.Form
        form.Resources.XObject = Dictionary(Form=form)
        assert without_invisible_text(pdf, pdf.pages[0].obj, pdf.pages[0].Resources)


def test_a_content_that_is_huge_once_decoded_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invisible_layer, "MOST_BYTES", 1000)
    with Pdf.new() as pdf:
        page = pdf.add_blank_page()
        page.obj.Contents = pdf.make_stream(WRONG.encode() + b" " * 2000)
        assert not without_invisible_text(pdf, page.obj, page.Resources)
