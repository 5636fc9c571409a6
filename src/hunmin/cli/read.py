"""`hunmin read`: whole pages."""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hunmin.cli.console import WholeOutput, error_line, json_text, printable
from hunmin.cli.images import find_images
from hunmin.cli.language import LanguageOption
from hunmin.errors import ImageError, InputError
from hunmin.files import naming_failures, new_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hunmin.pages.page import Page


def read(
    images: Annotated[list[Path], typer.Argument(help="Pages, or folders of them.")],
    model: Annotated[str, typer.Option(help="An ONNX file, `bundled`, or `bundled-int8`: faster.")] = "bundled",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a page, with boxes and confidence.")] = False,
    overlay: Annotated[Path | None, typer.Option(help="Folder for pictures of each page with what was read.")] = None,
    language: LanguageOption = None,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 takes all.")] = 0,
) -> None:
    """Find and read the lines of page images, in reading order.

    A file that is no image gets a message and makes the exit code 2; the others are read all the same.
    Ctrl-C or SIGTERM ends with exit code 130 or 143; the pages read until then are written whole.
    """
    from hunmin.image import MAX_PAGE_PIXELS, load_image
    from hunmin.pages.detector import load_detector
    from hunmin.pages.page import Reader
    from hunmin.recognize.recognizer import Recognizer

    paths = find_images(images)
    if overlay:
        _check_overlay(overlay, paths)
    reader = Reader(Recognizer(model, threads=threads, language=language or "default"), load_detector(threads))
    num_failed = 0
    output = WholeOutput()
    with output.watched():
        for path in paths:
            try:
                page = reader.read(path)
            except ImageError as error:
                print(error_line(error), file=sys.stderr)
                num_failed += 1
                continue
            output.write(*([json_text(page.to_dict())] if as_json else _rows(path, page)))
            if overlay:
                with output.writing():
                    _draw(overlay / _overlay_name(path), page, load_image(path, max_pixels=MAX_PAGE_PIXELS))
    if num_failed:
        raise typer.Exit(2)


def _rows(path: Path, page: "Page") -> list[str]:
    """A page as people read it."""
    head = f"# {printable(path)}: {len(page.lines)} line{'s' if len(page.lines) != 1 else ''}"
    return [head, *(f"{line.confidence:.2f}  {printable(line.text)}" for line in page.lines)]


def _overlay_name(page: Path) -> str:
    """No name that a page has: the folder of overlays may be that of the pages."""
    return f"{page.stem}.overlay.png"


def _check_overlay(folder: Path, pages: Sequence[Path]) -> None:
    """Make sure, before anything is read, that no picture will replace another one."""
    name, count = Counter(map(_overlay_name, pages)).most_common(1)[0]
    if count > 1:
        raise InputError(
            f"--overlay {folder}: {count} of the pages would be drawn as {name}; read them in turn, each into a folder of its own"
        )


def _draw(target: Path, page: "Page", pixels: "NDArray[np.uint8]") -> None:
    from PIL import Image

    from hunmin.pages.overlay import draw_overlay

    drawn = Image.fromarray(draw_overlay(page, pixels))
    with naming_failures(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    with new_file(target) as partial:
        drawn.save(partial, format="PNG")
