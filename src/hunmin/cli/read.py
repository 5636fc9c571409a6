"""`hunmin read`: whole pages."""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hunmin.cli.console import WholeOutput, error_line, json_text, printable
from hunmin.cli.images import find_images
from hunmin.cli.targets import chosen_formats, targets
from hunmin.errors import ImageError, InputError
from hunmin.files import naming_failures, new_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hunmin.documents.document import Document, DocumentPage


def read(
    images: Annotated[list[Path], typer.Argument(help="Images, TIFFs, PDFs, or folders of images.")],
    model: Annotated[str, typer.Option(help="An ONNX file, `bundled`, or `bundled-int8`: faster.")] = "bundled",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a page, with boxes and confidence.")] = False,
    overlay: Annotated[Path | None, typer.Option(help="Folder for pictures of each page with what was read.")] = None,
    output_to: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A file, in the format that its name ends in; with --format a folder."),
    ] = None,
    formats: Annotated[
        str | None,
        typer.Option("--format", help="text, json, tsv, markdown, hocr, alto, page, pdf; several with commas."),
    ] = None,
    pages: Annotated[str | None, typer.Option(help="Pages of a document: 1-3,7,20-")] = None,
    dpi: Annotated[float, typer.Option(help="Pixels an inch at which PDFs are rendered.")] = 200,
    password: Annotated[
        str | None, typer.Option(envvar="HUNMIN_PDF_PASSWORD", help="Of an encrypted PDF.", show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Read pages of a PDF that have sound text already.")] = False,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 takes all.")] = 0,
) -> None:
    """Find and read the lines of images and documents, in reading order.

    `-o scan.searchable.pdf` makes a PDF in which text can be selected and found; `--format json,hocr -o FOLDER` writes a file in
    each format. A file that is no image gets a message and makes the exit code 2; the others are read all the same.
    Ctrl-C or SIGTERM ends with exit code 130 or 143; the pages read until then are written whole.
    """
    from hunmin.documents.reader import Reader
    from hunmin.image import MAX_PAGE_PIXELS, load_image
    from hunmin.pages.detector import load_detector
    from hunmin.recognize.recognizer import Recognizer

    paths = find_images(images)
    kinds = chosen_formats(formats)
    files = targets(paths, output_to, kinds)
    if overlay:
        _check_overlay(overlay, paths)
    reader = Reader(Recognizer(model, threads=threads), load_detector(threads))
    num_failed = 0
    output = WholeOutput()
    with output.watched():
        for path, wanted in zip(paths, files, strict=True):
            try:
                document = reader.read_document(path, pages=pages, dpi=dpi, password=password, force=force)
                if wanted:
                    output.write(*(printable(file) for file in document.save(*wanted)))
                elif kinds:
                    _print(document, kinds[0], output)
                else:
                    for page in document:
                        output.write(
                            *([json_text({"path": str(path), **page.to_dict()})] if as_json else _rows(page, document))
                        )
                        if overlay and document.source.num_pages == 1 and not page.from_text_layer:
                            with output.writing():
                                _draw(overlay / _overlay_name(path), page, load_image(path, max_pixels=MAX_PAGE_PIXELS))
            except ImageError as error:
                print(error_line(error), file=sys.stderr)
                num_failed += 1
    if num_failed:
        raise typer.Exit(2)


def _print(document: "Document", kind: str, output: WholeOutput) -> None:
    """Print a document in a text format, page by page."""
    from hunmin.documents.writers.save import TEXT_FORMATS, chunks

    for chunk in chunks(document, TEXT_FORMATS[kind]):
        with output.writing():
            sys.stdout.write(chunk)
            sys.stdout.flush()


def _rows(page: "DocumentPage", document: "Document") -> list[str]:
    """A page as people read it."""
    where = f"{document.path}, page {page.number}" if document.source.num_pages > 1 else str(document.path)
    head = f"# {printable(where)}: {len(page.lines)} line{'s' if len(page.lines) != 1 else ''}"
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


def _draw(target: Path, page: "DocumentPage", pixels: "NDArray[np.uint8]") -> None:
    from PIL import Image

    from hunmin.pages.overlay import draw_overlay

    drawn = Image.fromarray(draw_overlay(page, pixels))
    with naming_failures(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    with new_file(target) as partial:
        drawn.save(partial, format="PNG")
