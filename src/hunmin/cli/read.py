"""`hunmin read`: whole pages."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from hunmin.cli.images import find_images
from hunmin.cli.output import error_line, printable
from hunmin.errors import ImageError, InputError


def read(
    images: Annotated[list[Path], typer.Argument(help="Pages, or folders of them.")],
    model: Annotated[Path | None, typer.Option(help="An ONNX model; without it, the bundled one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a page, with boxes and confidence.")] = False,
    overlay: Annotated[Path | None, typer.Option(help="Folder for pictures of each page with what was read.")] = None,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 takes all.")] = 0,
) -> None:
    """Find and read the lines of page images, in reading order.

    A file that is no image gets a message and makes the exit code 2; the others are read all the same.
    """
    from hunmin.image import MAX_PAGE_PIXELS, load_image
    from hunmin.recognize.detector import load_detector
    from hunmin.recognize.page import Reader
    from hunmin.recognize.recognizer import Recognizer

    paths = find_images(images)
    reader = Reader(Recognizer(model, threads=threads), load_detector(threads))
    num_failed = 0
    for path in paths:
        try:
            page = reader.read(path)
        except ImageError as error:
            print(error_line(error), file=sys.stderr)
            num_failed += 1
            continue
        if as_json:
            print(json.dumps(page.to_dict(), ensure_ascii=False))
        else:
            print(f"# {printable(path)}: {len(page.lines)} lines")
            for line in page.lines:
                print(f"{line.confidence:.2f}  {printable(line.text)}")
        if overlay:
            _draw(overlay / f"{path.stem}.png", page, load_image(path, max_pixels=MAX_PAGE_PIXELS))
    if num_failed:
        raise typer.Exit(2)


def _draw(target: Path, page: object, pixels: object) -> None:
    from PIL import Image

    from hunmin.recognize.overlay import draw_overlay

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw_overlay(page, pixels)).save(target)  # type: ignore[arg-type]
    except OSError as error:
        raise InputError(
            f"--overlay {target.parent}: cannot be written ({error.strerror}); give another folder"
        ) from error
