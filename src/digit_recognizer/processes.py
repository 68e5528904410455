"""Processes of this machine that work for their parent, and end with it."""

from __future__ import annotations

import math
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context, parent_process
from pathlib import Path


def process_pool(workers: int) -> ProcessPoolExecutor:
    """An executor whose processes start empty, on every system alike, when there is work for them."""
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=begin)


def cores() -> int:
    """The cores that this process may use: those that it may run on, or what a container's quota allows of them."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = cpu_quota()
    return allowed if quota is None else max(1, min(allowed, math.ceil(quota)))


def cpu_quota(root: Path = Path("/")) -> float | None:
    """The cores' time that this process's control groups allow it (Linux, cgroup v2 and v1); None: all there is.

    root: where proc/ and sys/ lie.
    """
    found: list[float] = []
    with suppress(OSError, ValueError):
        for line in (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            _, controllers, group = line.split(":", 2)
            if not controllers:
                found += _quotas(root / "sys/fs/cgroup", group, _of_version_2)
            elif "cpu" in controllers.split(","):
                found += _quotas(root / "sys/fs/cgroup/cpu", group, _of_version_1)
    return min(found, default=None)


def _quotas(mount: Path, group: str, quota_in: Callable[[Path], float | None]) -> Iterator[float]:
    """The quotas of a group and of those above it; in a container the topmost that is seen is the container's own."""
    place = mount / group.lstrip("/")
    for folder in (place, *place.parents):
        with suppress(OSError, ValueError):
            quota = quota_in(folder)
            if quota is not None and quota > 0:
                yield quota
        if folder == mount:
            return


def _of_version_2(folder: Path) -> float | None:
    quota, period = (folder / "cpu.max").read_text(encoding="ascii").split()
    return None if quota == "max" else int(quota) / int(period)


def _of_version_1(folder: Path) -> float | None:
    quota, period = (int((folder / f"cpu.cfs_{name}_us").read_text(encoding="ascii")) for name in ("quota", "period"))
    return None if quota < 0 else quota / period


def begin() -> None:
    """A process that multiprocessing has started leaves Ctrl-C to its parent, and ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when its parent was killed; what it has not finished nobody waits for.

    By what the system itself tells of the parent's end: the number that os.getppid gives never changes on Windows.
    """
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
