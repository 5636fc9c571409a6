"""How well the characters and words of a line are placed: IoU with where the generator drew them, for each kind of line.

    python benchmarks/bench_character_boxes.py [MODEL] --num 1000

Lines in held-out faces. Of those that are read right, left and right edge of each character and word are compared with those of
its ink, as the generator knows them.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from machine import heading, write_result
from numpy.typing import NDArray

from hunmin.evaluation.predict import load_recognizer
from hunmin.recognize.recognizer import Reading
from hunmin.synth.config import default_config
from hunmin.synth.fonts.faces import load_faces
from hunmin.synth.generate import Generator
from hunmin.synth.texts.corpus import load_corpus

GOOD = 0.8
"""An IoU from which a box is called good."""


def spans_of_words(text: str) -> Iterator[slice]:
    """Each run of characters without a space."""
    start = None
    for i, character in enumerate(f"{text} "):
        if character.isspace():
            if start is not None:
                yield slice(start, i)
            start = None
        elif start is None:
            start = i


def iou(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of spans, (N, 2) each: (N,)."""
    inside = np.minimum(one[:, 1], other[:, 1]) - np.maximum(one[:, 0], other[:, 0])
    outside = np.maximum(one[:, 1], other[:, 1]) - np.minimum(one[:, 0], other[:, 0])
    shares: NDArray[np.float64] = np.maximum(inside, 0) / np.maximum(outside, 1e-9)
    return shares


def compare(reading: Reading, drawn: NDArray[np.float32], width_px: int) -> tuple[list[float], list[float]]:
    """IoU along the line of each character that has ink, and of each word."""
    found = np.array([(one.left, one.right) for one in reading.characters]) * width_px
    drawn_spans = drawn[:, [0, 2]].astype(np.float64)
    inked = [i for i, character in enumerate(reading.text) if not character.isspace()]
    words = list(spans_of_words(reading.text))
    of_words = [
        np.array([(spans[word, 0].min(), spans[word, 1].max()) for word in words]) for spans in (found, drawn_spans)
    ]
    return iou(found[inked], drawn_spans[inked]).tolist(), iou(*of_words).tolist()


def row(name: str, characters: Sequence[float], words: Sequence[float]) -> str:
    """Of the table."""
    cells = [name, f"{len(characters):,}", f"{len(words):,}"]
    for values in (np.array(characters), np.array(words)):
        cells += [
            f"{np.median(values):.2f}",
            f"{np.percentile(values, 10):.2f}",
            f"{100 * (values >= GOOD).mean():.0f}",
        ]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Print the table, and write it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", default="bundled")
    parser.add_argument("--num", type=int, default=1000, help="lines")
    parser.add_argument("--seed", type=int, default=31)
    parser.add_argument("--out", type=Path, help="a Markdown file to write")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    recognizer = load_recognizer(options.model, 1, "default")
    config = replace(default_config(), held_out=True)
    generator = Generator(load_faces(), load_corpus(frozenset(recognizer.spec.characters)), config)
    samples = [generator.sample(options.seed, 0, index) for index in range(options.num)]
    by_kind: dict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for sample, reading in zip(samples, recognizer.recognize([one.image for one in samples]), strict=True):
        if reading.text == sample.text and sample.boxes is not None:
            of_characters, of_words = compare(reading, sample.boxes, sample.image.shape[1])
            for kind in (sample.kind, "all"):
                by_kind[kind][0].extend(of_characters)
                by_kind[kind][1].extend(of_words)
    lines = [
        "| kind | characters | words | median IoU of characters | a tenth below | good, % | of words | a tenth below | good, % |",
        "|---|---|---|---|---|---|---|---|---|",
        *(row(kind, *by_kind[kind]) for kind in sorted(by_kind, key=lambda kind: (kind == "all", kind))),
    ]
    packages = ("onnxruntime", "opencv-python-headless", "numpy")
    write_result(options.out, heading("Where characters and words stand", packages) + "\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
