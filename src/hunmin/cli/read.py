"""`hunmin read`: whole pages."""

import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hunmin.bulk.walk import OVERLAY
from hunmin.cli.console import Quiet, WholeOutput, error_line, progress
from hunmin.cli.folder import is_for_shards, read_into_shards
from hunmin.cli.images import file_of, find_images, overlay_names, tell_count
from hunmin.cli.language import LanguageOption
from hunmin.cli.models import load_model
from hunmin.cli.targets import chosen_formats, targets
from hunmin.errors import ImageError, InputError
from hunmin.files import naming_failures, new_file
from hunmin.text.printable import json_text, printable

if TYPE_CHECKING:
    from hunmin.documents.document import Document
    from hunmin.documents.page import DocumentPage


def read(
    context: typer.Context,
    images: Annotated[
        list[Path],
        # What cannot be read is named with what is missing, not refused before the others are read.
        typer.Argument(
            help="Images, TIFFs, PDFs, or folders or ZIPs of them; - reads one from standard input.", readable=False
        ),
    ],
    model: Annotated[
        str, typer.Option(help="An ONNX file, a run's folder, `bundled`, or `bundled-int8`: faster.")
    ] = "bundled",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a page, with boxes and confidence.")] = False,
    characters: Annotated[
        bool,
        typer.Option(help="In JSON, each character as well: how sure it is, what else it may be, and where it stands."),
    ] = False,
    overlay: Annotated[Path | None, typer.Option(help="Folder for pictures of each page with what was read.")] = None,
    output_to: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="A file, in the format that its name ends in; with --format, or for a folder of pages, a folder.",
        ),
    ] = None,
    formats: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="text, json, tsv, markdown, hocr, alto, page, pdf; several with commas. For a folder also jsonl, parquet.",
        ),
    ] = None,
    pages: Annotated[str | None, typer.Option(help="Pages of a document: 1-3,7,20-")] = None,
    dpi: Annotated[float, typer.Option(help="Pixels an inch at which PDFs are rendered.")] = 200,
    password: Annotated[
        str | None, typer.Option(envvar="HUNMIN_PDF_PASSWORD", help="Of an encrypted PDF.", show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Read pages of a PDF that have sound text already.")] = False,
    language: LanguageOption = None,
    quiet: Quiet = False,
    threads: Annotated[
        int, typer.Option(min=0, help="CPU threads, or processes for a folder with -o; 0 takes all.")
    ] = 0,
    ray: Annotated[
        str | None, typer.Option(help="Address of a Ray cluster that reads a folder with -o: auto, or ray://HOST:PORT.")
    ] = None,
) -> None:
    """Find and read the lines of images and documents, in reading order.

    `-o scan.searchable.pdf` makes a PDF in which text can be selected and found; `--format json,hocr -o FOLDER` writes a file in
    each format. `hunmin read FOLDER -o OUT` reads millions of pages into shards, a process a core, and goes on after whatever
    stopped it. Folders are read with those below them. Files and pages that cannot be read are named, the others are read all
    the same, and the exit code is 2. Ctrl-C or SIGTERM ends with exit code 130 or 143; what is written is whole.
    """
    if ray or is_for_shards(images, output_to, formats):
        given = {"--json": as_json, "--characters": characters, "--overlay": overlay, "--pages": pages}
        _refuse(given, "is not for a folder that is read into shards; leave it out, or give --format")
        from hunmin.bulk.reading import ReadOptions

        read_into_shards(
            images,
            output_to,
            ReadOptions(dpi, force, password),
            model=model,
            language=language,
            format_name=formats,
            threads=threads,
            ray_address=ray,
            quiet=quiet,
        )
        return

    from hunmin.documents.reader import Reader
    from hunmin.pages.detector import load_detector

    kinds = chosen_formats(formats)
    has_format = bool(kinds or output_to)
    given = {"--json": as_json and has_format, "--characters": characters and has_format}
    _refuse(given, "is for printed JSON; leave out --format and -o, or give --format json")
    found = find_images(images, documents=True)
    found.tell(quiet=quiet)
    if not found.images:
        raise typer.Exit(2)
    files = targets(found.images, output_to, kinds)
    reader = Reader(load_model(model, threads, language or "default"), load_detector(threads))
    num_failed, num_pages_failed, num_files = len(found.problems), 0, len(found.images)
    # A password of the environment, and one for several documents, is for those that need it.
    origin = context.get_parameter_source("password")
    is_lenient = num_files > 1 or (origin is not None and origin.name == "ENVIRONMENT")
    output = WholeOutput("files that were finished are written" if output_to else "what was read until then is written")
    shows_progress = not quiet and (bool(output_to) or not sys.stdout.isatty())
    with output.watched(), progress(quiet=not shows_progress) as steps:
        drawn = overlay_names(found.images)
        for number, (named, wanted, picture) in enumerate(zip(found.images, files, drawn, strict=True)):
            steps.update("reading", number, num_files)
            try:
                with file_of(named.path) as file:
                    read_document = partial(reader.read_document, file, pages=pages, dpi=dpi, force=force)
                    document = (
                        _for_one_of_many(read_document, password) if is_lenient else read_document(password=password)
                    )
                    if overlay:
                        document = _drawn(document, overlay / picture, output)
                    if wanted:
                        output.write(*(printable(written) for written in document.save(*wanted)))
                    elif kinds:
                        _print(document, kinds[0], output)
                    else:
                        for page in document:
                            _print_page(named.path, document, page, output, as_json=as_json, characters=characters)
                for page_error in document.errors.values():
                    print(error_line(page_error), file=sys.stderr)
                num_pages_failed += len(document.errors)
            except ImageError as error:
                print(error_line(error), file=sys.stderr)
                num_failed += 1
    if num_failed or num_pages_failed:
        tell_count(num_files + len(found.problems) - num_failed, num_failed, num_pages_failed)
        raise typer.Exit(2)


def _for_one_of_many(read_document: Callable[..., "Document"], password: str | None) -> "Document":
    """Open a document with a password only where it is encrypted; what does not suit it does not end the others.

    Raises:
        ImageError: it cannot be opened, or what was asked for is not for it.
    """
    try:
        try:
            return read_document()
        except ImageError as error:
            if error.code != "encrypted" or password is None:
                raise
        return read_document(password=password)
    except ImageError:
        raise
    except InputError as error:
        raise ImageError("unsupported", str(error)) from error


def _refuse(given: Mapping[str, object], why: str) -> None:
    for name in (name for name, value in given.items() if value):
        raise InputError(f"{name}: {why}")


def _print(document: "Document", kind: str, output: WholeOutput) -> None:
    """Print a document in a text format, page by page."""
    from hunmin.documents.writers.save import TEXT_FORMATS

    for chunk in document.chunks(TEXT_FORMATS[kind]):
        with output.writing():
            sys.stdout.write(chunk)
            sys.stdout.flush()


def _print_page(
    path: Path, document: "Document", page: "DocumentPage", output: WholeOutput, *, as_json: bool, characters: bool
) -> None:
    if as_json or characters:
        output.write(json_text({"path": str(path), **page.to_dict(characters=characters)}))
        return
    where = f"{path}, page {page.number}" if document.source.num_pages > 1 else str(path)
    said = "cannot be read" if page.error else f"{len(page.lines)} line{'s' if len(page.lines) != 1 else ''}"
    head = f"# {printable(where)}: {said}"
    output.write(head, *(f"{line.confidence:.2f}  {printable(line.text)}" for line in page.lines))


def _drawn(document: "Document", target: Path, output: WholeOutput) -> "Document":
    """The same document, whose pages are drawn as they are read; of several each into a picture with its number."""
    from hunmin.documents.document import Document

    def pages() -> Iterator["DocumentPage"]:
        for page in document:
            if not page.error:
                stem = target.name.removesuffix(OVERLAY)
                name = f"{stem}.{page.number:04d}{OVERLAY}" if document.source.num_pages > 1 else target.name
                try:
                    with output.writing():
                        _draw(target.with_name(name), page)
                except ImageError as error:  # the page was read, and only its picture is not to be had
                    print(error_line(error), file=sys.stderr)
            yield page

    return Document(document.source, document.page_numbers, pages)


def _draw(target: Path, page: "DocumentPage") -> None:
    from PIL import Image

    from hunmin.pages.overlay import draw_overlay

    drawn = Image.fromarray(draw_overlay(page.lines, page.picture()))
    with naming_failures(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    with new_file(target) as partial:
        drawn.save(partial, format="PNG")
