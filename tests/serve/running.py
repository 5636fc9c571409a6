"""A service that runs in a thread of the test, and a client that is only the standard library."""

import http.client
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.types import ASGIApp

from hunmin.documents.reader import Reader
from hunmin.recognize.recognizer import Recognizer
from hunmin.serve.app import Service
from hunmin.serve.requests.logs import Entry
from hunmin.serve.server import Server, listen
from hunmin.serve.settings import ServeSettings
from hunmin.spec import RecognizerSpec
from hunmin.text.charset import Charset

SPEC = RecognizerSpec.for_charset(Charset("two", "가나"))


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Running:
    """A service, where it listens, and what it wrote down."""

    port: int
    service: Any
    entries: deque[Entry] = field(default_factory=deque)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def post(self, path: str, body: bytes, **headers: str) -> Answer:
        return self.ask("POST", path, body, **headers)

    def send_form(self, path: str, *parts: tuple[str, str | None, bytes], **headers: str) -> Answer:
        """Parts are name, name of the file or None, content."""
        body, kind = form(*parts)
        return self.ask("POST", path, body, Content_Type=kind, **headers)


def form(*parts: tuple[str, str | None, bytes]) -> tuple[bytes, str]:
    boundary = "boundary-of-the-test"
    body = b""
    for name, filename, content in parts:
        named = f'; filename="{filename}"' if filename is not None else ""
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode()
        body += content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def quick_engine(images: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Reads 가 everywhere."""
    tokens = np.zeros((len(images), 3), dtype=np.int64)
    tokens[:, 0] = 1
    return tokens, np.full((len(images), 3), -0.01, dtype=np.float32)


def whole_page(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    height, width = image.shape[:2]
    return np.array([[(0, 0), (width, 0), (width, height), (0, height)]], dtype=np.float32)


def quick_reader() -> Reader:
    """Takes every page for one line, and every line for 가."""
    return Reader(Recognizer.from_engine(quick_engine, SPEC, language=None), whole_page)


@contextmanager
def serving(app: ASGIApp, settings: ServeSettings, on_ending: Callable[[], None] = lambda: None) -> Iterator[int]:
    """The port at which an application answers."""
    listening = listen(settings)
    server = Server(app, settings, on_ending)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        while not server.started:
            time.sleep(0.005)
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@contextmanager
def running(reader: Reader | None = None, **settings: Any) -> Iterator[Running]:
    chosen = ServeSettings(port=0, **settings)
    entries: deque[Entry] = deque(maxlen=1000)  # a test of hours must not grow by them
    with Service(reader or quick_reader(), chosen, "quick", entries.append) as service:
        with serving(service.app, chosen, service.end) as port:
            yield Running(port, service, entries)


def wait_until(condition: Any, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.005)
