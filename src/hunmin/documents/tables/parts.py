"""Which cells the lines of a page stand in; a line that stands in several is parted at their rules.

Legend: K lines, H W pixels of the page, h w pixels of a line's crop.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from hunmin.documents.tables.find import RuledTable
from hunmin.documents.tables.ruling.strokes import Rectangle
from hunmin.pages.cut import cut_quad
from hunmin.recognize.ink import NOISE_LEVEL, InkThreshold, contrast

RIM_SHARE: Final = 0.18
"""Of a box's height: what a detector leaves around the ink."""
LEAST_WIDTH_EMS: Final = 0.35
"""What lies in a cell of a line must be as wide …"""
LEAST_HEIGHT_EMS: Final = 0.4
"""… and as high, or it is only its rim."""
MARGIN_EMS: Final = 0.2
"""Above and below the ink of a part."""
END_EMS: Final = 0.6
"""Left and right of it, where a full stop may be too small to count as ink."""
RULE_EMS: Final = 0.1
"""Half of the band around a rule in which ink is that of the rule."""
CROSSED_EMS: Final = 0.06
"""A box that goes beyond the side of its cell by so much has the rule in it."""
LEAST_INK_EMS: Final = 0.25
"""Ink that is neither as wide nor as high is a speck …"""
LEAST_INK_ALONE_EMS: Final = 0.45
"""… and in a cell without a line it must be larger."""
INK: Final = InkThreshold(share=0.35, strongest=99, noise=2 * NOISE_LEVEL)


@dataclass(frozen=True)
class Placed:
    """A line, or a part of one, in its place."""

    quad: NDArray[np.float32]
    """(4, 2) corners on the page."""
    line: int | None
    """Which line it is; None of a part, which is to be read."""
    cell: tuple[int, int] | None
    """In which table and which of its cells it stands; None outside of tables."""
    is_guess: bool = False
    """Whether it is ink in a cell in which the detector found no line, which may be dirt."""


def place_lines(pixels: NDArray[np.uint8], boxes: NDArray[np.float32], tables: Sequence[RuledTable]) -> list[Placed]:
    """Find the cells of all lines of a page, and what else is written in cells.

    Args:
        pixels: (H, W, 3) uint8 RGB, the page upright.
        boxes: (K, 4, 2) of its lines, as a detector draws them.
        tables: of the page.

    Returns:
        Each line that stands in one cell or in none, and the parts of the others; then what stands in cells without a line.
    """
    placed = [part for index, box in enumerate(boxes) for part in _in_tables(pixels, box, index, tables)]
    taken = {one.cell for one in placed}
    for number, table in enumerate(tables):
        for cell in range(len(table.grid.spans)):
            if (number, cell) not in taken:
                missed = _missed(pixels, table, table.grid.rectangle(table.grid.spans[cell]))
                placed += [Placed(table.quad(missed), None, (number, cell), is_guess=True)] if missed else []
    return placed


def _in_tables(
    pixels: NDArray[np.uint8], box: NDArray[np.float32], line: int, tables: Sequence[RuledTable]
) -> list[Placed]:
    """A line as a whole, or its parts in the cells of tables and beside them."""
    found: list[Placed] = []
    for number, table in enumerate(tables):
        places = _places(table, table.level(box))
        if all(cell is None for cell, _ in places):
            continue
        parts: list[tuple[int | None, Rectangle | None]] = []
        if len(places) > 1 or _is_crossed(table, box, places[0][1]):
            whole = table.level(box)
            parts += [(cell, part) for cell, place in places if (part := _written(pixels, table, whole, place))]
        for cell, part in parts or [(places[0][0], None)]:
            quad, own = (box, line) if part is None else (table.quad(part), None)
            found.append(Placed(quad, own, None if cell is None else (number, cell)))
    # What is beside one table may be in another.
    inside = [one for one in found if one.cell or not any(_holds(table, one.quad) for table in tables)]
    return inside or [Placed(box, line, None)]


def _places(table: RuledTable, whole: Rectangle) -> list[tuple[int | None, Rectangle]]:
    """The cells that a line stands in, and None where it stands on the left or on the right of the table."""
    rim = RIM_SHARE * min(whole[2] - whole[0], whole[3] - whole[1])
    inner = (whole[0] + rim, whole[1] + rim, whole[2] - rim, whole[3] - rim)
    left, top, right, bottom = table.grid.outline
    places: list[tuple[int | None, Rectangle]] = []
    for cell in table.cells_near(inner):
        places.append((cell, table.grid.rectangle(table.grid.spans[cell])))
    places.append((None, (inner[0] - 1, top, left, bottom)))
    places.append((None, (right, top, inner[2] + 1, bottom)))
    return [(cell, place) for cell, place in places if _is_enough(_shared(inner, place), inner, table.em_px)]


def _is_crossed(table: RuledTable, box: NDArray[np.float32], place: Rectangle) -> bool:
    """Whether the rule at the left or the right of its cell runs through a box."""
    whole, most = table.level(box), CROSSED_EMS * table.em_px
    return whole[0] < place[0] - most or place[2] + most < whole[2]


def _holds(table: RuledTable, quad: NDArray[np.float32]) -> bool:
    left, top, right, bottom = table.grid.outline
    x0, y0, x1, y1 = table.level(quad)
    return left < (x0 + x1) / 2 < right and top < (y0 + y1) / 2 < bottom


def _written(pixels: NDArray[np.uint8], table: RuledTable, whole: Rectangle, cell: Rectangle) -> Rectangle | None:
    """The part of a line that is written in a cell; None where nothing is.

    Only the inside of the cell is looked at, for next to a black rule pale type is no ink.
    """
    em = table.em_px
    inside = _shared(whole, _inset(cell, RULE_EMS * em + 1))
    if inside is None:
        return None
    crop = cut_quad(pixels, table.quad(inside), margin_share=0.0)
    scale = crop.shape[0] / (inside[3] - inside[1])
    ink = ink_rectangle(INK.mask(contrast(crop)), LEAST_INK_EMS * em * scale)
    part = _shared(whole, _inset(cell, 1.0))
    if ink is None or part is None:
        return None
    left, top, right, bottom = (inside[i % 2] + at / scale for i, at in enumerate(ink))
    if inside[3] - inside[1] >= (1 - RIM_SHARE) * (whole[3] - whole[1]):
        top, bottom = part[1], part[3]  # else they are two rows that the detector took for one
    end, margin = END_EMS * em, MARGIN_EMS * em
    return _shared(part, (left - end, top - margin, right + end, bottom + margin))


def _inset(rectangle: Rectangle, by_px: float) -> Rectangle:
    return rectangle[0] + by_px, rectangle[1] + by_px, rectangle[2] - by_px, rectangle[3] - by_px


def ink_rectangle(mask: NDArray[np.bool_], least_px: float) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom around the ink of a picture, (h, w) bool, specks left out; None without ink."""
    if mask.size == 0:
        return None
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    pieces = stats[1:]
    pieces = pieces[np.maximum(pieces[:, 2], pieces[:, 3]) >= least_px]
    if not len(pieces):
        return None
    left, top = pieces[:, :2].min(axis=0).tolist()
    right, bottom = (pieces[:, :2] + pieces[:, 2:4]).max(axis=0).tolist()
    return left, top, right, bottom


def _missed(pixels: NDArray[np.uint8], table: RuledTable, cell: Rectangle) -> Rectangle | None:
    """What is written in a cell in which the detector found no line; None of a blank one."""
    em = table.em_px
    inside = _inset(cell, RULE_EMS * em + 2)
    if min(inside[2] - inside[0], inside[3] - inside[1]) < em / 2:
        return None
    crop = cut_quad(pixels, table.quad(inside), margin_share=0.0)
    scale = crop.shape[0] / (inside[3] - inside[1])
    found = ink_rectangle(INK.mask(contrast(crop)), LEAST_INK_ALONE_EMS * em * scale)
    if found is None:
        return None
    margin = MARGIN_EMS * em
    return (
        max(inside[0] + found[0] / scale - margin, cell[0] + 1),
        max(inside[1] + found[1] / scale - margin, cell[1] + 1),
        min(inside[0] + found[2] / scale + margin, cell[2] - 1),
        min(inside[1] + found[3] / scale + margin, cell[3] - 1),
    )


def _shared(one: Rectangle, other: Rectangle) -> Rectangle | None:
    """What two rectangles have in common."""
    left, top = max(one[0], other[0]), max(one[1], other[1])
    right, bottom = min(one[2], other[2]), min(one[3], other[3])
    return (left, top, right, bottom) if left < right and top < bottom else None


def _is_enough(shared: Rectangle | None, inner: Rectangle, em: float) -> bool:
    """Whether a line stands in a place with more than its rim."""
    wide = min(LEAST_WIDTH_EMS * em, 0.5 * (inner[2] - inner[0]))
    high = min(LEAST_HEIGHT_EMS * em, 0.5 * (inner[3] - inner[1]))
    return shared is not None and shared[2] - shared[0] >= wide and shared[3] - shared[1] >= high
