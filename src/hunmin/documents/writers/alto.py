"""ALTO 4.4 (https://www.loc.gov/standards/alto/): blocks, lines and strings with their places, in pixels."""

from itertools import pairwise

from hunmin import __version__
from hunmin.documents.document import Document, DocumentPage
from hunmin.documents.paragraphs import Paragraph, Rectangle, around, paragraphs
from hunmin.documents.words import Word
from hunmin.documents.writers.markup import corners, xml_text
from hunmin.documents.writers.text_format import TextFormat
from hunmin.pages.line import Box, Line

_NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"


def _begin(document: Document) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<alto xmlns="{_NAMESPACE}" SCHEMAVERSION="4.4">\n<Description>\n'
        "<MeasurementUnit>pixel</MeasurementUnit>\n"
        f"<sourceImageInformation><fileName>{xml_text(document.path)}</fileName></sourceImageInformation>\n"
        '<Processing ID="reading"><processingCategory>contentGeneration</processingCategory>'
        "<processingSoftware><softwareName>hunmin</softwareName>"
        f"<softwareVersion>{__version__}</softwareVersion></processingSoftware></Processing>\n"
        "</Description>\n<Layout>\n"
    )


def _page(page: DocumentPage) -> str:
    found = paragraphs(page)
    space = around([line.box for paragraph in found for line in paragraph.lines]) if found else (0.0, 0.0, 0.0, 0.0)
    blocks = "".join(_block(paragraph, f"{page.number}_{index}") for index, paragraph in enumerate(found, 1))
    return (
        f'<Page ID="page_{page.number}" PHYSICAL_IMG_NR="{page.number}" WIDTH="{page.width_px}" '
        f'HEIGHT="{page.height_px}" PROCESSINGREFS="reading" LANG="ko">\n'
        f"<PrintSpace{_place(space)}>\n{blocks}</PrintSpace>\n</Page>\n"
    )


def _block(paragraph: Paragraph, number: str) -> str:
    lines = "".join(
        _line(line, words, f"{number}_{index}")
        for index, (line, words) in enumerate(zip(paragraph.lines, paragraph.words, strict=True), 1)
    )
    return f'<TextBlock ID="block_{number}"{_place(paragraph.rectangle)}>\n{lines}</TextBlock>\n'


def _line(line: Line, words: tuple[Word, ...], number: str) -> str:
    parts = [_string(words[0], f"{number}_1")]
    for index, (before, word) in enumerate(pairwise(words), 2):
        parts += [_space(before, word), _string(word, f"{number}_{index}")]
    return (
        f'<TextLine ID="line_{number}"{_place(around([line.box]))}>\n{_shape(line.box)}'
        + "".join(f"{part}\n" for part in parts)
        + "</TextLine>\n"
    )


def _string(word: Word, number: str) -> str:
    place = _place(around([word.box]))
    return (
        f'<String ID="string_{number}"{place} CONTENT="{xml_text(word.text)}" WC="{word.confidence:.4f}">'
        f"{_shape(word.box)}</String>"
    )


def _space(before: Word, after: Word) -> str:
    """The space between two words: from the middle of the one's end to that of the other's beginning."""
    _, (x0, y0), (x1, y1), _ = before.box
    (x2, y2), _, _, (x3, y3) = after.box
    left, right = sorted(((x0 + x1) / 2, (x2 + x3) / 2))
    top = min((y0 + y1) / 2, (y2 + y3) / 2)
    return f'<SP WIDTH="{right - left:.0f}" HPOS="{max(left, 0):.0f}" VPOS="{max(top, 0):.0f}"/>'


def _shape(box: Box) -> str:
    return f'<Shape><Polygon POINTS="{corners(box)}"/></Shape>'


def _place(rectangle: Rectangle) -> str:
    left, top, right, bottom = (max(round(value), 0) for value in rectangle)
    return f' HPOS="{left}" VPOS="{top}" WIDTH="{right - left}" HEIGHT="{bottom - top}"'


ALTO = TextFormat(".alto.xml", _page, _begin, end="</Layout>\n</alto>\n")
