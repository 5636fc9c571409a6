"""Runs of ink that are strokes of letters, told from rules by the lines of text that they stand in."""

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hunmin.documents.tables.ruling.rules import Rule

SLACK_EMS: Final = 0.15
"""By so much strokes may stick out of the box of their line."""
RIM_EMS: Final = 0.45
"""What stands so close to the left or right end of a box may be a rule that the box takes in, if it is longer …"""
LETTER_SHARE: Final = 0.78
"""… than this share of the box's height, which no bracket is."""
RIM_SHARE: Final = 0.15
"""What lies this share of its height from the upper or lower side of a box may be a rule, too."""
COVER: Final = 0.9
"""Runs of which so much lies within lines of text are strokes."""

Rectangle: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def without_level_strokes(level: Sequence[Rule], texts: Sequence[Rectangle], em: float) -> list[Rule]:
    """The level runs that are no strokes.

    Args:
        level: runs of ink.
        texts: the lines of text, as loosely as a detector draws them.
        em: size of the type.
    """
    left, top, right, bottom = np.array(texts, dtype=np.float64).reshape(-1, 4).T
    slack, rim = SLACK_EMS * em, RIM_SHARE * (bottom - top)
    return [
        run
        for run in level
        if not _is_covered(run, left - slack, right + slack, (top + rim < run.at) & (run.at < bottom - rim))
    ]


def without_upright_strokes(upright: Sequence[Rule], texts: Sequence[Rectangle], em: float) -> list[Rule]:
    """The upright runs that are no strokes; arguments as of `without_level_strokes`."""
    left, top, right, bottom = np.array(texts, dtype=np.float64).reshape(-1, 4).T
    slack, rim = SLACK_EMS * em, RIM_EMS * em
    kept = []
    for run in upright:
        is_inside = (left < run.at) & (run.at < right)
        is_at_rim = (run.at < left + rim) | (right - rim < run.at)
        is_long = run.length > LETTER_SHARE * (bottom - top)
        if not _is_covered(run, top - slack, bottom + slack, is_inside & ~(is_at_rim & is_long)):
            kept.append(run)
    return kept


def _is_covered(run: Rule, starts: NDArray[np.float64], ends: NDArray[np.float64], crossed: NDArray[np.bool_]) -> bool:
    """Whether nearly all of a run lies within the texts that it crosses."""
    covered, reached = 0.0, run.start
    for start, end in sorted(zip(starts[crossed].tolist(), ends[crossed].tolist(), strict=True)):
        covered += max(min(end, run.end) - max(start, reached), 0.0)
        reached = max(reached, end)
    return covered >= COVER * run.length
