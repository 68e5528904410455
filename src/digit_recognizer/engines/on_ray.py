"""A Ray cluster as an engine: the same unit of work, as tasks that Ray starts again where a machine is lost."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, TypeVar

from digit_recognizer.engines.ray_address import LOCAL, unreachable
from digit_recognizer.errors import DigitRecognizerError, RunError

Item = TypeVar("Item")
Done = TypeVar("Done")
_AHEAD = 2  # items handed out for each core of the cluster, as it is when they are
FEWEST = 2
_AGAIN = 20  # times that Ray may start a task whose machine was lost; a picture that kills its process ends the run


def on_ray(items: Iterator[Item], work: Callable[[Item], Done], address: str, gpus: int = 0) -> Iterator[Done]:
    """What comes of each item, as it is done, on every machine of a cluster; one core and so many GPUs an item.

    address: of the cluster, "auto", or "local" to start one here; a cluster that this process has joined already is
    taken in its place. What the work reads and writes must lie where every machine reaches it; it may be done twice.
    Raises ConfigError where no cluster answers, RunError where it is lost, and what `work` raises.
    """
    import ray

    begun = connect(address)
    waiting: list[Any] = []
    try:
        task: Any = ray.remote(num_cpus=1, num_gpus=gpus, max_retries=_AGAIN)(work_on)
        while True:
            room = max(FEWEST, _AHEAD * _cores_of(ray)) - len(waiting)  # below 0 where a machine was lost
            waiting += [task.remote(work, item) for item in islice(items, max(0, room))]
            if not waiting:
                return
            done, waiting = ray.wait(waiting)
            yield from ray.get(done)
    except ray.exceptions.RayTaskError as error:
        cause: Any = error.cause
        raise (cause if isinstance(cause, DigitRecognizerError) else RunError(f"Ray: {_last_line(error)}")) from error
    except (ray.exceptions.RayError, ConnectionError) as error:
        raise RunError(f"Ray: {_last_line(error)}. Finished work is kept: repeat the same command.") from error
    finally:
        if begun:
            ray.shutdown()
        else:
            for left in waiting:
                ray.cancel(left)


def _cores_of(ray: Any) -> int:
    """The cores of all machines of the cluster, as it is now."""
    return int(ray.cluster_resources().get("CPU", 1))


def work_on(work: Callable[[Item], Done], item: Item) -> Done:
    """One item, in a process of Ray's."""
    return work(item)


def connect(address: str) -> bool:
    """Join the cluster at an address, or start one; whether it was this call that did so. Raises ConfigError."""
    import ray

    if ray.is_initialized():
        return False
    dashboard = False if address == LOCAL else None  # None: as the cluster has it
    try:
        ray.init(address, include_dashboard=dashboard, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise unreachable(address, _last_line(error)) from error
    return True


def _last_line(error: BaseException) -> str:
    """The last thing that a long error says of itself."""
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__).strip().rstrip(".")
