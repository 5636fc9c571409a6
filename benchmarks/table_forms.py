"""Ruled forms whose cells, spans and texts are known, drawn for `bench_tables.py` with the generator's sheets."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.random import Generator as Rng
from numpy.typing import NDArray

from hunmin.synth.lines.colour import Colour
from hunmin.synth.lines.picture import DRAWN_EM_PX
from hunmin.synth.pages.layout.choices import OFFICE, heading_type, tint
from hunmin.synth.pages.layout.parts import centred_row
from hunmin.synth.pages.layout.setting import Piece, Type
from hunmin.synth.pages.layout.sheet import Sheet
from hunmin.synth.pages.materials import Materials
from hunmin.synth.pages.page import Page
from hunmin.synth.random_draws import between, chance, pick, weighted, whole
from hunmin.text.canonical import canonical

VALUES = (
    "person",
    "date",
    "phone",
    "address",
    "amount_alone",
    "company",
    "item",
    "business_number_alone",
    "noun_alone",
)
WIDTH_EM, MARGIN_EM = 46.0, 2.0
LEADING = 1.25


@dataclass(frozen=True)
class TrueCell:
    """A cell as it was drawn."""

    row: int
    column: int
    num_rows: int
    num_columns: int
    text: str
    """Its lines, with line ends between them."""


@dataclass(frozen=True)
class Form:
    """A page and the tables on it, from top to bottom."""

    page: Page
    """Behind the characters, its corners hold the two ends of every side that is ruled, each twice."""
    tables: list[list[TrueCell]]

    def sides(self, page: Page) -> NDArray[np.float32]:
        """(S, 2, 2) ends of the ruled sides on the page, or on what a device made of it."""
        num_characters = sum(len(line.text) for line in page.lines)
        return np.asarray(page.corners[num_characters:, :2], np.float32)


@dataclass(frozen=True)
class _Plan:
    """A table before it is drawn: lengths in ems."""

    widths: list[float]
    heights: list[float]
    cells: list[tuple[int, int, int, int, list[str], str]]
    """Row, column, rows, columns, lines and alignment of each."""
    num_head_rows: int = 0


def draw_form(materials: Materials, rng: Rng) -> Form:
    """A title, one to three tables of different kinds with text between them, a closing line."""
    size = weighted(rng, (8.0, 9.0, 10.0, 11.0, 12.0), (10, 20, 40, 20, 10))
    body = Type(
        materials.face(rng, OFFICE),
        size,
        pen=whole(rng, 0, 60),
        squeeze=between(rng, 0.88, 1.0),
        tracking_em=between(rng, -0.05, 0.03),
    )
    kinds = (_approval, _fields, _items, _grid)
    plans = [pick(rng, kinds)(materials, rng) for _ in range(weighted(rng, (1, 2, 3), (30, 45, 25)))]
    height_em = 6.0 + sum(sum(plan.heights) + 3.2 for plan in plans) + 2.0
    sheet = Sheet(materials, rng, "form", (WIDTH_EM * size, height_em * size), DRAWN_EM_PX / size)
    y = 2.0 * size
    title = heading_type(materials, rng, body, largest=1.9)
    y += title.size_pt
    centred_row(sheet, y, materials.fill(rng, "spaced_heading"), replace(title, pen=0))
    block, blocks, tables = 0, [], []
    sides: list[tuple[float, float, float, float]] = []
    y += 1.2 * size
    for plan in plans:
        x = MARGIN_EM * size
        if sum(plan.widths) < WIDTH_EM / 2:
            x = (WIDTH_EM - MARGIN_EM - sum(plan.widths)) * size
        y, block, of_cells = _draw(sheet, plan, body, (x, y), block, sides)
        blocks.append(of_cells)
        tables.append(plan)
        if chance(rng, 0.7):
            sheet.new_block()
            block += 1
            text = materials.prose(rng, whole(rng, 12, 34))
            sheet.row(y + 1.7 * size, [Piece(f"※ {text}" if chance(rng, 0.4) else text, MARGIN_EM * size, body)])
        y += 3.2 * size
    page = sheet.finish()
    written: dict[int, list[str]] = {}
    for line in page.lines:
        written.setdefault(line.block, []).append(canonical(line.text))
    known = [
        [
            TrueCell(row, column, rows, columns, "\n".join(written.get(number, [])) if number else "")
            for (row, column, rows, columns, _, _), number in zip(plan.cells, numbers, strict=True)
        ]
        for plan, numbers in zip(tables, blocks, strict=True)
    ]
    ends = np.array(sides, np.float32).reshape(-1, 2, 2) * sheet.px_per_pt
    page = replace(page, corners=np.concatenate([page.corners, ends[:, [0, 1, 1, 0]]]))
    return Form(page, known)


def _draw(
    sheet: Sheet,
    plan: _Plan,
    body: Type,
    corner_pt: tuple[float, float],
    block: int,
    sides: list[tuple[float, float, float, float]],
) -> tuple[float, int, list[int]]:
    """Ink a table; the y below it, the last block's number, and that of each cell's text, 0 where there is none.

    The ends of its rules, x and y of each, are added to `sides`.
    """
    rng, em = sheet.rng, body.size_pt
    x_pt, y_pt = corner_pt
    xs = [x_pt + em * sum(plan.widths[:number]) for number in range(len(plan.widths) + 1)]
    ys = [y_pt + em * sum(plan.heights[:number]) for number in range(len(plan.heights) + 1)]
    thick = pick(rng, (0.4, 0.5, 0.5, 0.7, 1.0))
    outer = thick * pick(rng, (1, 1, 2, 3))
    colour = pick(rng, (0, 0, 0, 40, 80))
    open_sides, doubled = chance(rng, 0.35), chance(rng, 0.12)
    ground: Colour | None = tint(rng) if plan.num_head_rows and chance(rng, 0.5) else None
    labels = tint(rng) if chance(rng, 0.25) else None
    numbers = []
    for row, column, rows, columns, _, align in plan.cells:
        left, top, right, bottom = xs[column], ys[row], xs[column + columns], ys[row + rows]
        if ground is not None and row < plan.num_head_rows:
            sheet.fill(left, top, right, bottom, ground)
        elif labels is not None and align == "label":
            sheet.fill(left, top, right, bottom, labels)
    for row, column, rows, columns, _, _ in plan.cells:
        left, top, right, bottom = xs[column], ys[row], xs[column + columns], ys[row + rows]
        for y, is_outer in ((top, row == 0), (bottom, row + rows == len(plan.heights))):
            sheet.rule(left, y, right, y, thick_pt=outer if is_outer else thick, colour=colour)
            sides.append((left, y, right, y))
            if is_outer and doubled:
                sheet.rule(left, y + 2.0, right, y + 2.0, thick_pt=thick, colour=colour)
        for x, is_outer in ((left, column == 0), (right, column + columns == len(plan.widths))):
            if not (is_outer and open_sides):
                sheet.rule(x, top, x, bottom, thick_pt=outer if is_outer else thick, colour=colour)
                sides.append((x, top, x, bottom))
    for row, column, rows, columns, lines, align in plan.cells:
        if not lines:
            numbers.append(0)
            continue
        sheet.new_block()
        block += 1
        numbers.append(block)
        left, top, right, bottom = xs[column], ys[row], xs[column + columns], ys[row + rows]
        first = (top + bottom) / 2 - LEADING * em * (len(lines) - 1) / 2 + 0.36 * em
        for number, text in enumerate(lines):
            sheet.row(first + number * LEADING * em, [_set(sheet, text, body, left, right, align)])
    return ys[-1], block, numbers


def _set(sheet: Sheet, text: str, type_: Type, left: float, right: float, align: str) -> Piece:
    pad = between(sheet.rng, 0.12, 0.4) * type_.size_pt
    room = right - left - 2 * pad
    fitted = sheet.fit(text, type_)
    natural = sum(fitted.advances_pt)
    if natural > room:
        type_ = replace(fitted.type, squeeze=type_.squeeze * max(room / natural, 0.75))
        text = sheet.cut_to(fitted.text, type_, room)
    if align == "left":
        return Piece(text, left + pad, type_)
    if align == "right":
        return Piece(text, right - pad, type_, align="right")
    return Piece(text, (left + right) / 2, type_, align="centre")


def _label(materials: Materials, rng: Rng) -> list[str]:
    label = materials.fill(rng, "form_label_alone")
    return [" ".join(label) if len(label) < 4 and chance(rng, 0.3) else label]  # noqa: PLR2004


def _value(materials: Materials, rng: Rng) -> list[str]:
    return [] if chance(rng, 0.12) else [materials.fill(rng, pick(rng, VALUES))]


def _row_height(rng: Rng) -> float:
    return weighted(rng, (between(rng, 1.4, 1.7), between(rng, 1.7, 2.6)), (35, 65))


def _fields(materials: Materials, rng: Rng) -> _Plan:
    """Labels and values, one to three pairs a row, under sections that span several rows, and a notice across all."""
    whole_width = WIDTH_EM - 2 * MARGIN_EM
    has_sections = chance(rng, 0.65)
    section = between(rng, 1.9, 3.2) if has_sections else 0.0
    patterns = {1: (0, 2, 12), 2: (0, 2, 6, 8, 12), 3: (0, 2, 4, 6, 8, 10, 12)}
    rows = [weighted(rng, (1, 2, 3), (35, 50, 15)) for _ in range(whole(rng, 3, 8))]
    has_notice = chance(rng, 0.4)
    edges = sorted({edge for pairs in rows for edge in patterns[pairs]})
    unit = (whole_width - section) / 12
    widths = ([section] if has_sections else []) + [unit * (after - before) for before, after in pairwise(edges)]
    shift = int(has_sections)
    heights = [_row_height(rng) for _ in rows]
    cells: list[tuple[int, int, int, int, list[str], str]] = []
    if has_sections:
        row = 0
        while row < len(rows):
            rows_of = min(whole(rng, 1, 4), len(rows) - row)
            word = pick(rng, ("신청인", "대리인", "사업장", "소재지", "첨부", "구분", "내용", "비고"))
            stacked = len(word) * LEADING <= sum(heights[row : row + rows_of]) - 0.2
            lines = list(word) if stacked and section < 3.0 else [word] if section > len(word) + 0.2 else [word[0]]  # noqa: PLR2004
            cells.append((row, 0, rows_of, 1, lines, "label"))
            row += rows_of
    for row, pairs in enumerate(rows):
        marks = patterns[pairs]
        for number, (before, after) in enumerate(pairwise(marks)):
            first, last = edges.index(before), edges.index(after)
            is_label = number % 2 == 0
            lines = _label(materials, rng) if is_label else _value(materials, rng)
            if not is_label and heights[row] > 2 * LEADING and chance(rng, 0.5):
                lines = [*lines, *_value(materials, rng)]
            align = "label" if is_label else pick(rng, ("left", "left", "centre"))
            cells.append((row, first + shift, 1, last - first, lines, align))
    if has_notice:
        lines = [materials.prose(rng, whole(rng, 16, 34)) for _ in range(whole(rng, 1, 4))]
        cells.append((len(rows), 0, 1, len(widths), lines, "left"))
        heights.append(LEADING * len(lines) + between(rng, 0.5, 1.5))
    return _Plan(widths, heights, cells)


def _items(materials: Materials, rng: Rng) -> _Plan:
    """Items with counts and amounts, heads of one or two levels, groups down the side, a sum at the foot."""
    num = whole(rng, 4, 7)
    shares = [between(rng, 0.5, 0.8)] + [between(rng, 0.8, 1.8) for _ in range(num - 1)]
    widths = [share / sum(shares) * (WIDTH_EM - 2 * MARGIN_EM) for share in shares]
    cells: list[tuple[int, int, int, int, list[str], str]] = []
    levels = 2 if chance(rng, 0.4) else 1
    group = whole(rng, 1, num - 2) if levels == 2 else num  # noqa: PLR2004
    for column in range(num):
        if levels == 1:
            cells.append((0, column, 1, 1, _label(materials, rng), "centre"))
        elif column == group:
            cells.append((0, column, 1, 2, _label(materials, rng), "centre"))
        elif column == group + 1:
            cells += [(1, group + place, 1, 1, _label(materials, rng), "centre") for place in (0, 1)]
        if levels == 2 and column not in (group, group + 1):  # noqa: PLR2004
            cells.append((0, column, 2, 1, _label(materials, rng), "centre"))
    num_rows = whole(rng, 3, 9)
    row, counted = levels, 0
    while row < levels + num_rows:
        rows = whole(rng, 2, 3) if chance(rng, 0.25) else 1
        rows = min(rows, levels + num_rows - row)
        counted += 1
        cells.append((row, 0, rows, 1, [str(counted)], "centre"))
        for below in range(row, row + rows):
            for column in range(1, num):
                which = weighted(rng, ("item", "digit", "amount_alone", "date", "none"), (30, 20, 30, 8, 12))
                text = (
                    str(whole(rng, 0, 99))
                    if which == "digit"
                    else materials.fill(rng, which)
                    if which != "none"
                    else ""
                )
                align = {"item": "left", "amount_alone": "right"}.get(which, "centre")
                cells.append((below, column, 1, 1, [text] if text else [], align))
        row += rows
    if chance(rng, 0.6):
        across = whole(rng, 2, num - 1)
        cells.append((row, 0, 1, across, [pick(rng, ("합 계", "합계", "총계", "계"))], "centre"))
        cells += [
            (row, column, 1, 1, [materials.fill(rng, "amount_alone")] if chance(rng, 0.7) else [], "right")
            for column in range(across, num)
        ]
        row += 1
    return _Plan(widths, [_row_height(rng) for _ in range(row)], cells, num_head_rows=levels)


def _approval(materials: Materials, rng: Rng) -> _Plan:
    """The box in which superiors sign: a word down the side, titles, blank cells."""
    titles = ("담당", "대리", "과장", "부장", "이사", "대표")
    first = whole(rng, 0, 2)
    shown = titles[first : first + whole(rng, 2, 4)]
    cells = [(0, 0, 2, 1, list("결재"), "label")]
    for column, title in enumerate(shown, 1):
        cells.append((0, column, 1, 1, [title], "label"))
        cells.append((1, column, 1, 1, [materials.fill(rng, "person")] if chance(rng, 0.4) else [], "centre"))
    return _Plan([1.9] + [between(rng, 4.2, 5.5)] * len(shown), [1.7, between(rng, 2.6, 3.6)], cells)


def _grid(materials: Materials, rng: Rng) -> _Plan:
    """A timetable or comparison: heads above and at the side, some cells over several rows or columns."""
    num_rows, num_columns = whole(rng, 3, 7), whole(rng, 3, 6)
    width = WIDTH_EM - 2 * MARGIN_EM
    shares = [between(rng, 0.8, 1.4) for _ in range(num_columns)]
    taken = [[False] * num_columns for _ in range(num_rows)]
    cells: list[tuple[int, int, int, int, list[str], str]] = []
    for row in range(num_rows):
        for column in range(num_columns):
            if taken[row][column]:
                continue
            rows = columns = 1
            if row and column and chance(rng, 0.2):
                rows = min(whole(rng, 1, 3), num_rows - row)
                columns = min(whole(rng, 1, 2), num_columns - column)
                while columns > 1 and any(taken[row][column : column + columns]):
                    columns -= 1
            for below in range(row, row + rows):
                taken[below][column : column + columns] = [True] * columns
            is_head = row == 0 or column == 0
            lines = _label(materials, rng) if is_head else _value(materials, rng)
            cells.append((row, column, rows, columns, lines, "label" if is_head else "centre"))
    # A rule that no cell ends at is none.
    return _compact(
        _Plan([share / sum(shares) * width for share in shares], [_row_height(rng) for _ in range(num_rows)], cells)
    )


def _compact(plan: _Plan) -> _Plan:
    """The plan without rows and columns that no cell begins in."""
    rows = sorted({cell[0] for cell in plan.cells})
    columns = sorted({cell[1] for cell in plan.cells})
    return _Plan(
        _joined(plan.widths, columns),
        _joined(plan.heights, rows),
        [
            (
                rows.index(row),
                columns.index(column),
                sum(row <= start < row + num_rows for start in rows),
                sum(column <= start < column + num_columns for start in columns),
                lines,
                align,
            )
            for row, column, num_rows, num_columns, lines, align in plan.cells
        ],
    )


def _joined(lengths: Sequence[float], starts: Sequence[int]) -> list[float]:
    ends = [*starts[1:], len(lengths)]
    return [sum(lengths[start:end]) for start, end in zip(starts, ends, strict=True)]
