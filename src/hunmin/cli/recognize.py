"""`hunmin recognize`: crops of single lines."""

import io
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hunmin.cli.console import Quiet, WholeOutput, error_line, progress, tsv_row
from hunmin.cli.images import find_images, source_of, tell_count
from hunmin.cli.language import LanguageOption
from hunmin.cli.models import load_model
from hunmin.errors import ImageError
from hunmin.text.printable import json_text, printable

if TYPE_CHECKING:
    from hunmin.recognize.recognizer import Reading

WINDOW = 256
"""Crops that are read together; each window is printed when it is done."""
HIGH_PX, WIDE, IN_DOUBT = 200, 4, 0.7
"""A picture at least so many pixels high, less than so many times as wide as high, and read with less confidence, is likely to
be a page: all pages in examples/ are such pictures, and none of 580 crops of real lines."""


def recognize(
    crops: Annotated[
        list[Path],
        typer.Argument(
            help="Images of one line each, or folders of them; - reads one from standard input.", readable=False
        ),
    ],
    model: Annotated[
        str, typer.Option(help="An ONNX file, a run's folder, `bundled`, or `bundled-int8`: faster.")
    ] = "bundled",
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a crop, in place of tab-separated rows.")
    ] = False,
    characters: Annotated[
        bool,
        typer.Option(help="In JSON, each character as well: how sure it is, what else it may be, and where it stands."),
    ] = False,
    output: Annotated[Literal["tsv", "json"], typer.Option("--format", hidden=True)] = "tsv",
    language: LanguageOption = None,
    quiet: Quiet = False,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 takes all.")] = 0,
) -> None:
    """Read crops of one line each: a line of output a crop, with its path, text and confidence; `hunmin read` reads pages.

    Folders are read with those below them. What cannot be read is named, the others are read all the same, and the exit code
    is 2. Ctrl-C or SIGTERM ends with exit code 130 or 143; what was printed until then is whole rows, in order.
    """
    from hunmin.recognize.line_image import load_line

    found = find_images(crops)
    found.tell(quiet=quiet)
    if not found.images:
        raise typer.Exit(2)
    recognizer = load_model(model, threads, language or "default")
    num_failed, num_images = len(found.problems), len(found.images)
    pages: list[Path] = []
    whole = WholeOutput()
    with whole.watched(), progress(quiet=quiet or sys.stdout.isatty()) as steps:
        for start in range(0, num_images, WINDOW):
            steps.update("reading", start, num_images)
            lines, names, sources = [], [], []
            for image in found.images[start : start + WINDOW]:
                source = source_of(image.path)
                try:
                    lines.append(load_line(source, recognizer.spec, where=str(image.path)))
                    names.append(image.path)
                    sources.append(source)
                except ImageError as error:
                    print(error_line(error), file=sys.stderr)
                    num_failed += 1
            readings = recognizer.read_lines(lines)
            whole.write(
                *(
                    _row(name, reading, as_json or output == "json" or characters, characters)
                    for name, reading in zip(names, readings, strict=True)
                )
            )
            read = zip(names, sources, readings, strict=True)
            pages += [name for name, source, reading in read if _is_like_a_page(source, reading)]
    if pages and not quiet:
        _tell_of_pages(pages)
    if num_failed:
        tell_count(num_images + len(found.problems) - num_failed, num_failed)
        raise typer.Exit(2)


def _is_like_a_page(source: Path | bytes, reading: "Reading") -> bool:
    if reading.confidence >= IN_DOUBT:
        return False
    from PIL import Image

    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as picture:
            return picture.height >= HIGH_PX and picture.width < WIDE * picture.height
    except OSError:  # a HEIC file, which was read by other means
        return False


def _tell_of_pages(pages: list[Path]) -> None:
    first = pages[0]
    which = f"{first} does" if len(pages) == 1 else f"{len(pages):,} pictures, the first of them {first}, do"
    command = f"hunmin read {shlex.quote(str(first))}"
    print(
        f"hunmin: {printable(which)} not look like a line of text; if it is a page: {printable(command)}",
        file=sys.stderr,
    )


def _row(name: Path, reading: "Reading", as_json: bool, characters: bool) -> str:
    if as_json:
        from hunmin.recognize.characters import characters_to_dicts

        found = {"characters": characters_to_dicts(reading.characters)} if characters else {}
        return json_text({"path": str(name), "text": reading.text, "confidence": round(reading.confidence, 4), **found})
    return tsv_row((name, reading.text, f"{reading.confidence:.4f}"))
