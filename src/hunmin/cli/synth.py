"""`hunmin synth`: generated lines, as a store or as a picture of some of them."""

from pathlib import Path
from typing import Annotated

import typer

from hunmin.cli.output import check_target, printable
from hunmin.errors import InputError, require_extra

SHEET_LINES = 96


def synth(
    arguments: Annotated[list[str] | None, typer.Argument(help="OUT, then key=value: num=10000 seed=0.")] = None,
    preview: Annotated[Path | None, typer.Option(help="Draw a contact sheet into this PNG file instead.")] = None,
    boxes: Annotated[bool, typer.Option("--boxes", help="Show the box of every character on the sheet.")] = False,
) -> None:
    """Generate labelled lines of Korean.

    `hunmin synth lines num=10000 seed=0` writes a store; `hunmin synth --preview sheet.png` shows what it is like.
    """
    require_extra("train", ("lmdb", "hydra", "pydantic"))
    from hunmin.synth.preview import draw_sheet
    from hunmin.text.charset import load_charset
    from hunmin.train.config import SynthRun, load_config
    from hunmin.train.sources import build_recipe

    words = list(arguments or [])
    out = Path(words.pop(0)) if words and "=" not in words[0] else None
    if (out is None) == (preview is None):
        raise InputError("hunmin synth takes either a folder for the store, or --preview FILE")
    if preview:
        check_target(preview)
    config = load_config(SynthRun, words)
    if config.num < 1 or config.seed < 0:
        raise InputError(f"num={config.num} seed={config.seed}: num must be at least 1, seed at least 0")
    generator = build_recipe(config.synth, load_charset(config.charset).characters, config.fonts, config.corpus).build()
    if preview:
        draw_sheet([generator.sample(config.seed, 0, index) for index in range(SHEET_LINES)], preview, boxes)
        print(printable(preview))
        return
    assert out is not None

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from hunmin.data.store import write_store

    columns = (TextColumn("lines"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    bar = Progress(*columns, console=console, disable=not console.is_terminal)
    with bar:
        samples = bar.track((generator.sample(config.seed, 0, i) for i in range(config.num)), total=config.num)
        manifest = write_store(samples, out, num=config.num)
    print(f"{printable(out)}: {manifest.num_samples:,} lines")
