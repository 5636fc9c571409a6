"""Pages of blocks with rules between them, read from end to end."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hunmin.documents.page import DocumentPage
from hunmin.documents.reader import Reader
from hunmin.documents.tables.ruling.spans import Span
from hunmin.documents.tables.tabled import with_tables
from hunmin.pages.direction import to_original
from hunmin.pages.line import Box
from hunmin.pages.page import Page
from hunmin.recognize.recognizer import Recognizer
from tests.documents.tables.ruled import draw_grids, grid_of
from tests.pages.blocks import SPEC, draw, read_blocks

GRID = grid_of([130, 130, 130], [48, 48, 48], [Span(1, 1, 2, 2)])
CELLS = {(0, 0): "가나", (0, 1): "다라", (0, 2): "마가", (1, 0): "나다", (1, 1): "라마 가", (2, 0): "마나"}
ABOVE, BELOW = "가가가 나나나", "다다다 라라라"
HIGH = 32


def ruled_page() -> tuple[NDArray[np.uint8], dict[str, tuple[int, int, int, int]]]:
    """A line, a table, a line; and left, top, right, bottom of each text."""
    page = draw_grids(GRID, size=(300, 500))
    places = {ABOVE: (50, 8), BELOW: (50, 240)}
    for span in GRID.spans:
        left, top, _, bottom = GRID.rectangle(span)
        text = CELLS[span.row, span.column]
        places[text] = (round(left) + 20, round((top + bottom) / 2) - HIGH // 2)
    boxes = {}
    for text, (x, y) in places.items():
        line = draw(text)
        page[y + 8 : y + 24, x : x + line.shape[1]] = line[8:24]
        boxes[text] = (x, y, x + line.shape[1], y + HIGH)
    return page, boxes


def reader(boxes: list[tuple[int, int, int, int]]) -> Reader:
    """Reads pages of blocks; its detector finds these boxes on every page."""
    quads = np.array([[(x0, y0), (x1, y0), (x1, y1), (x0, y1)] for x0, y0, x1, y1 in boxes], np.float32)
    return Reader(Recognizer.from_engine(read_blocks, SPEC), lambda image: quads)


def read(
    page: NDArray[np.uint8], boxes: list[tuple[int, int, int, int]], folder: Path
) -> tuple[DocumentPage, dict[tuple[int, int], str]]:
    """The page as a document, and the texts of its only table."""
    Image.fromarray(page).save(folder / "a.png")
    (document_page,) = reader(boxes).read_document(folder / "a.png")
    (table,) = document_page.tables
    return document_page, {(cell.row, cell.column): cell.text for cell in table.cells}


def test_every_cell_has_its_text_and_the_lines_of_the_table_come_together(tmp_path: Path) -> None:
    page, boxes = ruled_page()
    read_page, texts = read(page, list(boxes.values()), tmp_path)
    assert texts == CELLS
    assert [line.text for line in read_page.lines] == [ABOVE, *CELLS.values(), BELOW]
    (table,) = read_page.tables
    assert [(cell.row_span, cell.column_span) for cell in table.cells] == [(1, 1)] * 4 + [(2, 2), (1, 1)]
    assert [read_page.lines[index].text for index in table.lines] == list(CELLS.values())
    assert np.allclose(np.array(table.box)[[0, 2]], [(50, 50), (440, 194)], atol=4)
    assert read_page.text.split("\n") == [ABOVE, "가나\t다라\t마가", "나다\t라마 가\t", "마나\t\t", BELOW]


def test_a_line_through_several_cells_is_cut_at_their_rules(tmp_path: Path) -> None:
    page, boxes = ruled_page()
    first, last = boxes.pop("가나"), boxes.pop("마가")
    middle = boxes.pop("다라")
    through = (first[0], first[1], last[2], last[3])
    read_page, texts = read(page, [*boxes.values(), through], tmp_path)
    assert texts == CELLS
    parts = {line.text: line.box for line in read_page.lines}
    assert middle[0] - 12 <= parts["다라"][0][0] <= middle[0] + 6
    assert middle[2] - 6 <= parts["다라"][1][0] <= middle[2] + 12


def test_what_the_detector_missed_in_a_cell_is_read_and_dirt_is_not(tmp_path: Path) -> None:
    page, boxes = ruled_page()
    del boxes["나다"], boxes["라마 가"]
    page[100:103, 400:403] = 0
    page[160:166, 60:170] = 255
    x0, y0, x1, y1 = boxes.pop("마나")
    page[y0:y1, x0:x1] = 255
    page[y0 + 10 : y0 + 13, x0 : x0 + 3] = 0
    _, texts = read(page, list(boxes.values()), tmp_path)
    assert texts == {**CELLS, (2, 0): ""}


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_boxes_of_a_turned_page_are_those_of_the_page_as_it_lay(turns: int) -> None:
    pixels, boxes = ruled_page()
    upright = reader(list(boxes.values())).read(pixels)
    # As it lies after turning it back by so many quarters.
    lying = np.ascontiguousarray(np.rot90(pixels, -turns))
    height, width = lying.shape[:2]

    def lie_down(box: Box) -> Box:
        return tuple(map(tuple, to_original(np.array(box), turns, width, height).tolist()))

    page = Page(width, height, tuple(replace(line, box=lie_down(line.box)) for line in upright.lines), None, 90 * turns)
    tabled = with_tables(page, lying, reader([]).read_boxes)
    (table,) = tabled.tables
    assert {(cell.row, cell.column): cell.text for cell in table.cells} == CELLS
    assert np.allclose(table.box, lie_down(((50, 50), (440, 50), (440, 194), (50, 194))), atol=4)
    assert [line.text for line in tabled.lines] == [ABOVE, *CELLS.values(), BELOW]
    assert {line.text: line.box for line in tabled.lines} == {line.text: line.box for line in page.lines}
