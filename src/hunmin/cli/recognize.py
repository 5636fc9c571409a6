"""`hunmin recognize`: crops of single lines."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from hunmin.cli.images import find_images
from hunmin.cli.output import error_line, json_text, tsv_row
from hunmin.errors import ImageError

WINDOW = 256
"""Crops that are read together; each window is printed when it is done."""


def recognize(
    crops: Annotated[list[Path], typer.Argument(help="Images of one line each, or folders of them.")],
    model: Annotated[str, typer.Option(help="An ONNX file, `bundled`, or `bundled-int8`: faster.")] = "bundled",
    output: Annotated[Literal["tsv", "json"], typer.Option("--format", help="tsv: path, text, confidence.")] = "tsv",
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 takes all.")] = 0,
) -> None:
    """Read crops of one line each, one line of output a crop.

    A file that is no image gets a message and makes the exit code 2; the others are read all the same.
    """
    from hunmin.image import MAX_CROP_PIXELS, load_image
    from hunmin.recognize.recognizer import Recognizer

    paths = find_images(crops)
    recognizer = Recognizer(model, threads=threads)
    num_failed = 0
    for start in range(0, len(paths), WINDOW):
        images, names = [], []
        for path in paths[start : start + WINDOW]:
            try:
                images.append(load_image(path, max_pixels=MAX_CROP_PIXELS))
                names.append(path)
            except ImageError as error:
                print(error_line(error), file=sys.stderr)
                num_failed += 1
        for name, reading in zip(names, recognizer.recognize(images), strict=True):
            if output == "json":
                row = {"path": str(name), "text": reading.text, "confidence": round(reading.confidence, 4)}
                print(json_text(row))
            else:
                print(tsv_row((name, reading.text, f"{reading.confidence:.4f}")))
    if num_failed:
        raise typer.Exit(2)
