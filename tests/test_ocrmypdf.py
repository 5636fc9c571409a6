"""The plugin for OCRmyPDF, with the real program."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from PIL import Image, ImageDraw

from hunmin.drawing import draw_text

pytest.importorskip("ocrmypdf")
from ocrmypdf import OcrOptions
from ocrmypdf.hocrtransform import OcrElement

from hunmin.ocrmypdf import HunminEngine, HunminOptions

LINES = ["도서관 운영 결과 보고", "작성: 기획과 2025. 7. 14.", "열람석과 장서를 다시 배치함"]
WORDS = [word for line in LINES for word in line.split()]
NEEDED = [program for program in ("tesseract", "gs") if shutil.which(program) is None]

with_the_program = pytest.mark.skipif(bool(NEEDED), reason=f"OCRmyPDF needs {', '.join(NEEDED)}")


def sheet() -> Image.Image:
    page = Image.new("RGB", (900, 420), "white")
    pen = ImageDraw.Draw(page)
    for number, line in enumerate(LINES):
        draw_text(pen, (60, 80 + 120 * number), line, 44, (0, 0, 0))
    return page


def ocrmypdf(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "ocrmypdf", "--plugin", "hunmin.ocrmypdf", "--hunmin-model", "bundled-int8"]
    return subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True, check=False)


def options() -> OcrOptions:
    made = OcrOptions(input_file="a.pdf", output_file="b.pdf")
    made.extra_attrs["hunmin"] = HunminOptions(model="bundled-int8")
    return made


def found(path: Path, page_number: int = 1) -> list[str]:
    document = pypdfium2.PdfDocument(path)
    return str(document[page_number - 1].get_textpage().get_text_range()).split()


@with_the_program
def test_pages_are_read_set_upright_and_stay_pdf_a_without_ghostscript(tmp_path: Path) -> None:
    pages = [sheet(), sheet().rotate(180), sheet().rotate(-90, expand=True)]
    pages[0].save(tmp_path / "in.pdf", resolution=150, save_all=True, append_images=pages[1:])
    out = tmp_path / "out.pdf"
    done = ocrmypdf("-l", "kor", "--rotate-pages", "--jobs", 2, "--output-type", "pdfa", tmp_path / "in.pdf", out)
    assert done.returncode == 0, done.stderr
    assert [found(out, number) for number in (1, 2, 3)] == [WORDS] * 3
    document = pypdfium2.PdfDocument(out)
    assert [document[number].get_size()[0] for number in range(3)] == pytest.approx([432] * 3, abs=1)
    assert "used Ghostscript" not in done.stderr
    assert "PDF/A-2b (as expected)" in done.stderr


@with_the_program
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-l", "jpn"], "does not have language data for the following requested languages"),
        (["-l", "kor", "--hunmin-model", "none.onnx"], "none.onnx: no such model file"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_read(arguments: list[str], told: str, tmp_path: Path) -> None:
    sheet().save(tmp_path / "in.pdf", resolution=150)
    done = ocrmypdf(*arguments, tmp_path / "in.pdf", tmp_path / "out.pdf")
    assert done.returncode in (1, 3)
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out.pdf").exists()


def test_skew_is_measured_to_a_fifth_of_a_degree(tmp_path: Path) -> None:
    for degrees in (-4.0, 0.0, 1.5):
        sheet().rotate(-degrees, fillcolor="white", resample=Image.Resampling.BICUBIC).save(tmp_path / "a.png")
        assert HunminEngine.get_deskew(tmp_path / "a.png", options()) == pytest.approx(degrees, abs=0.2)
    Image.new("RGB", (300, 300), "white").save(tmp_path / "blank.png")
    assert HunminEngine.get_deskew(tmp_path / "blank.png", options()) == 0
    assert HunminEngine.get_orientation(tmp_path / "blank.png", options()).confidence == 0


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_the_tree_says_where_words_stand_and_which_way_lines_run(turns: int, tmp_path: Path) -> None:
    turned = np.rot90(np.asarray(sheet()), -turns)
    Image.fromarray(turned).save(tmp_path / "a.png", dpi=(150, 150))
    root, text = HunminEngine.generate_ocr(tmp_path / "a.png", options(), 4)
    assert text.splitlines() == LINES
    assert (root.page_number, root.dpi) == (4, pytest.approx(150, abs=0.1))
    assert [line.textangle for line in root.lines] == [-90 * turns % 360] * 3
    assert [word.text for word in root.words] == WORDS
    for word in root.words:
        assert is_inked(turned, word)


def is_inked(pixels: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]", word: OcrElement) -> bool:
    assert word.bbox
    left, top, right, bottom = (
        round(side) for side in (word.bbox.left, word.bbox.top, word.bbox.right, word.bbox.bottom)
    )
    return bool((pixels[top:bottom, left:right] < 128).any())


def test_reading_needs_no_ocrmypdf() -> None:
    code = "import sys, hunmin; hunmin.Reader, hunmin.Document; sys.exit('ocrmypdf' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
