"""Which path is answered by what, when lines are labelled."""

import json
import shlex
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from hunmin.documents.reader import Reader
from hunmin.documents.source.open_source import open_source, page_picture
from hunmin.errors import InputError
from hunmin.serve.app import PAGE_IN_THE_BROWSER, STATIC_FILES
from hunmin.serve.labelling.cutting import LinesToLabel, LineToLabel, NamedFile
from hunmin.serve.labelling.journal import STATES, Journal, OvertakenError
from hunmin.serve.reading import jpeg
from hunmin.serve.requests.account import Account
from hunmin.serve.requests.logs import Log
from hunmin.serve.requests.problems import ClientGoneError, RefusedError, no_room, of_error
from hunmin.serve.settings import ServeSettings

PRESENT_S: Final = 20.0
"""Whoever has not asked for so long has gone away."""
AROUND: Final = 2.5
"""Heights of a line that are shown above and below it."""
MOST_AROUND_PX: Final = 1400
MOST_NAME: Final = 60


@dataclass(frozen=True)
class _Present:
    """Somebody who labels."""

    line: str
    by: str
    seen: float


class Labelling:
    """A folder and all who label it; to be entered, and left when nobody does any more."""

    def __init__(
        self,
        files: Sequence[NamedFile],
        folder: Path,
        settings: ServeSettings,
        log: Log,
        *,
        make_reader: Callable[[], Reader],
        crops: bool,
    ) -> None:
        """Take up the labels of a folder, or begin them, and read what was not yet, on a thread.

        Args:
            files: pages and documents, or crops of one line each.
            folder: for the lines and their labels.
            settings: of the service.
            log: told of every request.
            make_reader: called if there is anything to read.
            crops: whether the files are crops.

        Raises:
            InputError: the folder cannot be written, is in use, or is damaged.
        """
        self._files = {file.name: file.path for file in files}
        self._settings, self._is_crops = settings, crops
        self.lines = LinesToLabel(folder)
        try:
            self.journal = Journal(folder, self.lines)
        except InputError:
            self.lines.close()
            raise
        self._present: dict[str, _Present] = {}
        self._stop = threading.Event()
        self._problem = ""
        self._is_reading = True
        self._thread = threading.Thread(
            target=self._read, args=(files, make_reader), name="hunmin-label-reading", daemon=True
        )
        routes = [
            Route("/", self._page, methods=["GET"]),
            Route("/v1/lines", self._list, methods=["GET"]),
            Route("/v1/lines/{id}", self._say, methods=["POST"]),
            Route("/v1/lines/{id}/picture", self._picture, methods=["GET"]),
            Route("/v1/lines/{id}/around", self._around, methods=["GET"]),
            Route("/v1/changes", self._changes, methods=["GET"]),
            Route("/healthz", self._healthz, methods=["GET"]),
            Mount("/static", StaticFiles(directory=STATIC_FILES)),
        ]
        router = Router(routes, redirect_slashes=False)
        self.app: ASGIApp = Account(
            router, settings, lambda *_: None, log, frozenset({"/", "/v1/lines", "/v1/changes"})
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self.journal.close()
        self.lines.close()

    def _read(self, files: Sequence[NamedFile], make_reader: Callable[[], Reader]) -> None:
        try:
            self.lines.read(files, make_reader, crops=self._is_crops, stop=self._stop)
        except InputError as error:
            self._problem = str(error)
        finally:
            self._is_reading = False

    async def _page(self, request: Request) -> Response:
        return FileResponse(STATIC_FILES / "label.html", headers=PAGE_IN_THE_BROWSER)

    async def _healthz(self, request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def _list(self, request: Request) -> Response:
        def values() -> dict[str, Any]:
            # Before the labels are looked up, or what is said meanwhile would never be told.
            state = self._state()
            lines = [
                {**_line_values(line), "label": asdict(self.journal.of(line.id))} for line in self.lines.by_doubt()
            ]
            tune = f"hunmin tune {shlex.quote(str(self.lines.folder))} mine"
            return {**state, "tune": tune, "lines": lines}

        return JSONResponse(await run_in_threadpool(values))

    async def _changes(self, request: Request) -> Response:
        given = request.query_params
        since = given.get("since", "")
        if not (since.isascii() and since.isdecimal()):
            raise _bad("since: give the sequence of the last answer")
        self._notice(given.get("who", ""), given.get("at", ""), given.get("by", ""))
        state = self._state()
        labels = [asdict(label) for label in self.journal.since(int(since[:18]))]
        return JSONResponse({**state, "labels": labels, "present": self._others(given.get("who", ""))})

    async def _picture(self, request: Request) -> Response:
        line = self._line(request)
        return FileResponse(self.lines.folder / line.crop, media_type="image/png")

    async def _around(self, request: Request) -> Response:
        line = self._line(request)
        if not line.box:
            raise RefusedError(HTTPStatus.NOT_FOUND, "not_found", "a crop has nothing around it")
        path = self._files.get(line.document)
        if path is None:
            raise RefusedError(HTTPStatus.NOT_FOUND, "not_found", f"{line.document}: is no longer in the folder")
        try:
            drawn = await run_in_threadpool(_draw_around, path, line)
        except InputError as error:
            raise of_error(error, lambda message: message.replace(str(path), line.document)) from error
        return Response(drawn, media_type="image/jpeg")

    async def _say(self, request: Request) -> Response:
        line = self._line(request)
        said = await _json(request)
        text, by, version = (said.get(key) for key in ("text", "by", "version"))
        state = next((one for one in STATES if one == said.get("state")), None)
        if state is None or not isinstance(text, str) or not isinstance(by, str) or type(version) is not int:
            raise _bad(f"give state ({', '.join(STATES)}), text, by and version")
        try:
            label = await run_in_threadpool(self.journal.say, line.id, state, text, by[:MOST_NAME], version)
        except OvertakenError as error:
            return JSONResponse({"label": asdict(error.label)}, HTTPStatus.CONFLICT)
        except InputError as error:
            if isinstance(error.__cause__, OSError):
                raise no_room() from error
            raise _bad(str(error)) from error
        return JSONResponse({"label": asdict(label)})

    def _line(self, request: Request) -> LineToLabel:
        try:
            return self.lines[request.path_params["id"]]
        except KeyError as error:
            raise RefusedError(HTTPStatus.NOT_FOUND, "not_found", "there is no such line") from error

    def _state(self) -> dict[str, Any]:
        return {
            "sequence": self.journal.sequence,
            "num_lines": len(self.lines),
            "num_pages": self.lines.num_pages,
            "is_reading": self._is_reading,
            "problems": [*self.lines.problems, *([self._problem] if self._problem else [])],
        }

    def _notice(self, who: str, line: str, by: str) -> None:
        now = time.monotonic()
        gone = [one for one, present in list(self._present.items()) if present.seen < now - PRESENT_S]
        for one in gone:
            self._present.pop(one, None)
        if who and len(self._present) < 1000:  # noqa: PLR2004 - nobody has so many colleagues
            self._present[who[:MOST_NAME]] = _Present(line[:MOST_NAME], by[:MOST_NAME], now)

    def _others(self, who: str) -> dict[str, str]:
        """Line → who is at it."""
        return {present.line: present.by for one, present in list(self._present.items()) if one != who and present.line}


async def _json(request: Request) -> dict[str, Any]:
    try:
        said = json.loads(await request.body())
    except ClientDisconnect as error:
        raise ClientGoneError from error
    except (ValueError, RecursionError) as error:
        raise _bad("the body is no JSON") from error
    if not isinstance(said, dict):
        raise _bad("the body is no object")
    return said


def _line_values(line: LineToLabel) -> dict[str, Any]:
    values = asdict(line)
    del values["crop"], values["box"]
    return {**values, "has_page": bool(line.box)}


def _draw_around(path: Path, line: LineToLabel) -> bytes:
    """The part of the page that a line stands in, as a JPEG."""
    pixels = page_picture(open_source(path), line.page)
    corners = np.array(line.box)
    height = max(8.0, float(np.linalg.norm(corners[3] - corners[0])))
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    top, bottom = max(0, int(top - AROUND * height)), min(pixels.shape[0], int(bottom + AROUND * height) + 1)
    left, right = max(0, int(left - 4 * height)), min(pixels.shape[1], int(right + 4 * height) + 1)
    return jpeg(np.ascontiguousarray(pixels[top:bottom, left:right]), MOST_AROUND_PX)


def _bad(detail: str) -> RefusedError:
    return RefusedError(HTTPStatus.BAD_REQUEST, "bad_request", detail)
