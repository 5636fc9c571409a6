"""Half an hour of everything at once: is anything lost or changed, does memory grow, is anything answered 500?

    python benchmarks/soak_serve.py [--minutes 30] [--clients 16] [--hostile 0.05] [--model bundled] [--out FILE.md]

The service runs in a process of its own with the real model. Clients send example pages and lines, by all paths and in several
formats, and a share of hostile files: damaged, cut off, random, and pictures that claim to be huge. What a healthy file is
answered with must be what it was answered with when nobody else asked. Exit code 1 if a request was lost or changed, one was
answered 500, or memory was no longer flat: the last fifth of the time above the second by more than 5 % and 8 MB.
"""

import argparse
import http.client
import multiprocessing
import re
import struct
import sys
import threading
import time
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from bench_serve import EXAMPLES, serve
from machine import heading, write_result
from numpy.random import Generator as Rng

PATHS = (
    "/v1/recognize",
    "/v1/read?format=text",
    "/v1/recognize",
    "/v1/read?format=alto",
    "/v1/picture",
    "/v1/recognize",
)
EVERY_S = 10
FIFTHS = 5
RIGHT, REFUSED, FAULT = 200, range(400, 500), 500


@dataclass
class Soak:
    """What came of it."""

    outcomes: Counter[str] = field(default_factory=Counter)
    times_s: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)

    @property
    def fifths_mb(self) -> list[float]:
        """The median of memory in each fifth of the time."""
        return [float(np.median(part)) if len(part) else 0.0 for part in np.array_split(self.memory_mb, FIFTHS)]

    @property
    def is_good(self) -> bool:
        """Whether nothing of it is a fault of the service."""
        memory = self.fifths_mb
        faults = sum(self.outcomes[name] for name in ("lost", "changed", "fault"))
        return not faults and memory[-1] < 1.05 * memory[1] + 8


def hostile(data: bytes, rng: Rng) -> bytes:
    """A file that should be refused, or is by chance still one."""
    kind = rng.integers(4)
    if kind == 0:
        return data[: int(rng.integers(1, len(data)))]
    if kind == 1:
        damaged = bytearray(data)
        for at in rng.integers(0, len(data), 20):
            damaged[at] = rng.integers(256)
        return bytes(damaged)
    if kind == 2:  # noqa: PLR2004 - the third of four
        return rng.bytes(int(rng.integers(1, 100_000)))
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1_000_000))))
    png = b"".join(struct.pack(">I", len(c)) + n + c + struct.pack(">I", zlib.crc32(n + c)) for n, c in chunks)
    return b"\x89PNG\r\n\x1a\n" + png


def ask(port: int, path: str, body: bytes) -> tuple[int, bytes]:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    try:
        connection.request("POST", path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def soak(port: int, minutes: float, num_clients: int, share: float) -> Soak:
    """Put load on a service."""
    lines = [path.read_bytes() for path in sorted((EXAMPLES / "lines").glob("*.png"))]
    pages = [path.read_bytes() for path in sorted(EXAMPLES.glob("*.jpg"))]
    alone = {}
    for path in set(PATHS):
        for body in lines if "recognize" in path else pages:
            status, alone[path, body] = ask(port, path, body)
            assert status == RIGHT, (path, status)
    result, lock = Soak(), threading.Lock()
    end = time.monotonic() + 60 * minutes

    def client(number: int) -> None:
        rng = np.random.default_rng([30, number])
        while (started := time.monotonic()) < end:
            path = PATHS[rng.integers(len(PATHS))]
            files = lines if "recognize" in path else pages
            body = files[rng.integers(len(files))]
            is_hostile = rng.random() < share
            try:
                status, answer = ask(port, path, hostile(body, rng) if is_hostile else body)
            except (OSError, http.client.HTTPException):
                outcome = "lost"
            else:
                outcome = _outcome(status, is_hostile, is_same=is_hostile or answer == alone[path, body])
            with lock:
                result.outcomes[outcome] += 1
                result.times_s.append(time.monotonic() - started)
            if outcome == "busy":
                time.sleep(1)

    clients = [threading.Thread(target=client, args=(number,)) for number in range(num_clients)]
    for one in clients:
        one.start()
    while time.monotonic() < end:
        time.sleep(min(EVERY_S, max(0.1, end - time.monotonic())))
        result.memory_mb.append(_memory_mb(port))
    for one in clients:
        one.join()
    return result


def _outcome(status: int, is_hostile: bool, *, is_same: bool) -> str:
    if status >= FAULT:
        return {503: "busy", 504: "too slow"}.get(status, "fault")
    if is_hostile:
        return "hostile, refused" if status in REFUSED else "hostile, read"
    return "right" if status == RIGHT and is_same else "changed"


def _memory_mb(port: int) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    finally:
        connection.close()
    (value,) = re.findall(r"^process_resident_memory_bytes (\S+)", text, flags=re.MULTILINE)
    return float(value) / 2**20


def main() -> int:
    """Run it, and print or keep what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--hostile", type=float, default=0.05)
    parser.add_argument("--model", default="bundled")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(given.model, True, theirs), daemon=True)
    process.start()
    try:
        result = soak(ours.recv(), given.minutes, given.clients, given.hostile)
    finally:
        process.terminate()
        process.join()
    rows = [f"| {name} | {num:,} |" for name, num in result.outcomes.most_common()]
    cuts = np.quantile(result.times_s, [0.5, 0.95, 0.99])
    memory = ", ".join(f"{value:.0f}" for value in result.fifths_mb)
    told = (
        f"{given.minutes:g} minutes, {given.clients} clients, {given.hostile:.0%} hostile: "
        f"{'nothing' if result.is_good else 'SOMETHING'} is amiss.\n\n| requests | |\n|---|---|\n"
        + "\n".join(rows)
        + "\n\n"
        f"Half were answered within {cuts[0]:.2f} s, 95 % within {cuts[1]:.2f} s, 99 % within {cuts[2]:.2f} s. "
        f"Memory in each fifth of the time, median: {memory} MB; at most {max(result.memory_mb):.0f} MB.\n"
    )
    write_result(given.out, heading("Half an hour of everything at once", ("onnxruntime", "starlette")) + f"\n{told}")
    return 0 if result.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
