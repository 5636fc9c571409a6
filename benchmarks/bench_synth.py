"""How many synthetic lines one core makes in a second, by kind and by stage, beside plain Pillow rendering.

    python benchmarks/bench_synth.py [--lines 2000] [--warm-up 10000] [--out FILE.md]

Stages are timed around the functions that the modes call, in one process with one OpenCV thread, after a warm-up that
fills the glyph cache as a training run would. "compose" is what remains: laying ink on grounds, borders, wear, colours,
choosing faces. All but the last line is processor time, so that a busy machine changes it little.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from machine import heading, write_result
from PIL import Image, ImageDraw, ImageFont

from hunmin.font_manifest import Face
from hunmin.synth import generate
from hunmin.synth.config import SynthConfig, default_config
from hunmin.synth.fonts.faces import load_faces
from hunmin.synth.generate import Generator, Recipe
from hunmin.synth.lines import degrade, framing, on_screens
from hunmin.synth.lines.render import GlyphCache
from hunmin.synth.random_draws import pick, weighted
from hunmin.synth.texts.corpus import Corpus, load_corpus
from hunmin.text.charset import load_charset

_STAGES = ("text", "draw", "frame", "degrade", "check", "compose")


def main() -> None:
    """Measure, print the table, and keep it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=2000, help="of each kind")
    parser.add_argument("--warm-up", type=int, default=10_000, help="lines drawn before the clock starts")
    parser.add_argument("--out", type=Path, help="also write the table here")
    arguments = parser.parse_args()
    lines = arguments.lines
    cv2.setNumThreads(1)
    config = default_config()
    spent: dict[str, float] = defaultdict(float)
    _time_stages(spent)
    faces = load_faces()
    corpus = load_corpus(frozenset(load_charset("korean").characters))
    cache = GlyphCache()
    warm = Generator(faces, corpus, config, cache)
    for index in range(arguments.warm_up):
        warm.sample(1, 0, index)

    rows = []
    for number, kind in enumerate((*config.kinds, "all")):
        chosen = config if kind == "all" else replace(config, kinds={kind: 1.0})
        rows.append(_row(kind, Generator(faces, corpus, chosen, cache), lines, spent, seed=2 + number))
    plain = _plain_pillow(faces, corpus, config, lines)
    alone, together = _per_second(1, lines), _per_second(2, lines)
    table = [
        heading("Generated lines a second"),
        f"{len(faces)} faces, {lines} lines of each kind after a warm-up of {arguments.warm_up}; one core, its processor",
        "time.\n",
        f"| kind | lines/s | characters a line | {' | '.join(_STAGES)} |",
        f"|---|---|---|{'---|' * len(_STAGES)}",
        *rows,
        f"| plain Pillow, black on white | {plain:.0f} | | {'| ' * len(_STAGES)}",
        f"\nTwo processes, wall time, each with a cold cache: {together:.0f} lines/s, {together / alone:.2f} times the "
        f"{alone:.0f} lines/s of one.",
    ]
    write_result(arguments.out, "\n".join(table) + "\n")


def _row(kind: str, generator: Generator, lines: int, spent: dict[str, float], seed: int) -> str:
    """Time one kind; each row has its own seed, or it would find the glyphs of the row before."""
    spent.clear()
    start = time.process_time()
    num_characters = sum(len(generator.sample(seed, 0, index).text) for index in range(lines))
    total = time.process_time() - start
    spent["compose"] = total - sum(spent.values())
    shares = " | ".join(f"{spent[stage] / total:.0%}" for stage in _STAGES)
    return f"| {kind} | {lines / total:.0f} | {num_characters / lines:.1f} | {shares} |"


def _plain_pillow(faces: Sequence[Face], corpus: Corpus, config: SynthConfig, lines: int) -> float:
    """Lines a second of black text on white, drawn by Pillow with its own layout."""
    work = []
    for index in range(lines):
        rng = np.random.default_rng([0, 0, index])
        kind = weighted(rng, list(config.kinds), list(config.kinds.values()))
        work.append((corpus.line(rng, kind, config.max_length), pick(rng, faces), 32 + index % 3 * 16))
    fonts: dict[Any, ImageFont.FreeTypeFont] = {}
    start = time.process_time()
    for text, face, height in work:
        key = (face.path, face.index, height)
        if key not in fonts:
            fonts[key] = ImageFont.truetype(str(face.path), round(0.8 * height), index=face.index)
        font = fonts[key]
        image = Image.new("L", (round(font.getlength(text)) + 8, height), 255)
        ImageDraw.Draw(image).text((4, round(0.8 * height)), text, fill=0, font=font, anchor="ls")
    return lines / (time.process_time() - start)


def _time_stages(spent: dict[str, float]) -> None:
    Corpus.line = _timed("text", Corpus.line, spent)  # type: ignore[method-assign]
    framing.draw_line = _timed("draw", framing.draw_line, spent)  # type: ignore[attr-defined]
    framing.frame = _timed("frame", framing.frame, spent)
    degrade.capture = _timed("degrade", degrade.capture, spent)
    on_screens.through_messenger = _timed("degrade", on_screens.through_messenger, spent)
    generate.legibility = _timed("check", generate.legibility, spent)  # type: ignore[attr-defined]


def _timed(stage: str, function: Callable[..., Any], spent: dict[str, float]) -> Callable[..., Any]:
    def timed(*args: Any, **kwargs: Any) -> Any:
        start = time.process_time()
        result = function(*args, **kwargs)
        spent[stage] += time.process_time() - start
        return result

    return timed


def _per_second(processes: int, lines: int) -> float:
    """Lines a second of that many processes, each with its own generator, building it not counted."""
    context = get_context("spawn")
    ready, ends = context.Barrier(processes + 1), context.SimpleQueue()
    started = [context.Process(target=_draw_share, args=(n, lines, ready, ends)) for n in range(processes)]
    for process in started:
        process.start()
    ready.wait()
    start = time.time()
    last: float = max(ends.get() for _ in started)
    for process in started:
        process.join()
    return processes * lines / (last - start)


def _draw_share(number: int, lines: int, ready: Barrier, ends: "SimpleQueue[float]") -> None:
    generator = Recipe(default_config(), frozenset(load_charset("korean").characters)).build()
    # The first line makes the banks of noise.
    generator.sample(number, 1, 0)
    ready.wait()
    for index in range(lines):
        generator.sample(number, 0, index)
    ends.put(time.time())


if __name__ == "__main__":
    main()
