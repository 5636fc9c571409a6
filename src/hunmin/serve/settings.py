"""What can be said about a service."""

import ipaddress
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hunmin.errors import InputError, reason_of

TOKEN_VARIABLE: Final = "HUNMIN_SERVE_TOKEN"  # noqa: S105 - the name of a variable
LEAST_TOKEN: Final = 16
"""Characters; a shorter token can be guessed."""


@dataclass(frozen=True)
class ServeSettings:
    """Where a service listens, who may ask, and how much it takes on.

    Raises:
        InputError: it would listen beyond this machine with nothing that keeps strangers out.
    """

    host: str = "127.0.0.1"
    """The address to listen at; the default is reached from this machine alone."""
    port: int = 8000
    """0 takes a free one."""
    token: str | None = None
    """What a request must bring as `Authorization: Bearer …`; None asks for nothing."""
    is_open: bool = False
    """Whether anybody who reaches an address beyond this machine may ask without a token."""
    max_upload_bytes: int = 50 * 2**20
    """The most bytes of one request."""
    transfer_timeout_s: float = 60.0
    """How long a request may take to arrive, and its answer to be fetched."""
    reading_timeout_s: float = 120.0
    """How long an upload may take to be read once it has arrived, waiting included."""
    max_pages: int = 200
    """The most pages of a document in one request."""
    max_crops: int = 256
    """The most crops in one request."""
    max_requests: int = 64
    """Requests that are received, waiting, read or answered at one time; one more is told to come back later."""
    documents_at_once: int = 2
    """Documents that are read at one time."""
    crops_at_once: int = 16
    """Requests with crops that are read at one time; most of them wait for their batch."""
    label_studio: str | None = None
    """The address of a Label Studio whose tasks are read, or the folder with its files; None reads none."""
    shares_batches: bool = True
    """Whether lines of different requests share batches."""

    def __post_init__(self) -> None:
        if not self.is_local and self.token is None and not self.is_open:
            raise InputError(
                f"--host {self.host}: others can reach it, so set a token in {TOKEN_VARIABLE} or --token-file, "
                "or give --open if something in front of it keeps strangers out"
            )

    @property
    def is_local(self) -> bool:
        """Whether it is reached from this machine alone."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def find_token(file: Path | None) -> str | None:
    """The token of a file, or else of the environment; None where neither has one.

    It is never taken from a command line, which other users of the machine see.

    Raises:
        InputError: it cannot be read by its owner alone, is too short, or has characters that no header takes.
    """
    if file is None:
        where, token = TOKEN_VARIABLE, os.environ.get(TOKEN_VARIABLE, "")
        if not token:
            return None
    else:
        where, token = str(file), _content(file)
    token = token.strip()
    if len(token) < LEAST_TOKEN:
        raise InputError(f"{where}: the token has {len(token)} characters; give {LEAST_TOKEN} or more")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise InputError(f"{where}: a token is printable ASCII without spaces; make one with: openssl rand -hex 32")
    return token


def _content(file: Path) -> str:
    try:
        if os.name == "posix" and file.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
            raise InputError(f"{file}: every user of this machine can read the token; run: chmod 600 {file}")
        return file.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: the token cannot be read ({reason_of(error)}); give another file") from error
