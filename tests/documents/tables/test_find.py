import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hunmin.documents.tables.find import find_tables
from hunmin.documents.tables.ruling.grid import Grid
from hunmin.documents.tables.ruling.spans import Span
from tests.documents.tables.ruled import draw_grids, grid_of, text_boxes, write

PLAIN = grid_of([120, 160, 140], [40, 36, 60])
MERGED = grid_of([60, 120, 160, 140], [40, 36, 60, 44], [Span(0, 0, 3, 1), Span(0, 2, 1, 2), Span(3, 0, 1, 4)])


def found(page: NDArray[np.uint8], *texts: NDArray[np.float32]) -> list[Grid]:
    return [table.grid for table in find_tables(page, np.concatenate(texts))]


def assert_same(grid: Grid, expected: Grid) -> None:
    assert grid.spans == expected.spans
    assert grid.xs == pytest.approx(expected.xs, abs=5)
    assert grid.ys == pytest.approx(expected.ys, abs=3)


@pytest.mark.parametrize("grid", [PLAIN, MERGED], ids=["plain", "merged"])
@pytest.mark.parametrize("thick", [1, 2, 5])
@pytest.mark.parametrize("is_open", [False, True], ids=["closed", "open at the sides"])
def test_cells_and_spans_are_those_that_were_ruled(grid: Grid, thick: int, *, is_open: bool) -> None:
    texts = text_boxes(grid)
    page = write(draw_grids(grid, thick=thick, open_sides=is_open), texts)
    (table,) = found(page, texts)
    assert_same(table, grid)


def test_a_table_on_a_slanted_page_has_its_corners_there() -> None:
    texts = text_boxes(MERGED)
    turn = cv2.getRotationMatrix2D((450, 350), 1.8, 1.0)
    page = cv2.warpAffine(write(draw_grids(MERGED), texts), turn, (900, 700), borderValue=(255, 255, 255))
    (table,) = find_tables(np.asarray(page, dtype=np.uint8), cv2.transform(texts, turn).astype(np.float32))
    assert table.grid.spans == MERGED.spans
    corners = np.array([(MERGED.xs[0], MERGED.ys[0]), (MERGED.xs[-1], MERGED.ys[-1])])
    assert table.quad(table.grid.outline)[[0, 2]] == pytest.approx(cv2.transform(corners[np.newaxis], turn)[0], abs=4)


def test_double_rules_are_one_and_a_broken_rule_is_whole() -> None:
    texts = text_boxes(PLAIN)
    page = write(draw_grids(PLAIN), texts)
    page[56:58, 50:470] = 0
    page[88:92, 200:214] = 255
    page[100:110, 168:172] = 255
    (table,) = found(page, texts)
    assert table.spans == PLAIN.spans


def test_strokes_that_touch_both_rules_of_a_low_row_are_no_rules() -> None:
    grid = grid_of([200, 200], [34, 34, 34])
    texts = text_boxes(grid)
    page = write(draw_grids(grid), texts)
    for box in texts:
        x = round(float(box[:, 0].mean()))
        top, bottom = (round(float(edge)) for edge in (box[:, 1].min(), box[:, 1].max()))
        page[top:bottom, x : x + 3] = 0
    (table,) = found(page, texts)
    assert_same(table, grid)


def test_two_tables_close_together_stay_two() -> None:
    above, below = grid_of([100, 300], [40, 40]), grid_of([150, 150, 100], [40, 40], corner=(50, 143))
    texts = text_boxes(above, below)
    assert [len(grid.spans) for grid in found(write(draw_grids(above, below), texts), texts)] == [4, 6]


def test_a_cell_across_an_open_table_belongs_to_it() -> None:
    texts = np.concatenate([text_boxes(PLAIN), text_boxes(grid_of([420], [80], corner=(50, 186)))])
    page = draw_grids(PLAIN, open_sides=True)
    page[266:268, 50:470] = 0
    (table,) = found(write(page, texts), texts)
    assert table.spans == (*PLAIN.spans, Span(3, 0, 1, 3))
    page[186:194, 50:470] = 0
    (table,) = found(write(page, texts), texts)
    assert table.spans == PLAIN.spans, "a thick rule ends it"


@pytest.mark.parametrize(
    "grid",
    [grid_of([400], [100]), grid_of([100, 300], [60]), grid_of([400], [40, 40, 40])],
    ids=["a frame", "a heading beside its text", "boxes below one another"],
)
def test_what_has_fewer_cells_is_no_table(grid: Grid) -> None:
    texts = np.concatenate([text_boxes(grid), text_boxes(grid_of([400], [40], corner=(50, 400)))])
    assert found(write(draw_grids(grid), texts), texts) == []


def test_three_cells_beside_one_another_are_a_table() -> None:
    grid = grid_of([100, 200, 100], [40])
    texts = text_boxes(grid)
    (table,) = found(write(draw_grids(grid), texts), texts)
    assert_same(table, grid)


def test_underlined_words_rules_across_the_page_and_empty_grids_are_no_tables() -> None:
    lines = text_boxes(grid_of([200, 200], [60, 60, 60]))
    page = write(np.full((700, 900, 3), 255, dtype=np.uint8), lines)
    for box in lines:
        (left, _), (right, bottom) = np.rint(box.min(axis=0)).astype(int), np.rint(box.max(axis=0)).astype(int)
        page[bottom - 4 : bottom - 2, left:right] = 0
    page[300:302, 50:850] = page[400:402, 50:850] = 0
    assert found(page, lines) == []
    chart = draw_grids(grid_of([80] * 6, [40] * 4, corner=(50, 420)))
    assert found(np.minimum(page, chart), lines) == []


def test_squared_paper_and_noise_are_no_tables() -> None:
    lines = text_boxes(PLAIN)
    page = np.full((1500, 1500, 3), 255, dtype=np.uint8)
    page[::12] = 0
    page[:, ::12] = 0
    assert found(page, lines) == []
    noise = np.random.default_rng(0).integers(0, 256, (700, 900, 3)).astype(np.uint8)
    assert found(noise, lines) == []


def test_a_page_without_lines_has_no_table() -> None:
    assert find_tables(draw_grids(PLAIN), np.empty((0, 4, 2), dtype=np.float32)) == []
