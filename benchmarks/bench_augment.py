"""How many lines a model still reads right once they are augmented.

    python benchmarks/bench_augment.py [--lines 300] [--model MODEL.onnx] [--out FILE.md]

The lines are generated as crops to train on are, but held out: faces and texts that the bundled model has not seen. Each
is read as it is and as `data.augment` changes it at strengths 0.5 and 1, the same lines every time. Right is exact,
spaces aside. The last column counts the lines that were read right before and no longer are, less those the other way
round, so it is the loss that augmentation alone makes.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from machine import heading, write_result

from hunmin.data.loading.augment import augment
from hunmin.recognize.recognizer import Recognizer
from hunmin.synth.config import default_config
from hunmin.synth.generate import Recipe
from hunmin.text.charset import korean

SEED = 72
STRENGTHS = (0.5, 1.0)


def main(num: int, model: str, out: Path | None) -> None:
    """Print a table, and keep it in a file where one is given."""
    generator = Recipe(replace(default_config(), held_out=True), frozenset(korean().characters)).build()
    lines = [generator.sample(SEED, 0, index) for index in range(num)]
    recognizer = Recognizer(model, threads=1)

    def is_right(strength: float) -> list[bool]:
        images = [
            augment(line, np.random.default_rng([SEED, number]), strength).image for number, line in enumerate(lines)
        ]
        texts = [reading.text for reading in recognizer.recognize(images)]
        return [text.replace(" ", "") == line.text.replace(" ", "") for text, line in zip(texts, lines, strict=True)]

    plain = is_right(0.0)
    rows = ["| strength | right | lost | gained | net |", "|---|---|---|---|---|", f"| 0 | {sum(plain)} | | | |"]
    for strength in STRENGTHS:
        now = is_right(strength)
        lost = sum(before and not after for before, after in zip(plain, now, strict=True))
        gained = sum(after and not before for before, after in zip(plain, now, strict=True))
        rows.append(f"| {strength} | {sum(now)} | {lost} | {gained} | {(gained - lost) / num:+.1%} |")
    told = f"\n{num:,} lines.\n\n"
    write_result(out, heading("Reading augmented lines", ("onnxruntime", "numpy")) + told + "\n".join(rows) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="How many lines a model still reads right once they are augmented.")
    parser.add_argument("--lines", type=int, default=300)
    parser.add_argument("--model", default="bundled", help="an ONNX model")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    main(given.lines, given.model, given.out)
