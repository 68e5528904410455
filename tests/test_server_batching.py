"""Questions are gathered, answered in order, bounded, and forgotten where nobody waits for them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digit_recognizer.server.batching import Batcher
from digit_recognizer.server.problems import ProblemError

Doubler = Batcher[int, int]


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 30))  # type: ignore[arg-type]


@given(st.lists(st.lists(st.integers(), min_size=1, max_size=5), max_size=20), st.integers(1, 7))
def test_each_gets_its_own_answers(asked: list[list[int]], at_once: int) -> None:
    sizes: list[int] = []
    batcher: Doubler = Batcher(lambda each: [2 * number for number in each], 1000, at_once, on_batch=sizes.append)

    async def scenario() -> None:
        found = await asyncio.gather(*map(batcher.ask, asked))
        assert list(found) == [[2 * number for number in each] for each in asked]
        assert sum(sizes) == sum(map(len, asked))
        assert all(size <= at_once for size in sizes)
        assert len(sizes) == -(-sum(sizes) // at_once)  # asked at one moment, they are answered together
        batcher.close()

    run(scenario)


def test_a_question_that_cannot_be_answered_spoils_no_other() -> None:
    batcher: Doubler = Batcher(lambda each: [6 // number for number in each], 10)

    async def scenario() -> None:
        found = await asyncio.gather(*(batcher.ask([number]) for number in (1, 0, 3)), return_exceptions=True)
        assert found[::2] == [[6], [2]]
        assert isinstance(found[1], ZeroDivisionError)
        batcher.close()

    run(scenario)


def test_too_many_are_refused_and_those_left_make_room() -> None:
    go_on, begun = threading.Event(), threading.Event()

    def slow(each: list[int]) -> list[int]:
        begun.set()
        go_on.wait(30)
        return each

    batcher: Doubler = Batcher(slow, waiting=2, at_once=1, wait=0)

    async def scenario() -> None:
        first = asyncio.create_task(batcher.ask([1]))
        while not begun.is_set():
            await asyncio.sleep(0.01)
        leaving = asyncio.create_task(batcher.ask([2, 3]))
        await asyncio.sleep(0)
        with pytest.raises(ProblemError) as refused:
            await batcher.ask([4])
        assert refused.value.status == 503
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        last = asyncio.create_task(batcher.ask([5, 6]))  # there is room again
        await asyncio.sleep(0)
        go_on.set()
        assert (await first, await last) == ([1], [5, 6])
        batcher.close()

    run(scenario)
