"""The outermost part of an application: who may ask, an answer whatever happens inside, and an account of it.

Nothing that goes wrong leaves the application but as an answer, and no answer, log or count holds anything of a document
that somebody else sent.
"""

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final, TypeAlias

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hunmin.serve.requests.guard import HEADERS, STATIC, check_access
from hunmin.serve.requests.logs import Entry, Log
from hunmin.serve.requests.problems import CLIENT_GONE, ClientGoneError, RefusedError
from hunmin.serve.requests.uploads import Body
from hunmin.serve.settings import ServeSettings

DISCARD_S: Final = 1.0
OnRequest: TypeAlias = Callable[[str, str, int, float], None]
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Account:
    """Puts all that around an application."""

    def __init__(
        self, app: ASGIApp, settings: ServeSettings, on_request: OnRequest, log: Log, routes: frozenset[str]
    ) -> None:
        """Put it around `app`.

        Args:
            app: answers what passes.
            settings: of the service.
            on_request: told method, path, status and seconds of every request.
            log: told of every request.
            routes: paths that logs and counts may name; every other path is called `other`.
        """
        self._app, self._settings, self._on_request, self._log, self._routes = app, settings, on_request, log, routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI says."""
        if scope["type"] != "http":
            return
        started = time.monotonic()
        answer = _Answer(scope, Body(receive, self._settings.max_upload_bytes), send)
        problem = ""
        try:
            check_access(self._settings, scope["method"], scope["path"], Headers(scope=scope))
            await self._app({**scope, "app": self._app}, answer.body.receive, answer.send)
        except (RefusedError, HTTPException) as error:
            refused = error if isinstance(error, RefusedError) else _of_starlette(error)
            problem = refused.code
            await answer.refuse(refused)
        except ClientGoneError:
            answer.status = CLIENT_GONE
        except Exception as error:  # noqa: BLE001 - the last resort
            # The message of the error might quote a document, so it stays out.
            problem = f"{type(error).__name__} at {_place(error)}"
            told = f"a defect of hunmin; the service's log has it under {answer.request_id}"
            await answer.refuse(RefusedError(HTTPStatus.INTERNAL_SERVER_ERROR, "defect", told))
        finally:
            self._tell(answer, scope["method"], scope["path"], time.monotonic() - started, problem)

    def _tell(self, answer: "_Answer", method: str, path: str, seconds: float, problem: str) -> None:
        route = STATIC if path.startswith(STATIC) else path if path in self._routes else "other"
        method = method if method in METHODS else "other"
        status = answer.status or CLIENT_GONE
        self._on_request(method, route, status, seconds)
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._log(
            Entry(
                now,
                answer.request_id,
                method,
                route,
                status,
                round(1000 * seconds),
                answer.body.num_bytes,
                answer.num_bytes,
                problem,
            )
        )


class _Answer:
    """An answer on its way out."""

    def __init__(self, scope: Scope, body: Body, send: Send) -> None:
        self.body = body
        self.status = 0
        self.num_bytes = 0
        self.request_id = secrets.token_hex(6)
        self._scope, self._send = scope, send

    async def send(self, message: Message) -> None:
        """Pass a message of the application on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in {**HEADERS, "Cache-Control": "no-store", "X-Request-Id": self.request_id}.items():
                headers.setdefault(name, value)
            # A client that sends everything before it listens would otherwise see a broken connection.
            waits_for_us = "expect" in Headers(scope=self._scope) or self.status == HTTPStatus.REQUEST_TIMEOUT
            if self.status >= HTTPStatus.BAD_REQUEST and not waits_for_us:
                await self.body.discard(DISCARD_S)
        self.num_bytes += len(message.get("body", b""))
        await self._send(message)

    async def refuse(self, refused: RefusedError) -> None:
        """Answer with a problem, unless something was answered already."""
        if not self.status:
            await refused.response()(self._scope, self.body.receive, self.send)


def _of_starlette(error: HTTPException) -> RefusedError:
    """What Starlette refuses by itself, a path or a method that there is not."""
    status = HTTPStatus(error.status_code)
    codes = {HTTPStatus.NOT_FOUND: "not_found", HTTPStatus.METHOD_NOT_ALLOWED: "wrong_method"}
    detail = f"{status.phrase.lower()}; /openapi.json says what there is"
    return RefusedError(status, codes.get(status, "bad_request"), detail, error.headers)


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "?"
