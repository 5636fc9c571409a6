"""`hunmin synth`: generated lines, as a store or as a picture of some of them; fonts and texts in one file."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hunmin.cli.output import check_target, printable
from hunmin.cli.own_fonts import measure_fonts
from hunmin.cli.progress import interruptible, progress_bar
from hunmin.errors import InputError, require_extra

if TYPE_CHECKING:
    from hunmin.synth.generate import Recipe
    from hunmin.train.config import SynthRun

SHEET_LINES = 96
# Licences that let everyone use a font, but do not let it be passed on under other terms.
COPYLEFT = ("GPL", "Artistic", "unknown")


def synth(
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="OUT | pack FILE", help="Then key=value, such as num=10000 seed=0.")
    ] = None,
    preview: Annotated[Path | None, typer.Option(help="Draw a contact sheet into this PNG file instead.")] = None,
    boxes: Annotated[bool, typer.Option("--boxes", help="Show the box of every character on the sheet.")] = False,
) -> None:
    """Generate labelled lines of Korean.

    `hunmin synth lines num=10000 seed=0` writes a store on all cores (workers=N takes N of them). Stopped by whatever,
    it goes on where it was when given the same command.

    `hunmin synth --preview sheet.png` shows what lines are like.

    `hunmin synth pack FILE` bundles the installed fonts and texts, and those of corpus=[…] and fonts=[…], in at most 50
    MB; elsewhere synth.pack=FILE takes the place of what is installed. (A store called pack is written ./pack.)
    """
    require_extra("train", ("lmdb", "hydra", "pydantic"))
    words = list(arguments or [])
    first = words.pop(0) if words and "=" not in words[0] else None
    if boxes and not preview:
        raise InputError("--boxes shows boxes on the sheet of --preview FILE, which is not given")
    if first == "pack":
        if preview or not words or "=" in words[0]:
            raise InputError("hunmin synth pack takes the FILE to write; a store called pack is written as ./pack")
        _pack(Path(words[0]), words[1:])
        return
    if (first is None) == (preview is None):
        raise InputError("hunmin synth takes a folder for the store, or --preview FILE, or pack FILE")

    from hunmin.synth.preview import draw_sheet
    from hunmin.text.charset import load_charset
    from hunmin.train.config import SynthRun, load_config
    from hunmin.train.sources import build_recipe

    if preview:
        check_target(preview)
    config = load_config(SynthRun, words)
    measure_fonts(config.fonts)
    recipe = build_recipe(config.synth, load_charset(config.charset).characters, config.fonts, config.corpus)
    generator = recipe.build()
    num_left_out = generator.num_left_out
    if preview:
        draw_sheet([generator.sample(config.seed, 0, index) for index in range(SHEET_LINES)], preview, boxes)
        print(printable(preview))
    elif first:
        # The workers have generators of their own.
        del generator
        _write(Path(first), config, recipe)
    _print_left_out(num_left_out)


def _write(out: Path, config: "SynthRun", recipe: "Recipe") -> None:
    from hunmin.synth.store import write_lines

    with interruptible(f"{out}: interrupted; the same command goes on where it was"), progress_bar() as bar:
        tasks = {"drawing": bar.add_task("drawing", total=config.num, start=False)}

        def report(name: str, num_lines: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=config.num)
            bar.start_task(tasks[name])
            bar.update(tasks[name], completed=num_lines)

        manifest = write_lines(recipe, out, num=config.num, seed=config.seed, workers=config.workers, report=report)
    print(f"{printable(out)}: {manifest.num_samples:,} lines")


def _pack(path: Path, overrides: Sequence[str]) -> None:
    from hunmin.synth.fonts.faces import load_faces
    from hunmin.synth.packing import write_pack
    from hunmin.text.charset import load_charset
    from hunmin.train.config import PackRun, load_config
    from hunmin.train.sources import corpus_files

    config = load_config(PackRun, overrides)
    measure_fonts(config.fonts)
    faces = load_faces(folders=[Path(folder) for folder in config.fonts])
    files = corpus_files(config.corpus)
    characters = load_charset(config.charset).characters
    with interruptible(f"{path}: interrupted; nothing was written"), progress_bar() as bar:
        task = bar.add_task("cutting fonts", total=len(faces))
        packed = write_pack(
            path, characters, faces, files, workers=config.workers, report=lambda num: bar.update(task, completed=num)
        )
    families = {face.family for face in packed.faces}
    _print_left_out(packed.num_left_out)
    print(
        f"{printable(path)}: {len(packed.faces)} faces of {len(families)} families, {packed.num_bytes / 1e6:.1f} MB; "
        f"use it with synth.pack={printable(path)}"
    )
    if packed.left_out:
        counts = Counter(face.family for face in packed.left_out)
        names = ", ".join(f"{printable(family)} {count}" for family, count in counts.most_common())
        print(f"no room for {len(packed.left_out)} faces: {names}")
    licences = Counter(face.licence for face in packed.faces)
    print("licences: " + ", ".join(f"{printable(licence)} {count}" for licence, count in licences.most_common()))
    if any(licence.startswith(COPYLEFT) for licence in licences):
        print("for your own use: not to be passed on under other terms than those in its LICENCES.md")


def _print_left_out(num_left_out: Mapping[str, int]) -> None:
    for source, count in num_left_out.items():
        if count:
            print(f"{printable(source)}: left out for characters outside the charset: {count:,}", file=sys.stderr)
