"""Whether what stands on both sides of a gap are columns of running text, read one after the other, or cells, read by rows.

Lines of running text break where the next word no longer fits, so most of them are nearly as long as the longest, they begin
at one x, and the gutter beside them is narrow for their length, be it eight characters or forty. Cells are as long as what they
hold, begin anywhere when they are centred or flush right, and stand as far apart as the longest of them needs.

Legend: K lines. Lengths are in pixels of the level page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

MIN_LINES: Final = 3
"""A column has as many."""
MIN_GUTTER_EMS: Final = 0.8
"""A gutter is as wide, in heights of the line beside it."""
ALIGNED_EMS: Final = 0.6
MIN_ALIGNED: Final = 0.6
"""This share of a column's lines begins within `ALIGNED_EMS` heights of its left edge; the others are indented."""
MIN_EVIDENCE: Final = 0.35
"""How well two columns are filled, less the share of their gutter and half of how unequal they are. Columns of eleven characters
a line come to 0.46 and more, tables and forms to 0.17 (`benchmarks/bench_field.py`), and to 0.34 where all cells are cut to one
length."""
EQUAL: Final = 0.06
"""Lines whose lengths vary less, standard deviation over mean, are justified text or codes such as dates. Columns of justified
text are of one width, to a tenth; those of a table are not."""
_SAME_WIDTH: Final = 0.9


@dataclass(frozen=True)
class Span:
    """The upright rectangle around line `index` of a level page."""

    index: int
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """In pixels."""
        return self.bottom - self.top

    @property
    def width(self) -> float:
        """In pixels."""
        return self.right - self.left


def are_columns(left: Sequence[Span], right: Sequence[Span]) -> bool:
    """Whether the lines next to a gutter, those on its left and those on its right, are columns of running text."""
    if min(len(left), len(right)) < MIN_LINES:
        return False
    before, after = _Column.of(left), _Column.of(right)
    narrower, wider = sorted((before.longest, after.longest))
    if before.is_equal and after.is_equal and narrower < _SAME_WIDTH * wider:
        return False
    gutter = (after.left - before.right) / narrower
    evidence = min(before.fill, after.fill) - gutter - (1 - narrower / wider) / 2
    return evidence >= MIN_EVIDENCE and min(before.aligned, after.aligned) >= MIN_ALIGNED


@dataclass(frozen=True)
class _Column:
    """What lines next to a gutter have in common."""

    left: float
    right: float
    longest: float
    fill: float
    """Length that three quarters of the lines reach, over the longest."""
    aligned: float
    """Share of the lines that begin at the left edge."""
    is_equal: bool
    """Whether nearly all lines are equally long."""

    @classmethod
    def of(cls, spans: Sequence[Span]) -> "_Column":
        lefts = np.array([span.left for span in spans])
        widths = np.array([span.width for span in spans])
        em = float(np.median([span.height for span in spans]))
        edge = float(np.quantile(lefts, 0.2))
        longest = float(np.quantile(widths, 0.9))
        return cls(
            left=edge,
            right=float(np.quantile([span.right for span in spans], 0.9)),
            longest=longest,
            fill=float(np.quantile(widths, 0.25)) / longest,
            aligned=float(np.mean(np.abs(lefts - edge) <= ALIGNED_EMS * em)),
            is_equal=bool(widths.std() < EQUAL * widths.mean()),
        )
