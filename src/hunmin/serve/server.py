"""A listening socket, and what ends it."""

import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from hunmin.errors import InputError, reason_of
from hunmin.serve.settings import ServeSettings

ENDING_S = 10
"""What is left for answers on their way, once everything was read or given up."""
BACKLOG = 256


def listen(settings: ServeSettings) -> socket.socket:
    """Listen at the address of the settings.

    Raises:
        InputError: the port is taken, or the address is none of this machine.
    """
    try:
        # asyncio turns Nagle's delay of 40 ms off for sockets that say TCP, which those of `socket.create_server` do not.
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )[0]
        listening = socket.socket(family, kind, protocol)
        try:
            if os.name == "posix":
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(BACKLOG)
        except OSError:
            listening.close()
            raise
        return listening
    except (OSError, OverflowError) as error:
        raise InputError(
            f"cannot listen at {settings.host}, port {settings.port} ({reason_of(error)}); give another --port, or --host"
        ) from error


def address_of(listening: socket.socket) -> str:
    """What to type into a browser on this machine."""
    host, port = listening.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared with
        host = "127.0.0.1"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


class Server(uvicorn.Server):
    """Answers until it is told to end; then takes nothing new and answers what is there."""

    def __init__(self, app: ASGIApp, settings: ServeSettings, on_ending: Callable[[], None] = lambda: None) -> None:
        """Make it ready.

        Args:
            app: answers requests.
            settings: of the service.
            on_ending: called when a signal ends it.
        """
        self._on_ending = on_ending
        ending_s = settings.transfer_timeout_s + settings.reading_timeout_s + ENDING_S
        super().__init__(
            uvicorn.Config(
                app,
                loop="asyncio",
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=round(ending_s),
            )
        )

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal came; a second one ends everything at once."""
        self._on_ending()
        super().handle_exit(sig, frame)


def serve_until_told(server: Server, listening: socket.socket) -> None:
    """Answer until SIGTERM or Ctrl-C; then end with exit code 143 or 130, once everything that was taken is answered."""
    # What these log may quote a request; the application keeps its own account.
    for name in ("uvicorn", "python_multipart", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    # Uvicorn raises the signal again when it is done, for whoever handled it before.
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    finally:
        signal.signal(signal.SIGTERM, before)
        listening.close()
