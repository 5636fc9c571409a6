"""Who may ask, and what a browser may do with the answer."""

import base64
import binascii
import hmac
import ipaddress
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from hunmin.serve.requests.problems import RefusedError, too_large
from hunmin.serve.settings import ServeSettings

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Of every answer: a page runs our own scripts alone, loads nothing of other hosts, and stands in no frame."""
STATIC: Final = "/static/"
OPEN_PATHS: Final = frozenset({"/", "/healthz", "/readyz", "/openapi.json", "/label-studio/health"})
"""Answered without a token, as are the files of the page in the browser: none of them tells anything."""
_MOST_DIGITS: Final = 18


def _is_local_name(name: str) -> bool:
    """Whether a host name is this machine's to itself; no site can have an address of the loopback network for its own."""
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def check_access(settings: ServeSettings, method: str, path: str, headers: Headers) -> None:
    """Refuse whoever may not ask, before anything of the body is taken.

    Raises:
        RefusedError: 401, 403 or 413.
    """
    host = headers.get("host", "")
    if settings.is_local and not _is_local_name(_hostname(host)):
        # A page of another site can make a browser take 127.0.0.1 for that site's own address.
        raise RefusedError(HTTPStatus.FORBIDDEN, "wrong_host", "this service answers to localhost and 127.0.0.1 alone")
    if method not in ("GET", "HEAD") and _is_foreign(headers, host):
        raise RefusedError(HTTPStatus.FORBIDDEN, "wrong_origin", "pages of other sites may not use this service")
    if settings.token is not None and path not in OPEN_PATHS and not path.startswith(STATIC):
        _check_token(headers.get("authorization", ""), settings.token)
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length[:_MOST_DIGITS]) > settings.max_upload_bytes:
        raise too_large(settings.max_upload_bytes)


def _is_foreign(headers: Headers, host: str) -> bool:
    """Whether a browser sends this for the page of another site; programs send neither header."""
    origin = headers.get("origin")
    return headers.get("sec-fetch-site") == "cross-site" or (
        origin is not None and origin.partition("://")[2].lower() != host.lower()
    )


def _check_token(authorization: str, right: str) -> None:
    # Bytes, for `compare_digest` takes no other characters of a text than ASCII.
    if not hmac.compare_digest(_token(authorization), right.encode()):
        raise RefusedError(
            HTTPStatus.UNAUTHORIZED,
            "no_token",
            "send the service's token as Authorization: Bearer …",
            {"WWW-Authenticate": "Bearer"},
        )


def _token(authorization: str) -> bytes:
    """The token of a header; as the password of any user, too, for programs such as Label Studio that know nothing else."""
    kind, _, given = authorization.partition(" ")
    if kind.lower() == "bearer":
        return given.strip().encode()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(given.strip(), validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return b""
    return b""


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
