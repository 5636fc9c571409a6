"""Milliseconds a crop by width, for every form of a model, and what each form weighs.

    python benchmarks/bench_recognize.py [MODEL.onnx …] [--rounds N] [--out FILE.md]

Crops are lines of print, 32 px high, whose length grows with their width, one at a time and on one thread, with the
scaling and decoding that `Recognizer.recognize` does. Forms take turns, crop by crop, so that a busy moment of the machine
meets all of them alike; the ratio is the median of the ratios of neighbours in time. Time grows with the characters that are
read, which is why both counts stand beside it. Without MODEL the bundled ones are measured.
"""

import argparse
import os
import platform
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from hunmin.drawing import draw_text, text_width_px
from hunmin.files import write_text
from hunmin.recognize.recognizer import BUNDLED_MODEL, Recognizer
from hunmin.version import __version__

CROP_HEIGHT_PX = 32
WIDTHS_PX = (64, 128, 256, 384, 512, 768, 1024)
WARM_UP = 3
TYPE_SHARE = 0.72
TEXT = "훈민정음은 백성을 가르치는 바른 소리이며 1443년에 만들어져 1446년에 반포되었다 나라의 말이 중국과 달라 서로 통하지 않으니"


def text_for(width_px: int, height_px: int) -> str:
    """As many whole words as fit; a line that breaks off in a word tempts models to go on reading."""
    shown = ""
    for word in TEXT.split() * 4:
        longer = f"{shown} {word}".strip()
        if shown and text_width_px(longer, TYPE_SHARE * height_px) > width_px:
            break
        shown = longer
    return shown


def line(text: str, width_px: int, height_px: int) -> NDArray[np.uint8]:
    """A printed line, cut close as a detector cuts it; (height_px, width_px, 3) uint8."""
    size_px = 64.0
    image = Image.new("L", (round(text_width_px(text, size_px)) + 12, 84), 244)
    draw_text(ImageDraw.Draw(image), (6, 42), text, size_px, 32)
    return np.asarray(image.resize((width_px, height_px), Image.Resampling.LANCZOS).convert("RGB"))


def time_forms(forms: dict[str, Recognizer], crop: NDArray[np.uint8], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each reading of `crop`, form by form, in turns."""
    for recognizer in forms.values():
        for _ in range(WARM_UP):
            recognizer.recognize([crop])
    times: dict[str, list[float]] = {name: [] for name in forms}
    for _ in range(rounds):
        for name, recognizer in forms.items():
            started = time.perf_counter()
            recognizer.recognize([crop])
            times[name].append(1000 * (time.perf_counter() - started))
    return times


def main() -> None:
    """Print the tables; write them, too, where `--out` says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=Path, metavar="MODEL.onnx")
    parser.add_argument("--rounds", type=int, default=30, help="readings of each crop with each form")
    parser.add_argument("--out", type=Path, help="a Markdown file to write")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    paths = options.models or [BUNDLED_MODEL, BUNDLED_MODEL.with_name("hunmin.int8.onnx")]
    forms = {path.name: Recognizer(path, threads=1) for path in paths}
    first, *others = forms

    rows = [
        f"# Reading one crop, {datetime.now(UTC):%Y-%m-%d}",
        "",
        f"Hardware: one thread of {_processor()}, {os.cpu_count()} cores. Python {platform.python_version()}, "
        f"onnxruntime {onnxruntime.__version__}, hunmin {__version__}. One run, batch 1, medians of {options.rounds} readings.",
        "",
        "```sh",
        f"OMP_NUM_THREADS=1 python benchmarks/bench_recognize.py --rounds {options.rounds}",
        "```",
        "",
        "| form | size, MB |",
        "|---|---|",
        *(f"| {path.name} | {path.stat().st_size / 1e6:.1f} |" for path in paths),
        "",
        "| width at a height of 32, px | characters | read | " + " | ".join(f"{name}, ms" for name in forms)
        + "".join(f" | {first} ÷ {name}" for name in others) + " |",
        "|---" * (3 + len(forms) + len(others)) + "|",
    ]  # fmt: skip
    for width_px in WIDTHS_PX:
        text = text_for(width_px, CROP_HEIGHT_PX)
        crop = line(text, width_px, CROP_HEIGHT_PX)
        times = time_forms(forms, crop, options.rounds)
        length = len(forms[first].recognize([crop])[0].text)
        cells = [f"{statistics.median(times[name]):.1f}" for name in forms]
        cells += [
            f"{statistics.median(a / b for a, b in zip(times[first], times[name], strict=True)):.2f}" for name in others
        ]
        rows.append(f"| {width_px} | {len(text)} | {length} | " + " | ".join(cells) + " |")
    report = "\n".join(rows) + "\n"
    print(report, end="")
    if options.out:
        write_text(options.out, report)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for entry in info.read_text(encoding="utf-8").splitlines():
            if entry.startswith("model name"):
                return entry.partition(":")[2].strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
