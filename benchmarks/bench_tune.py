"""What labelling pays: the bundled model tuned on 100, 300 and 1,000 lines of a look that it reads badly.

    python benchmarks/bench_tune.py WORK [--lines 100 300 1000] [--also NAME=DATA] [--out FILE.md] [KEY=VALUE …]

The look is that of LED boards, as buses, lifts and shops have them, photographed: characters of lit dots that glow into one
another, some dark, with the bands of a rolling shutter. No generator of hunmin has such a device. Texts and faces are those that
training keeps out. WORK keeps the lines and a folder for each size: stopped by whatever, the same command goes on where it was.
KEY=VALUE go to `hunmin tune`, such as trainer.max_steps=2000.

Measured on 500 other lines of the look, on 1,000 generated lines as training draws them but of held-out texts and faces (what is
forgotten), and on each --also. `hunmin tune` keeps a fifth of the labelled lines for itself, so of 100 it learns from 80.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from machine import heading, write_result
from numpy.random import Generator as Rng
from numpy.typing import NDArray
from PIL import Image

import hunmin
from hunmin.compose import load_config
from hunmin.evaluation.report import Report
from hunmin.files import new_folder, write_text
from hunmin.recognize.recognizer import Recognizer
from hunmin.synth.config import SynthRun
from hunmin.synth.generate import Recipe

ROWS = 20
"""Dots of a board, from its lowest to its highest row."""
PITCH_PX = 4
"""From dot to dot in the photograph."""
LINES_OF_A_DOCUMENT = 10
COLOURS = ((255, 150, 30), (255, 60, 40), (120, 255, 70), (240, 240, 255))
"""RGB of the lamps."""
SEEDS = {"labelled": 21, "of the look": 22, "all else": 23}


def led_board(image: NDArray[np.uint8], rng: Rng) -> NDArray[np.uint8]:
    """A line on a board of lamps, as a camera sees it.

    Args:
        image: (H, W, 3) or (H, W), uint8, ink on a plain ground.
        rng: draws colour, dark lamps and the camera.

    Returns:
        (ROWS × PITCH_PX, W', 3), uint8.
    """
    grey = (image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)).astype(np.float32)  # noqa: PLR2004
    ink = np.abs(grey - np.median(grey))
    columns = max(8, round(ROWS * grey.shape[1] / grey.shape[0]))
    dots = cv2.resize(ink / max(float(ink.max()), 1.0), (columns, ROWS), interpolation=cv2.INTER_AREA)
    # Thin strokes share a dot with much ground, and are drawn all the same; a ground that is none of one tone is not.
    is_lit = dots > 0.35 * np.quantile(dots, 0.98)
    lit = (is_lit if is_lit.mean() < 0.5 else ~is_lit).astype(np.float32)  # noqa: PLR2004
    lit *= rng.random(lit.shape) > rng.uniform(0, 0.05)
    lit *= rng.uniform(0.7, 1.0, lit.shape)
    board = np.zeros((ROWS * PITCH_PX, columns * PITCH_PX), np.float32)
    board[PITCH_PX // 2 :: PITCH_PX, PITCH_PX // 2 :: PITCH_PX] = lit
    glow = cv2.GaussianBlur(board, (0, 0), rng.uniform(0.9, 1.5)) * 9 + cv2.GaussianBlur(board, (0, 0), 6) * 14
    rows = np.arange(len(glow)) / len(glow)
    glow *= (1 + rng.uniform(0, 0.4) * np.sin(2 * np.pi * (rows * rng.uniform(1, 4) + rng.random())))[:, None]
    colour = np.array(COLOURS[rng.integers(len(COLOURS))], np.float32)
    lamps = 1 - np.exp(-glow[:, :, None] * (colour / 255 + 0.15))
    shown = 255 * lamps + rng.uniform(5, 40) + rng.normal(0, rng.uniform(2, 10), lamps.shape)
    return np.clip(shown, 0, 255).astype(np.uint8)


def write_lines(folder: Path, num: int, seed: int, *, of_the_look: bool) -> Path:
    """Labelled lines of held-out texts and faces, in documents of ten; nothing where they are there already."""
    if folder.is_dir():
        return folder
    plain = ("synth.strength=0", "synth.kinds={document: 1, receipt: 0, sign: 1, screen: 1, form: 0, handwriting: 0}")
    config = load_config(SynthRun, ["synth.held_out=true", *(plain if of_the_look else ())])
    spec = Recognizer(language=None).spec
    generator = Recipe(config.synth, frozenset(spec.characters)).build()
    rows = ["path\ttext\tgroup\n"]
    with new_folder(folder) as partial:
        for index in range(num):
            sample = generator.sample(seed, 0, index, max_length=24 if of_the_look else spec.max_label_length)
            image = led_board(sample.image, np.random.default_rng([seed, index])) if of_the_look else sample.image
            Image.fromarray(image).save(partial / f"{index:05}.png")
            rows.append(f"{index:05}.png\t{sample.text}\t{index // LINES_OF_A_DOCUMENT:04}\n")
        write_text(partial / "labels.tsv", "".join(rows))
    return folder


def main() -> None:
    """Tune and measure, and print or keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--lines", type=int, nargs="+", default=[100, 300, 1000])
    parser.add_argument("--also", action="append", default=[], metavar="NAME=DATA")
    parser.add_argument("--measured", type=int, default=500, help="Lines of the look; of all else twice as many.")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE")
    given = parser.parse_intermixed_args()
    given.work.mkdir(parents=True, exist_ok=True)
    look, other = given.work / "of_the_look", given.work / "all_else"
    sets = {
        "the look": write_lines(look, given.measured, SEEDS["of the look"], of_the_look=True),
        "all else": write_lines(other, 2 * given.measured, SEEDS["all else"], of_the_look=False),
        **{name: Path(data) for name, _, data in (one.partition("=") for one in given.also)},
    }
    names = " | ".join(sets)
    rows = [f"| labelled lines | {names} | minutes |", f"|---|{'---|' * len(sets)}---|"]
    rows.append(_row("none", "bundled", sets, given.threads, ""))
    for num in given.lines:
        labelled = write_lines(given.work / f"labelled_{num}", num, SEEDS["labelled"], of_the_look=True)
        started = time.perf_counter()
        tuned = hunmin.tune(labelled, given.work / f"tuned_{num}", *given.overrides, quiet=True)
        minutes = (time.perf_counter() - started) / 60
        rows.append(
            _row(f"{num:,}, {tuned.num_lines:,} learned from", tuned.model, sets, given.threads, f"{minutes:.0f}")
        )
        print(rows[-1], flush=True)
    told = "Lines without a mistake (interval of 95 %) / CER, spaces aside; minutes of `hunmin tune`, its own measuring included."
    packages = ("torch", "onnxruntime", "numpy")
    write_result(
        given.out, heading("Tuning on a look that is read badly", packages) + f"\n{told}\n\n" + "\n".join(rows) + "\n"
    )


def _row(name: str, model: str | Path, sets: dict[str, Path], threads: int, minutes: str) -> str:
    cells: Sequence[str] = [_cell(hunmin.evaluate(model, data, threads=threads)) for data in sets.values()]
    return f"| {name} | {' | '.join(cells)} | {minutes} |"


def _cell(report: Report) -> str:
    rates, interval = report.scores.rates(), report.intervals["exact_ns"]
    return f"{rates['exact_ns']:.1%} ({interval.low:.1%} to {interval.high:.1%}) / {rates['cer_ns']:.1%}"


if __name__ == "__main__":
    main()
