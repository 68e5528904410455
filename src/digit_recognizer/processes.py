"""Processes of this machine that work for their parent, and end with it."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

WATCHED = 1.0  # seconds between two looks at whether the parent lives


def process_pool(workers: int) -> ProcessPoolExecutor:
    """An executor whose processes start empty, on every system alike, when there is work for them."""
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=begin, initargs=(os.getpid(),))


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def begin(parent: int) -> None:
    """A process leaves Ctrl-C to its parent, and ends soon after it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with, args=(parent,), daemon=True).start()


def end_with(parent: int) -> None:
    """End this process when its parent was killed; what it has not finished nobody waits for."""
    while os.getppid() == parent:
        time.sleep(WATCHED)
    os._exit(1)
