"""A Ray cluster for as long as it is needed."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import ray
from ray.exceptions import RayError

from hunmin.errors import InputError, reason_of

CONNECT_S: Final = 10
"""After which a cluster that does not answer is none. Ray itself would try for many minutes, without a word."""


@contextmanager
def connected(address: str | None, *, num_cores: int) -> Iterator[int]:
    """Connect to a Ray cluster, whose machines must have hunmin and see files under the same paths as this one.

    Args:
        address: of the cluster, such as `auto` or `ray://host:10001`; `local` starts one on this machine for as long as it is
            needed, and None takes RAY_ADDRESS or, without that, `local`.
        num_cores: how many to use; 0 = all that the cluster has.

    Yields:
        How many cores to use.

    Raises:
        InputError: no cluster at that address.
    """
    address = address or os.environ.get("RAY_ADDRESS") or "local"
    _check_reachable(address)
    local: dict[str, Any] = {"num_cpus": num_cores or None, "include_dashboard": False} if address == "local" else {}
    try:
        ray.init(address=address, log_to_driver=False, logging_level="error", **local)
    except (RayError, ConnectionError, ValueError, RuntimeError) as error:
        message = " ".join(str(error).split())
        raise InputError(
            f"ray_address={address}: there is no Ray cluster ({message:.200}); start it, or leave it out"
        ) from error
    try:
        yield num_cores or round(ray.cluster_resources().get("CPU", 1))
    finally:
        ray.shutdown()


def _check_reachable(address: str) -> None:
    """Find out whether anything listens at HOST:PORT; other addresses, such as `auto`, are Ray's to look up."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        return
    try:
        socket.create_connection((host, int(port)), timeout=CONNECT_S).close()
    except (OSError, OverflowError) as error:
        raise InputError(
            f"ray_address={address}: nothing answers there ({reason_of(error)}); start the cluster, or leave it out"
        ) from error
