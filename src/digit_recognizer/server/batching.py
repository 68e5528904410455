"""Questions of about the same moment, answered together by one thread."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from digit_recognizer.server.problems import overloaded

Q = TypeVar("Q")  # a question
A = TypeVar("A")  # its answer
WAIT = 0.001  # seconds for which a first question waits for others
AT_ONCE = 32  # questions answered together: more make none of them faster


class Batcher(Generic[Q, A]):
    """Gathers questions for a moment and lets one thread answer them; while it works, the next ones gather."""

    def __init__(
        self,
        answer: Callable[[list[Q]], Sequence[A]],
        waiting: int,
        at_once: int = AT_ONCE,
        wait: float = WAIT,
        on_batch: Callable[[int], None] | None = None,
    ) -> None:
        """answer: gives an answer for each question, in order.

        waiting: questions that may wait. at_once: of a batch. wait: seconds. on_batch: told each batch's size.
        """
        self.answer, self.waiting, self.at_once, self.wait, self.on_batch = answer, waiting, at_once, wait, on_batch
        self.thread = ThreadPoolExecutor(1)
        self.queue: deque[tuple[Q, asyncio.Future[A]]] = deque()
        self.working = False

    async def ask(self, questions: Sequence[Q]) -> list[A]:
        """The answers. Raises ProblemError where too many questions wait, and what answering this one raised."""
        if len(self.queue) + len(questions) > self.waiting:
            raise overloaded("Too many pictures are waiting.")
        loop = asyncio.get_running_loop()
        asked = [(question, loop.create_future()) for question in questions]
        self.queue.extend(asked)
        if not self.working:
            self.working = True
            loop.call_later(self.wait, self.begin, loop)
        try:
            answers: list[A] = await asyncio.gather(*(future for _, future in asked))
            return answers
        finally:
            for _, future in asked:
                future.cancel()  # of a question that is answered this does nothing
            if any(future.cancelled() for _, future in asked):
                self.queue = deque(each for each in self.queue if not each[1].cancelled())

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the thread answer the questions that came first."""
        batch: list[tuple[Q, asyncio.Future[A]]] = []
        while self.queue and len(batch) < self.at_once:
            batch.append(self.queue.popleft())
        self.working = bool(batch)
        if batch:
            if self.on_batch:
                self.on_batch(len(batch))
            work = loop.run_in_executor(self.thread, self.answers, [question for question, _ in batch])
            work.add_done_callback(lambda done: self.finish(done, [future for _, future in batch], loop))

    def answers(self, questions: list[Q]) -> Sequence[A | Exception]:
        """An answer or an error for each; one that cannot be answered spoils no other."""
        try:
            return self.answer(questions)
        except Exception as error:
            return [error] if len(questions) == 1 else [self.answers([each])[0] for each in questions]

    def finish(
        self,
        done: asyncio.Future[Sequence[A | Exception]],
        futures: list[asyncio.Future[A]],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """Hand out the answers, and begin with what has come meanwhile."""
        for future, answer in zip(futures, done.result(), strict=True):
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
        self.begin(loop)

    def close(self) -> None:
        """End the thread, once it has answered what it is at."""
        self.thread.shutdown(cancel_futures=True)
