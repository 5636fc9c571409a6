"""How many cells of ruled forms come back with their place, their spans and their text, clean and scanned.

    python benchmarks/bench_tables.py                                   # about ten minutes on one core
    python benchmarks/bench_tables.py --forms 10 --only clean           # a minute
    python benchmarks/bench_tables.py --out benchmarks/results/tables_MACHINE_DATE.md

Forms are drawn in faces that no model was trained on, and go through devices as crops to train on do. A scan on which rules or
lines are gone for a person, too, is made again, at most `ATTEMPTS` times: a side of a cell must be seen along most of its length,
and nearly all lines must be legible. A cell counts as found where its row, its column and its spans are right; it is right where
its text is, too, spaces and line ends aside.
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from machine import heading, write_result
from numpy.typing import NDArray
from PIL import Image
from table_forms import Form, TrueCell, draw_form

from hunmin.documents.reader import Reader
from hunmin.documents.tables.table import Table
from hunmin.pages.detector import load_detector
from hunmin.recognize.recognizer import Recognizer
from hunmin.synth.config import SynthConfig, default_config
from hunmin.synth.devices.kinds import DEVICES
from hunmin.synth.devices.optics import resample, skewed
from hunmin.synth.generate import Recipe
from hunmin.synth.pages.crops import Span, cut, legible
from hunmin.synth.pages.page import Page
from hunmin.synth.random_draws import rng_of
from hunmin.text.canonical import canonical
from hunmin.text.charset import korean

CLEAN_DPI = 200
SKEW_DEG = 2.0
STRENGTH = 0.35
"""Of the devices: up to here the generator calls them mild."""
FINE_DPI = 200
"""Scans are told apart by whether they have as many pixels an inch."""
LEAST_SEEN, LEAST_CONTRAST = 0.6, 24
"""A side of a cell is seen where so much of it is darker by so many grey levels than what lies beside it."""
LEAST_LEGIBLE = 0.97
"""Share of the lines of a page."""
ATTEMPTS = 40
KINDS = ("clean", "skewed", "grey_scan", "bw_scan")


def scanned(form: Form, kind: str, number: int, config: SynthConfig) -> tuple[Page | None, int]:
    """A form as a device gives it, and how often it was scanned; None where it never could be read."""
    if kind == "clean":
        return resample(form.page, CLEAN_DPI), 1
    if kind == "skewed":
        return skewed(resample(form.page, CLEAN_DPI), SKEW_DEG * (-1) ** number), 1
    for attempt in range(ATTEMPTS):
        rng = rng_of((1, KINDS.index(kind), number, attempt), held_out=True)
        page = DEVICES[kind](form.page, rng, STRENGTH)
        if all_sides_seen(form, page) and legible_share(page, config) >= LEAST_LEGIBLE:
            return page, attempt + 1
    return None, ATTEMPTS


def all_sides_seen(form: Form, page: Page) -> bool:
    """Whether a person still sees every rule of a form on a page."""
    is_grey = page.image.ndim == 2  # noqa: PLR2004
    grey = np.asarray(page.image if is_grey else cv2.cvtColor(page.image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    return all(_is_seen(grey, *side) for side in form.sides(page))


def _is_seen(grey: NDArray[np.uint8], start: NDArray[np.float32], end: NDArray[np.float32]) -> bool:
    length = float(np.hypot(*(end - start)))
    along = (end - start) / max(length, 1e-3)
    across = np.array([-along[1], along[0]])
    steps, offsets = np.arange(2, max(length - 2, 3)), np.arange(-6, 7)
    points = start + steps[:, None, None] * along + offsets[None, :, None] * across
    x, y = (np.clip(np.rint(points[..., i]).astype(int), 0, grey.shape[1 - i] - 1) for i in (0, 1))
    profile = grey[y, x].astype(int)
    contrast = np.median(profile, axis=1) - profile[:, 4:9].min(axis=1)
    return bool((contrast >= LEAST_CONTRAST).mean() >= LEAST_SEEN)


def legible_share(page: Page, config: SynthConfig) -> float:
    """Share of the lines that a person could read, as the generator judges its crops."""
    crops = [
        cut(page, Span(index, 0, len(line.text)), np.random.default_rng(0), config.pages, 0.0)
        for index, line in enumerate(page.lines)
    ]
    return float(np.mean([crop is None or legible(crop, config.least_contrast) for crop in crops]))


def count(forms: Sequence[list[TrueCell]], tables: Sequence[Table]) -> Counter[str]:
    """The cells of true tables that were found, and those that are right."""
    counts: Counter[str] = Counter()
    left = [{(c.row, c.column, c.row_span, c.column_span): c.text for c in table.cells} for table in tables]
    for true in forms:
        wanted = {(c.row, c.column, c.num_rows, c.num_columns): c.text for c in true}
        best = max(left, key=lambda found: len(found.keys() & wanted.keys()), default={})
        left = [found for found in left if found is not best]
        for place, text in wanted.items():
            read = best.get(place)
            counts["cells"] += 1
            counts["found"] += read is not None
            counts["right"] += read is not None and "".join(canonical(read).split()) == "".join(text.split())
            counts["with spaces"] += read is not None and canonical(read).split() == text.split()
    counts["tables"] += len(forms)
    counts["extra tables"] += len(left)
    return counts


def main() -> None:
    """Print the table; write it, too, where `--out` says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--forms", type=int, default=24)
    parser.add_argument("--first", type=int, default=1000, help="number of the first form")
    parser.add_argument("--only", nargs="*", choices=KINDS, default=KINDS)
    parser.add_argument("--out", type=Path, help="a Markdown file to write")
    options = parser.parse_args()
    config = replace(default_config(), held_out=True)
    materials = Recipe(config, frozenset(korean().characters)).build().materials()
    reader = Reader(Recognizer("bundled", threads=1), load_detector(threads=1))
    by_kind: dict[str, Counter[str]] = defaultdict(Counter)
    for number in range(options.first, options.first + options.forms):
        form = draw_form(materials, rng_of((1, len(KINDS), number), held_out=True))
        for kind in options.only:
            page, scans = scanned(form, kind, number, config)
            name = kind
            if kind.endswith("scan") and page is not None:
                name += (
                    f", {FINE_DPI} dpi and more"
                    if page.px_per_pt * 72 >= FINE_DPI - 1
                    else f", less than {FINE_DPI} dpi"
                )
            by_kind[kind if page is None else name] += Counter(scans=scans, lost=page is None)
            if page is None:
                continue
            with TemporaryDirectory() as folder:
                Image.fromarray(page.image).save(Path(folder) / "form.png")
                (read,) = reader.read_document(Path(folder) / "form.png")
            counts = count(form.tables, read.tables)
            by_kind[name] += counts
            print(f"form {number}, {name}: {dict(counts)}", file=sys.stderr)
    rows = [
        "| page | tables | cells | place and spans right, % | text right, too, % | spaces, too, % | more tables | scans |"
    ]
    rows.append("|---" * 8 + "|")
    for name, counts in sorted(by_kind.items()):
        if counts["cells"]:
            shares = " | ".join(
                f"{100 * counts[what] / counts['cells']:.1f}" for what in ("found", "right", "with spaces")
            )
            rows.append(
                f"| {name} | {counts['tables']} | {counts['cells']} | {shares} | {counts['extra tables']} | {counts['scans']} |"
            )
    lost = {kind: counts["lost"] for kind, counts in by_kind.items() if counts["lost"]}
    told = "".join(
        f"{number} forms never came through {kind} with all their rules and lines.\n" for kind, number in lost.items()
    )
    write_result(
        options.out, heading("Cells of ruled tables") + "\n" + "\n".join(rows) + "\n\n" + (told and f"{told}\n")
    )


if __name__ == "__main__":
    main()
