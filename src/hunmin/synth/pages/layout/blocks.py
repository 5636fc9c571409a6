"""Blocks of a page: paragraphs, rows with leaders, tables, seals."""

# ruff: noqa: PLR2004 - shares of an em read better where they are used

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from hunmin.synth.lines.colour import Colour
from hunmin.synth.lines.degrade import wear
from hunmin.synth.lines.render import Pixels, Setting, draw_line
from hunmin.synth.pages.layout.setting import Align, Piece, Type
from hunmin.synth.pages.layout.sheet import ASCENT_EM, Sheet
from hunmin.synth.random_draws import between, chance, pick, weighted, whole

# What no line of print begins with.
_NEVER_FIRST = frozenset(" .,!?)]}»”’」』】〉》·…%:;~")
LEADERS = ("·", ".", "‥", "…", "-", "_")
_MOST_LEADERS = 22


@dataclass(frozen=True, slots=True)
class Measure:
    """Where a column of text stands and how it is set."""

    x_pt: float
    width_pt: float
    leading: float
    """From baseline to baseline, in sizes of the type."""
    justified: bool
    breaks_words: bool
    """Lines may end inside a word, as Korean print often does."""


def paragraph(
    sheet: Sheet, text: str, type_: Type, y_pt: float, measure: Measure, *, indent_pt: float = 0.0, max_lines: int = 99
) -> float:
    """Running text from `y_pt` down; returns the y below its last line."""
    sheet.new_block()
    fitted = sheet.fit(text, type_)
    text, advances, type_ = fitted.text, fitted.advances_pt, fitted.type
    start, step = 0, measure.leading * type_.size_pt
    for number in range(max_lines):
        x = measure.x_pt + (indent_pt if number == 0 else 0.0)
        width = measure.width_pt - (x - measure.x_pt)
        if start >= len(text) or y_pt + type_.size_pt > sheet.height_pt:
            break
        end = _line_end(text, advances, start, width, breaks_words=measure.breaks_words)
        line = text[start:end].strip()
        is_last = end >= len(text)
        if line:
            baseline = y_pt + ASCENT_EM * type_.size_pt
            fills = width if measure.justified and not is_last else None
            sheet.row(baseline, [Piece(line, x, type_, width_pt=fills)])
        y_pt += step
        start = end
        while start < len(text) and text[start] == " ":
            start += 1
    return y_pt


def _line_end(text: str, advances: Sequence[float], start: int, width_pt: float, *, breaks_words: bool) -> int:
    """One past the last character of the line that begins at `start`."""
    end, width = start, 0.0
    while end < len(text) and width + advances[end] <= width_pt:
        width += advances[end]
        end += 1
    end = max(end, start + 1)
    if end >= len(text):
        return end
    if not breaks_words and text[end] != " ":
        space = text.rfind(" ", start, end)
        if space > start:
            return space
    while end > start + 1 and text[end] in _NEVER_FIRST - {" "}:
        end -= 1
    return end


def leader_row(
    sheet: Sheet, label: str, value: str, type_: Type, baseline_pt: float, edges_pt: tuple[float, float]
) -> None:
    """A row of a table of contents or a price list: label, leader, value at the right edge."""
    rng, (x_pt, right_pt) = sheet.rng, edges_pt
    label_width = sum(sheet.fit(label, type_).advances_pt)
    value_width = sum(sheet.fit(value, type_).advances_pt)
    sign = weighted(rng, LEADERS, (30, 28, 12, 20, 5, 5))
    one = sum(sheet.fit(sign, type_).advances_pt)
    gap = between(rng, 0.35, 0.8) * type_.size_pt if chance(rng, 0.7) else 0.05 * type_.size_pt
    room = right_pt - value_width - gap - (x_pt + label_width + gap)
    count = min(int(room / one), _MOST_LEADERS) if one > 0 else 0
    pieces = [Piece(label, x_pt, type_)]
    if count >= 2:
        pieces.append(Piece(sign * count, right_pt - value_width - gap, type_, align="right"))
    sheet.row(baseline_pt, [*pieces, Piece(value, right_pt, type_, align="right")])


@dataclass(frozen=True, slots=True)
class TableStyle:
    """What tables differ in."""

    aligns: tuple[Align, ...] = ()
    """Of each column below the first row; all centred where there is none."""
    head: Type | None = None
    """Type of the first row; None = as the others."""
    tint: Colour | None = None
    """Ground of the first row."""
    value: Type | None = None
    """Type of every second column, as in forms where that is filled in; None = as the others."""


def table(
    sheet: Sheet,
    rows: Sequence[Sequence[str]],
    type_: Type,
    corner_pt: tuple[float, float],
    columns_pt: Sequence[float],
    style: TableStyle,
) -> float:
    """A ruled table; returns the y below it.

    Args:
        sheet: where it stands.
        rows: cells of each row, as many as columns; an empty one stays blank.
        type_: of the cells.
        corner_pt: its top left.
        columns_pt: widths.
        style: alignment, types and tint.
    """
    x_pt, y_pt = corner_pt
    rng, em = sheet.rng, type_.size_pt
    height = between(rng, 1.35, 2.4) * em
    # Rows so low that rules nearly touch the letters are as common in real forms as airy ones.
    thick = pick(rng, (0.25, 0.4, 0.5, 0.8))
    colour = pick(rng, (0, 0, 60, 120, 170))
    outer = thick * pick(rng, (1, 1, 2, 3))
    open_sides = chance(rng, 0.3)
    left, right, top = x_pt, x_pt + sum(columns_pt), y_pt
    if style.tint is not None:
        sheet.fill(left, top, right, min(top + height, sheet.height_pt), style.tint)
    for number, cells in enumerate(rows):
        if y_pt + height > sheet.height_pt:
            break
        sheet.rule(left, y_pt, right, y_pt, thick_pt=thick if number else outer, colour=colour)
        baseline = y_pt + height / 2 + 0.36 * em
        x = left
        for column, (cell, width) in enumerate(zip(cells, columns_pt, strict=True)):
            set_in = _cell_type(type_, style, number, column)
            if cell and width > 1.2 * set_in.size_pt:
                sheet.new_block()
                align: Align = style.aligns[column] if style.aligns and number else "centre"
                sheet.row(baseline, [_cell(sheet, cell, set_in, x, width, align)])
            x += width
        y_pt += height
    sheet.rule(left, y_pt, right, y_pt, thick_pt=outer, colour=colour)
    x = left
    for number, width in enumerate((*columns_pt, 0.0)):
        if not (open_sides and number in (0, len(columns_pt))):
            sheet.rule(x, top, x, y_pt, thick_pt=thick, colour=colour)
        x += width
    return y_pt


def _cell_type(type_: Type, style: TableStyle, row: int, column: int) -> Type:
    if style.head and row == 0:
        return style.head
    return style.value if style.value and column % 2 else type_


def _cell(sheet: Sheet, text: str, type_: Type, x_pt: float, width_pt: float, align: Align) -> Piece:
    """The text in its cell, squeezed and then cut short where that is narrower."""
    pad = between(sheet.rng, 0.08, 0.4) * type_.size_pt
    room = max(width_pt - 2 * pad, 0.5 * type_.size_pt)
    fitted = sheet.fit(text, type_)
    natural = sum(fitted.advances_pt)
    if natural > room:
        type_ = replace(fitted.type, squeeze=type_.squeeze * max(room / natural, 0.72))
        text = sheet.cut_to(fitted.text, type_, room)
    if align == "left":
        return Piece(text, x_pt + pad, type_)
    if align == "right":
        return Piece(text, x_pt + width_pt - pad, type_, align="right")
    return Piece(text, x_pt + width_pt / 2, type_, align="centre")


def seal(
    sheet: Sheet, text: str, type_: Type, x_pt: float, y_pt: float, radius_pt: float, *, depth: float | None = None
) -> None:
    """A stamp with a ring or square and up to six syllables, over whatever stands there; it is no text of the page.

    Its middle is at (`x_pt`, `y_pt`). `depth` is the share of its colour: 0.1 for an emblem behind text; None = as stamps
    come out.
    """
    rng, px = sheet.rng, sheet.px_per_pt
    radius = max(round(radius_pt * px), 6)
    side = 2 * radius + 5
    ink: Pixels = np.zeros((side, side), np.uint8)
    thick = max(round(radius * between(rng, 0.05, 0.14)), 1)
    if chance(rng, 0.6):
        cv2.circle(ink, (radius + 2, radius + 2), radius, 255, thick, cv2.LINE_AA)
    else:
        cv2.rectangle(ink, (2, 2), (2 * radius + 2, 2 * radius + 2), 255, thick)
    letters = [char for char in sheet.fit(text, type_).text if char != " "][:6]
    rows = [letters[:2], letters[2:4], letters[4:]] if len(letters) > 2 else [letters]
    rows = [row for row in rows if row]
    inner = round(1.3 * radius)
    for number, row in enumerate(rows):
        face = sheet.materials.covering(type_.face, "".join(row), rng)
        if face is None:
            continue
        drawn = draw_line(sheet.materials.cache, [(face, "".join(row))], Setting(40), rng).mask
        height = inner // len(rows)
        word = cv2.resize(drawn, (inner, max(height - 2, 2)), interpolation=cv2.INTER_AREA)
        y0, x0 = radius + 2 - inner // 2 + number * height, radius + 2 - inner // 2
        window = ink[y0 : y0 + word.shape[0], x0 : x0 + inner]
        np.maximum(window, word[: window.shape[0], : window.shape[1]], out=window)
    ink = cv2.convertScaleAbs(wear(ink, rng, 0.8), alpha=between(rng, 0.35, 0.85) if depth is None else depth)
    colour = (whole(rng, 165, 225), whole(rng, 20, 70), whole(rng, 20, 70))
    sheet.blend(ink, round(x_pt * px) - radius, round(y_pt * px) - radius, colour)
