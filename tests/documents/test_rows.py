from dataclasses import replace

import numpy as np
import pytest

from hunmin.documents.page import DocumentPage
from hunmin.documents.rows import rows
from hunmin.documents.tables.table import Cell, Table
from hunmin.documents.writers.markdown import MARKDOWN
from hunmin.pages.line import Line
from tests.documents.paper import page_of_lines, rectangle

RECEIPT = (
    ("한빛분식", 300, 40, 50),
    ("품명", 100, 200, 30),
    ("수량", 600, 200, 30),
    ("금액", 800, 200, 30),
    ("치즈김밥", 100, 250, 30),
    ("2", 610, 252, 26),
    ("9,000", 800, 249, 32),
    ("합계", 100, 330, 40),
    ("26,500원", 700, 326, 48),
)
READ = "한빛분식\n품명\t수량\t금액\n치즈김밥\t2\t9,000\n합계\t26,500원"


def turned(page: DocumentPage, degrees: float) -> DocumentPage:
    """The same page with all boxes turned about its middle."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))

    def moved(line: Line) -> Line:
        corners = (np.array(line.box) - (500, 700)) @ np.array([[cos, sin], [-sin, cos]]) + (700, 700)
        return replace(line, box=tuple(map(tuple, corners.tolist())))

    return replace(page, lines=tuple(map(moved, page.lines)))


@pytest.mark.parametrize("degrees", [0, 3, -3, 8, 90, 92, 180, 178, 270])
def test_a_label_and_its_amount_are_one_row_however_the_page_lies(degrees: float) -> None:
    assert turned(page_of_lines(*RECEIPT), degrees).text == READ


def test_a_narrow_one_belongs_to_its_row_though_the_page_is_tilted() -> None:
    lines = [Line("치즈김밥", 1.0, rectangle(100, 100, 220, 130)), Line("1", 1.0, rectangle(600, 105, 608, 135))]
    lines.append(Line("9,000", 1.0, rectangle(800, 110, 890, 140)))
    assert list(rows(lines)) == [[0, 1, 2]]


def test_only_lines_that_follow_one_another_are_put_together() -> None:
    columns = [
        ("가나다라", 100, 100, 30),
        ("마바사아", 100, 140, 30),
        ("자차카타", 500, 100, 30),
        ("파하거너", 500, 140, 30),
    ]
    assert list(rows(page_of_lines(*columns).lines)) == [[0], [1], [2], [3]]
    assert list(rows(page_of_lines(*columns[:1]).lines)) == [[0]]
    assert list(rows([])) == []


def test_columns_of_vertical_writing_are_no_row() -> None:
    columns = [Line("세로쓰기", 1.0, rectangle(right - 40, 100, right, 400)) for right in (900, 840, 780)]
    assert list(rows(columns)) == [[0], [1], [2]]


def test_lines_one_over_the_other_are_no_row() -> None:
    assert page_of_lines(("위", 100, 100, 30), ("아래", 140, 118, 30)).text == "위\n아래"


def test_a_table_keeps_its_rows_and_a_line_beside_it_stands_alone() -> None:
    page = page_of_lines(("성명", 100, 100, 30), ("박서연", 300, 100, 30), ("비고", 700, 100, 30))
    cells = (
        Cell(0, 0, 1, 1, "성명", rectangle(90, 90, 290, 140), (0,)),
        Cell(0, 1, 1, 1, "박서연", rectangle(290, 90, 600, 140), (1,)),
    )
    table = Table(1, 2, cells, rectangle(90, 90, 600, 140))
    assert replace(page, tables=(table,)).text == "성명\t박서연\n비고"


def test_rows_of_a_receipt_are_lines_of_one_paragraph_in_markdown() -> None:
    lines = [("품명", 100, 200, 30), ("금액", 800, 200, 30), ("치즈김밥", 100, 240, 30), ("9,000", 800, 240, 30)]
    page = page_of_lines(*lines)
    assert MARKDOWN.page(page) == "품명\t금액\n치즈김밥\t9,000\n"
    assert MARKDOWN.page(turned(page, 3)) == "품명\t금액\n치즈김밥\t9,000\n"
