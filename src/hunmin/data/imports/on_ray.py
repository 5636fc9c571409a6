"""The engine that works on a Ray cluster: each task anywhere, each result here."""

from collections.abc import Callable, Generator, Iterable
from typing import Any, TypeVar

import ray
from ray.exceptions import RayError, RayTaskError

from hunmin.data.store.assemble import TASKS_IN_HAND
from hunmin.errors import InputError
from hunmin.ray_cluster import connected

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
    with connected(address, num_cores=workers) as num_cores:
        try:
            task_on_ray = ray.remote(num_cpus=1)(_do)
            shared = ray.put(do)
            waiting: list[Any] = []
            for task in tasks:
                waiting.append(task_on_ray.remote(shared, task))
                while len(waiting) >= TASKS_IN_HAND * num_cores:
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


def _do(do: Callable[[Task], Result], task: Task) -> Result:
    return do(task)
