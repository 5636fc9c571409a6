"""The account of every request on the output of errors: a line for people, or an object of JSON.

It says when, which of our own paths, how it ended, how long and how large; never a name, an address or a word of what was sent.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Entry:
    """One request."""

    time: str
    """When it was answered, ISO 8601 in UTC."""
    request_id: str
    """As the answer's `X-Request-Id` has it."""
    method: str
    route: str
    """One of our paths, or `other`."""
    status: int
    ms: int
    bytes_in: int
    bytes_out: int
    problem: str = ""
    """The code of the problem it was answered with."""


Log: TypeAlias = Callable[[Entry], None]


def json_log(entry: Entry) -> None:
    """An object of JSON."""
    _write(json.dumps(asdict(entry)))


def plain_log(entry: Entry) -> None:
    """A line for people."""
    clock = entry.time[11:19]
    _write(f"{clock}  {entry.status}  {entry.method} {entry.route}  {entry.ms} ms  {entry.problem}".rstrip())


def no_log(entry: Entry) -> None:
    """Nothing."""


def _write(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
