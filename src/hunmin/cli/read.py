"""`hunmin read`: whole pages."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hunmin.cli.console import Quiet, WholeOutput, error_line, json_text, printable, progress
from hunmin.cli.images import find_images, overlay_names, source_of, tell_count
from hunmin.cli.models import load_model
from hunmin.errors import ImageError
from hunmin.files import naming_failures, new_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hunmin.pages.page import Page


def read(
    images: Annotated[list[Path], typer.Argument(help="Pages, or folders of them; - reads one from standard input.")],
    model: Annotated[
        str, typer.Option(help="An ONNX file, a run's folder, `bundled`, or `bundled-int8`: faster.")
    ] = "bundled",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a page, with boxes and confidence.")] = False,
    overlay: Annotated[Path | None, typer.Option(help="Folder for pictures of each page with what was read.")] = None,
    quiet: Quiet = False,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 takes all.")] = 0,
) -> None:
    """Find and read the lines of page images, in reading order.

    Folders are read with those below them. What cannot be read is named, the others are read all the same, and the exit code
    is 2. Ctrl-C or SIGTERM ends with exit code 130 or 143; the pages read until then are written whole.
    """
    from hunmin.image import MAX_PAGE_PIXELS, load_image
    from hunmin.pages.detector import load_detector
    from hunmin.pages.page import Reader

    found = find_images(images)
    found.tell(quiet=quiet)
    if not found.images:
        raise typer.Exit(2)
    reader = Reader(load_model(model, threads), load_detector(threads))
    num_failed, num_images = len(found.problems), len(found.images)
    output = WholeOutput()
    with output.watched(), progress(quiet=quiet or sys.stdout.isatty()) as steps:
        for number, (image, drawn) in enumerate(zip(found.images, overlay_names(found.images), strict=True)):
            steps.update("reading", number, num_images)
            try:
                pixels = load_image(source_of(image.path), max_pixels=MAX_PAGE_PIXELS, where=str(image.path))
            except ImageError as error:
                print(error_line(error), file=sys.stderr)
                num_failed += 1
                continue
            page = replace(reader.read(pixels), path=str(image.path))
            output.write(*([json_text(page.to_dict())] if as_json else _rows(image.path, page)))
            if overlay:
                with output.writing():
                    _draw(overlay / drawn, page, pixels)
    if num_failed:
        tell_count(num_images + len(found.problems) - num_failed, num_failed)
        raise typer.Exit(2)


def _rows(path: Path, page: "Page") -> list[str]:
    """A page as people read it."""
    head = f"# {printable(path)}: {len(page.lines)} line{'s' if len(page.lines) != 1 else ''}"
    return [head, *(f"{line.confidence:.2f}  {printable(line.text)}" for line in page.lines)]


def _draw(target: Path, page: "Page", pixels: "NDArray[np.uint8]") -> None:
    from PIL import Image

    from hunmin.pages.overlay import draw_overlay

    drawn = Image.fromarray(draw_overlay(page, pixels))
    with naming_failures(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    with new_file(target) as partial:
        drawn.save(partial, format="PNG")
