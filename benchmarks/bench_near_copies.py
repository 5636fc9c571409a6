"""What `hunmin data check` finds: altered copies of lines, and different prints of one text that it takes for copies.

    python benchmarks/bench_near_copies.py [--lines 1000] [--out FILE.md]

Copies are generated lines of all kinds, each with a label of its own and of at least `NEAR_LENGTH` characters, compared
with the same lines altered. Prints are the texts of these lines in plain print, size, margins, contrast and noise by lot:
once in a face drawn by lot, then in another face, in the same one, or ten times in the same one, as one form that many
people filled in. All of it goes through stores and `find_shared`, as in the command. Fonts are the installed ones, else
the bundled ones.
"""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from machine import heading, write_result
from numpy.random import Generator as Rng
from numpy.typing import NDArray

from hunmin.data.inspect.leaks import NEAR_LENGTH, Reason, find_shared
from hunmin.data.sample import Sample
from hunmin.data.store.lmdb_store import open_store, write_store
from hunmin.font_manifest import Face
from hunmin.synth.config import default_config
from hunmin.synth.fonts.faces import load_faces
from hunmin.synth.generate import Recipe
from hunmin.synth.lines.render import GlyphCache, Setting, draw_line
from hunmin.text.charset import korean

Pixels = NDArray[np.uint8]
SEED = 71
MANY = 10


def main(num: int, out: Path | None) -> None:
    """Print a table, and keep it in a file where one is given."""
    lines = generated(num)
    prints = Prints([line.text for line in lines])
    found = {name: share(lines, altered(lines, change)) for name, change in CHANGES.items()}
    alarms = {
        "another face": share(prints.of(0), prints.of(1)),
        "the same face": share(prints.of(0), prints.of(0, times=1)),
        f"the same face, one of {MANY}": share(prints.of(0), prints.of(0, times=MANY)),
    }
    rows = [
        "| the copy was | found |",
        "|---|---|",
        *(f"| {name} | {value:.1%} |" for name, value in found.items()),
        "",
    ]
    rows += ["| another print of the text | taken for a copy |", "|---|---|"]
    rows += [f"| {name} | {value:.1%} |" for name, value in alarms.items()]
    told = f"\n{len(lines):,} lines, {len(prints.of(0)):,} prints, {len(prints.faces):,} faces.\n\n"
    write_result(out, heading("Near-copies") + told + "\n".join(rows) + "\n")


def generated(num: int) -> list[Sample]:
    """Lines of different labels; spaces do not count, as in the comparison."""
    generator = Recipe(default_config(), frozenset(korean().characters)).build()
    chosen: dict[str, Sample] = {}
    index = 0
    while len(chosen) < num:
        sample = generator.sample(SEED, 0, index)
        text = sample.text.replace(" ", "")
        if len(text) >= NEAR_LENGTH:
            chosen.setdefault(text, replace(sample, boxes=None))
        index += 1
    return list(chosen.values())


def saved(image: Pixels, rng: Rng) -> Pixels:
    """JPEG of quality 30 to 95."""
    packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 96))])[1]
    return cv2.imdecode(packed, cv2.IMREAD_UNCHANGED)  # type: ignore[return-value]


def scaled(image: Pixels, rng: Rng) -> Pixels:
    """By 0.5 to 2."""
    factor = 2 ** rng.uniform(-1, 1)
    flags = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(image, None, fx=factor, fy=factor, interpolation=flags)  # type: ignore[return-value]


def cut(image: Pixels, rng: Rng) -> Pixels:
    """Each edge moved in or out by up to 6 % of the height."""
    top, bottom, left, right = np.round(rng.uniform(-0.06, 0.06, 4) * image.shape[0]).astype(int).tolist()
    inner = image[max(-top, 0) : image.shape[0] - max(-bottom, 0), max(-left, 0) : image.shape[1] - max(-right, 0)]
    top, bottom, left, right = (max(edge, 0) for edge in (top, bottom, left, right))
    moved: Pixels = cv2.copyMakeBorder(inner, top, bottom, left, right, borderType=cv2.BORDER_REPLICATE).astype(
        np.uint8
    )
    return moved


def all_three(image: Pixels, rng: Rng) -> Pixels:
    """Cut out anew, scaled and saved."""
    return saved(scaled(cut(image, rng), rng), rng)


CHANGES: dict[str, Callable[[Pixels, Rng], Pixels]] = {
    "saved as JPEG of quality 30 to 95": saved,
    "scaled by 0.5 to 2": scaled,
    "cut out anew, each edge moved by up to 6 % of the height": cut,
    "all three": all_three,
}


def altered(lines: Sequence[Sample], change: Callable[[Pixels, Rng], Pixels]) -> list[Sample]:
    """The same lines as somebody else might have them, under other ids."""
    return [
        replace(line, image=change(line.image, np.random.default_rng([SEED, number])), id=f"altered/{number}")
        for number, line in enumerate(lines)
    ]


class Prints:
    """Texts in plain print, in faces drawn by lot."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Draw two faces for every text that two faces have all characters of."""
        self.faces = load_faces()
        self._cache = GlyphCache()
        self._chosen: list[tuple[str, Face, Face]] = []
        rng = np.random.default_rng(SEED)
        for text in texts:
            fitting = [face for face in self.faces if face.coverage.issuperset(text.replace(" ", ""))]
            if len({face.family for face in fitting}) > 1:
                first = fitting[int(rng.integers(len(fitting)))]
                others = [face for face in fitting if face.family != first.family]
                self._chosen.append((text, first, others[int(rng.integers(len(others)))]))

    def of(self, which: int, *, times: int = 0) -> list[Sample]:
        """All texts in their first or second face; anew so many times, or 0 = as the first time."""
        return [
            Sample(self._print(text, faces[which], [SEED, number, turn]), text, f"{which}/{turn}/{number}")
            for turn in (range(1, times + 1) if times else [0])
            for number, (text, *faces) in enumerate(self._chosen)
        ]

    def _print(self, text: str, face: Face, seed: list[int]) -> Pixels:
        rng = np.random.default_rng(seed)
        ink = draw_line(self._cache, [(face, text)], Setting(int(rng.integers(24, 48))), rng).mask
        margins = rng.integers(2, 8, 4).tolist()
        top, bottom, left, right = margins
        mask = np.pad(ink, ((top, bottom), (left, right)))
        paper = rng.uniform(205, 245) + rng.normal(0, 4, mask.shape)
        printed: Pixels = np.clip(paper - mask * rng.uniform(0.5, 0.8), 0, 255).astype(np.uint8)
        return printed


def share(first: Sequence[Sample], second: Sequence[Sample]) -> float:
    """Of the first lines: those that have a copy or near-copy among the second."""
    with tempfile.TemporaryDirectory() as folder:
        stores = []
        for name, samples in (("first", first), ("second", second)):
            write_store(samples, Path(folder) / name)
            stores.append(open_store(Path(folder) / name))
        shared = find_shared(stores).overlaps[0].shared
        return sum(shared[reason].num_first for reason in (Reason.COPY, Reason.NEAR) if reason in shared) / len(first)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Altered copies that are found, and prints that are taken for copies.")
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    main(given.lines, given.out)
