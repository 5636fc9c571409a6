from pathlib import Path

import numpy as np
import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from hunmin.documents.source import pdf as pdf_source
from hunmin.documents.source.open_source import open_source
from hunmin.documents.source.page import SourcePage
from hunmin.documents.source.pdf import check_dpi, open_pdf
from hunmin.documents.writers.pdf.invisible_font import to_unicode
from hunmin.errors import ImageError, InputError
from hunmin.image import MAX_PAGE_PIXELS
from tests.documents.paper import HEIGHT, WIDTH, damaged_pdf, picture, scan_pdf, text_pdf

LINES = ["대한민국 정부는 다음과", "같이 공고한다 ₩12,500"]


def read(path: Path, *, dpi: float = 72, force: bool = False, password: str | None = None) -> list[SourcePage]:
    source = open_pdf(path, password)
    return list(source.pages(range(1, source.num_pages + 1), dpi=dpi, force=force))


def in_place(pdf: Pdf, content: bytes, **resources: object) -> None:
    page = pdf.add_blank_page(page_size=(200, 100))
    page.obj.Resources = Dictionary(**resources)
    page.obj.Contents = Stream(pdf, content)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_scanned_page_is_rendered_as_it_is_shown(tmp_path: Path, rotation: int) -> None:
    (page,) = read(scan_pdf(tmp_path / "scan.pdf", rotation=rotation, origin=(100, -40)))
    assert page.pixels is not None
    assert (page.width_px, page.height_px, page.dpi) == (WIDTH, HEIGHT, 72)
    assert np.abs(page.pixels.astype(int) - picture()).mean() < 1


def test_the_resolution_is_that_asked_for(tmp_path: Path) -> None:
    (page,) = read(scan_pdf(tmp_path / "scan.pdf"), dpi=150)
    assert (page.width_px, page.height_px, page.dpi) == (708, 458, 150)


def test_a_page_that_would_be_too_large_is_rendered_as_large_as_is_allowed(tmp_path: Path) -> None:
    with Pdf.new() as pdf:
        pdf.add_blank_page(page_size=(14400, 14400))
        pdf.save(tmp_path / "poster.pdf")
    (page,) = read(tmp_path / "poster.pdf", dpi=200)
    assert page.dpi is not None
    assert 0.9 * MAX_PAGE_PIXELS < page.width_px * page.height_px <= MAX_PAGE_PIXELS
    assert page.width_px == pytest.approx(200 * page.dpi, rel=0.001)


def test_a_sound_text_layer_is_taken_with_its_places(tmp_path: Path) -> None:
    (page,) = read(text_pdf(tmp_path / "text.pdf", LINES), dpi=144)
    assert page.pixels is None
    assert [line.line.text for line in page.text_lines] == LINES
    word = page.text_lines[1].words[0]
    assert word.text == "같이"
    assert np.allclose(np.array(word.box)[[0, 2]], [(40, 120), (120, 168)], atol=3)


def test_force_renders_a_page_with_a_sound_layer(tmp_path: Path) -> None:
    (page,) = read(text_pdf(tmp_path / "text.pdf", LINES), force=True)
    assert page.pixels is not None
    assert page.text_lines == ()


def test_a_layer_whose_fonts_do_not_say_what_they_show_is_not_taken(tmp_path: Path) -> None:
    for_private_use = to_unicode([chr(0xE000 + number) for number in range(100)])
    for path in (
        text_pdf(tmp_path / "none.pdf", LINES, has_to_unicode=False),
        text_pdf(tmp_path / "private.pdf", LINES, to_unicode=for_private_use),
    ):
        (page,) = read(path)
        assert page.pixels is not None, path.name


def test_a_scan_with_a_stamp_is_rendered_and_one_that_was_read_before_is_not(tmp_path: Path) -> None:
    scan = scan_pdf(tmp_path / "scan.pdf")
    for mode, is_rendered in ((0, True), (3, False)):
        with pikepdf.open(scan) as pdf:
            page = pdf.pages[0]
            font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
            page.obj.Resources.Font = Dictionary(F=font)
            page.contents_add(b"q\n", prepend=True)
            page.contents_add(f"Q BT /F 12 Tf {mode} Tr 20 10 Td (Received 14 March 2025) Tj ET".encode())
            pdf.save(tmp_path / f"{mode}.pdf")
        (page,) = read(tmp_path / f"{mode}.pdf")
        assert (page.pixels is not None) == is_rendered


def test_an_encrypted_pdf_asks_for_its_password(tmp_path: Path) -> None:
    path = scan_pdf(tmp_path / "secret.pdf", encryption=pikepdf.Encryption(owner="주인", user="암호", R=6))
    with pytest.raises(ImageError, match="it is encrypted; give its password"):
        open_pdf(path)
    with pytest.raises(ImageError, match="the password is wrong"):
        open_pdf(path, "비번")
    assert len(read(path, password="암호")) == 1


@pytest.mark.parametrize("size", [9, 300, 0.5, 0.9])
def test_a_truncated_pdf_is_a_named_error_or_is_read(tmp_path: Path, size: float) -> None:
    data = scan_pdf(tmp_path / "a.pdf", num_pages=3).read_bytes()
    (tmp_path / "cut.pdf").write_bytes(data[: int(size if size > 1 else size * len(data))])
    try:
        read(tmp_path / "cut.pdf")
    except ImageError as error:
        assert error.code == "unreadable"
        assert str(error).startswith(str(tmp_path / "cut.pdf"))


def test_a_pdf_without_pages_is_a_named_error(tmp_path: Path) -> None:
    with Pdf.new() as pdf:
        pdf.save(tmp_path / "none.pdf")
    with pytest.raises(ImageError, match=r"none\.pdf: the PDF .*no pages"):
        open_pdf(tmp_path / "none.pdf")


def test_ten_thousand_pages_are_counted_without_being_drawn(tmp_path: Path) -> None:
    with Pdf.new() as pdf:
        for _ in range(10_000):
            pdf.add_blank_page(page_size=(100, 100))
        pdf.save(tmp_path / "long.pdf")
    source = open_pdf(tmp_path / "long.pdf")
    assert source.num_pages == 10_000
    assert [page.number for page in source.pages([9_999], dpi=72, force=False)] == [9_999]


def test_a_page_that_would_take_hours_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_source, "MOST_SECONDS", 2.0)
    with Pdf.new() as pdf:
        inner: object = None
        for _ in range(10):  # each form draws the one before ten times
            form = Stream(pdf, b"/F Do " * 10 if inner else b"0 0 10 10 re f")
            form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 100, 100])
            if inner:
                form.Resources = Dictionary(XObject=Dictionary(F=inner))
            inner = pdf.make_indirect(form)
        in_place(pdf, b"/F Do", XObject=Dictionary(F=inner))
        pdf.add_blank_page(page_size=(200, 100))
        for _ in range(2):
            in_place(pdf, b"/F Do", XObject=Dictionary(F=inner))
        pdf.save(tmp_path / "forms.pdf")
    monkeypatch.setattr(pdf_source, "MOST_LOST_PAGES", 2)
    slow, blank, slow_too, not_tried = read(tmp_path / "forms.pdf")
    assert slow.error
    assert slow.error.code == "too_slow"
    assert str(slow.error).startswith(f"{tmp_path / 'forms.pdf'}, page 1: takes more than 2 s")
    assert blank.error is None
    assert slow_too.error
    assert "page 4: is not tried, for PDFium failed on 2 others" in str(not_tried.error)


def test_a_damaged_page_is_named_and_the_next_one_follows(tmp_path: Path) -> None:
    first, damaged, third = read(damaged_pdf(tmp_path / "a.pdf"))
    assert (first.error, third.error, damaged.pixels) == (None, None, None)
    assert str(damaged.error).startswith(f"{tmp_path / 'a.pdf'}, page 2: is damaged")


def test_scripts_and_embedded_files_do_nothing(tmp_path: Path) -> None:
    with pikepdf.open(scan_pdf(tmp_path / "a.pdf")) as pdf:
        pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=pikepdf.String("while (true) {}"))
        pdf.attachments["x.exe"] = b"MZ" * 100
        pdf.save(tmp_path / "active.pdf")
    (page,) = read(tmp_path / "active.pdf")
    assert page.pixels is not None


@pytest.mark.parametrize("dpi", [0, 35, 1201, float("nan"), -200, float("inf")])
def test_a_resolution_that_shows_nothing_is_refused(dpi: float) -> None:
    with pytest.raises(InputError, match="dpi="):
        check_dpi(dpi)


def test_a_password_for_what_is_no_pdf_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    with pytest.raises(InputError, match="is no PDF, so it has no password"):
        open_source(tmp_path / "a.png", "암호")


@pytest.mark.parametrize("name", ["missing.pdf", "a\0b.pdf", "x" * 300])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImageError) as error:
        open_source(tmp_path / name)
    assert error.value.code == "not_found"
