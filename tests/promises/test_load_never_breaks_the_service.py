"""S16: whatever many clients do at once, every accepted request is answered, and nothing but 503 is a fault of the server."""

import gc
import logging
import os
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.promises.test_hostile_images import healthy_files, mutate
from tests.serve.running import Running, form, running, wait_until

NUM_CLIENTS = 16
PATHS = (
    "/v1/read",
    "/v1/read?format=text",
    "/v1/read?format=alto",
    "/v1/recognize",
    "/v1/picture",
    "/v1/read?format=pdf",
)


def memory_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def num_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def hang_up_in_the_middle(service: Running, path: str, body: bytes, at: int) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        connection.sendall((head + body)[:at])


def ask(service: Running, number: int, files: list[bytes]) -> str:
    """One request of a client: an ordinary, a hostile or a broken one. What came of it."""
    rng = np.random.default_rng([16, number])
    path = PATHS[number % len(PATHS)]
    data = files[int(rng.integers(len(files)))]
    kind = rng.random()
    if kind < 0.1:
        hang_up_in_the_middle(service, path, data, int(rng.integers(1, len(data) + 80)))
        return "hung up"
    if kind < 0.4:
        data = mutate(data, rng)
    if kind > 0.6:
        body, media_type = form(("files" if "recognize" in path else "file", f"{number}.png", data))
        if kind > 0.9:
            body = mutate(body, rng)
        answer = service.post(path, body, Content_Type=media_type)
    else:
        answer = service.post(path, data)
    if answer.status == 503:
        assert int(answer.headers["retry-after"]) > 0
    elif answer.status >= 400:
        assert answer.json()["detail"]
    return str(answer.status)


@pytest.mark.skipif(sys.platform != "linux", reason="memory and open files are read from /proc")
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # Starlette leaves files to the collector
def test_clients_of_every_kind_at_once_are_all_answered(
    rounds: Callable[..., int], caplog: pytest.LogCaptureFixture
) -> None:
    # As the command does; here pytest would keep each of its warnings, too.
    caplog.set_level(logging.CRITICAL + 1, "python_multipart")
    files = list(healthy_files().values())
    num = rounds(short=600, full=60_000)
    outcomes: Counter[str] = Counter()
    lock = threading.Lock()
    with running(max_requests=12, transfer_timeout_s=5.0) as service, ThreadPoolExecutor(NUM_CLIENTS) as clients:

        def one(number: int) -> None:
            outcome = ask(service, number, files)
            with lock:
                outcomes[outcome] += 1

        warm_up = num // 3
        list(clients.map(one, range(warm_up)))
        wait_until(lambda: service.service._work.num_taken == 0)
        gc.collect()
        before_mb, before_files = memory_mb(), num_files()
        list(clients.map(one, range(warm_up, num)))
        wait_until(lambda: service.service._work.num_taken == 0)
        gc.collect()
        assert memory_mb() < 1.05 * before_mb + 8
        assert num_files() <= before_files + 4
        assert not list(Path(service.service._work._folder.name).iterdir())
        assert service.ask("GET", "/healthz").status == 200
    assert outcomes.total() == num
    assert outcomes.keys() <= {"200", "400", "413", "415", "422", "503", "hung up"}, outcomes
    assert outcomes["200"] > num / 5
    assert outcomes["422"] > num / 50
