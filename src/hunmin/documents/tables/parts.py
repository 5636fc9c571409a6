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
from hunmin.documents.tables.strokes import Rectangle
from hunmin.pages.cut import cut_quad
from hunmin.recognize.ink import NOISE_LEVEL, InkThreshold, contrast

RIM_SHARE: Final = 0.18
"""Of a box's height: what a detector leaves around the ink."""
LEAST_WIDTH_EMS: Final = 0.35
"""What lies in a cell of a line must be as wide …"""
LEAST_HEIGHT_EMS: Final = 0.4
"""… and as high, or it is only its rim."""
MARGIN_EMS: Final = 0.2
"""Around the ink of a part."""
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
    placed: list[Placed] = []
    for index, box in enumerate(boxes):
        parts = [part for number, table in enumerate(tables) for part in _parts(pixels, box, number, table)]
        if not parts:
            placed.append(Placed(box, index, None))
        elif len(parts) == 1 and not parts[0].is_cut:
            placed.append(Placed(box, index, parts[0].cell))
        else:
            placed += [Placed(part.quad, None, part.cell) for part in parts]
    taken = {one.cell for one in placed}
    for number, table in enumerate(tables):
        for cell, span in enumerate(table.grid.spans):
            if (number, cell) not in taken:
                placed += _missed(pixels, number, cell, table, table.grid.rectangle(span))
    return placed


@dataclass(frozen=True)
class _Part:
    quad: NDArray[np.float32]
    cell: tuple[int, int] | None
    is_cut: bool
    """Whether it is less than its line."""


def _parts(pixels: NDArray[np.uint8], box: NDArray[np.float32], number: int, table: RuledTable) -> list[_Part]:
    """The parts of a line in the cells of a table, and on its left and right; none of a line that does not touch the table."""
    whole = table.level(box)
    rim = RIM_SHARE * min(whole[2] - whole[0], whole[3] - whole[1])
    inner = (whole[0] + rim, whole[1] + rim, whole[2] - rim, whole[3] - rim)
    if _shared(inner, table.grid.outline) is None:
        return []
    places: list[tuple[int | None, Rectangle]] = []
    for cell in table.cells_near(inner):
        rectangle = table.grid.rectangle(table.grid.spans[cell])
        shared = _shared(inner, rectangle)
        if shared and _is_enough(shared, inner, table.em_px):
            places.append((cell, rectangle))
    left, top, right, bottom = table.grid.outline
    for beside in ((inner[0] - 1, top, left, bottom), (right, top, inner[2] + 1, bottom)):
        shared = _shared(inner, beside)
        if shared and _is_enough(shared, inner, table.em_px):
            places.append((None, beside))
    if all(cell is None for cell, _ in places):
        return []
    crossed = CROSSED_EMS * table.em_px
    if len(places) == 1:
        cell, rectangle = places[0]
        if rectangle[0] - crossed <= whole[0] and whole[2] <= rectangle[2] + crossed:
            return [_Part(box, (number, cell) if cell is not None else None, is_cut=False)]
    ink = _Ink(pixels, box, table)
    cut = [(cell, ink.within(whole, rectangle)) for cell, rectangle in places]
    found = [
        _Part(table.quad(rectangle), (number, cell) if cell is not None else None, is_cut=True)
        for cell, rectangle in cut
        if rectangle
    ]
    if not found:
        return [_Part(box, (number, places[0][0]) if places[0][0] is not None else None, is_cut=False)]
    return found


class _Ink:
    """The ink of a line, to find what of it lies in a cell."""

    def __init__(self, pixels: NDArray[np.uint8], box: NDArray[np.float32], table: RuledTable) -> None:
        self._table = table
        self._whole = table.level(box)
        crop = cut_quad(pixels, table.quad(self._whole), margin_share=0.0)
        self._mask = INK.mask(contrast(crop))

    def within(self, whole: Rectangle, cell: Rectangle) -> Rectangle | None:
        """The part of a line that is written in a cell; None where nothing is."""
        em = self._table.em_px
        inset = RULE_EMS * em + 1
        shared = _shared(whole, (cell[0] + inset, cell[1] + inset, cell[2] - inset, cell[3] - inset))
        if shared is None:
            return None
        height, width = self._mask.shape
        scale_x, scale_y = width / (whole[2] - whole[0]), height / (whole[3] - whole[1])
        x0, x1 = (round((x - whole[0]) * scale_x) for x in (shared[0], shared[2]))
        y0, y1 = (round((y - whole[1]) * scale_y) for y in (shared[1], shared[3]))
        found = ink_rectangle(self._mask[y0:y1, x0:x1], LEAST_INK_EMS * em * min(scale_x, scale_y))
        if found is None:
            return None
        left, top, right, bottom = found
        margin = MARGIN_EMS * em
        is_whole_height = y1 - y0 > (1 - RIM_SHARE) * height
        return (
            max(shared[0] + left / scale_x - margin, cell[0] + 1),
            whole[1] if is_whole_height else max(shared[1] + top / scale_y - margin, cell[1] + 1, whole[1]),
            min(shared[0] + right / scale_x + margin, cell[2] - 1),
            whole[3] if is_whole_height else min(shared[1] + bottom / scale_y + margin, cell[3] - 1, whole[3]),
        )


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


def _missed(pixels: NDArray[np.uint8], number: int, cell: int, table: RuledTable, rectangle: Rectangle) -> list[Placed]:
    """What is written in a cell in which the detector found no line."""
    em = table.em_px
    inset = RULE_EMS * em + 2
    inside = (rectangle[0] + inset, rectangle[1] + inset, rectangle[2] - inset, rectangle[3] - inset)
    if inside[2] - inside[0] < em / 2 or inside[3] - inside[1] < em / 2:
        return []
    crop = cut_quad(pixels, table.quad(inside), margin_share=0.0)
    mask = INK.mask(contrast(crop))
    scale = crop.shape[0] / (inside[3] - inside[1])
    found = ink_rectangle(mask, LEAST_INK_ALONE_EMS * em * scale)
    if found is None:
        return []
    left, top, right, bottom = found
    margin = MARGIN_EMS * em
    part = (
        max(inside[0] + left / scale - margin, rectangle[0] + 1),
        max(inside[1] + top / scale - margin, rectangle[1] + 1),
        min(inside[0] + right / scale + margin, rectangle[2] - 1),
        min(inside[1] + bottom / scale + margin, rectangle[3] - 1),
    )
    return [Placed(table.quad(part), None, (number, cell), is_guess=True)]


def _shared(one: Rectangle, other: Rectangle) -> Rectangle | None:
    """What two rectangles have in common."""
    left, top = max(one[0], other[0]), max(one[1], other[1])
    right, bottom = min(one[2], other[2]), min(one[3], other[3])
    return (left, top, right, bottom) if left < right and top < bottom else None


def _is_enough(shared: Rectangle, inner: Rectangle, em: float) -> bool:
    """Whether a line stands in a cell with more than its rim."""
    wide = min(LEAST_WIDTH_EMS * em, 0.5 * (inner[2] - inner[0]))
    high = min(LEAST_HEIGHT_EMS * em, 0.5 * (inner[3] - inner[1]))
    return shared[2] - shared[0] >= wide and shared[3] - shared[1] >= high
