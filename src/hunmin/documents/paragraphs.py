"""Lines of a page as paragraphs and headings, judged by where they stand and how high they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final, TypeAlias

from hunmin.documents.document import DocumentPage
from hunmin.documents.words import Word
from hunmin.pages.line import Box, Line

HEADING_RATIO: Final = 1.3
"""A line this many times as high as the page's median line is a heading …"""
TITLE_RATIO: Final = 1.8
"""… and of the first level from here on."""
MOST_HEADING_LINES: Final = 3
MOST_GAP: Final = 0.8
"""Lines further apart than this share of their height belong to two paragraphs."""
MOST_DIFFERENCE: Final = 1.25
"""So do lines of which one is this many times as high as the other."""

Rectangle: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the page."""


@dataclass(frozen=True)
class Paragraph:
    """Lines that belong together."""

    lines: tuple[Line, ...]
    words: tuple[tuple[Word, ...], ...]
    """Those of each line."""
    heading_level: int = 0
    """1 or 2 of a heading, 0 of running text."""

    @property
    def rectangle(self) -> Rectangle:
        """The upright rectangle around it."""
        return around([line.box for line in self.lines])


def paragraphs(page: DocumentPage) -> list[Paragraph]:
    """The paragraphs of a page, in reading order; lines without text are left out.

    Lines that follow one another belong together where they are about equally high, stand closely one below the other
    and share part of their width.
    """
    read = [(line, words) for line, words in zip(page.lines, page.words, strict=True) if words]
    if not read:
        return []
    usual = median(_height(line) for line, _ in read)
    groups = [[read[0]]]
    for before, now in pairwise(read):
        if _belong_together(before[0], now[0]):
            groups[-1].append(now)
        else:
            groups.append([now])
    return [_paragraph(group, usual) for group in groups]


def around(boxes: Sequence[Box]) -> Rectangle:
    """The upright rectangle around boxes."""
    xs, ys = [x for box in boxes for x, _ in box], [y for box in boxes for _, y in box]
    return min(xs), min(ys), max(xs), max(ys)


def _paragraph(group: Sequence[tuple[Line, tuple[Word, ...]]], usual_px: float) -> Paragraph:
    lines, words = tuple(line for line, _ in group), tuple(words for _, words in group)
    ratio = min(map(_height, lines)) / max(usual_px, 1.0)
    level = 0 if ratio < HEADING_RATIO or len(lines) > MOST_HEADING_LINES else 1 if ratio >= TITLE_RATIO else 2
    return Paragraph(lines, words, level)


def _belong_together(above: Line, below: Line) -> bool:
    first, second = around([above.box]), around([below.box])
    low, high = sorted((_height(above), _height(below)))
    gap = second[1] - first[3]
    shared = min(first[2], second[2]) - max(first[0], second[0])
    return (
        high <= MOST_DIFFERENCE * max(low, 1.0)
        and -high < gap <= MOST_GAP * high
        and shared > 0
        and second[1] > first[1]
    )


def _height(line: Line) -> float:
    """The shorter side of a line's box: how high its type is, whichever way it runs."""
    (x0, y0), (x1, y1), _, (x3, y3) = line.box
    return float(min(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5, ((x3 - x0) ** 2 + (y3 - y0) ** 2) ** 0.5))
