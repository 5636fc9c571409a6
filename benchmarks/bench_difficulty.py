"""Whether generated lines are as hard to read as real ones: Tesseract on both, kind by kind, by one metric in one run.

    python benchmarks/bench_difficulty.py REAL [--lines 300] [--peer tesseract:kor+eng] [--out FILE.md]

REAL is a folder or store of labelled crops with kinds, as `hunmin evaluate` takes it; it is only measured on. Each kind
has two generated figures: lines as training draws them, and the texts of the real crops drawn by that kind's mode. The
second says the same as the real crops, so whatever differs there is the picture. What the first has on top is its texts,
which keep every syllable in sight, also in words that no language has: the last columns show how the reader fares with
both sorts of text in clean print.

Rates are cer_ns in %: spaces removed, characters that print alike counted as one. Brackets hold the middle 95 % of 1,000
resamplings of the lines, because crops of a kind are few and come from fewer pages.
"""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from machine import heading, write_result
from numpy.random import Generator as Rng
from numpy.typing import NDArray

from hunmin.evaluation.labelled import labelled_crops
from hunmin.evaluation.peers import load_peer
from hunmin.evaluation.predict import ReadCrops
from hunmin.metrics import count_edits
from hunmin.synth.config import default_config
from hunmin.synth.fonts.faces import bundled_faces, load_faces
from hunmin.synth.generate import Generator
from hunmin.synth.lines.framing import Framing, frame
from hunmin.synth.lines.kinds import KINDS
from hunmin.synth.lines.picture import DRAWN_EM_PX
from hunmin.synth.lines.render import GlyphCache, Setting, draw_line
from hunmin.synth.texts.corpus import Corpus, load_corpus
from hunmin.text.charset import load_charset

_RESAMPLINGS = 1000
_PERCENT = 100.0
_SEED = 60

Crops = Sequence[tuple[NDArray[np.uint8], str]]
"""Pictures and what they say."""


class RealTexts(Corpus):
    """The texts of the real crops of one kind, in turn."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Keep the texts."""
        self._in_turn = texts
        self.number = 0

    def line(self, rng: Rng, kind: str, max_length: int, held_out: bool = False, min_length: int = 1) -> str:
        """The text of this turn, whatever else is asked for; a longer one than `max_length` is cut."""
        return self._in_turn[self.number % len(self._in_turn)][:max_length].strip()

    def label(self, text: str) -> str:
        """As it was transcribed."""
        return text


@dataclass(frozen=True)
class Figure:
    """How a set of crops was read."""

    num_lines: int
    mean_length: float
    cer: float
    """In %."""
    low: float
    high: float

    def __str__(self) -> str:
        """Rate and interval."""
        return f"{self.cer:.1f} [{self.low:.1f}–{self.high:.1f}]"


def main() -> None:
    """Measure every kind and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("real", type=Path, help="labelled crops with kinds")
    parser.add_argument("--lines", type=int, default=300, help="generated lines of each kind and sort")
    parser.add_argument("--peer", default="tesseract:kor+eng")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--out", type=Path, help="also write the table here")
    arguments = parser.parse_args()
    real: dict[str, list[tuple[NDArray[np.uint8], str]]] = defaultdict(list)
    for crop in labelled_crops(arguments.real):
        real[crop.kind].append((crop.image, crop.label))
    read = load_peer(arguments.peer, threads=1)
    rows = []
    for kind in arguments.kinds:
        drawn = draw(kind, arguments.lines)
        generated, clean = measure(read, drawn), measure(read, print_clean([text for _, text in drawn]))
        if kind not in real:
            rows.append(f"| {kind} | – | {generated} | – | – | {clean.cer:.1f} | – / {generated.mean_length:.0f} |")
            continue
        texts = [text for _, text in real[kind]]
        there, same_texts = measure(read, real[kind]), measure(read, draw(kind, arguments.lines, texts))
        real_clean = measure(read, print_clean(texts))
        rows.append(
            f"| {kind} | {there} ({there.num_lines}) | {generated} | {same_texts} | {real_clean.cer:.1f} | {clean.cer:.1f} "
            f"| {there.mean_length:.0f} / {generated.mean_length:.0f} |"
        )
    table = [
        heading(f"How hard generated lines are beside real ones, read by {arguments.peer}"),
        f"cer_ns in % [middle 95 % of {_RESAMPLINGS:,} resamplings]; {arguments.lines} generated lines each.\n",
        "| kind | real (crops) | generated | generated, real texts | real texts in clean print | generated texts in clean "
        "print | mean length, real / generated |",
        "|---|---|---|---|---|---|---|",
        *rows,
    ]
    write_result(arguments.out, "\n".join(table) + "\n")


def draw(kind: str, num: int, texts: Sequence[str] = ()) -> Crops:
    """Lines of one kind as training draws them; with `texts`, these in turn instead of the corpus."""
    charset = frozenset(load_charset("korean").characters)
    drawable = [text for text in texts if charset.issuperset(text)]
    corpus = RealTexts(drawable) if drawable else load_corpus(charset)
    config = replace(default_config(), kinds={kind: 1.0})
    generator = Generator(load_faces(), corpus, config, GlyphCache(max_glyphs=20_000))
    crops = []
    for index in range(num):
        if isinstance(corpus, RealTexts):
            corpus.number = index
        sample = generator.sample(_SEED, 0, index)
        crops.append((sample.image, sample.text))
    return crops


def print_clean(texts: Sequence[str]) -> Crops:
    """The texts in black on white, upright and sharp, in a bundled gothic."""
    face = next(face for face in bundled_faces() if face.style == "gothic" and not face.held_out)
    cache, rng, framing = GlyphCache(), np.random.default_rng(0), Framing(48, 0.15, 0.15, 0.15, 0.15)
    drawable = [text for text in texts if face.coverage.issuperset(text)]
    inks = [frame(draw_line(cache, [(face, text)], Setting(DRAWN_EM_PX), rng), framing, rng) for text in drawable]
    return [(255 - ink.mask, text) for ink, text in zip(inks, drawable, strict=True)]


def measure(read: ReadCrops, crops: Crops) -> Figure:
    """Read crops and count edits without spaces."""
    readings = read([image for image, _ in crops])
    counts = [
        count_edits(reading.text, text, spaces=False, fold=True)
        for reading, (_, text) in zip(readings, crops, strict=True)
    ]
    edits = np.array([one.num_edits for one in counts])
    characters = np.array([one.num_characters for one in counts])
    chosen = np.random.default_rng(0).integers(0, len(counts), (_RESAMPLINGS, len(counts)))
    low, high = np.percentile(edits[chosen].sum(axis=1) / characters[chosen].sum(axis=1), (2.5, 97.5))
    rate = edits.sum() / characters.sum()
    length = float(np.mean([len(text) for _, text in crops]))
    return Figure(len(counts), length, _PERCENT * rate, _PERCENT * low, _PERCENT * high)


if __name__ == "__main__":
    main()
