"""An OCR engine for OCRmyPDF (https://ocrmypdf.readthedocs.io): `ocrmypdf --plugin hunmin.ocrmypdf -l kor in.pdf out.pdf`.

OCRmyPDF prepares the pages and puts the PDF together. The functions at the end, which it finds by their names, hand it an
engine that reads pages in its processes. Nothing else of hunmin imports this module, which needs the extra `ocrmypdf`.
"""

import math
from argparse import ArgumentParser
from collections.abc import Iterator, Set
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

from ocrmypdf import OcrOptions, PageContext, hookimpl
from ocrmypdf.exceptions import BadArgsError, InputFileError
from ocrmypdf.hocrtransform import Baseline, BoundingBox, OcrClass, OcrElement
from ocrmypdf.imageops import calculate_downsample, downsample_image
from ocrmypdf.pluginspec import OcrEngine, OrientationConfidence
from PIL import Image
from pydantic import BaseModel

from hunmin.documents.page import DocumentPage
from hunmin.documents.paragraphs import Paragraph, around, paragraphs
from hunmin.documents.reader import Reader
from hunmin.documents.words import Word
from hunmin.documents.writers.pdf.text_only import write_text_only_pdf
from hunmin.errors import ImageError, InputError
from hunmin.image import MAX_PAGE_PIXELS, load_image
from hunmin.pages.detector import load_detector
from hunmin.pages.line import Box, Line
from hunmin.pages.skew import skew_deg
from hunmin.recognize.recognizer import Recognizer
from hunmin.version import __version__

LANGUAGES: Final = frozenset({"kor", "eng"})
"""What the bundled model reads, by the codes of `-l`."""
SURE: Final = 20.0
"""Of the direction of a page, on OCRmyPDF's scale, where 14 is enough to turn one."""
LEAST_SLOPE: Final = 0.005
"""A baseline that rises or falls less, a third of a degree, counts as level."""


class HunminOptions(BaseModel):
    """What `ocrmypdf` passes on."""

    model: str = "bundled"
    """An ONNX file, `bundled`, or `bundled-int8`."""
    language: list[str] = []
    """Files of `hunmin language`; `off` reads by the image alone."""


class HunminEngine(OcrEngine):
    """Reads one page at a time with one thread: OCRmyPDF runs a process for each core."""

    @staticmethod
    def version() -> str:
        """That of hunmin."""
        return __version__

    @staticmethod
    def creator_tag(options: OcrOptions) -> str:
        """What the PDF's metadata says."""
        return f"hunmin {__version__}"

    def __str__(self) -> str:
        return f"hunmin {__version__}"

    @staticmethod
    def languages(options: OcrOptions) -> Set[str]:
        """What `-l` may ask for."""
        return LANGUAGES

    @staticmethod
    def get_orientation(input_file: Path, options: OcrOptions) -> OrientationConfidence:
        """By how many quarters a page lies turned clockwise; nothing is said of one without text."""
        with _told():
            page = _reader(options).read(input_file)
        return OrientationConfidence(page.rotation_deg, SURE if page.text else 0.0)

    @staticmethod
    def get_deskew(input_file: Path, options: OcrOptions) -> float:
        """By how many degrees to turn a page counterclockwise so that its lines are level."""
        with _told():
            pixels = load_image(input_file, max_pixels=MAX_PAGE_PIXELS)
            boxes = _reader(options).detector(pixels)
        return skew_deg(pixels, boxes)

    @staticmethod
    def supports_generate_ocr() -> bool:
        """Yes: `generate_ocr` is used for every renderer but `sandwich`."""
        return True

    @staticmethod
    def generate_ocr(input_file: Path, options: OcrOptions, page_number: int = 0) -> tuple[OcrElement, str]:
        """Read a page: its paragraphs, lines and words, and its text."""
        page = _read(input_file, options)
        root = OcrElement(
            OcrClass.PAGE,
            BoundingBox(0, 0, page.width_px, page.height_px),
            children=[_paragraph(paragraph) for paragraph in paragraphs(page)],
            dpi=page.dpi,
            page_number=page_number,
        )
        return root, page.text

    @staticmethod
    def generate_hocr(input_file: Path, output_hocr: Path, output_text: Path, options: OcrOptions) -> None:
        """Never asked for, since `generate_ocr` is there."""
        raise NotImplementedError

    @staticmethod
    def generate_pdf(input_file: Path, output_pdf: Path, output_text: Path, options: OcrOptions) -> None:
        """Read a page for the renderer `sandwich`: its text as hunmin itself lays it over pages, also turned and askew."""
        page = _read(input_file, options)
        write_text_only_pdf(page, output_pdf)
        output_text.write_text(page.text, encoding="utf-8")


@cache
def _loaded(model: str, language: tuple[str, ...]) -> Reader:
    """One for each process."""
    return Reader(Recognizer(model, threads=1, language=language or "default"), load_detector(1))


def _reader(options: OcrOptions) -> Reader:
    chosen: HunminOptions = options.hunmin
    return _loaded(chosen.model, tuple(chosen.language))


def _read(input_file: Path, options: OcrOptions) -> DocumentPage:
    with _told():
        (page,) = _reader(options).read_document(input_file)
    return page


@contextmanager
def _told() -> Iterator[None]:
    """Have OCRmyPDF end with one line, as it does for what it finds itself."""
    try:
        yield
    except ImageError as error:
        raise InputFileError(str(error)) from error
    except InputError as error:
        raise BadArgsError(str(error)) from error


def _paragraph(paragraph: Paragraph) -> OcrElement:
    lines = [_line(line, words) for line, words in zip(paragraph.lines, paragraph.words, strict=True)]
    return OcrElement(OcrClass.PARAGRAPH, _bounds(*(line.box for line in paragraph.lines)), children=lines)


def _line(line: Line, words: tuple[Word, ...]) -> OcrElement:
    bounds = _bounds(line.box)
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = line.box
    angle = math.degrees(math.atan2(y1 - y0, x1 - x0))
    quarters = round(angle / 90) % 4
    slope = (y2 - y3) / (x2 - x3) if x2 != x3 else 0.0
    is_askew = quarters == 0 and abs(slope) >= LEAST_SLOPE
    return OcrElement(
        OcrClass.LINE,
        bounds,
        confidence=line.confidence,
        children=[
            OcrElement(OcrClass.WORD, _bounds(word.box), text=word.text, confidence=word.confidence) for word in words
        ],
        direction="ltr",
        language="kor",
        baseline=Baseline(slope, y3 + slope * (bounds.left - x3) - bounds.bottom) if is_askew else None,
        textangle=float(-90 * quarters % 360),
    )


def _bounds(*boxes: Box) -> BoundingBox:
    return BoundingBox(*around(boxes))


@hookimpl
def register_options() -> dict[str, type[BaseModel]]:
    """Make the options below known."""
    return {"hunmin": HunminOptions}


@hookimpl
def add_options(parser: ArgumentParser) -> None:
    """Add options to the command."""
    group = parser.add_argument_group("hunmin", "The engine that reads")
    group.add_argument("--hunmin-model", default="bundled", help="An ONNX file, bundled, or bundled-int8: faster.")
    group.add_argument(
        "--hunmin-language",
        action="append",
        default=[],
        metavar="FILE",
        help="A file of `hunmin language`, or off: read by the image alone.",
    )


@hookimpl
def check_options(options: OcrOptions) -> None:
    """Find out before any page is read that a model cannot be loaded; and lay text as hunmin does unless told otherwise."""
    with _told():
        _reader(options)
    if options.pdf_renderer == "auto":
        options.pdf_renderer = "sandwich"


@hookimpl
def filter_ocr_image(page: PageContext, image: Image.Image) -> Image.Image:
    """Make a page smaller that has more pixels than hunmin takes."""
    return downsample_image(image, calculate_downsample(image, max_pixels=MAX_PAGE_PIXELS))


@hookimpl
def get_ocr_engine(options: OcrOptions | None) -> OcrEngine | None:
    """The engine, unless another one is asked for by its name."""
    return HunminEngine() if options is None or options.ocr_engine == "auto" else None
