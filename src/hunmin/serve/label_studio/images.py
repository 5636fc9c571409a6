"""The images of tasks: from the one Label Studio, or the one folder, that this service was started with.

A task names its image by an address, and whoever may send tasks could name any. So an address is only ever a place in that
Label Studio or in that folder: another host, a way out of the folder and a redirect are refused.
"""

import http.client
import os
import shutil
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qs, quote, unquote, urlsplit

from hunmin.errors import InputError
from hunmin.serve.requests.problems import RefusedError, too_large
from hunmin.text.printable import printable

KEY_VARIABLE: Final = "LABEL_STUDIO_API_KEY"
TIMEOUT_S: Final = 30.0
"""Within which each part of an image must come."""
_UPLOADS: Final = "/data/"
_LOCAL_FILES: Final = "/data/local-files/"

Fetch: TypeAlias = Callable[[str, Path], None]
"""Writes the image that a task's address names to a path."""


def fetch_from(source: str, most_bytes: int) -> Fetch:
    """What fetches the images of tasks.

    Args:
        source: `http://…` or `https://…` of a Label Studio; its key is in LABEL_STUDIO_API_KEY. Or the folder where it keeps
            its files: of uploads the one that holds `upload`, of local storage its document root.
        most_bytes: of an image.

    Raises:
        InputError: it is neither.
    """
    if source.startswith(("http://", "https://")):
        return _Site(source.rstrip("/"), os.environ.get(KEY_VARIABLE, ""), most_bytes)
    if not Path(source).is_dir():
        raise InputError(f"--label-studio {source}: is no folder, and no address that begins with http:// or https://")
    return _Folder(Path(source).resolve(), most_bytes)


@dataclass(frozen=True)
class _Folder:
    root: Path
    most_bytes: int

    def __call__(self, address: str, target: Path) -> None:
        """As `Fetch` says; the path within Label Studio is one within the folder."""
        parts = _split(address)
        path = parse_qs(parts.query).get("d", [""])[0] if parts.path == _LOCAL_FILES else unquote(parts.path)
        inside = path.replace("\\", "/").removeprefix(_UPLOADS).lstrip("/")
        try:
            found = (self.root / inside).resolve()
            if not found.is_relative_to(self.root) or not found.is_file():
                raise _missing(address)
            if found.stat().st_size > self.most_bytes:
                raise too_large(self.most_bytes)
            shutil.copyfile(found, target)
        except (OSError, ValueError) as error:
            raise _missing(address) from error


@dataclass(frozen=True)
class _Site:
    address: str
    key: str
    most_bytes: int

    def __call__(self, address: str, target: Path) -> None:
        """As `Fetch` says; only from this Label Studio, and not from where it may send on to."""
        parts, own = _split(address), urlsplit(self.address)
        if (parts.scheme or parts.netloc) and (parts.scheme, parts.netloc) != (own.scheme, own.netloc):
            raise RefusedError(
                HTTPStatus.BAD_REQUEST,
                "foreign_image",
                f"{printable(address)[:200]}: is not at {self.address}, and images of other hosts are not fetched",
            )
        path = quote(parts.path, safe="/%") + (f"?{quote(parts.query, safe='=&%/')}" if parts.query else "")
        prefix = own.path if parts.netloc == "" and not parts.path.startswith(own.path + "/") else ""
        asked = urllib.request.Request(f"{own.scheme}://{own.netloc}{prefix}/{path.lstrip('/')}")  # noqa: S310 - our own
        if self.key:
            asked.add_header("Authorization", f"Token {self.key}")
        try:
            with _OPENER.open(asked, timeout=TIMEOUT_S) as answer, target.open("wb") as file:
                num_bytes = 0
                while chunk := answer.read(1 << 16):
                    num_bytes += len(chunk)
                    if num_bytes > self.most_bytes:
                        raise too_large(self.most_bytes)
                    file.write(chunk)
        except HTTPError as error:
            error.close()  # it is the answer, too
            told = f" (is {KEY_VARIABLE} right?)" if error.code in (401, 403) else ""
            raise _missing(address, f": {self.address} answers {error.code}{told}") from error
        except (URLError, OSError, http.client.HTTPException, ValueError) as error:
            raise _missing(address, f": {self.address} cannot be reached") from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Go nowhere: the redirect becomes an error of its status."""


_OPENER: Final = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))


def _split(address: str) -> Any:
    try:
        return urlsplit(address)
    except ValueError as error:
        raise _missing(address) from error


def _missing(address: str, why: str = "") -> RefusedError:
    told = f"{printable(address)[:200]}: this image of a task is not there{why}"
    return RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "no_image", told)
