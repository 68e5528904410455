"""Processes of this machine that work for their parent, and end with it."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process


def process_pool(workers: int) -> ProcessPoolExecutor:
    """An executor whose processes start empty, on every system alike, when there is work for them."""
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=begin)


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
