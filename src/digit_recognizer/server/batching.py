"""Questions of about the same moment, answered together by one of a few threads."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Generic, TypeVar

from digit_recognizer.server.problems import overloaded

Q = TypeVar("Q")  # a question
A = TypeVar("A")  # its answer
_WAIT = 0.001  # seconds for which a first question waits for others
_AT_ONCE = 8  # questions answered together: more make none of them faster, and their clients ask again all at once


class Batcher(Generic[Q, A]):
    """Gathers questions for a moment and lets a thread answer them; while all are at work, the next ones gather."""

    def __init__(
        self,
        answer: Callable[[list[Q]], Sequence[A | Exception]],
        waiting: int,
        at_once: int = _AT_ONCE,
        wait: float = _WAIT,
        threads: int = 1,
        on_batch: Callable[[int], None] | None = None,
    ) -> None:
        """answer: gives an answer or an error for each question, in order.

        waiting: questions that may wait. at_once: of a batch. wait: seconds. threads: each answers a batch.
        on_batch: told each batch's size.
        """
        self.answer, self.waiting, self.at_once, self.wait, self.on_batch = answer, waiting, at_once, wait, on_batch
        self.threads, self.idle = ThreadPoolExecutor(threads), threads
        self.queue: deque[tuple[Q, asyncio.Future[A]]] = deque()
        self.gathering = False

    async def ask(self, questions: Sequence[Q]) -> list[A]:
        """The answers. Raises ProblemError where too many questions wait, and what answering this one raised."""
        if len(self.queue) + len(questions) > self.waiting:
            raise overloaded("Too many pictures are waiting.")
        loop = asyncio.get_running_loop()
        asked = [(question, loop.create_future()) for question in questions]
        self.queue.extend(asked)
        if self.idle and not self.gathering:
            self.gathering = True
            loop.call_later(self.wait, self.begin, loop)
        try:
            return [await future for _, future in asked]
        finally:
            for _, future in asked:
                if not future.cancel() and not future.cancelled():
                    future.exception()  # of several one is raised, and the others are known, too
            if any(future.cancelled() for _, future in asked):
                self.queue = deque(each for each in self.queue if not each[1].cancelled())

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let idle threads answer the questions that came first."""
        self.gathering = False
        while self.queue and self.idle:
            batch = [self.queue.popleft() for _ in range(min(len(self.queue), self.at_once))]
            if self.on_batch:
                self.on_batch(len(batch))
            self.idle -= 1
            work = loop.run_in_executor(self.threads, self.answers, [question for question, _ in batch])
            work.add_done_callback(partial(self.finish, loop, [future for _, future in batch]))

    def answers(self, questions: list[Q]) -> Sequence[A | Exception]:
        return answer_each(self.answer, questions)

    def finish(
        self,
        loop: asyncio.AbstractEventLoop,
        futures: list[asyncio.Future[A]],
        done: asyncio.Future[Sequence[A | Exception]],
    ) -> None:
        """Hand out the answers, and begin with what has come meanwhile."""
        for future, answer in zip(futures, done.result(), strict=True):
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
        self.idle += 1
        self.begin(loop)

    def close(self) -> None:
        """End the threads, once they have answered what they are at."""
        self.threads.shutdown(cancel_futures=True)


def answer_each(answer: Callable[[list[Q]], Sequence[A | Exception]], questions: list[Q]) -> Sequence[A | Exception]:
    """An answer or an error for each; one that cannot be answered spoils no other. Of no question: an error, if any."""
    try:
        return answer(questions)
    except Exception as error:
        return [error] if len(questions) <= 1 else [answer_each(answer, [each])[0] for each in questions]
