"""What goes wrong with a request, as HTTP tells it: a status, and a problem of RFC 9457 as JSON.

A problem's `code` is one word for machines; `detail` names what was found and the way out. Nothing of it is a path of this
machine: what messages call an upload is the name that its sender gave it.
"""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

from starlette.responses import Response

from hunmin.errors import ExtraMissingError, ImageError, InputError

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 2
CLIENT_GONE: Final = 499
"""In logs and metrics: the client hung up, so nobody was answered."""

_STATUS_OF_IMAGE_CODE: Final = {
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "unknown_format": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "unsupported": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
}
_WHAT_IS_MEANT: Final = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Too large",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Cannot be read",
}


class RefusedError(Exception):
    """A request is answered with a problem.

    Attributes:
        status: of HTTP.
        code: one word for machines.
        detail: one line for people.
        headers: further ones of the answer.
    """

    def __init__(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        """Keep them all."""
        super().__init__(detail)
        self.status, self.code, self.detail, self.headers = status, code, detail, dict(headers or {})

    def to_dict(self) -> dict[str, object]:
        """The problem, as JSON has it."""
        status = HTTPStatus(self.status)
        title = _WHAT_IS_MEANT.get(status, status.phrase)
        return {"type": "about:blank", "title": title, "status": self.status, "code": self.code, "detail": self.detail}

    def response(self) -> Response:
        """The answer."""
        return Response(json.dumps(self.to_dict(), ensure_ascii=False), self.status, self.headers, MEDIA_TYPE)


class ClientGoneError(Exception):
    """Whoever asked has hung up."""


def busy() -> RefusedError:
    """As many requests as the service takes are there already."""
    return RefusedError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "busy",
        "as many requests as this service takes are being read; send it again a little later",
        {"Retry-After": str(RETRY_AFTER_S)},
    )


def no_room() -> RefusedError:
    """The disk is full, or takes nothing for another reason."""
    return RefusedError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "no_room",
        "the server has no room on its disk at the moment; send it again later",
        {"Retry-After": str(30 * RETRY_AFTER_S)},
    )


def too_large(most_bytes: int) -> RefusedError:
    """A body has more bytes than is taken."""
    return RefusedError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too_large",
        f"the request has more than {most_bytes / 2**20:g} MB; compress the file, or send fewer pages",
    )


def of_error(error: InputError, named: Callable[[str], str]) -> RefusedError:
    """The problem that an error of hunmin is.

    Args:
        error: what was raised while an upload was read.
        named: calls the upload in a message what its sender calls it.
    """
    if isinstance(error.__cause__, OSError) and not isinstance(error, ImageError):
        return no_room()  # what is written is ours, and nobody's mistake but this machine's
    detail = named(str(error))
    if isinstance(error, ImageError):
        status = _STATUS_OF_IMAGE_CODE.get(error.code, HTTPStatus.UNPROCESSABLE_ENTITY)
        return RefusedError(status, error.code, detail)
    if isinstance(error, ExtraMissingError):
        return RefusedError(HTTPStatus.NOT_ACCEPTABLE, "not_installed", detail)
    return RefusedError(HTTPStatus.BAD_REQUEST, "bad_request", detail)
