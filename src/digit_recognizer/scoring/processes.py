"""The processes of this machine as an engine: work is handed out a little ahead, so that memory stays flat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice

from digit_recognizer.errors import RunError
from digit_recognizer.processes import process_pool
from digit_recognizer.scoring.shards import Shard
from digit_recognizer.scoring.work import Done

_AHEAD = 2  # shards handed out for each process


def in_processes(shards: Iterator[Shard], work: Callable[[Shard], Done], workers: int) -> Iterator[Done]:
    """What comes of each shard, as it is done. Raises RunError where a process was killed, and what `work` raises."""
    executor = process_pool(workers)
    running: set[Future[Done]] = set()
    try:
        while True:
            running |= {executor.submit(work, shard) for shard in islice(shards, _AHEAD * workers - len(running))}
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for each in done:
                yield each.result()
    except BrokenProcessPool as error:
        raise RunError(
            "A process was killed, perhaps for want of memory. What is finished stays: begin again with fewer"
            " processes.",
            see=("workers",),
        ) from error
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
