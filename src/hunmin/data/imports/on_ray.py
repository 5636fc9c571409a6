"""The engine that works on a Ray cluster: each task anywhere, each result here."""

import os
import socket
from collections.abc import Callable, Generator, Iterable
from typing import Any, TypeVar

import ray
from ray.exceptions import RayError, RayTaskError

from hunmin.data.store.assemble import TASKS_IN_HAND
from hunmin.errors import InputError

CONNECT_S = 10
"""After which a cluster that does not answer is none. Ray itself would try for many minutes, without a word."""

Task = TypeVar("Task")
Result = TypeVar("Result")


def on_ray(
    do: Callable[[Task], Result], tasks: Iterable[Task], *, workers: int, address: str | None
) -> Generator[Result, None, None]:
    """Do tasks on a Ray cluster and yield each result when it is there, in no order; as `assemble.in_processes`.

    The cluster's machines must have hunmin, and see files under the same paths as this one.

    Args:
        do: called with each task, on one core.
        tasks: taken as they are needed.
        workers: cores to use; 0 = all that the cluster has.
        address: of the cluster; None takes RAY_ADDRESS, and without that starts one on this machine for as long as it
            is needed.

    Raises:
        InputError: no cluster at that address; a task could not be done, such as for lack of memory; or what `do` raises.
    """
    address = address or os.environ.get("RAY_ADDRESS") or "local"
    _check_reachable(address)
    local: dict[str, Any] = {"num_cpus": workers or None, "include_dashboard": False} if address == "local" else {}
    try:
        ray.init(address=address, log_to_driver=False, logging_level="error", **local)
    except (RayError, ConnectionError, ValueError, RuntimeError) as error:
        message = " ".join(str(error).split())
        raise InputError(
            f"ray_address={address}: there is no Ray cluster ({message:.200}); start it, or leave it out"
        ) from error
    try:
        task_on_ray = ray.remote(num_cpus=1)(_do)
        shared = ray.put(do)
        in_hand = TASKS_IN_HAND * (workers or round(ray.cluster_resources()["CPU"]))
        waiting: list[Any] = []
        for task in tasks:
            waiting.append(task_on_ray.remote(shared, task))
            while len(waiting) >= in_hand:
                done, waiting = ray.wait(waiting)
                yield from ray.get(done)
        while waiting:
            done, waiting = ray.wait(waiting)
            yield from ray.get(done)
    except RayTaskError as error:
        # Its text is the traceback on the other machine; what was raised there says the same in one line.
        raise error.cause from error
    except RayError as error:
        message = " ".join(str(error).split())
        raise InputError(f"a task could not be done on the Ray cluster ({message:.300})") from error
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
            f"ray_address={address}: nothing answers there ({error}); start the cluster, or leave it out"
        ) from error


def _do(do: Callable[[Task], Result], task: Task) -> Result:
    return do(task)
