"""Requests a second and how long they take, by how many clients ask at once, with shared batches and without.

    python benchmarks/bench_serve.py [--seconds S] [--clients 1,2,4] [--model bundled] [--out FILE.md]

The service runs in a process of its own on a free port of this machine, the clients in this one, each with a connection that
it keeps; both use the same cores. A request of `/v1/recognize` is one of the example lines, one of `/v1/read` one of the
example pages. The ways of batching take turns at each number of clients, so that a busy moment of the machine meets them alike.
"""

import argparse
import http.client
import itertools
import multiprocessing
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from machine import heading, write_result

EXAMPLES = Path(__file__).parents[1] / "examples"
WARM_UP = 8
WAYS = {"of one request": False, "shared": True}


@dataclass
class Load:
    """What came of some seconds of requests."""

    seconds: float = 0.0
    times_s: list[float] = field(default_factory=list)
    num_failed: int = 0

    def row(self) -> list[str]:
        """Requests a second, and the times that half of them, 95 and 99 % kept, in milliseconds."""
        cuts = statistics.quantiles(self.times_s, n=100) if len(self.times_s) > 1 else self.times_s * 99
        return [f"{len(self.times_s) / self.seconds:.1f}", *(f"{1000 * cuts[at]:.0f}" for at in (49, 94, 98))]


def serve(model: str, shares: bool, port: Connection) -> None:
    """A service; it tells its port and runs until it is ended."""
    from hunmin.documents.reader import Reader
    from hunmin.serve.app import Service
    from hunmin.serve.memory import keep_memory_flat
    from hunmin.serve.requests.logs import no_log
    from hunmin.serve.server import Server, listen
    from hunmin.serve.settings import ServeSettings

    keep_memory_flat()
    settings = ServeSettings(port=0, shares_batches=shares, max_requests=256)
    listening = listen(settings)
    with Service(Reader(model), settings, model, no_log) as service:
        port.send(listening.getsockname()[1])
        Server(service.app, settings).run(sockets=[listening])


@contextmanager
def services(model: str) -> Iterator[dict[str, int]]:
    """The port of a service for each way of batching."""
    context = multiprocessing.get_context("spawn")
    ports, processes = {}, []
    for way, shares in WAYS.items():
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(model, shares, theirs), daemon=True)
        process.start()
        processes.append(process)
        ports[way] = ours.recv()
    try:
        yield ports
    finally:
        for process in processes:
            process.terminate()
            process.join()


def put_load_on(port: int, path: str, bodies: list[bytes], num_clients: int, seconds: float) -> Load:
    """Have clients ask for some seconds, each as soon as it was answered."""
    load, lock = Load(), threading.Lock()
    turns = itertools.count()
    end = time.perf_counter() + seconds

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        connection.connect()
        # Or the body would wait for the acknowledgement of the headers, 40 ms.
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while (started := time.perf_counter()) < end:
            with lock:
                body = bodies[next(turns) % len(bodies)]
            connection.request("POST", path, body)
            response = connection.getresponse()
            response.read()
            with lock:
                load.times_s.append(time.perf_counter() - started)
                load.num_failed += response.status != 200  # noqa: PLR2004 - HTTP
        connection.close()

    clients = [threading.Thread(target=ask) for _ in range(num_clients)]
    began = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    load.seconds = time.perf_counter() - began
    return load


def table(ports: dict[str, int], path: str, bodies: list[bytes], clients: list[int], seconds: float) -> str:
    """A row for each number of clients and way of batching."""
    rows = ["| clients | batches | requests/s | p50, ms | p95, ms | p99, ms |", "|---|---|---|---|---|---|"]
    for port in ports.values():
        put_load_on(port, path, bodies[:WARM_UP], 1, 0.5)
    for num in clients:
        for way, port in ports.items():
            load = put_load_on(port, path, bodies, num, seconds)
            assert not load.num_failed, f"{way}: {load.num_failed} requests failed"
            rows.append(f"| {num} | {way} | {' | '.join(load.row())} |")
            print(rows[-1], flush=True)
    return "\n".join(rows) + "\n"


def main() -> None:
    """Measure, and print or keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--clients", default="1,2,4,8,16,32,64")
    parser.add_argument("--model", default="bundled")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    clients = [int(num) for num in given.clients.split(",")]
    lines = [path.read_bytes() for path in sorted((EXAMPLES / "lines").glob("*.png"))]
    pages = [path.read_bytes() for path in sorted(EXAMPLES.glob("*.[jp][pn]g"))]
    with services(given.model) as ports:
        crops = table(ports, "/v1/recognize", lines, clients, given.seconds)
        read = table(ports, "/v1/read", pages, [num for num in clients if num <= 8], 2 * given.seconds)  # noqa: PLR2004
    title = heading("Requests to the service", ("onnxruntime", "starlette", "uvicorn"))
    write_result(given.out, f"{title}\n## Crops of one line\n\n{crops}\n## Pages\n\n{read}")


if __name__ == "__main__":
    main()
