"""`hunmin serve`: reading over HTTP, and a page in the browser."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from hunmin.cli.console import Quiet
from hunmin.cli.language import LanguageOption
from hunmin.cli.models import load_model
from hunmin.errors import require_extra

PACKAGES = ("starlette", "uvicorn", "python_multipart", "prometheus_client")


def serve(
    host: Annotated[str, typer.Option(help="Address to listen at; others than 127.0.0.1 need a token.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    model: Annotated[
        str, typer.Option(help="An ONNX file, a run's folder, `bundled`, or `bundled-int8`: faster.")
    ] = "bundled",
    language: LanguageOption = None,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 takes all.")] = 0,
    token_file: Annotated[
        Path | None,
        typer.Option(help="File with the token that requests must bring; or set HUNMIN_SERVE_TOKEN."),
    ] = None,
    is_open: Annotated[
        bool, typer.Option("--open", help="Listen beyond this machine without a token: something in front keeps watch.")
    ] = False,
    max_requests: Annotated[int, typer.Option(min=1, help="Requests at one time; one more is answered 503.")] = 64,
    max_upload_mb: Annotated[int, typer.Option(min=1, help="Most megabytes of a request.")] = 50,
    max_pages: Annotated[int, typer.Option(min=1, help="Most pages of a document in one request.")] = 200,
    timeout: Annotated[int, typer.Option(min=1, help="Seconds in which an upload must be read.")] = 120,
    label_studio: Annotated[
        str | None,
        typer.Option(
            help="Label Studio whose tasks to read at /label-studio: its address, or the folder of its files."
        ),
    ] = None,
    json_logs: Annotated[bool, typer.Option("--json-logs", help="Log a JSON object a request.")] = False,
    quiet: Quiet = False,
) -> None:
    """Read what is sent over HTTP, and show a page in the browser that does: http://127.0.0.1:8000/.

    POST /v1/read reads images and PDFs, /v1/recognize crops; /openapi.json describes it all. Nothing that is sent is kept.
    SIGTERM or Ctrl-C takes nothing new, answers what was sent, and ends with exit code 143 or 130.
    """
    require_extra("serve", PACKAGES)
    from hunmin.documents.reader import Reader
    from hunmin.pages.detector import load_detector
    from hunmin.serve.app import Service
    from hunmin.serve.memory import keep_memory_flat
    from hunmin.serve.requests.logs import json_log, no_log, plain_log
    from hunmin.serve.server import Server, address_of, listen, serve_until_told
    from hunmin.serve.settings import ServeSettings, find_token

    keep_memory_flat()
    settings = ServeSettings(
        host=host,
        port=port,
        token=find_token(token_file),
        is_open=is_open,
        max_upload_bytes=max_upload_mb * 2**20,
        max_pages=max_pages,
        max_requests=max_requests,
        reading_timeout_s=float(timeout),
        label_studio=label_studio,
    )
    listening = listen(settings)
    reader = Reader(load_model(model, threads, language or "default"), load_detector(threads))
    log = json_log if json_logs else no_log if quiet else plain_log
    with Service(reader, settings, Path(model).name, log) as service:
        server = Server(service.app, settings, service.end)
        if not quiet:
            print(f"hunmin: {address_of(listening)} (Ctrl-C ends it)", file=sys.stderr, flush=True)
        serve_until_told(server, listening)
