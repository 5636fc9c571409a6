import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hunmin.documents.tables.ruling.spans import Span, find_spans


def ruled(num_rows: int, num_columns: int, spans: list[Span]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The rules around cells: beside (R, C+1) and below (R+1, C)."""
    beside = np.zeros((num_rows, num_columns + 1), dtype=bool)
    below = np.zeros((num_rows + 1, num_columns), dtype=bool)
    for span in spans:
        rows, columns = slice(span.row, span.row + span.num_rows), slice(span.column, span.column + span.num_columns)
        beside[rows, [span.column, span.column + span.num_columns]] = True
        below[[span.row, span.row + span.num_rows], columns] = True
    return beside, below


@st.composite
def partitions(draw: st.DrawFn) -> tuple[int, int, list[Span]]:
    """A grid cut into cells, each again and again or not."""
    num_rows, num_columns = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    whole, cells = [Span(0, 0, num_rows, num_columns)], []
    while whole:
        span = whole.pop()
        ways = ["whole"] + ["rows"] * (span.num_rows > 1) + ["columns"] * (span.num_columns > 1)
        way = draw(st.sampled_from(ways))
        if way == "rows":
            cut = draw(st.integers(1, span.num_rows - 1))
            whole += [
                Span(span.row, span.column, cut, span.num_columns),
                Span(span.row + cut, span.column, span.num_rows - cut, span.num_columns),
            ]
        elif way == "columns":
            cut = draw(st.integers(1, span.num_columns - 1))
            whole += [
                Span(span.row, span.column, span.num_rows, cut),
                Span(span.row, span.column + cut, span.num_rows, span.num_columns - cut),
            ]
        else:
            cells.append(span)
    return num_rows, num_columns, sorted(cells, key=lambda span: (span.row, span.column))


@given(partitions())
def test_cells_come_back_from_the_rules_around_them(partition: tuple[int, int, list[Span]]) -> None:
    num_rows, num_columns, spans = partition
    assert find_spans(*ruled(num_rows, num_columns, spans)) == spans


def test_what_is_open_to_the_outside_is_no_cell() -> None:
    beside, below = ruled(2, 2, [Span(0, 1, 1, 1), Span(1, 0, 1, 2)])
    assert find_spans(beside, below) == [Span(0, 1, 1, 1), Span(1, 0, 1, 2)]


def test_a_cell_whose_rule_is_broken_at_a_corner_becomes_rectangles() -> None:
    beside, below = ruled(2, 2, [Span(0, 0, 1, 1), Span(0, 1, 1, 1), Span(1, 0, 1, 1), Span(1, 1, 1, 1)])
    beside[0, 1] = below[1, 0] = False
    spans = find_spans(beside, below)
    assert spans == [Span(0, 0, 1, 2), Span(1, 0, 1, 1), Span(1, 1, 1, 1)]


@given(st.integers(1, 5), st.integers(1, 5), st.randoms(use_true_random=False))
def test_whatever_rules_there_are_cells_never_overlap(num_rows: int, num_columns: int, random: object) -> None:
    rng = np.random.default_rng(random.getrandbits(32))  # type: ignore[attr-defined]
    beside, below = rng.random((num_rows, num_columns + 1)) < 0.6, rng.random((num_rows + 1, num_columns)) < 0.6
    covered = np.zeros((num_rows, num_columns), dtype=int)
    for span in find_spans(beside, below):
        covered[span.row : span.row + span.num_rows, span.column : span.column + span.num_columns] += 1
    assert covered.max(initial=0) <= 1
