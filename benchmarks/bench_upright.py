"""Whether generated pages that lie on their side, stand on their head and lie askew are read upright, and their skew is told.

    benchmarks/print_documents.sh PDFS
    python benchmarks/bench_upright.py --pages 100 --documents PDFS --out FILE.md     # 400 pages: half an hour on one core

The generator's pages are parts of pages, often of a few short lines: each is one of its types, in faces that no model was trained
on, at 150 dpi; it is turned by an angle of up to 3 degrees and by 0 to 3 quarters, and goes through a scanner's blur and
noise. Those with fewer than `FEWEST` characters, and those whose lines are not level as they were written, are passed over.
Skew is also told of whole pages, those of PDFs, each at `ANGLES` angles.
"""

import argparse
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from time import process_time

import cv2
import numpy as np
import pypdfium2
from machine import heading, write_result
from numpy.typing import NDArray

from hunmin.pages.detector import Detector, load_detector
from hunmin.pages.reader import Reader
from hunmin.pages.skew import skew_deg
from hunmin.recognize.recognizer import Recognizer
from hunmin.synth.config import default_config
from hunmin.synth.devices.optics import grain, resample, skewed, soften
from hunmin.synth.generate import Recipe
from hunmin.synth.pages.kinds import PAGE_TYPES
from hunmin.synth.pages.materials import Materials
from hunmin.synth.pages.page import Page
from hunmin.synth.random_draws import rng_of
from hunmin.text.charset import korean

DPI = 150
MOST_SKEW_DEG = 3.0
FEWEST = 40
LEVEL_DEG = 0.05
CLOSE_DEG = 0.2
ANGLES = 3


def written(materials: Materials, kind: str, number: int) -> Page:
    """A page of a type with enough on it, level."""
    for attempt in range(50):
        rng = rng_of((3, number, attempt), held_out=True)
        page = PAGE_TYPES[kind].write(materials, rng).finish()
        if sum(len(line.text) for line in page.lines) >= FEWEST and is_level(page):
            return resample(page, DPI)
    raise AssertionError(kind)


def is_level(page: Page) -> bool:
    """Whether nearly all lines of a page are level as it was written."""
    angles = [page.outline(line.first, line.end).angle for line in page.lines]
    return float(np.mean(np.abs(np.degrees(angles)) <= LEVEL_DEG)) > 0.9  # noqa: PLR2004


def rgb(page: Page, number: int) -> NDArray[np.uint8]:
    """(H, W, 3) as a scanner gives it."""
    rng = rng_of((4, number), held_out=True)
    image = grain(soften(page.image, 0.6), rng, 4.0)
    return image if image.ndim == 3 else np.repeat(image[:, :, np.newaxis], 3, axis=2)  # noqa: PLR2004


def document_errors(folder: Path, detect: Detector) -> list[float]:
    """How far the skew of the pages of PDFs is off, in degrees."""
    errors = []
    for path in sorted(folder.glob("*.pdf")):
        for number, page in enumerate(pypdfium2.PdfDocument(path)):
            pixels = np.array(page.render(scale=DPI / 72).to_pil().convert("RGB"))
            height, width = pixels.shape[:2]
            rng = np.random.default_rng([6, number, *path.stem.encode()])
            for degrees in rng.uniform(-MOST_SKEW_DEG, MOST_SKEW_DEG, ANGLES):
                turn = cv2.getRotationMatrix2D((width / 2, height / 2), -float(degrees), 1.0)
                turned = cv2.warpAffine(pixels, turn, (width, height), borderValue=(255, 255, 255))
                image = np.asarray(turned, np.uint8)
                errors.append(abs(skew_deg(image, detect(image)) - float(degrees)))
                print(f"{path.stem} {number}: off by {errors[-1]:.2f} of {degrees:.2f}", file=sys.stderr, flush=True)
    return errors


def told_errors(errors: list[float]) -> str:
    """The figures of a list of errors in degrees."""
    off = np.array(errors)
    return (
        f"{np.median(off):.2f}° in the middle, {np.percentile(off, 95):.2f}° for 95 of 100, at most {off.max():.2f}°; "
        f"within {CLOSE_DEG}° for {(off <= CLOSE_DEG).mean():.1%} of {len(off)}.\n"
    )


def main() -> None:
    """Print the table; write it, too, where `--out` says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--documents", type=Path, help="a folder of PDFs")
    parser.add_argument("--out", type=Path, help="a Markdown file to write")
    options = parser.parse_args()
    config = replace(default_config(), held_out=True)
    materials = Recipe(config, frozenset(korean().characters)).build().materials()
    reader = Reader(Recognizer("bundled-int8", threads=1), load_detector(threads=1))
    kinds = list(PAGE_TYPES)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    errors: list[float] = []
    began = process_time()
    for number in range(options.first, options.first + options.pages):
        kind = kinds[number % len(kinds)]
        degrees = float(np.random.default_rng([5, number]).uniform(-MOST_SKEW_DEG, MOST_SKEW_DEG))
        pixels = rgb(skewed(written(materials, kind, number), degrees), number)
        for quarters in range(4):
            # Clockwise, as `rotation_deg` counts.
            page = reader.read(np.ascontiguousarray(np.rot90(pixels, -quarters)))
            is_right = page.rotation_deg == 90 * quarters
            counts[kind].update(pages=1, right=is_right)
            if is_right:
                errors.append(abs(page.skew_deg + degrees))
                counts[kind].update(within=errors[-1] <= CLOSE_DEG)
            else:
                counts[kind][f"{90 * quarters} as {page.rotation_deg}"] += 1
            told = f"{number} {kind} {quarters}: {page.rotation_deg}, {page.skew_deg} for {-degrees:.2f}"
            print(told, file=sys.stderr, flush=True)
    rows = ["| type | pages | upright | skew within 0.2° | taken for another direction |", "|---" * 5 + "|"]
    for kind, count in counts.items():
        wrong = "; ".join(f"{what}: {num}" for what, num in count.items() if " as " in what)
        rows.append(f"| {kind} | {count['pages']} | {count['right']} | {count['within']} | {wrong} |")
    num_pages, num_right = (sum(count[what] for count in counts.values()) for what in ("pages", "right"))
    told = f"{num_right} of {num_pages} generated pages are read upright, {(process_time() - began) / num_pages:.1f} s a page.\n"
    told += f"Their skew is off by {told_errors(errors)}"
    if options.documents:
        told += f"That of whole pages is off by {told_errors(document_errors(options.documents, reader.detector))}"
    write_result(options.out, heading("Pages set upright") + "\n" + "\n".join(rows) + "\n\n" + told)


if __name__ == "__main__":
    main()
