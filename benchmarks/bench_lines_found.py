"""How many lines of generated pages the detector finds whole, and what becomes of the others, for each type of page.

    python benchmarks/bench_lines_found.py --pages 64

A part is what stands between two wide blanks of a line, so a label and its amount are two. It is found whole where one box
covers all of its characters and nothing of another part; it is split where only several boxes do, joined where its box covers
another part, too, cut where a character sticks out of all boxes, and missed where most of them do.
"""

import argparse
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from machine import heading, write_result
from numpy.typing import NDArray

from hunmin.pages.detector import load_detector
from hunmin.synth.config import default_config
from hunmin.synth.generate import Recipe
from hunmin.synth.pages.generate import PageGenerator
from hunmin.synth.pages.page import Page
from hunmin.text.charset import korean

WIDE_BLANK_EMS = 1.5
"""A wider blank parts a line, as a table does."""
FATES = ("whole", "split", "joined", "cut", "missed")


def parts(page: Page) -> list[tuple[int, int]]:
    """First character and one past the last of each part of a page's lines."""
    found = []
    for number, line in enumerate(page.lines):
        em_px, start = page.em_px(number), line.first
        for place, character in enumerate(line.text):
            box = page.corners[line.first + place]
            if character == " " and np.linalg.norm(box[1] - box[0]) > WIDE_BLANK_EMS * em_px:
                found.append((start, line.first + place))
                start = line.first + place + 1
        found.append((start, line.end))
    return [(start, end) for start, end in found if end > start]


def fates(page: Page, boxes: NDArray[np.float32]) -> Counter[str]:
    """What became of the parts of a page."""
    middles = page.corners.mean(axis=1)
    inside = np.array([_inside(box, middles) for box in boxes]).reshape(len(boxes), len(middles))
    all_parts = parts(page)
    touched = np.array([[inside[box, start:end].any() for start, end in all_parts] for box in range(len(boxes))])
    counts: Counter[str] = Counter()
    for start, end in all_parts:
        drawn = np.arange(start, end)
        covered = inside[:, drawn].sum(axis=1)
        best = int(covered.argmax()) if len(boxes) else -1
        num_covered = int(inside[:, drawn].any(axis=0).sum())
        if num_covered < len(drawn) / 2:
            counts["missed"] += 1
        elif num_covered < len(drawn):
            counts["cut"] += 1
        elif covered[best] < len(drawn):
            counts["split"] += 1
        else:
            counts["whole" if touched[best].sum() == 1 else "joined"] += 1
    return counts


def _inside(box: NDArray[np.float32], points: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which of (N, 2) points a box, (4, 2) clockwise, holds."""
    sides = np.roll(box, -1, axis=0) - box
    to_points = points[:, np.newaxis] - box
    cross = sides[:, 0] * to_points[:, :, 1] - sides[:, 1] * to_points[:, :, 0]
    return np.asarray((cross >= 0).all(axis=1))


def main() -> None:
    """Print the table; write it, too, where `--out` says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="a Markdown file to write")
    options = parser.parse_args()
    config = default_config()
    materials = Recipe(config, frozenset(korean().characters)).build().materials()
    generator = PageGenerator(materials, config)
    detect = load_detector(threads=1)
    by_type: dict[str, Counter[str]] = defaultdict(Counter)
    for number in range(options.pages):
        page = generator.page(options.seed, 0, number)
        print(f"{number + 1} of {options.pages}: {page.kind}", file=sys.stderr)
        image = page.image if page.image.ndim == 3 else np.repeat(page.image[:, :, np.newaxis], 3, axis=2)  # noqa: PLR2004
        by_type[page.kind] += fates(page, detect(image))
    rows = ["| page | parts | " + " | ".join(f"{fate}, %" for fate in FATES) + " |", "|---" * 7 + "|"]
    for kind, counts in [("all", sum(by_type.values(), Counter())), *sorted(by_type.items())]:
        total = counts.total()
        rows.append(f"| {kind} | {total} | " + " | ".join(f"{100 * counts[fate] / total:.1f}" for fate in FATES) + " |")
    write_result(options.out, heading("Lines that are found whole") + "\n" + "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
