"""ALTO 4.4 (https://www.loc.gov/standards/alto/): blocks, lines and strings with their places, in pixels.

A table is a composed block of rows, each a composed block of the cells that begin in it. Running heads and feet stand in the
margins, as the standard has it.
"""

from collections.abc import Sequence
from itertools import pairwise

from hunmin.documents.page import DocumentPage
from hunmin.documents.paragraphs import Block, Paragraph, Rectangle, around, blocks, cell_paragraph
from hunmin.documents.source.open_source import Source
from hunmin.documents.tables.table import Cell, Table
from hunmin.documents.words import Word
from hunmin.documents.writers.markup import corners, xml_text
from hunmin.documents.writers.text_format import TextFormat
from hunmin.pages.line import Box, Line
from hunmin.version import __version__

_NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"


def _begin(source: Source, _num_pages: int) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<alto xmlns="{_NAMESPACE}" SCHEMAVERSION="4.4">\n<Description>\n'
        "<MeasurementUnit>pixel</MeasurementUnit>\n"
        f"<sourceImageInformation><fileName>{xml_text(source.path)}</fileName></sourceImageInformation>\n"
        '<Processing ID="reading"><processingCategory>contentGeneration</processingCategory>'
        "<processingSoftware><softwareName>hunmin</softwareName>"
        f"<softwareVersion>{__version__}</softwareVersion></processingSoftware></Processing>\n"
        "</Description>\n<Layout>\n"
    )


def _page(page: DocumentPage) -> str:
    spaces: dict[str, list[tuple[Block, str]]] = {"TopMargin": [], "BottomMargin": [], "PrintSpace": []}
    for index, block in enumerate(blocks(page), 1):
        spaces[_space_of(page, block)].append((block, f"{page.number}_{index}"))
    inside = "".join(_space(page, name, held) for name, held in spaces.items() if held or name == "PrintSpace")
    return (
        f'<Page ID="page_{page.number}" PHYSICAL_IMG_NR="{page.number}" WIDTH="{page.width_px}" '
        f'HEIGHT="{page.height_px}" PROCESSINGREFS="reading" LANG="ko">\n{inside}</Page>\n'
    )


def _space_of(page: DocumentPage, block: Block) -> str:
    """The part of a page that a block belongs to."""
    if isinstance(block, Table) or block.role == "body":
        return "PrintSpace"
    is_above = block.rectangle[1] + block.rectangle[3] < page.height_px
    return "TopMargin" if block.role == "header" or (block.role == "page_number" and is_above) else "BottomMargin"


def _space(page: DocumentPage, name: str, held: Sequence[tuple[Block, str]]) -> str:
    boxes = [
        box
        for block, _ in held
        for box in ([block.box] if isinstance(block, Table) else [line.box for line in block.lines])
    ]
    place = _place(around(boxes)) if boxes else _place((0.0, 0.0, 0.0, 0.0))
    inside = "".join(
        _table(page, block, number) if isinstance(block, Table) else _block(block, block.rectangle, number)
        for block, number in held
    )
    return f"<{name}{place}>\n{inside}</{name}>\n"


def _table(page: DocumentPage, table: Table, number: str) -> str:
    rows = []
    for row in range(table.num_rows):
        cells = [cell for cell in table.cells if cell.row == row]
        if cells:
            place = _place(around([cell.box for cell in cells]))
            inside = "".join(_cell(page, cell, f"{number}_{row}_{cell.column}") for cell in cells)
            rows.append(f'<ComposedBlock ID="row_{number}_{row}"{place} TYPE="row">\n{inside}</ComposedBlock>\n')
    place = _place(around([table.box]))
    return f'<ComposedBlock ID="table_{number}"{place} TYPE="table">\n{"".join(rows)}</ComposedBlock>\n'


def _cell(page: DocumentPage, cell: Cell, number: str) -> str:
    paragraph = cell_paragraph(page, cell)
    rectangle = around([cell.box])
    return (
        _block(paragraph, rectangle, number) if paragraph else f'<TextBlock ID="block_{number}"{_place(rectangle)}/>\n'
    )


def _block(paragraph: Paragraph, rectangle: Rectangle, number: str) -> str:
    lines = "".join(
        _line(line, words, f"{number}_{index}")
        for index, (line, words) in enumerate(zip(paragraph.lines, paragraph.words, strict=True), 1)
    )
    return f'<TextBlock ID="block_{number}"{_place(rectangle)}>\n{lines}</TextBlock>\n'


def _line(line: Line, words: tuple[Word, ...], number: str) -> str:
    parts = [_string(words[0], f"{number}_1")]
    for index, (before, word) in enumerate(pairwise(words), 2):
        parts += [_blank(before, word), _string(word, f"{number}_{index}")]
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


def _blank(before: Word, after: Word) -> str:
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
