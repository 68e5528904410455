"""One process that decodes, as its parent sees it."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Condition, Thread
from typing import IO, Any

from digit_recognizer.decoding.wire import Part, receive, send
from digit_recognizer.errors import RunError

_MODULE = f"{__package__}.child"
_PIPE = 2**20  # bytes that it may be ahead of who asks, where the system can be told so
_START_SECONDS = 60.0
_RESTART_SECONDS = 0.5
_LOOK = 0.05  # seconds between two looks of the one who watches


class Ended(Exception):  # noqa: N818 - it is told to the pool alone
    """The process ended before it had answered: past its time (late), or by a fault or for want of memory."""

    def __init__(self, late: bool) -> None:
        super().__init__(late)
        self.late = late


class Watch:
    """A thread that ends processes that are past their time, or long at work for nobody."""

    def __init__(self) -> None:
        self._watched: dict[Process, Callable[[], bool]] = {}
        self._some, self._stopped = Condition(), False
        Thread(target=self._look, daemon=True, name="watch of decoders").start()

    @contextmanager
    def over(self, process: Process, is_left: Callable[[], bool]) -> Iterator[None]:
        """End the process within the block once it is past its time, or left."""
        with self._some:
            self._watched[process] = is_left
            self._some.notify()
        try:
            yield
        finally:
            with self._some:
                del self._watched[process]

    def _look(self) -> None:
        while True:
            with self._some:
                self._some.wait_for(lambda: self._watched or self._stopped)
                if self._stopped:
                    return
                for process, is_left in self._watched.items():
                    now = time.monotonic()
                    if now > process.due or (now > process.worth and is_left()):
                        process.kill_late()
            time.sleep(_LOOK)

    def stop(self) -> None:
        """End the thread."""
        with self._some:
            self._stopped = True
            self._some.notify()


class Process:
    """A process that has been started, and perhaps is ready."""

    def __init__(self, memory: int) -> None:
        """memory: bytes that it may take to decode. Raises RunError."""
        self.due, self._late = time.monotonic() + _START_SECONDS, False
        self.worth = math.inf  # until then it is let finish what nobody waits for: to start another takes as long
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OMP_NUM_THREADS": "1"}
        try:
            self._system = subprocess.Popen(
                [sys.executable, "-B", "-m", _MODULE, str(memory)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                pipesize=_PIPE,
            )
        except OSError as error:
            raise RunError(f"A process for decoding pictures cannot be started ({error.strerror}).") from error

    @property
    def is_alive(self) -> bool:
        """Whether it may answer yet."""
        return self._system.poll() is None

    def wait(self, watch: Watch) -> None:
        """Until it is ready. Raises RunError where it does not come to that."""
        with suppress(EOFError, ValueError, OSError), watch.over(self, _nobody_leaves):
            receive(self._pipe(self._system.stdout))
            return
        self.end()
        raise RunError(
            "A process for decoding pictures ended before it was ready. Check the memory, or run"
            f" 'python -m {_MODULE} 1000000000' to see why."
        )

    def ask(
        self, asked: dict[str, Any], parts: Sequence[Part], seconds: float, watch: Watch, is_left: Callable[[], bool]
    ) -> Iterator[tuple[Any, memoryview]]:
        """Its answers, some at a time, as it sends them, and at last its notes. Raises Ended.

        seconds: that it may take for each.
        """
        self.due, self.worth = time.monotonic() + seconds, time.monotonic() + _RESTART_SECONDS
        try:
            with watch.over(self, is_left):
                send(self._pipe(self._system.stdin), asked, parts)
                more = True
                while more:
                    answers, content = receive(self._pipe(self._system.stdout))
                    more = isinstance(answers, list)
                    self.due = math.inf  # who asked takes what time they like
                    yield answers, content
                    self.due, self.worth = time.monotonic() + seconds, time.monotonic() + _RESTART_SECONDS
        except (EOFError, ValueError, OSError) as error:
            self.end()
            past = (-signal.SIGPROF, -signal.SIGXCPU) if hasattr(signal, "SIGPROF") else ()
            raise Ended(self._late or self._system.returncode in past) from error

    def kill_late(self) -> None:
        """Kill it since it is past its time, or nobody waits for it; who asked it then ends it."""
        self._late = True
        self._system.kill()

    def end(self) -> None:
        """Kill it, and release what the system keeps of it."""
        self._system.kill()
        self._system.wait()
        for pipe in (self._system.stdin, self._system.stdout):
            with suppress(OSError):
                self._pipe(pipe).close()

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
        assert pipe is not None
        return pipe


def _nobody_leaves() -> bool:
    return False
