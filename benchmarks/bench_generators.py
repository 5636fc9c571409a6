"""What the generator is worth: the same small model, trained as long on a first generator's lines and on this one's.

    python benchmarks/bench_generators.py REAL RUNS [--steps 400] [--run NAME] [--out FILE.md] [KEY=VALUE …]

REAL is a folder or store of labelled crops with kinds; it is only measured on. RUNS keeps a folder for each run: stopped
by whatever, the same command goes on where it was, and a finished run is not repeated. KEY=VALUE go to both runs, such
as model=tiny or trainer.threads=1.

`old` is what one writes first: a word or a few, drawn by Pillow in one of the same fonts, dark on light or in two random
colours, then some of: turned, blurred, noisy, compressed, small, shaded, eroded. `new` is data=synth. Both get the same
number of lines, of lengths that rise over the run in the same way. Glyph boxes, from which three of the losses learn,
are a part of what the new generator gives; `new_without_boxes` leaves these losses out.
"""

import argparse
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from machine import heading, write_result
from numpy.random import Generator as Rng
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from rich.console import Console

from hunmin.compose import load_config
from hunmin.data.loading.stream import Source
from hunmin.data.sample import Sample
from hunmin.evaluation.labelled import labelled_crops
from hunmin.evaluation.predict import load_recognizer, predict
from hunmin.evaluation.report import Scores, build_report
from hunmin.font_manifest import Face
from hunmin.spec import RecognizerSpec
from hunmin.synth.fonts.faces import load_faces
from hunmin.synth.random_draws import between, chance, pick, weighted, whole
from hunmin.synth.texts.lexicon import Lexicon, load_texts
from hunmin.training import prepare, run
from hunmin.training.config import TrainConfig
from hunmin.training.sources import Curriculum, build_source

_EM_PX = 40
_NO_BOX_LOSSES = ("trainer.column_loss_weight=0", "trainer.start_loss_weight=0", "trainer.attention_loss_weight=0")
RUNS = {"old": (), "new": (), "new_without_boxes": _NO_BOX_LOSSES}


class OldSource:
    """The first generator, as a source of training lines.

    Attributes:
        name: `old`.
        num_samples: None = endless.
    """

    name = "old"
    num_samples = None

    def __init__(self, characters: str, seed: int, longest: Callable[[int], int]) -> None:
        """Read the same texts and fonts that the new generator has."""
        self._lexicon = load_texts(frozenset(characters), (), ()).train
        self._faces = [face for face in load_faces() if not face.held_out]
        self._seed, self._longest = seed, longest
        self._fonts: dict[tuple[str, int], ImageFont.FreeTypeFont] = {}

    def sample(self, epoch: int, index: int) -> Sample:
        """Line `index` of `epoch`."""
        rng = np.random.default_rng([self._seed, epoch, index])
        text = old_text(self._lexicon, rng, self._longest(index))
        needed = set(text) - {" "}
        face = pick(rng, self._faces)
        while not face.coverage.issuperset(needed):
            face = pick(rng, self._faces)
        image = old_degradations(self._render(face, text, rng), rng)
        return Sample(np.asarray(image), text, f"old/{epoch}/{index}")

    def _render(self, face: Face, text: str, rng: Rng) -> Image.Image:
        key = (str(face.path), face.index)
        if key not in self._fonts:
            self._fonts[key] = ImageFont.truetype(key[0], _EM_PX, index=face.index)
        font = self._fonts[key]
        paper, pen = whole(rng, 180, 255), whole(rng, 0, 90)
        ground, ink = (paper, paper, paper), (pen, pen, pen)
        if chance(rng, 0.3):  # a sign or a screen, or so it was thought
            ground, ink = _any_colour(rng), _any_colour(rng)
        left, top, right, bottom = font.getbbox(text)
        margins = [whole(rng, 2, 10) for _ in range(4)]
        size = (round(right - left) + margins[0] + margins[2], round(bottom - top) + margins[1] + margins[3])
        image = Image.new("RGB", size, ground)
        ImageDraw.Draw(image).text((margins[0] - left, margins[1] - top), text, fill=ink, font=font)
        if chance(rng, 0.3):
            image = image.rotate(between(rng, -3, 3), Image.Resampling.BILINEAR, expand=True, fillcolor=ground)
        return image


def _any_colour(rng: Rng) -> tuple[int, int, int]:
    return whole(rng, 0, 255), whole(rng, 0, 255), whole(rng, 0, 255)


def old_text(lexicon: Lexicon, rng: Rng, longest: int) -> str:
    """A word or a few, a number, or syllables without meaning; short, as most of a dictionary is."""
    sort = weighted(rng, ("price", "syllables", "prose", "words"), (12, 18, 20, 50))
    if sort == "price":
        text = f"{whole(rng, 1, 999) * 100:,}{pick(rng, ('', '원'))}"
    elif sort == "syllables":
        text = "".join([pick(rng, lexicon.frequent_syllables) for _ in range(whole(rng, 2, 5))])
    elif sort == "prose":
        start = pick(rng, lexicon.sentence_starts)
        text = lexicon.prose[start : start + whole(rng, 5, 25)]
    else:
        text = " ".join([pick(rng, lexicon.nouns) for _ in range(whole(rng, 1, 3))])
    return " ".join(text[:longest].split())


def old_degradations(image: Image.Image, rng: Rng) -> Image.Image:
    """A few of the usual ones, each drawn afresh."""
    if chance(rng, 0.15):
        image = image.filter(ImageFilter.MaxFilter(3))
    if chance(rng, 0.3):
        image = image.filter(ImageFilter.GaussianBlur(between(rng, 0.3, 1.6)))
    if chance(rng, 0.3):
        small = image.resize((max(image.width // 2, 4), max(image.height // 2, 4)), Image.Resampling.BILINEAR)
        image = small.resize(image.size, Image.Resampling.BICUBIC)
    pixels: NDArray[np.floating] = np.asarray(image, np.float32)
    if chance(rng, 0.3):
        pixels = pixels * np.linspace(between(rng, 0.5, 1), between(rng, 0.5, 1), image.width)[:, None]
    if chance(rng, 0.5):
        pixels = pixels + rng.normal(0, between(rng, 2, 15), pixels.shape)
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    if chance(rng, 0.3):
        packed = BytesIO()
        image.save(packed, "JPEG", quality=whole(rng, 30, 90))
        image = Image.open(packed).convert("RGB")
    return image


def main() -> None:
    """Train what is not trained yet, measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("real", type=Path, help="labelled crops with kinds")
    parser.add_argument("folder", type=Path, help="where runs are kept")
    parser.add_argument("overrides", nargs="*", help="key=value for both runs")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument(
        "--run", action="append", choices=list(RUNS), help="again for another; old and new if not given"
    )
    parser.add_argument("--out", type=Path, help="also write the table here")
    arguments = parser.parse_intermixed_args()
    names = arguments.run or ["old", "new"]
    scores = {}
    for name in names:
        model = train(name, arguments.folder / f"{name}_{arguments.steps}", arguments.steps, arguments.overrides)
        read = predict(load_recognizer(model, threads=1).recognize, labelled_crops(arguments.real))
        report = build_report(read.predictions, fold=True)
        scores[name] = {"all": report.scores, **report.breakdowns["kind"]}
    kinds = list(scores[names[0]])
    table = [
        heading(f"The same model after {arguments.steps} steps on each generator", ("torch", "Pillow", "numpy")),
        "On real crops, without spaces: lines read without a mistake / CER, in %.\n",
        f"| kind | crops | {' | '.join(names)} |",
        f"|---|---|{'---|' * len(names)}",
        *(_row(kind, [scores[name][kind] for name in names]) for kind in kinds),
    ]
    write_result(arguments.out, "\n".join(table) + "\n")


def train(name: str, out: Path, steps: int, overrides: Sequence[str]) -> Path:
    """Train one run, or go on with it; the path of its model."""
    ours = [
        f"out={out}",
        f"trainer.max_steps={steps}",
        f"trainer.warmup_steps={min(200, steps // 5)}",
        f"trainer.save_every={min(100, steps)}",
        f"trainer.log_every={min(25, steps)}",
        "data.validation=[]",
        "data.num_workers=0",
        *RUNS[name],
    ]
    config = load_config(TrainConfig, [*ours, *overrides])
    # `hunmin train` knows the generator and stores, not this one.
    vars(prepare)["build_source"] = _old_source if name == "old" else build_source
    return run.run(config, Console())


def _old_source(config: TrainConfig, spec: RecognizerSpec) -> Source:
    data, num_lines = config.data, config.trainer.max_steps * config.data.batch_size

    longest = Curriculum(num_lines, data.curriculum_start_length, spec.max_label_length, data.curriculum_share)
    return OldSource(spec.characters, config.seed, longest)


def _row(kind: str, scores: Sequence[Scores]) -> str:
    cells = [f"{100 * one.unspaced.exact_match:.1f} / {100 * one.unspaced.cer:.1f}" for one in scores]
    return f"| {kind} | {scores[0].unspaced.num_samples} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
