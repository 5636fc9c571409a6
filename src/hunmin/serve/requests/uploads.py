"""A request's body becomes files of a folder that is gone once the request is answered.

An upload is either the whole body, or the parts of a form. Nothing that a client says is opened: not a path, not an
address; the name of a file is only shown to the one who sent it.
"""

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Final

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

from hunmin.files import is_disk_full
from hunmin.serve.requests.problems import ClientGoneError, RefusedError, no_room, too_large
from hunmin.text.printable import printable

UNNAMED: Final = "upload"
MOST_NAME: Final = 120
"""Characters of a name; a longer one loses its beginning."""
_FORM: Final = "multipart/form-data"


@dataclass(frozen=True)
class Upload:
    """A file that a client sent."""

    path: Path
    """Where it lies until the request is answered."""
    name: str
    """What its sender calls it, without folders."""

    def named(self, message: str) -> str:
        """A message in which the upload is called what its sender calls it."""
        return message.replace(str(self.path), self.name)


@dataclass(frozen=True)
class Received:
    """The body of a request."""

    uploads: tuple[Upload, ...]
    is_form: bool
    password: str | None = None
    """Of an encrypted PDF."""


class Body:
    """A request's body on its way in: counted, and refused where it is too large."""

    def __init__(self, receive: Receive, most_bytes: int) -> None:
        """Count what `receive` gives, up to `most_bytes`."""
        self._receive, self._most_bytes = receive, most_bytes
        self.num_bytes = 0
        self.is_complete = False

    async def receive(self) -> Message:
        """The next message.

        Raises:
            RefusedError: 413, there is more than is taken.
        """
        message = await self._receive()
        self._look_at(message)
        if self.num_bytes > self._most_bytes:
            raise too_large(self._most_bytes)
        return message

    async def discard(self, seconds: float) -> None:
        """Take what still comes for a while, so that a client that sends before it listens gets the answer."""
        try:
            async with asyncio.timeout(seconds):
                while not self.is_complete:
                    self._look_at(await self._receive())
        except TimeoutError:
            pass

    def _look_at(self, message: Message) -> None:
        self.num_bytes += len(message.get("body", b""))
        self.is_complete = self.is_complete or not message.get("more_body", False)


async def receive_uploads(request: Request, folder: Path, field: str, most_files: int, timeout_s: float) -> Received:
    """Take the body of a request.

    Args:
        request: with the uploads as parts of a form, or one upload as its body.
        folder: an empty one, for the uploads.
        field: what the parts are called.
        most_files: in a form.
        timeout_s: how long the body may take to arrive.

    Raises:
        RefusedError: it is too slow, is no form, or has other parts.
        ClientGoneError: the client hung up.
    """
    # Every other type is taken for a file's: what it is shows in its bytes, and curl calls all it sends a form.
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        async with asyncio.timeout(timeout_s):
            if kind == _FORM:
                return await _from_form(request, folder, field, most_files)
            return Received((await _from_body(request, folder),), is_form=False)
    except TimeoutError as error:
        raise _too_slow(timeout_s) from error
    except ClientDisconnect as error:
        raise ClientGoneError from error
    except OSError as error:
        if is_disk_full(error):
            raise no_room() from error
        raise


async def receive_body(request: Request, timeout_s: float) -> bytes:
    """Take the body of a request that is no file.

    Raises:
        RefusedError: it is too slow.
        ClientGoneError: the client hung up.
    """
    try:
        async with asyncio.timeout(timeout_s):
            return await request.body()
    except TimeoutError as error:
        raise _too_slow(timeout_s) from error
    except ClientDisconnect as error:
        raise ClientGoneError from error


async def _from_body(request: Request, folder: Path) -> Upload:
    path = folder / "0"
    with path.open("wb") as file:
        async for chunk in request.stream():
            file.write(chunk)
    return Upload(path, UNNAMED)


async def _from_form(request: Request, folder: Path, field: str, most_files: int) -> Received:
    try:
        async with request.form(max_files=most_files, max_fields=most_files, max_part_size=1024) as form:
            password = None
            files = []
            for name, value in form.multi_items():
                if name == "password" and isinstance(value, str):
                    password = value
                elif name != field:
                    raise _bad_form(
                        f"there is no part {printable(name)[:80]!r}; send {field!r}, and 'password' for a PDF"
                    )
                elif isinstance(value, str):
                    raise _bad_form(f"{field!r} is a text; send the file itself, for no path or address is opened here")
                else:
                    files.append(value)
            if not files:
                raise _bad_form(f"the form has no file; send it as the part {field!r}")
            # Copying is work for a disk, not for the one thread that listens to everybody.
            uploads = await asyncio.to_thread(_copied, files, folder)
    except HTTPException as error:  # that of Starlette's parser
        raise _bad_form(f"the form cannot be read ({printable(error.detail)})") from error
    return Received(uploads, is_form=True, password=password)


def _copied(files: Sequence[UploadFile], folder: Path) -> tuple[Upload, ...]:
    uploads = []
    for number, file in enumerate(files):
        path = folder / str(number)
        with path.open("wb") as copy:
            shutil.copyfileobj(file.file, copy)
        uploads.append(Upload(path, plain_name(file.filename or "")))
    return tuple(uploads)


def plain_name(name: str) -> str:
    """What a sender calls a file, without its folders and without characters that act on anything."""
    last = printable(PurePosixPath(name.replace("\\", "/")).name).strip()
    return last[-MOST_NAME:] if last not in ("", ".", "..") else UNNAMED


def _too_slow(timeout_s: float) -> RefusedError:
    told = f"the request did not arrive within {timeout_s:g} s"
    return RefusedError(HTTPStatus.REQUEST_TIMEOUT, "too_slow_to_arrive", told)


def _bad_form(detail: str) -> RefusedError:
    return RefusedError(HTTPStatus.BAD_REQUEST, "bad_form", detail)
