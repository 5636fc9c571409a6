"""PAGE XML of 2019-07-15 (https://github.com/PRImA-Research-Lab/PAGE-XML): regions, lines and words; a page a file."""

from datetime import UTC, datetime

from hunmin.documents.page import DocumentPage
from hunmin.documents.paragraphs import Block, Paragraph, Rectangle, around, blocks, cell_paragraph
from hunmin.documents.tables.table import Cell, Table
from hunmin.documents.words import Word
from hunmin.documents.writers.markup import corners, xml_text
from hunmin.documents.writers.text_format import TextFormat
from hunmin.pages.line import Box, Line
from hunmin.version import __version__

_NAMESPACE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"
_TYPES = {"body": "paragraph", "header": "header", "footer": "footer", "page_number": "page-number"}


def _page(page: DocumentPage) -> str:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = blocks(page)
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
        + "".join(_region(page, block, f"r{index}") for index, block in enumerate(found))
        + "</Page>\n</PcGts>\n"
    )


def _region(page: DocumentPage, block: Block, name: str) -> str:
    if isinstance(block, Table):
        return _table(page, block, name)
    kind = _TYPES[block.role] if block.role != "body" or not block.heading_level else "heading"
    coordinates = _coordinates(_corners(block.rectangle))
    return f'<TextRegion id="{name}" type="{kind}">{coordinates}\n{_lines(block, name)}</TextRegion>\n'


def _table(page: DocumentPage, table: Table, name: str) -> str:
    cells = "".join(_cell(page, cell, f"{name}c{cell.row}-{cell.column}") for cell in table.cells)
    # No region may stick out of the one that it is in, and boxes of lines are loose.
    boxes = [table.box, *(page.lines[index].box for index in table.lines)]
    return (
        f'<TableRegion id="{name}" rows="{table.num_rows}" columns="{table.num_columns}" lineSeparators="true" '
        f'embText="true">{_coordinates(_corners(around(boxes)))}\n{cells}</TableRegion>\n'
    )


def _cell(page: DocumentPage, cell: Cell, name: str) -> str:
    paragraph = cell_paragraph(page, cell)
    boxes = [cell.box, *(line.box for line in paragraph.lines)] if paragraph else [cell.box]
    role = (
        f'<Roles><TableCellRole rowIndex="{cell.row}" columnIndex="{cell.column}" rowSpan="{cell.row_span}" '
        f'colSpan="{cell.column_span}"/></Roles>'
    )
    inside = _lines(paragraph, name) if paragraph else ""
    return f'<TextRegion id="{name}">{_coordinates(_corners(around(boxes)))}{role}\n{inside}</TextRegion>\n'


def _lines(paragraph: Paragraph, name: str) -> str:
    """The lines of a region, and its text."""
    lines = "".join(
        _line(line, words, f"{name}l{number}")
        for number, (line, words) in enumerate(zip(paragraph.lines, paragraph.words, strict=True))
    )
    return lines + _text("\n".join(xml_text(line.text) for line in paragraph.lines))


def _line(line: Line, words: tuple[Word, ...], name: str) -> str:
    baseline = f'<Baseline points="{corners((line.box[3], line.box[2]))}"/>'
    inside = "".join(_word(word, f"{name}w{number}") for number, word in enumerate(words))
    text = _text(xml_text(line.text), line.confidence)
    return f'<TextLine id="{name}">{_coordinates(line.box)}{baseline}\n{inside}{text}</TextLine>\n'


def _word(word: Word, name: str) -> str:
    return f'<Word id="{name}">{_coordinates(word.box)}{_text(xml_text(word.text), word.confidence)}</Word>\n'


def _corners(rectangle: Rectangle) -> Box:
    left, top, right, bottom = rectangle
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def _coordinates(box: Box) -> str:
    return f'<Coords points="{corners(box)}"/>'


def _text(escaped: str, confidence: float | None = None) -> str:
    how_sure = f' conf="{confidence:.4f}"' if confidence is not None else ""
    return f"<TextEquiv{how_sure}><Unicode>{escaped}</Unicode></TextEquiv>"


PAGE_XML = TextFormat(".page.xml", _page, has_page_a_file=True)
