"""What the address and the headers of a request ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from starlette.requests import Request

from hunmin.documents.source.pdf import DEFAULT_DPI, check_dpi
from hunmin.documents.writers.save import SUFFIXES
from hunmin.errors import InputError
from hunmin.serve.reading import ReadOptions
from hunmin.serve.requests.problems import RefusedError
from hunmin.text.printable import printable


@dataclass(frozen=True)
class _Kind:
    media_type: str
    """What an answer in this format is."""
    accepted: tuple[str, ...] = ()
    """Other media types that ask for it."""


KINDS: Final = {
    "json": _Kind("application/json"),
    "text": _Kind("text/plain; charset=utf-8"),
    "tsv": _Kind("text/tab-separated-values; charset=utf-8"),
    "markdown": _Kind("text/markdown; charset=utf-8"),
    "hocr": _Kind("text/vnd.hocr+html; charset=utf-8", ("application/xhtml+xml", "text/html")),
    "alto": _Kind("application/alto+xml"),
    "page": _Kind("application/page+xml"),
    "pdf": _Kind("application/pdf"),
}
"""By the names of `SUFFIXES`."""
assert KINDS.keys() == SUFFIXES.keys()

FALSE, TRUE = frozenset({"false", "0"}), frozenset({"true", "1"})


def read_options(request: Request) -> ReadOptions:
    """How a document is to be read.

    Raises:
        RefusedError: a parameter is unknown or has no such value, or no format is accepted.
    """
    given = _parameters(request, ("format", "pages", "dpi", "force", "characters"))
    kind = given.get("format") or _accepted(request.headers.get("accept", ""))
    if kind not in KINDS:
        raise _bad_parameter(f"format={kind}: there is no such format; there are {', '.join(KINDS)}")
    return ReadOptions(
        kind, given.get("pages"), _dpi(given.get("dpi")), _flag(given, "force"), _flag(given, "characters")
    )


def wants_characters(request: Request) -> bool:
    """Whether readings of crops are to have their characters.

    Raises:
        RefusedError: a parameter is unknown, or neither true nor false.
    """
    return _flag(_parameters(request, ("characters",)), "characters")


def page_number(request: Request) -> int:
    """Which page is to be drawn.

    Raises:
        RefusedError: a parameter is unknown, or it is no number.
    """
    number = _parameters(request, ("page",)).get("page", "1")
    if not (number.isascii() and number.isdecimal() and len(number) < 10):  # noqa: PLR2004 - digits
        raise _bad_parameter(f"page={number}: give a number from 1 on")
    return int(number)


def saved_as(name: str, kind: str) -> Mapping[str, str]:
    """The headers that have a browser save an answer, beside the document called `name`."""
    stem = name.rpartition(".")[0] or name
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(stem + SUFFIXES[kind], safe='')}"}


def _parameters(request: Request, known: tuple[str, ...]) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in known:
            raise _bad_parameter(f"{printable(name)[:80]}: there is no such parameter; there are {', '.join(known)}")
        if name in given:
            raise _bad_parameter(f"{name}: is given twice; give it once")
        given[name] = printable(value)[:200]
    return given


def _flag(given: Mapping[str, str], name: str) -> bool:
    value = given.get(name, "false").lower()
    if value not in TRUE | FALSE:
        raise _bad_parameter(f"{name}={value}: give true or false")
    return value in TRUE


def _dpi(value: str | None) -> float:
    if value is None:
        return DEFAULT_DPI
    try:
        dpi = float(value)
        check_dpi(dpi)
    except InputError as error:
        raise _bad_parameter(str(error)) from error
    except ValueError as error:
        raise _bad_parameter(f"dpi={value}: is no number") from error
    return dpi


def _accepted(accept: str) -> str:
    """The format that an Accept header likes best; JSON where it takes anything.

    Raises:
        RefusedError: 406, it takes none.
    """
    ranges = []
    for part in accept.split(","):
        media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
        try:
            weight = float(quality)
        except ValueError:
            weight = 0.0
        if media_range and weight > 0:
            ranges.append((weight, media_range))
    if not ranges:
        return "json"
    for _, media_range in sorted(ranges, key=lambda one: one[0], reverse=True):
        if media_range in ("*/*", "application/*"):
            return "json"
        for name, kind in KINDS.items():
            media_type = kind.media_type.partition(";")[0]
            if media_range in (media_type, *kind.accepted) or media_range == f"{media_type.partition('/')[0]}/*":
                return name
    raise RefusedError(
        HTTPStatus.NOT_ACCEPTABLE,
        "not_acceptable",
        f"Accept asks for none of the formats; give format={'|'.join(KINDS)}",
    )


def _bad_parameter(detail: str) -> RefusedError:
    return RefusedError(HTTPStatus.BAD_REQUEST, "bad_parameter", detail)
