"""PAGE XML of 2019-07-15 (https://github.com/PRImA-Research-Lab/PAGE-XML): regions, lines and words; a page a file."""

from datetime import UTC, datetime

from hunmin import __version__
from hunmin.documents.document import DocumentPage
from hunmin.documents.paragraphs import Paragraph, paragraphs
from hunmin.documents.words import Word
from hunmin.documents.writers.markup import corners, xml_text
from hunmin.documents.writers.text_format import TextFormat
from hunmin.pages.line import Box, Line

_NAMESPACE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"


def _page(page: DocumentPage) -> str:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = paragraphs(page)
    references = "".join(f'<RegionRefIndexed index="{index}" regionRef="r{index}"/>' for index in range(len(found)))
    order = f'<ReadingOrder><OrderedGroup id="order">{references}</OrderedGroup></ReadingOrder>\n' if found else ""
    resolution = (
        f' imageXResolution="{page.dpi:.2f}" imageYResolution="{page.dpi:.2f}" imageResolutionUnit="PPI"'
        if page.dpi
        else ""
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<PcGts xmlns="{_NAMESPACE}">\n'
        f"<Metadata><Creator>hunmin {__version__}</Creator><Created>{now}</Created><LastChange>{now}</LastChange></Metadata>\n"
        f'<Page imageFilename="{xml_text(page.path or "")}" imageWidth="{page.width_px}" imageHeight="{page.height_px}"'
        f'{resolution} primaryLanguage="Korean">\n'
        + order
        + "".join(_region(paragraph, index) for index, paragraph in enumerate(found))
        + "</Page>\n</PcGts>\n"
    )


def _region(paragraph: Paragraph, index: int) -> str:
    left, top, right, bottom = paragraph.rectangle
    box = ((left, top), (right, top), (right, bottom), (left, bottom))
    kind = "heading" if paragraph.heading_level else "paragraph"
    lines = "".join(
        _line(line, words, f"r{index}l{number}")
        for number, (line, words) in enumerate(zip(paragraph.lines, paragraph.words, strict=True))
    )
    text = "\n".join(xml_text(line.text) for line in paragraph.lines)
    return f'<TextRegion id="r{index}" type="{kind}">{_coordinates(box)}\n{lines}{_text(text)}</TextRegion>\n'


def _line(line: Line, words: tuple[Word, ...], name: str) -> str:
    baseline = f'<Baseline points="{corners((line.box[3], line.box[2]))}"/>'
    inside = "".join(_word(word, f"{name}w{number}") for number, word in enumerate(words))
    text = _text(xml_text(line.text), line.confidence)
    return f'<TextLine id="{name}">{_coordinates(line.box)}{baseline}\n{inside}{text}</TextLine>\n'


def _word(word: Word, name: str) -> str:
    return f'<Word id="{name}">{_coordinates(word.box)}{_text(xml_text(word.text), word.confidence)}</Word>\n'


def _coordinates(box: Box) -> str:
    return f'<Coords points="{corners(box)}"/>'


def _text(escaped: str, confidence: float | None = None) -> str:
    how_sure = f' conf="{confidence:.4f}"' if confidence is not None else ""
    return f"<TextEquiv{how_sure}><Unicode>{escaped}</Unicode></TextEquiv>"


PAGE_XML = TextFormat(".page.xml", _page, has_page_a_file=True)
