"""Processes that answer: Python runs one thread at a time, and a server's own have the talking to do."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Lock, Thread
from typing import Generic, TypeVar

from digit_recognizer.processes import begin
from digit_recognizer.server.batching import answer_each
from digit_recognizer.server.problems import overloaded

Q = TypeVar("Q")  # a question
A = TypeVar("A")  # its answer
Answer = Callable[[list[Q]], Sequence[A]]
_NICE = 5  # before those that recognise goes the one that talks, which gives them their work
_AHEAD = 2  # batches given to a process: the next one is there when it has answered one


class _Worker(Generic[Q, A]):
    """A process that answers batches in the order in which they come; killed, it is started anew."""

    def __init__(self, answer: Answer[Q, A]) -> None:
        self.answer, self.asked, self.is_ready = answer, 0, False
        self.entering, self.leaving, self.starting = Lock(), Lock(), Lock()
        self.start()

    def start(self) -> None:
        """A new process, and the line to it."""
        context = get_context("spawn")
        self.line, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs, self.answer), daemon=True)
        self.process.start()
        theirs.close()

    def prepare(self) -> None:
        """Wait until it can answer. Raises what keeps it from that, as a model that is not there."""
        for failure in self.ask([]):
            assert isinstance(failure, Exception)
            raise failure
        self.is_ready = True

    def ask(self, questions: list[Q]) -> Sequence[A | Exception]:
        """An answer or an error for each. Raises ProblemError where the process was killed meanwhile."""
        with self.entering:
            line = self.line
            try:
                line.send(questions)
            except OSError:
                raise self.killed(line) from None
            self.leaving.acquire()  # the one before it is answered first
        try:
            answers: Sequence[A | Exception] = line.recv()
        except (EOFError, OSError):
            raise self.killed(line) from None
        finally:
            self.leaving.release()
        return answers

    def killed(self, line: Connection) -> Exception:
        """Start a new process, unless that was done since, and say what happened."""
        with self.starting:
            if line is self.line:
                line.close()
                self.process.kill()
                self.process.join()
                self.is_ready = False
                self.start()
                Thread(target=self.prepare_again, daemon=True, name="start of a worker").start()
        return overloaded("The worker process was stopped.")

    def prepare_again(self) -> None:
        """`prepare` for a restarted process. An error is not raised here: each later question raises it."""
        with suppress(Exception):
            self.prepare()


class Workers(Generic[Q, A]):
    """Some processes; each batch goes to the one that has least to do."""

    def __init__(self, answer: Answer[Q, A], count: int) -> None:
        """answer: gives an answer for each question, in order; it can be pickled."""
        self.lock, self.all = Lock(), [_Worker(answer) for _ in range(count)]

    @property
    def threads(self) -> int:
        """From how many threads to ask, so that no process waits."""
        return _AHEAD * len(self.all)

    def begin(self) -> None:
        """Wait until each can answer. Raises what keeps it from that, as a model that is not there."""
        for worker in self.all:
            worker.prepare()

    def is_ready(self) -> bool:
        """Whether one can answer."""
        return any(worker.is_ready for worker in self.all)

    def ask(self, questions: list[Q]) -> Sequence[A | Exception]:
        """As `Worker.ask`; from any thread."""
        with self.lock:
            worker = min(self.all, key=lambda each: each.asked)
            worker.asked += 1
        try:
            return worker.ask(questions)
        finally:
            with self.lock:
                worker.asked -= 1

    def close(self) -> None:
        """Let them end."""
        for worker in self.all:
            worker.line.close()


def work(line: Connection, answer: Answer[Q, A]) -> None:
    """What a process does until nobody is at the line's other end."""
    begin()
    if hasattr(os, "nice"):
        os.nice(_NICE)
    with suppress(EOFError):
        line.send(answer_each(answer, line.recv()))  # what is loaded for the first answer stays
        gc.freeze()
        while True:
            line.send(answer_each(answer, line.recv()))
