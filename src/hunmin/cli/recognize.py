"""`hunmin recognize`: crops of single lines."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hunmin.cli.console import WholeOutput, error_line, json_text, tsv_row
from hunmin.cli.images import find_images
from hunmin.cli.language import LanguageOption
from hunmin.errors import ImageError

if TYPE_CHECKING:
    from hunmin.recognize.recognizer import Reading

WINDOW = 256
"""Crops that are read together; each window is printed when it is done."""


def recognize(
    crops: Annotated[list[Path], typer.Argument(help="Images of one line each, or folders of them.")],
    model: Annotated[str, typer.Option(help="An ONNX file, `bundled`, or `bundled-int8`: faster.")] = "bundled",
    output: Annotated[Literal["tsv", "json"], typer.Option("--format", help="tsv: path, text, confidence.")] = "tsv",
    language: LanguageOption = None,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 takes all.")] = 0,
) -> None:
    """Read crops of one line each, one line of output a crop.

    A file that is no image gets a message and makes the exit code 2; the others are read all the same.
    Ctrl-C or SIGTERM ends with exit code 130 or 143; what was printed until then is whole rows, in order.
    """
    from hunmin.recognize.recognizer import Recognizer, load_line

    paths = find_images(crops)
    recognizer = Recognizer(model, threads=threads, language=language or "default")
    num_failed = 0
    whole = WholeOutput()
    with whole.watched():
        for start in range(0, len(paths), WINDOW):
            lines, names = [], []
            for path in paths[start : start + WINDOW]:
                try:
                    lines.append(load_line(path, recognizer.spec))
                    names.append(path)
                except ImageError as error:
                    print(error_line(error), file=sys.stderr)
                    num_failed += 1
            readings = recognizer.read_lines(lines)
            whole.write(*(_row(name, reading, output) for name, reading in zip(names, readings, strict=True)))
    if num_failed:
        raise typer.Exit(2)


def _row(name: Path, reading: "Reading", output: str) -> str:
    if output == "json":
        return json_text({"path": str(name), "text": reading.text, "confidence": round(reading.confidence, 4)})
    return tsv_row((name, reading.text, f"{reading.confidence:.4f}"))
