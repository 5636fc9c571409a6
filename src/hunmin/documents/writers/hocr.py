"""hOCR 1.2 (http://kba.github.io/hocr-spec/1.2/): HTML whose elements carry boxes and confidences in their titles."""

import math

from hunmin.documents.page import DocumentPage
from hunmin.documents.paragraphs import Block, Paragraph, around, blocks, cell_paragraph
from hunmin.documents.source.open_source import Source
from hunmin.documents.tables.table import Cell, Table
from hunmin.documents.words import Word
from hunmin.documents.writers.markup import table_rows, xml_text
from hunmin.documents.writers.text_format import TextFormat
from hunmin.pages.line import Box, Line
from hunmin.version import __version__

_CLASSES = {"body": "ocr_par", "header": "ocr_header", "footer": "ocr_footer", "page_number": "ocr_pageno"}
_CAPABILITIES = f"ocr_page ocr_table ocr_carea {' '.join(_CLASSES.values())} ocr_line ocrx_word ocrp_wconf"


def _begin(source: Source, num_pages: int) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="ko" lang="ko">\n<head>\n'
        f"<title>{xml_text(source.path.name)}</title>\n"
        '<meta http-equiv="Content-Type" content="text/html; charset=utf-8"/>\n'
        f'<meta name="ocr-system" content="hunmin {__version__}"/>\n'
        f'<meta name="ocr-capabilities" content="{_CAPABILITIES}"/>\n'
        f'<meta name="ocr-number-of-pages" content="{num_pages}"/>\n'
        '<meta name="ocr-langs" content="ko"/>\n'
        "</head>\n<body>\n"
    )


def _page(page: DocumentPage) -> str:
    image = xml_text((page.path or "").replace('"', "%22"))
    resolution = f"; scan_res {page.dpi:.0f} {page.dpi:.0f}" if page.dpi else ""
    title = (
        f"image &quot;{image}&quot;; bbox 0 0 {page.width_px} {page.height_px}; ppageno {page.number - 1}{resolution}"
    )
    inside = "".join(_block(page, block, f"{page.number}_{index}") for index, block in enumerate(blocks(page), 1))
    return f'<div class="ocr_page" id="page_{page.number}" title="{title}">\n{inside}</div>\n'


def _block(page: DocumentPage, block: Block, number: str) -> str:
    if isinstance(block, Table):
        return _table(page, block, number)
    return _paragraph(block, number)


def _paragraph(paragraph: Paragraph, number: str) -> str:
    boxes = [line.box for line in paragraph.lines]
    name = _CLASSES[paragraph.role]
    return f'<p class="{name}" id="par_{number}" lang="ko" title="{_bbox(*boxes)}">\n{_lines(paragraph, number)}</p>\n'


def _table(page: DocumentPage, table: Table, number: str) -> str:
    def attributes(cell: Cell) -> str:
        return f' class="ocr_carea" id="cell_{number}_{cell.row}_{cell.column}" title="{_bbox(cell.box)}"'

    def content(cell: Cell) -> str:
        paragraph = cell_paragraph(page, cell)
        return f"\n{_paragraph(paragraph, f'{number}_{cell.row}_{cell.column}')}" if paragraph else ""

    rows = table_rows(table, content, attributes)
    return f'<table class="ocr_table" id="table_{number}" title="{_bbox(table.box)}">\n{rows}</table>\n'


def _lines(paragraph: Paragraph, number: str) -> str:
    return "".join(
        _line(line, words, f"{number}_{index}")
        for index, (line, words) in enumerate(zip(paragraph.lines, paragraph.words, strict=True), 1)
    )


def _line(line: Line, words: tuple[Word, ...], number: str) -> str:
    spans = " ".join(_word(word, f"{number}_{index}") for index, word in enumerate(words, 1))
    title = f"{_bbox(line.box)}; {_textangle(line.box) or _baseline(line.box)}"
    return f'<span class="ocr_line" id="line_{number}" title="{title}">{spans}</span>\n'


def _word(word: Word, number: str) -> str:
    title = f"{_bbox(word.box)}; x_wconf {100 * word.confidence:.0f}"
    return f'<span class="ocrx_word" id="word_{number}" title="{title}">{xml_text(word.text)}</span>'


def _bbox(*boxes: Box) -> str:
    left, top, right, bottom = (max(round(value), 0) for value in around(boxes))
    return f"bbox {left} {top} {right} {bottom}"


def _textangle(box: Box) -> str:
    """By how many degrees counterclockwise a line is turned that runs down, up or upside down; empty of one that hardly is."""
    (x0, y0), (x1, y1), _, _ = box
    quarters = round(math.degrees(math.atan2(y0 - y1, x1 - x0)) / 90) % 4
    return f"textangle {90 * quarters}" if quarters else ""


def _baseline(box: Box) -> str:
    """Slope and offset of the lower side from the lower left corner of the bounding box."""
    left, _, _, bottom = around([box])
    _, _, (x2, y2), (x3, y3) = box
    slope = (y2 - y3) / (x2 - x3) if x2 != x3 else 0.0
    return f"baseline {slope:.4f} {y3 + slope * (left - x3) - bottom:.1f}"


HOCR = TextFormat(".hocr", _page, _begin, end="</body>\n</html>\n")
