"""Every word of a searchable PDF stands where it is seen, for readers that have nothing to do with what wrote it."""

import hashlib
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2
import pytest
from pikepdf import Dictionary, Name
from PIL import Image

from hunmin.documents.reader import Reader
from hunmin.errors import ExtraMissingError, InputError
from tests.documents.paper import (
    HEIGHT,
    PLACES,
    WIDTH,
    block_reader,
    picture,
    scan_pdf,
    scan_tiff,
    text_pdf,
    word_spans,
)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return block_reader()


def found_by_pdfium(path: Path, page_number: int = 1) -> list[tuple[str, float, float, float]]:
    """Text, left, right and middle of each word of the page as it is shown, in pixels of `picture`."""
    document = pypdfium2.PdfDocument(path)
    page = document[page_number - 1]
    text_page = page.get_textpage()
    left, bottom, right, top = page.get_bbox()
    rotation = page.get_rotation()
    scale = WIDTH / page.get_width()
    spans: list[tuple[str, float, float, float]] = []
    text = text_page.get_text_range()
    for match in re.finditer(r"\S+", text):
        boxes = np.array([text_page.get_charbox(index) for index in range(*match.span())])
        x0, y0, x1, y1 = boxes[:, 0].min(), boxes[:, 1].min(), boxes[:, 2].max(), boxes[:, 3].max()
        across, down = {
            0: ((x0 - left, x1 - left), (top - y1, top - y0)),
            90: ((y0 - bottom, y1 - bottom), (x0 - left, x1 - left)),
            180: ((right - x1, right - x0), (y0 - bottom, y1 - bottom)),
            270: ((top - y1, top - y0), (right - x1, right - x0)),
        }[rotation]
        spans.append((match[0], across[0] * scale, across[1] * scale, sum(down) * scale / 2))
    return spans


def assert_in_place(spans: list[tuple[str, float, float, float]]) -> None:
    for (text, left, right, middle), (true_text, true_left, true_right, true_middle) in zip(
        spans, word_spans(), strict=True
    ):
        assert text == true_text
        assert abs(left - true_left) <= 3, text
        assert abs(right - true_right) <= 3, text
        assert abs(middle - true_middle) <= 3, text


def shown(path: Path, scale: float = 1) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    return np.array(pypdfium2.PdfDocument(path)[0].render(scale=scale).to_pil().convert("RGB"))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_pdfium_finds_each_word_where_it_stands(reader: Reader, tmp_path: Path, rotation: int) -> None:
    scan = scan_pdf(tmp_path / "scan.pdf", rotation=rotation, origin=(30, -70))
    reader.read_document(scan, dpi=144).save(tmp_path / "out.pdf")
    assert_in_place(found_by_pdfium(tmp_path / "out.pdf"))


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="needs pdftotext of poppler")
def test_poppler_finds_each_word_where_it_stands_and_copies_lines_with_their_spaces(
    reader: Reader, tmp_path: Path
) -> None:
    reader.read_document(scan_tiff(tmp_path / "scan.tif", 1, dpi=(72, 72))).save(tmp_path / "out.pdf")
    told = subprocess.run(["pdftotext", tmp_path / "out.pdf", "-"], capture_output=True, text=True, check=True).stdout
    assert told.split("\n\n")[0].splitlines()[0] == next(iter(PLACES))
    assert [line for line in told.replace("\f", "").splitlines() if line] == list(PLACES)
    boxes = subprocess.run(
        ["pdftotext", "-bbox", tmp_path / "out.pdf", "-"], capture_output=True, text=True, check=True
    ).stdout
    pattern = r'<word xMin="([-.\d]+)" yMin="([-.\d]+)" xMax="([-.\d]+)" yMax="([-.\d]+)">(.*?)</word>'
    words = [(unescape(text), *map(float, box)) for *box, text in re.findall(pattern, boxes)]
    assert_in_place([(str(text), x0, x1, (y0 + y1) / 2) for text, x0, y0, x1, y1 in words])


def test_the_page_looks_as_it_did_to_the_last_pixel(reader: Reader, tmp_path: Path) -> None:
    scan = scan_pdf(tmp_path / "scan.pdf", rotation=90)
    reader.read_document(scan).save(tmp_path / "out.pdf")
    assert np.array_equal(shown(scan, 2), shown(tmp_path / "out.pdf", 2))


def test_what_else_is_in_the_pdf_stays(reader: Reader, tmp_path: Path) -> None:
    with pikepdf.open(scan_pdf(tmp_path / "scan.pdf", num_pages=2)) as pdf:
        with pdf.open_metadata() as metadata:
            metadata["pdfaid:part"], metadata["pdfaid:conformance"] = "2", "B"
        pdf.docinfo[Name.Title] = "공고문"
        pdf.attachments["첨부.txt"] = b"1"
        pdf.Root.OpenAction = Dictionary(S=Name.GoTo, D=pikepdf.Array([pdf.pages[1].obj, Name.Fit]))
        pdf.save(tmp_path / "rich.pdf")
    reader.read_document(tmp_path / "rich.pdf", dpi=72).save(tmp_path / "out.pdf")
    with pikepdf.open(tmp_path / "rich.pdf") as before, pikepdf.open(tmp_path / "out.pdf") as after:
        assert after.Root.Metadata.read_bytes() == before.Root.Metadata.read_bytes()
        assert after.open_metadata().pdfa_status == "2B"
        assert after.docinfo == before.docinfo
        assert list(after.attachments) == ["첨부.txt"]
        assert "/OpenAction" in after.Root
        for old, new in zip(before.pages, after.pages, strict=True):
            scans = [page.Resources.XObject.Scan.read_raw_bytes() for page in (old, new)]
            assert scans[0] == scans[1]
            assert old.MediaBox == new.MediaBox


def test_pages_that_share_their_resources_each_get_their_text(reader: Reader, tmp_path: Path) -> None:
    with pikepdf.open(scan_pdf(tmp_path / "scan.pdf", num_pages=2)) as pdf:
        shared = pdf.make_indirect(pdf.pages[0].obj.Resources)
        pdf.Root.Pages.Resources = shared
        for page in pdf.pages:
            del page.obj.Resources
        pdf.save(tmp_path / "shared.pdf")
    reader.read_document(tmp_path / "shared.pdf", dpi=72).save(tmp_path / "out.pdf")
    for number in (1, 2):
        assert_in_place(found_by_pdfium(tmp_path / "out.pdf", number))


def test_a_page_with_a_sound_layer_is_not_given_another(reader: Reader, tmp_path: Path) -> None:
    path = text_pdf(tmp_path / "text.pdf", ["대한민국 헌법"])
    reader.read_document(path).save(tmp_path / "out.pdf")
    with pikepdf.open(path) as before, pikepdf.open(tmp_path / "out.pdf") as after:
        assert before.pages[0].Contents.read_bytes() == after.pages[0].Contents.read_bytes()


def test_reading_the_searchable_pdf_again_takes_its_text(reader: Reader, tmp_path: Path) -> None:
    reader.read_document(scan_pdf(tmp_path / "scan.pdf"), dpi=72).save(tmp_path / "out.pdf")
    (page,) = reader.read_document(tmp_path / "out.pdf", dpi=72)
    assert page.from_text_layer
    assert page.text == "\n".join(PLACES)


@pytest.mark.parametrize(
    ("key", "value"),
    [("CropBox", pikepdf.Array(["0", 340, 220])), ("CropBox", 7), ("Rotate", Name.Left), ("Rotate", 45)],
)
def test_a_box_or_a_rotation_that_makes_no_sense_is_passed_over(
    key: str, value: object, reader: Reader, tmp_path: Path
) -> None:
    scan_pdf(tmp_path / "scan.pdf")
    with pikepdf.open(tmp_path / "scan.pdf", allow_overwriting_input=True) as pdf:
        pdf.pages[0].obj.MediaBox = [0, 0, WIDTH, HEIGHT]
        del pdf.pages[0].obj.CropBox
        setattr(pdf.pages[0].obj, key, value)
        pdf.save(tmp_path / "scan.pdf")
    reader.read_document(tmp_path / "scan.pdf", dpi=144).save(tmp_path / "out.pdf")
    assert_in_place(found_by_pdfium(tmp_path / "out.pdf"))


def test_only_the_pages_asked_for_are_in_it(reader: Reader, tmp_path: Path) -> None:
    reader.read_document(scan_pdf(tmp_path / "scan.pdf", num_pages=5), pages="2,4", dpi=72).save(tmp_path / "out.pdf")
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert len(pdf.pages) == 2
        assert all("/Font" in page.Resources for page in pdf.pages)


def test_an_encrypted_pdf_stays_encrypted(reader: Reader, tmp_path: Path) -> None:
    scan = scan_pdf(tmp_path / "scan.pdf", encryption=pikepdf.Encryption(owner="주인", user="암호", R=6))
    reader.read_document(scan, dpi=72, password="암호").save(tmp_path / "out.pdf")
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(tmp_path / "out.pdf")
    assert len(pikepdf.open(tmp_path / "out.pdf", password="암호").pages) == 1


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_jpeg_keeps_its_bytes_and_stands_upright(reader: Reader, tmp_path: Path, orientation: int) -> None:
    turned = np.rot90(picture(), {1: 0, 3: 2, 6: 1, 8: 3}[orientation])
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(turned).save(tmp_path / "a.jpg", quality=100, subsampling=0, dpi=(144, 144), exif=exif)
    reader.read_document(tmp_path / "a.jpg").save(tmp_path / "out.pdf")
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        stored = pdf.pages[0].Resources.XObject.Scan.read_raw_bytes()
        assert hashlib.sha256(stored).digest() == hashlib.sha256((tmp_path / "a.jpg").read_bytes()).digest()
        assert [float(value) for value in pdf.pages[0].MediaBox] == [0, 0, WIDTH / 2, HEIGHT / 2]
    assert np.abs(shown(tmp_path / "out.pdf", 2).astype(int) - picture()).mean() < 6
    assert_in_place(found_by_pdfium(tmp_path / "out.pdf"))


@pytest.mark.parametrize("mode", ["1", "L", "RGB"])
def test_other_images_are_kept_without_loss(reader: Reader, tmp_path: Path, mode: str) -> None:
    coloured = picture()
    coloured[:20, :, 2] = 120
    Image.fromarray(coloured).convert(mode).save(tmp_path / "a.png", dpi=(72, 72))
    reader.read_document(tmp_path / "a.png").save(tmp_path / "out.pdf")
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        image = pdf.pages[0].Resources.XObject.Scan
        kept = np.frombuffer(image.read_bytes(), np.uint8)
    original = np.array(Image.open(tmp_path / "a.png"))
    if mode == "1":
        kept = np.unpackbits(kept.reshape(HEIGHT, -1), axis=1)[:, :WIDTH].astype(bool)
    assert np.array_equal(kept.reshape(original.shape), original)


def test_each_page_of_a_tiff_becomes_a_page(reader: Reader, tmp_path: Path) -> None:
    reader.read_document(scan_tiff(tmp_path / "a.tif", 3, dpi=(72, 72)), pages="1,3").save(tmp_path / "out.pdf")
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert len(pdf.pages) == 2
    assert_in_place(found_by_pdfium(tmp_path / "out.pdf", 2))


def test_the_original_is_never_replaced(reader: Reader, tmp_path: Path) -> None:
    scan = scan_pdf(tmp_path / "scan.pdf")
    with pytest.raises(InputError, match="is the document itself"):
        reader.read_document(scan).save(scan)


def test_without_pikepdf_the_extra_is_named_before_anything_is_read(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hunmin.errors.find_spec", lambda name: None)
    with pytest.raises(ExtraMissingError, match=r"\.\[documents\]"):
        reader.read_document(scan_pdf(tmp_path / "scan.pdf")).save(tmp_path / "out.pdf")


def test_pdf_a_stays_pdf_a(reader: Reader, tmp_path: Path) -> None:
    pdfa = pytest.importorskip("pikepdf.pdfa")
    with pikepdf.open(scan_pdf(tmp_path / "scan.pdf", num_pages=2)) as pdf:
        for page in pdf.pages:
            page.obj.Contents = pikepdf.Stream(pdf, f"q {WIDTH} 0 0 {HEIGHT} 0 0 cm /Scan Do Q".encode())
        pdfa.save(pdf, tmp_path / "a.pdf", "2b")
    reader.read_document(tmp_path / "a.pdf", dpi=72).save(tmp_path / "out.pdf")
    assert [str(finding) for finding in pdfa.validate_written(tmp_path / "out.pdf", "2b").findings] == []


def test_a_heic_photo_and_one_with_broken_exif_data_become_pages(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(image: Image.Image) -> None:
        raise SyntaxError("not a TIFF file")

    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.from_pillow(Image.fromarray(picture())).save(tmp_path / "a.heic", quality=90)
    Image.fromarray(picture()).save(tmp_path / "b.jpg", quality=95)
    monkeypatch.setattr(Image.Image, "getexif", broken)
    for name in ("a.heic", "b.jpg"):
        reader.read_document(tmp_path / name).save(tmp_path / f"{name}.pdf")
        assert np.abs(shown(tmp_path / f"{name}.pdf", 1)[:, :, 0].mean() - picture()[:, :, 0].mean()) < 6
