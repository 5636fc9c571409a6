"""How many synthetic lines one core makes in a second, by kind and by stage, beside plain Pillow rendering.

    python benchmarks/bench_synth.py [LINES_PER_KIND]

Stages are timed around the functions that the modes call, in one process with one OpenCV thread, after a warm-up that
fills the glyph cache as a training run would. "compose" is what remains: laying ink on grounds, borders, wear, colours,
choosing faces. All but the last line is processor time, so that a busy machine changes it little.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from hunmin.synth import degrade, generate, on_paper, on_screens, on_signs
from hunmin.synth.corpus import Corpus, load_corpus
from hunmin.synth.dice import pick, weighted
from hunmin.synth.fonts import Face, load_faces
from hunmin.synth.generate import Generator, Recipe, SynthConfig, load_config
from hunmin.synth.render import GlyphCache
from hunmin.text.charset import load_charset

_STAGES = ("text", "draw", "frame", "degrade", "check", "compose")
_WARM_UP = 10_000


def main(lines: int) -> None:
    """Print the table."""
    cv2.setNumThreads(1)
    config = load_config()
    spent: dict[str, float] = defaultdict(float)
    _time_stages(spent)
    faces = load_faces()
    corpus = load_corpus(frozenset(load_charset("korean").characters))
    cache = GlyphCache()
    warm = Generator(faces, corpus, config, cache)
    for index in range(_WARM_UP):
        warm.sample(1, 0, index)

    print(f"{len(faces)} faces, {lines} lines a kind, warm-up {_WARM_UP} lines, one core")
    print(f"{'kind':12}{'lines/s':>9}{'chars':>7}  " + "".join(f"{stage:>9}" for stage in _STAGES))
    for row, kind in enumerate((*config.kinds, "all")):
        chosen = config if kind == "all" else replace(config, kinds={kind: 1.0})
        _print_row(kind, Generator(faces, corpus, chosen, cache), lines, spent, seed=2 + row)
    print(f"{'plain Pillow':12}{_plain_pillow(faces, corpus, config, lines):9.0f}   black on white, nothing else")
    alone, together = _per_second(1, lines), _per_second(2, lines)
    print(f"two processes, cold caches: {together / alone:.2f} times one ({alone:.0f} → {together:.0f} lines/s)")


def _print_row(kind: str, generator: Generator, lines: int, spent: dict[str, float], seed: int) -> None:
    """Time one kind; each row has its own seed, or it would find the glyphs of the row before."""
    spent.clear()
    start = time.process_time()
    num_characters = sum(len(generator.sample(seed, 0, index).text) for index in range(lines))
    total = time.process_time() - start
    spent["compose"] = total - sum(spent.values())
    shares = "".join(f"{spent[stage] / total:9.0%}" for stage in _STAGES)
    print(f"{kind:12}{lines / total:9.0f}{num_characters / lines:7.1f}  {shares}")


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
    for module in (on_paper, on_screens, on_signs):
        module.draw_line = _timed("draw", module.draw_line, spent)  # type: ignore[attr-defined]
        module.frame = _timed("frame", module.frame, spent)  # type: ignore[attr-defined]
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
    with ProcessPoolExecutor(processes) as pool:
        start_together = time.time() + 12
        ends = list(pool.map(_draw_share, [(start_together, number, lines) for number in range(processes)]))
    return processes * lines / (max(ends) - start_together)


def _draw_share(share: tuple[float, int, int]) -> float:
    start, number, lines = share
    generator = Recipe(load_config(), frozenset(load_charset("korean").characters)).build()
    time.sleep(max(start - time.time(), 0))
    for index in range(lines):
        generator.sample(number, 0, index)
    return time.time()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
