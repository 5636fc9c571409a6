"""Documents made for the tests: pages of blocks that `tests.pages.blocks` can read, as PDFs, TIFFs and images."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pikepdf import Array, Dictionary, Name, Pdf, Stream
from pikepdf import open as open_pdf
from PIL import Image

from hunmin.documents.page import DocumentPage
from hunmin.documents.reader import Reader
from hunmin.documents.words import Word
from hunmin.documents.writers.pdf.invisible_text import FONT_NAME, InvisibleText
from hunmin.pages.line import Box, Line
from hunmin.recognize.recognizer import Recognizer
from tests.pages.blocks import BLOCK_PX, GAP_PX, SPACE_PX, SPEC, draw, read_blocks

WIDTH, HEIGHT = 340, 220
PLACES = {"가나다 라마": (30, 20), "나라 다": (30, 80), "마마 가": (180, 150)}
LINE_HEIGHT = 32
STRIP_OFFSETS = 273


def picture() -> NDArray[np.uint8]:
    """A page with three lines: (220, 340, 3) uint8."""
    page = np.full((HEIGHT, WIDTH, 3), 255, dtype=np.uint8)
    for text, (x, y) in PLACES.items():
        line = draw(text)
        page[y : y + LINE_HEIGHT, x : x + line.shape[1]] = line
    return page


def word_spans() -> list[tuple[str, float, float, float]]:
    """Text, left, right and middle height of each word of `picture`, in reading order."""
    spans = []
    for text, (x, y) in PLACES.items():
        at = x + GAP_PX
        for word in text.split():
            end = at + len(word) * (BLOCK_PX + GAP_PX) - GAP_PX
            spans.append((word, float(at), float(end), y + LINE_HEIGHT / 2))
            at = end + GAP_PX + SPACE_PX
    return spans


def find_lines(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A detector for `picture` in any size; it finds nothing on a page of any other shape."""
    scale = image.shape[1] / WIDTH
    if abs(image.shape[0] - HEIGHT * scale) > 2 or not (image < 200).any():
        return np.zeros((0, 4, 2), np.float32)
    boxes = []
    for text, (x, y) in PLACES.items():
        right = x + draw(text).shape[1]
        boxes.append([(x, y), (right, y), (right, y + LINE_HEIGHT), (x, y + LINE_HEIGHT)])
    return np.array(boxes, dtype=np.float32) * scale


def block_reader() -> Reader:
    """A reader of such pages, real but for its model and its detector."""
    return Reader(Recognizer.from_engine(read_blocks, SPEC), find_lines)


def scan_pdf(
    path: Path, *, num_pages: int = 1, rotation: int = 0, origin: tuple[int, int] = (0, 0), **save: object
) -> Path:
    """A PDF whose pages are pictures of blocks, a pixel a point, turned so that they are shown upright."""
    turned = np.rot90(picture(), rotation // 90)
    height, width = turned.shape[:2]
    left, bottom = origin
    with Pdf.new() as pdf:
        for _ in range(num_pages):
            image = Stream(pdf, np.ascontiguousarray(turned).tobytes())
            image.Type, image.Subtype, image.Width, image.Height = Name.XObject, Name.Image, width, height
            image.ColorSpace, image.BitsPerComponent = Name.DeviceRGB, 8
            page = pdf.add_blank_page(page_size=(width, height))
            page.obj.MediaBox = Array([left - 50, bottom - 50, left + width + 50, bottom + height + 50])
            page.obj.CropBox = Array([left, bottom, left + width, bottom + height])
            page.obj.Rotate = rotation
            page.obj.Resources = Dictionary(XObject=Dictionary(Scan=pdf.make_indirect(image)))
            # A careless program: the state it leaves behind must not move what is laid over.
            page.obj.Contents = Stream(pdf, f"{width} 0 0 {height} {left} {bottom} cm /Scan Do".encode())
        pdf.save(path, **save)
    return path


def damaged_pdf(path: Path, *, num_pages: int = 3, damaged: int = 2) -> Path:
    """As `scan_pdf`, but PDFium cannot load one of the pages."""
    scan_pdf(path, num_pages=num_pages)
    with open_pdf(path, allow_overwriting_input=True) as pdf:
        pdf.pages[damaged - 1].obj.Type = Name.Font
        pdf.save(path)
    return path


def damaged_tiff(path: Path) -> Path:
    """A TIFF of three pages, the second of which cannot be decoded."""
    scan_tiff(path, 3, compression="tiff_deflate")
    with Image.open(path) as image:
        image.seek(1)
        at = image.tag_v2[STRIP_OFFSETS][0]
    data = bytearray(path.read_bytes())
    data[at : at + 40] = bytes(40)
    path.write_bytes(data)
    return path


def text_pdf(
    path: Path,
    lines: Sequence[str],
    *,
    to_unicode: bytes | None = None,
    has_to_unicode: bool = True,
    drawn: bytes = b"",
) -> Path:
    """A PDF of one page, 400 × 300 points, whose lines are text, 40 points apart.

    Args:
        path: where to.
        lines: of words of equal characters.
        to_unicode: in place of the right one.
        has_to_unicode: whether the font says which characters its glyphs are.
        drawn: what comes before the text, such as rules.
    """
    words = []
    for row, text in enumerate(lines):
        at = 20.0
        line_words = []
        for word in text.split():
            line_words.append(Word(word, rectangle(at, 20 + 40 * row, at + 20 * len(word), 44 + 40 * row), 1.0))
            at += 20 * len(word) + 10
        words.append(tuple(line_words))
    page = document_page(words, 400, 300)
    shown = InvisibleText()
    content = shown.content(page, np.array([[1, 0, 0], [0, -1, 300], [0, 0, 1.0]])).replace(b"3 Tr", b"0 Tr")
    with Pdf.new() as pdf:
        target = pdf.add_blank_page(page_size=(400, 300))
        font = shown.font(pdf)
        if not has_to_unicode:
            del font.ToUnicode
        elif to_unicode is not None:
            font.ToUnicode = pdf.make_indirect(Stream(pdf, to_unicode))
        target.obj.Resources = Dictionary(Font=Dictionary({f"/{FONT_NAME}": font}))
        target.obj.Contents = Stream(pdf, drawn + content)
        pdf.save(path)
    return path


def scan_tiff(path: Path, num_pages: int = 2, **save: object) -> Path:
    """A TIFF with `num_pages` pages of blocks."""
    pages = [Image.fromarray(picture()) for _ in range(num_pages)]
    pages[0].save(path, save_all=True, append_images=pages[1:], **save)
    return path


def rectangle(left: float, top: float, right: float, bottom: float) -> Box:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def document_page(words: Sequence[tuple[Word, ...]], width_px: int, height_px: int, **values: object) -> DocumentPage:
    """A page of lines made of these words."""
    lines = []
    for line_words in words:
        corners = np.array([corner for word in line_words for corner in word.box])
        (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
        text = " ".join(word.text for word in line_words)
        lines.append(Line(text, line_words[0].confidence, rectangle(left, top, right, bottom)))
    return DocumentPage(width_px, height_px, tuple(lines), words=tuple(words), **values)  # type: ignore[arg-type]


def page_of_lines(*lines: tuple[str, float, float, float], path: str | None = "쪽.png") -> DocumentPage:
    """A page of 1,000 × 1,400 px with lines of text, left, top and height; each character is as wide as high."""
    words = []
    for text, left, top, height in lines:
        at, line_words = left, []
        for word in text.split():
            right = at + height * len(word)
            line_words.append(Word(word, rectangle(at, top, right, top + height), 0.9))
            at = right + height / 3
        words.append(tuple(line_words))
    return document_page(words, 1000, 1400, path=path, dpi=200.0)
