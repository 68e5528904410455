"""The processes of this machine as an engine: work is handed out a little ahead, so that memory stays flat."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_context

from digit_recognizer.errors import RunError
from digit_recognizer.scoring.shards import Shard
from digit_recognizer.scoring.work import Done

AHEAD = 2  # shards handed out for each process
WATCHED = 1.0  # seconds between two looks at whether the parent lives


def in_processes(shards: Iterator[Shard], work: Callable[[Shard], Done], workers: int) -> Iterator[Done]:
    """What comes of each shard, as it is done. Raises RunError where a process was killed, and what `work` raises."""
    executor = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=begin, initargs=(os.getpid(),))
    running: set[Future[Done]] = set()
    try:
        while True:
            running |= {executor.submit(work, shard) for shard in islice(shards, AHEAD * workers - len(running))}
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for each in done:
                yield each.result()
    except BrokenProcessPool as error:
        raise RunError(
            "A process was killed, perhaps for want of memory. What is finished stays: give the same command again,"
            " with fewer --workers."
        ) from error
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def begin(parent: int) -> None:
    """A process leaves Ctrl-C to its parent, and ends soon after it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with, args=(parent,), daemon=True).start()


def end_with(parent: int) -> None:
    """End this process when its parent was killed; what it has not finished nobody waits for."""
    while os.getppid() == parent:
        time.sleep(WATCHED)
    os._exit(1)
