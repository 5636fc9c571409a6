"""A page with a running head, a table whose cells go over several places, and a plain one, in every format."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from xml.etree import ElementTree

import jsonschema
import pytest

from hunmin.documents.page import DocumentPage
from hunmin.documents.paragraphs import Paragraph, blocks, paragraphs
from hunmin.documents.tables.table import Cell, Table
from hunmin.documents.writers.alto import ALTO
from hunmin.documents.writers.hocr import HOCR
from hunmin.documents.writers.json_file import JSON
from hunmin.documents.writers.markdown import MARKDOWN
from hunmin.documents.writers.page_xml import PAGE_XML
from hunmin.documents.writers.plain_text import PLAIN_TEXT
from hunmin.documents.writers.tsv import TSV
from tests.documents.paper import page_of_lines, rectangle
from tests.documents.writers.test_text_formats import ALTO_RULES, PAGE_RULES, check_element, check_unique_names

ALTO_SPACE = "{http://www.loc.gov/standards/alto/ns-v4#}"
PAGE_SPACE = "{http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15}"
HOSTILE = "<b>|`*x*` <script>alert(1)</script>"


def cell(place: tuple[int, int], spans: tuple[int, int], text: str, *lines: int) -> Cell:
    left, top = 100.0 + 200 * place[1], 200.0 + 100 * place[0]
    return Cell(*place, *spans, text, rectangle(left, top, left + 200 * spans[1], top + 100 * spans[0]), lines)


def tabled_page(first: str = "신청인") -> DocumentPage:
    page = page_of_lines(
        ("머리말", 100, 20, 30), (first, 110, 260, 30), ("성명", 310, 230, 30), ("홍 길동", 510, 220, 30),
        ("(서명)", 510, 260, 30), ("비고", 310, 330, 30), ("아래 글", 100, 500, 30), ("수량", 110, 630, 30),
        ("2", 310, 630, 30), ("금액", 110, 730, 30), ("- 3 -", 480, 1350, 30),
    )  # fmt: skip
    spanned = Table(
        2,
        3,
        (
            cell((0, 0), (2, 1), first, 1),
            cell((0, 1), (1, 1), "성명", 2),
            cell((0, 2), (1, 1), "홍 길동\n(서명)", 3, 4),
            cell((1, 1), (1, 1), "비고", 5),
        ),
        rectangle(100, 200, 700, 400),
    )
    plain = Table(
        2,
        2,
        (
            cell((0, 0), (1, 1), "수량", 7),
            cell((0, 1), (1, 1), "2", 8),
            cell((1, 0), (1, 1), "금액", 9),
            cell((1, 1), (1, 1), ""),
        ),
        rectangle(100, 600, 500, 800),
    )
    body = ("body",) * 9
    return replace(page, tables=(spanned, plain), roles=("header", *body, "page_number"))


PAGE = tabled_page()


def test_paragraphs_and_tables_come_in_turn() -> None:
    found = [
        [line.text for line in block.lines] if isinstance(block, Paragraph) else block.num_columns
        for block in blocks(PAGE)
    ]
    assert found == [["머리말"], 3, ["아래 글"], 2, ["- 3 -"]]


def test_whoever_knows_paragraphs_alone_gets_the_lines_of_cells_too() -> None:
    found = [[line.text for line in paragraph.lines] for paragraph in paragraphs(PAGE)]
    assert [line for lines in found for line in lines] == [line.text for line in PAGE.lines]
    assert found[1:5] == [["신청인"], ["성명"], ["홍 길동", "(서명)"], ["비고"]]


def test_text_has_rows_with_tabs() -> None:
    assert PLAIN_TEXT.page(PAGE) == (
        "머리말\n신청인\t성명\t홍 길동 (서명)\n\t비고\t\n아래 글\n수량\t2\n금액\t\n- 3 -\n"
    )
    assert PAGE.text == PLAIN_TEXT.page(PAGE)[:-1]


def test_markdown_has_pipes_where_no_cell_spans_and_html_where_one_does() -> None:
    assert MARKDOWN.page(PAGE) == (
        '<table>\n<tr><td rowspan="2">신청인</td><td>성명</td><td>홍 길동<br>(서명)</td></tr>\n'
        "<tr><td>비고</td><td></td></tr>\n</table>\n\n아래 글\n\n| 수량 | 2 |\n| --- | --- |\n| 금액 |  |\n"
    )


@pytest.mark.parametrize("has_spans", [True, False])
def test_no_text_of_a_cell_is_taken_for_markup(*, has_spans: bool) -> None:
    page = tabled_page(HOSTILE)
    if not has_spans:
        cells = tuple(replace(one, row_span=1) for one in page.tables[0].cells)
        page = replace(page, tables=(replace(page.tables[0], cells=cells), page.tables[1]))
    tags: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: tags.append(tag)  # type: ignore[method-assign]
    shown = MARKDOWN.page(page)
    parser.feed(re.sub(r"\\.", "", shown))  # what Markdown takes for text
    assert set(tags) <= {"table", "tr", "td", "br"}
    if not has_spans:
        assert all(len(re.findall(r"(?<!\\)\|", line)) == 4 for line in shown.split("\n")[:3])


def test_json_keeps_to_its_schema_and_older_files_do_too() -> None:
    schema = json.loads(files("hunmin.documents").joinpath("schema/document-1.schema.json").read_text("utf-8"))
    values = json.loads(JSON.page(PAGE))
    document = {"format": "hunmin-document", "format_version": 1, "hunmin_version": "1", "path": "a", "num_pages": 1}
    jsonschema.validate({**document, "pages": [values]}, schema)
    first, second = values["tables"]
    assert [(one["row"], one["column"], one["row_span"], one["text"]) for one in first["cells"][:2]] == [
        (0, 0, 2, "신청인"),
        (0, 1, 1, "성명"),
    ]
    assert [values["lines"][index]["text"] for one in first["cells"] for index in one["lines"]] == [
        "신청인", "성명", "홍 길동", "(서명)", "비고",
    ]  # fmt: skip
    assert second["cells"][3] == {
        "row": 1, "column": 1, "row_span": 1, "column_span": 1, "text": "", "lines": [],
        "box": [[300, 300], [500, 300], [500, 400], [300, 400]],
    }  # fmt: skip
    assert [line.get("role") for line in values["lines"]] == ["header", *[None] * 9, "page_number"]
    del values["tables"]
    jsonschema.validate({**document, "pages": [values]}, schema)


def test_alto_has_a_composed_block_of_rows_and_running_heads_in_the_margins() -> None:
    root = ElementTree.fromstring(f'<Layout xmlns="{ALTO_SPACE[1:-1]}">{ALTO.page(PAGE)}</Layout>')
    check_element(root, ALTO_RULES)
    check_unique_names(root, "ID")
    table, _ = root.findall(f".//{ALTO_SPACE}ComposedBlock[@TYPE='table']")
    rows = table.findall(f"{ALTO_SPACE}ComposedBlock[@TYPE='row']")
    assert [[string.get("CONTENT") for string in row.iter(f"{ALTO_SPACE}String")] for row in rows] == [
        ["신청인", "성명", "홍", "길동", "(서명)"],
        ["비고"],
    ]
    for space, text in (("TopMargin", ["머리말"]), ("BottomMargin", ["-", "3", "-"])):
        (margin,) = root.iter(f"{ALTO_SPACE}{space}")
        assert [string.get("CONTENT") for string in margin.iter(f"{ALTO_SPACE}String")] == text


def test_page_xml_has_table_regions_with_the_place_of_each_cell() -> None:
    root = ElementTree.fromstring(PAGE_XML.page(PAGE))
    check_element(root, PAGE_RULES)
    check_unique_names(root, "id")
    table, _ = root.iter(f"{PAGE_SPACE}TableRegion")
    assert (table.get("rows"), table.get("columns")) == ("2", "3")
    places = [role.attrib for role in table.iter(f"{PAGE_SPACE}TableCellRole")]
    assert places[0] == {"rowIndex": "0", "columnIndex": "0", "rowSpan": "2", "colSpan": "1"}
    texts = [
        region.findtext(f"{PAGE_SPACE}TextEquiv/{PAGE_SPACE}Unicode")
        for region in table.findall(f"{PAGE_SPACE}TextRegion")
    ]
    assert texts == ["신청인", "성명", "홍 길동\n(서명)", "비고"]
    regions = [region for region in root.find(f"{PAGE_SPACE}Page") or () if region.get("id")]
    assert [region.get("type") for region in regions] == ["header", None, "paragraph", None, "page-number"]
    order = [reference.get("regionRef") for reference in root.iter(f"{PAGE_SPACE}RegionRefIndexed")]
    assert order == [region.get("id") for region in regions]


def test_hocr_has_tables_whose_cells_hold_lines() -> None:
    root = ElementTree.fromstring(HOCR.page(PAGE))
    check_unique_names(root, "id")
    table, _ = root.findall(".//table[@class='ocr_table']")
    assert table.get("title") == "bbox 100 200 700 400"
    assert [cell_.get("rowspan") for cell_ in table.iter("td")] == ["2", None, None, None, None]
    assert [len(cell_.findall("p[@class='ocr_par']/span[@class='ocr_line']")) for cell_ in table.iter("td")] == [
        1,
        1,
        2,
        1,
        0,
    ]
    assert [element.get("class") for element in root] == [
        "ocr_header",
        "ocr_table",
        "ocr_par",
        "ocr_table",
        "ocr_pageno",
    ]


def test_tsv_has_the_words_of_tables_too() -> None:
    assert [row.split("\t")[-1] for row in TSV.page(PAGE).splitlines()][:4] == ["머리말", "신청인", "성명", "홍"]
