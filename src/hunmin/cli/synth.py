"""`hunmin synth`: generated lines, as a store or as a picture of some of them; fonts and texts in one file."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hunmin.cli.console import Quiet, interruptible, progress
from hunmin.cli.own_fonts import measure_fonts
from hunmin.errors import InputError, require_extra
from hunmin.files import check_target
from hunmin.text.printable import printable

if TYPE_CHECKING:
    from hunmin.synth.config import SynthRun
    from hunmin.synth.generate import Recipe
    from hunmin.synth.pages.materials import Materials

SHEET_LINES = 96
SHEET_PAGES = 24
# Licences that let everyone use a font, but do not let it be passed on under other terms.
COPYLEFT = ("GPL", "Artistic", "unknown")


def synth(
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="OUT | pack FILE", help="Then key=value, such as num=10000 seed=0.")
    ] = None,
    preview: Annotated[Path | None, typer.Option(help="Draw a contact sheet into this PNG file instead.")] = None,
    boxes: Annotated[bool, typer.Option("--boxes", help="Show the box of every character on the sheet.")] = False,
    pages: Annotated[
        bool, typer.Option("--pages", help="Whole pages on the sheet, or a store of their crops alone.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Generate labelled lines of Korean.

    `hunmin synth lines num=10000 seed=0` writes a store on all cores (workers=N takes N of them). Stopped by whatever,
    it goes on where it was when given the same command.

    `hunmin synth --preview sheet.png` shows what lines are like.

    `hunmin synth pages --pages` stores crops of whole pages as scanners, cameras and displays deliver them, and
    `--pages --preview sheet.png` shows such pages; synth.page_share=0.5 mixes their crops with single lines.

    `hunmin synth pack FILE` bundles the installed fonts and texts, and those of corpus=FILE and fonts=DIR, in at most 50
    MB; elsewhere synth.pack=FILE takes the place of what is installed. (A store called pack is written ./pack.)
    """
    require_extra("data", ("lmdb", "hydra", "pydantic"))
    words = list(arguments or [])
    first = words.pop(0) if words and "=" not in words[0] else None
    if boxes and not preview:
        raise InputError("--boxes shows boxes on the sheet of --preview FILE, which is not given")
    if first == "pack":
        if preview or pages or not words or "=" in words[0]:
            raise InputError("hunmin synth pack takes the FILE to write; a store called pack is written as ./pack")
        _pack(Path(words[0]), words[1:], quiet)
        return
    if (first is None) == (preview is None):
        raise InputError("hunmin synth takes a folder for the store, or --preview FILE, or pack FILE")

    from hunmin.compose import load_config
    from hunmin.synth.config import SynthRun
    from hunmin.synth.preview import draw_sheet
    from hunmin.synth.recipe import build_recipe
    from hunmin.text.charset import load_charset

    if preview:
        check_target(preview)
    if pages:
        words.append("synth.page_share=1")
    config = load_config(SynthRun, words)
    measure_fonts(config.fonts, quiet=quiet)
    recipe = build_recipe(config.synth, load_charset(config.charset).characters, config.fonts, config.corpus)
    generator = recipe.build()
    num_left_out = generator.num_left_out
    if preview and pages:
        _preview_pages(config, generator.materials(), preview, boxes)
    elif preview:
        draw_sheet([generator.sample(config.seed, 0, index) for index in range(SHEET_LINES)], preview, boxes)
    elif first:
        # The workers have generators of their own.
        del generator
        _write(Path(first), config, recipe, quiet)
    if preview:
        print(printable(preview))
    _tell_left_out(num_left_out, config.charset)


def _preview_pages(config: "SynthRun", materials: "Materials", path: Path, boxes: bool) -> None:
    from hunmin.synth.pages.generate import PageGenerator
    from hunmin.synth.pages.preview import draw_pages

    generator = PageGenerator(materials, config.synth)
    pages = [generator.page(config.seed, 0, number) for number in range(SHEET_PAGES)]
    draw_pages([(f"{page.kind} · {page.device}", page) for page in pages], path, boxes)


def _write(out: Path, config: "SynthRun", recipe: "Recipe", quiet: bool) -> None:
    from hunmin.synth.store import write_lines

    with interruptible(f"{out}: interrupted; the same command goes on where it was"), progress(quiet=quiet) as steps:

        def report(name: str, num_lines: int) -> None:
            steps.update(name, num_lines, config.num)

        report("drawing", 0)
        manifest = write_lines(recipe, out, num=config.num, seed=config.seed, workers=config.workers, report=report)
    print(f"{printable(out)}: {manifest.num_samples:,} lines")


def _pack(path: Path, overrides: Sequence[str], quiet: bool) -> None:
    from hunmin.compose import load_config
    from hunmin.synth.config import PackRun
    from hunmin.synth.fonts.faces import load_faces
    from hunmin.synth.packing import write_pack
    from hunmin.synth.recipe import corpus_files
    from hunmin.text.charset import load_charset

    config = load_config(PackRun, overrides)
    measure_fonts(config.fonts, quiet=quiet)
    faces = load_faces(folders=[Path(folder) for folder in config.fonts])
    files = corpus_files(config.corpus)
    characters = load_charset(config.charset).characters
    with interruptible(f"{path}: interrupted; nothing was written"), progress(quiet=quiet) as steps:

        def report(num_faces: int) -> None:
            steps.update("cutting fonts", num_faces, len(faces))

        report(0)
        packed = write_pack(path, characters, faces, files, workers=config.workers, report=report)
    families = {face.family for face in packed.faces}
    _tell_left_out(packed.num_left_out, config.charset)
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


def _tell_left_out(num_left_out: Mapping[str, int], charset: str) -> None:
    """Say which of the user's own texts will not be drawn; of the built-in ones nobody can change that."""
    from hunmin.synth.texts.lexicon import LISTS

    for source, count in num_left_out.items():
        if count and source not in LISTS:
            print(
                f"{printable(source)}: not drawn, for a character that charset {printable(charset)} lacks: {count:,} of its "
                "lines; charset=FILE with one character a line takes others",
                file=sys.stderr,
            )
