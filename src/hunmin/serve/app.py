"""Which path is answered by what."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from hunmin.documents.reader import Reader
from hunmin.recognize.recognizer import Reading
from hunmin.serve.batching import BatchingEngine, rows_are_independent
from hunmin.serve.label_studio import backend
from hunmin.serve.label_studio.images import fetch_from
from hunmin.serve.label_studio.project import parse_project
from hunmin.serve.metrics import Metrics
from hunmin.serve.openapi import openapi
from hunmin.serve.reading import draw_page, read_crops, read_document, reading_values
from hunmin.serve.requests.account import Account
from hunmin.serve.requests.logs import Log
from hunmin.serve.requests.options import KINDS, page_number, read_options, saved_as, wants_characters
from hunmin.serve.requests.problems import ClientGoneError, RefusedError
from hunmin.serve.requests.uploads import Received, receive_body, receive_uploads
from hunmin.serve.settings import ServeSettings
from hunmin.serve.work import Slot, Stop, Work
from hunmin.version import __version__

STATIC_FILES: Final = Path(__file__).with_name("static")
CHUNK_BYTES: Final = 1 << 16
PAGE_IN_THE_BROWSER: Final = {"Cache-Control": "no-cache"}

Handler = Callable[[Request, Slot], Awaitable[Response]]


class Service:
    """One reader and all who ask it; to be entered, and left when nobody is asking any more."""

    def __init__(self, reader: Reader, settings: ServeSettings, model: str, log: Log) -> None:
        """Put it together; `reader` belongs to it from now on.

        Args:
            reader: reads for everybody. Its recognizer's engine is put behind a `BatchingEngine`.
            settings: of the service.
            model: what `/v1/models` calls the recognizer.
            log: told of every request.
        """
        self._reader, self._settings, self._model = reader, settings, model
        self._metrics = Metrics(settings.max_requests)
        self._work = Work(settings.max_requests)
        self._metrics.requests_taken.set_function(lambda: self._work.num_taken)
        self._documents = ThreadPoolExecutor(settings.documents_at_once, "hunmin-documents")
        self._crops = ThreadPoolExecutor(settings.crops_at_once, "hunmin-crops")
        self._is_ending = False
        recognizer = reader.recognizer
        self._engine = BatchingEngine(
            recognizer.engine,
            merges=settings.shares_batches and rows_are_independent(recognizer.engine, recognizer.spec),
            on_batch=self._metrics.on_batch,
        )
        recognizer.engine = self._engine
        routes = [
            Route("/", self._page, methods=["GET"]),
            Route("/v1/read", self._in_slot(self._read), methods=["POST"]),
            Route("/v1/recognize", self._in_slot(self._recognize), methods=["POST"]),
            Route("/v1/picture", self._in_slot(self._picture), methods=["POST"]),
            Route("/v1/models", self._models, methods=["GET"]),
            Route("/healthz", self._healthz, methods=["GET"]),
            Route("/readyz", self._readyz, methods=["GET"]),
            Route("/metrics", self._metrics_text, methods=["GET"]),
            Route("/openapi.json", self._openapi, methods=["GET"]),
        ]
        if settings.label_studio is not None:
            self._fetch = fetch_from(settings.label_studio, settings.max_upload_bytes)
            routes += [
                Route(f"{backend.PREFIX}/health", self._label_studio_health, methods=["GET"]),
                Route(f"{backend.PREFIX}/setup", self._label_studio_setup, methods=["POST"]),
                Route(f"{backend.PREFIX}/versions", self._label_studio_versions, methods=["GET"]),
                Route(f"{backend.PREFIX}/predict", self._in_slot(self._label_studio_predict), methods=["POST"]),
            ]
        paths = frozenset(route.path for route in routes)
        router = Router([*routes, Mount("/static", StaticFiles(directory=STATIC_FILES))], redirect_slashes=False)
        self.app: ASGIApp = Account(router, settings, self._metrics.on_request, log, paths)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._documents.shutdown(cancel_futures=True)
        self._crops.shutdown(cancel_futures=True)
        self._engine.close()
        self._work.close()

    def end(self) -> None:
        """Tell from now on that no more is taken."""
        self._is_ending = True

    async def _read(self, request: Request, slot: Slot) -> Response:
        asked = read_options(request)
        received = await self._received(request, slot, "file", 1)
        options = replace(asked, password=received.password)
        (upload,) = received.uploads

        def work(stop: Stop) -> Path:
            return read_document(
                self._reader,
                upload,
                options,
                max_pages=self._settings.max_pages,
                stop=stop,
                on_page=self._metrics.on_page,
            )

        written = await slot.run(self._documents, work, request.receive, self._settings.reading_timeout_s)
        headers = {"Content-Length": str(written.stat().st_size), **saved_as(upload.name, options.format)}
        return StreamingResponse(_chunks(written), headers=headers, media_type=KINDS[options.format].media_type)

    async def _recognize(self, request: Request, slot: Slot) -> Response:
        characters = wants_characters(request)
        received = await self._received(request, slot, "files", self._settings.max_crops)

        def work(stop: Stop) -> list[Reading | RefusedError]:
            return read_crops(self._reader.recognizer, received.uploads, stop)

        results = await slot.run(self._crops, work, request.receive, self._settings.reading_timeout_s)
        if not received.is_form and isinstance(results[0], RefusedError):
            raise results[0]
        self._metrics.on_crops(sum(not isinstance(result, RefusedError) for result in results))
        return JSONResponse(
            {
                "readings": [
                    {"name": upload.name, "problem": result.to_dict()}
                    if isinstance(result, RefusedError)
                    else {"name": upload.name, **reading_values(result, characters=characters)}
                    for upload, result in zip(received.uploads, results, strict=True)
                ]
            }
        )

    async def _picture(self, request: Request, slot: Slot) -> Response:
        number = page_number(request)
        received = await self._received(request, slot, "file", 1)

        def work(stop: Stop) -> bytes:
            stop.check()
            return draw_page(received.uploads[0], number, received.password)

        drawn = await slot.run(self._documents, work, request.receive, self._settings.reading_timeout_s)
        return Response(drawn, media_type="image/jpeg")

    async def _models(self, request: Request) -> Response:
        spec = self._reader.recognizer.spec
        model = {
            "name": self._model,
            "charset": spec.charset_name,
            "num_characters": len(spec.characters),
            "height_px": spec.height_px,
            "max_label_length": spec.max_label_length,
        }
        return JSONResponse({"hunmin_version": __version__, "models": [model]})

    async def _label_studio_health(self, request: Request) -> Response:
        return JSONResponse({"status": "UP", "model_class": "hunmin"})

    async def _label_studio_setup(self, request: Request) -> Response:
        # The token that comes along is nobody's business here.
        asked = backend.parse_object(await receive_body(request, self._settings.transfer_timeout_s))
        parse_project(asked.get("schema"))
        return JSONResponse({"model_version": self._version})

    async def _label_studio_versions(self, request: Request) -> Response:
        return JSONResponse({"versions": [self._version]})

    async def _label_studio_predict(self, request: Request, slot: Slot) -> Response:
        asked = backend.parse_asked(await receive_body(request, self._settings.transfer_timeout_s))

        def work(stop: Stop) -> list[dict[str, Any]]:
            return backend.predict(self._reader, asked, self._fetch, slot.folder, self._version, stop)

        results = await slot.run(self._documents, work, request.receive, self._settings.reading_timeout_s)
        return JSONResponse({"results": results})

    @property
    def _version(self) -> str:
        """What Label Studio keeps predictions apart by."""
        return f"hunmin {__version__} {self._model}"

    async def _healthz(self, request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def _readyz(self, request: Request) -> Response:
        if self._is_ending:
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, "ending", "this service is ending", {"Retry-After": "5"})
        return JSONResponse({"status": "ready"})

    async def _metrics_text(self, request: Request) -> Response:
        return Response(self._metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def _openapi(self, request: Request) -> Response:
        return JSONResponse(openapi(self._settings))

    async def _page(self, request: Request) -> Response:
        return FileResponse(STATIC_FILES / "read.html", headers=PAGE_IN_THE_BROWSER)

    async def _received(self, request: Request, slot: Slot, field: str, most_files: int) -> Received:
        return await receive_uploads(request, slot.folder, field, most_files, self._settings.transfer_timeout_s)

    def _in_slot(self, handler: Handler) -> "_InSlot":
        return _InSlot(self._work, handler, self._settings.transfer_timeout_s)


class _InSlot:
    """An endpoint that has a slot from its first byte to the last of its answer."""

    def __init__(self, work: Work, handler: Handler, transfer_timeout_s: float) -> None:
        self._work, self._handler, self._transfer_timeout_s = work, handler, transfer_timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._work.take() as slot:
            response = await self._handler(Request(scope, receive), slot)
            try:
                async with asyncio.timeout(self._transfer_timeout_s):
                    await response(scope, receive, send)
            except TimeoutError as error:  # nobody fetches it
                raise ClientGoneError from error


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
