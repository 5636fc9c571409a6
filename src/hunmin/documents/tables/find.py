"""The ruled tables of a page, before their text is known."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from hunmin.documents.tables.ruling.grid import Grid, find_grids
from hunmin.documents.tables.ruling.rules import find_rules
from hunmin.documents.tables.ruling.strokes import Rectangle
from hunmin.pages.detector import thickness

EM_OF_BOX: Final = 0.62
"""Size of the type as a share of the height of a detector's box."""
FEWEST_LINES: Final = 2
"""A page with fewer has no table."""


@dataclass(frozen=True)
class RuledTable:
    """A grid and where it lies on the page."""

    grid: Grid
    to_page: NDArray[np.float64]
    """(3, 3): times (x, y, 1) in the level picture it gives the same point of the page."""
    em_px: float
    """Size of the page's type in pixels of the level picture."""

    def quad(self, rectangle: Rectangle) -> NDArray[np.float32]:
        """(4, 2) corners on the page of a rectangle of the level picture, clockwise from the top left."""
        left, top, right, bottom = rectangle
        corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], dtype=np.float64)
        return np.asarray(cv2.perspectiveTransform(corners[np.newaxis], self.to_page)[0], dtype=np.float32)

    @cached_property
    def rectangles(self) -> NDArray[np.float64]:
        """(S, 4) left, top, right, bottom of the cells, in the level picture."""
        return np.array([self.grid.rectangle(span) for span in self.grid.spans])

    def cells_near(self, rectangle: Rectangle) -> list[int]:
        """The cells that share something with a rectangle of the level picture."""
        left, top, right, bottom = self.rectangles.T
        near = (left <= rectangle[2]) & (rectangle[0] <= right) & (top <= rectangle[3]) & (rectangle[1] <= bottom)
        return [int(cell) for cell in np.flatnonzero(near)]

    def level(self, quad: NDArray[np.float32]) -> Rectangle:
        """The rectangle of the level picture that (4, 2) corners on the page come to."""
        return to_level(quad, self.to_page)


def find_tables(pixels: NDArray[np.uint8], boxes: NDArray[np.float32], em_px: float | None = None) -> list[RuledTable]:
    """Find the grids of a page that lies upright, from top to bottom.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        boxes: (K, 4, 2) of its lines, as loosely as a detector draws them.
        em_px: size of its type; None takes it from the boxes.
    """
    if len(boxes) < FEWEST_LINES:
        return []
    em = em_px or EM_OF_BOX * float(np.median([thickness(box) for box in boxes]))
    ruling = find_rules(pixels, em)
    scale = abs(float(np.linalg.det(ruling.to_page))) ** -0.5
    texts = [to_level(box, ruling.to_page) for box in boxes]
    grids = find_grids(ruling.level, ruling.upright, texts, em * scale)
    tables = [RuledTable(grid, ruling.to_page, em * scale) for grid in grids]
    return [table for table in tables if _holds_text(table, texts)]


def to_level(quad: NDArray[np.float32], to_page: NDArray[np.float64]) -> Rectangle:
    """The rectangle of the level picture that (4, 2) corners on the page come to."""
    points = cv2.perspectiveTransform(quad[np.newaxis].astype(np.float64), np.linalg.inv(to_page))[0]
    xs, ys = np.sort(points[:, 0]), np.sort(points[:, 1])
    return float(xs[:2].mean()), float(ys[:2].mean()), float(xs[2:].mean()), float(ys[2:].mean())


def _holds_text(table: RuledTable, texts: list[Rectangle]) -> bool:
    """Whether lines stand in two cells at least; the grid of a chart and the bars of a picture hold none."""
    cells = set()
    for left, top, right, bottom in texts:
        x, y = (left + right) / 2, (top + bottom) / 2
        cells.update(table.cells_near((x, y, x, y)))
    return len(cells) >= FEWEST_LINES
