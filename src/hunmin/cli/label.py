"""`hunmin label`: lines of a folder corrected in the browser, to train on."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hunmin.cli.console import Quiet
from hunmin.cli.images import find_images
from hunmin.cli.language import LanguageOption
from hunmin.cli.models import load_model
from hunmin.cli.serve import PACKAGES
from hunmin.errors import InputError, require_extra
from hunmin.text.normalize import escape_lone_surrogates
from hunmin.text.printable import printable

if TYPE_CHECKING:
    from hunmin.documents.reader import Reader


def label(
    folder: Annotated[Path, typer.Argument(help="Folder of pages: images, TIFFs, PDFs; with --crops of single lines.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the lines and their labels; FOLDER-labelled if left out.")
    ] = None,
    crops: Annotated[bool, typer.Option("--crops", help="The images are crops of one line each.")] = False,
    model: Annotated[str, typer.Option(help="What reads first: an ONNX file, a run's folder, `bundled`.")] = "bundled",
    language: LanguageOption = None,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 takes all.")] = 0,
    host: Annotated[str, typer.Option(help="Address to listen at; others than 127.0.0.1 need a token.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8001,
    token_file: Annotated[
        Path | None, typer.Option(help="File with the token that is asked for; or set HUNMIN_SERVE_TOKEN.")
    ] = None,
    is_open: Annotated[
        bool, typer.Option("--open", help="Listen beyond this machine without a token: something in front keeps watch.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Correct lines in the browser, the most doubtful first: http://127.0.0.1:8001/.

    Lines are cut and read while you begin. Enter confirms; all is saved as it is typed, and several people may work at once.
    What is confirmed stands in `labels.tsv` beside the crops: hunmin data import tsv FOLDER-labelled data/mine.
    """
    require_extra("serve", PACKAGES)
    from hunmin.documents.reader import Reader
    from hunmin.pages.detector import load_detector
    from hunmin.serve.labelling.app import Labelling
    from hunmin.serve.labelling.cutting import NamedFile
    from hunmin.serve.memory import keep_memory_flat
    from hunmin.serve.requests.logs import no_log
    from hunmin.serve.server import Server, address_of, listen, serve_until_told
    from hunmin.serve.settings import ServeSettings, find_token

    if not folder.is_dir():
        raise InputError(f"{folder}: is no folder; give one with pages or, with --crops, lines in it")
    keep_memory_flat()
    out = out or folder.resolve().with_name(f"{folder.resolve().name}-labelled")
    inside = out.resolve()
    settings = ServeSettings(
        host=host, port=port, token=find_token(token_file), is_open=is_open, max_upload_bytes=1 << 20
    )
    found = find_images([folder], documents=not crops)
    found.tell(quiet=quiet)
    files = [
        NamedFile(one.path, escape_lone_surrogates(one.name.as_posix()))
        for one in found.images
        if inside not in one.path.resolve().parents
    ]
    if not files:
        raise typer.Exit(2)

    def make_reader() -> "Reader":
        return Reader(load_model(model, threads, language or "default"), load_detector(threads))

    listening = listen(settings)
    labelling = Labelling(files, out, settings, no_log, make_reader=make_reader, crops=crops)
    with labelling:
        if not quiet:
            print(
                f"hunmin: {address_of(listening)} (Ctrl-C ends it); labels: {printable(out)}",
                file=sys.stderr,
                flush=True,
            )
        serve_until_told(Server(labelling.app, settings), listening)
