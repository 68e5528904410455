"""Batches answered by processes: each its own answers, and a killed process loses no more than what it was at."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from digit_recognizer.errors import ModelFileError
from digit_recognizer.models.locations import pretrained
from digit_recognizer.server.problems import ProblemError
from digit_recognizer.server.workers import Workers
from platforms import linux, posix
from server_process import PATIENCE, as_png, running, seven

DEADLY, SLOW = -1, -2  # questions
PARENT = """
import sys, threading, time
sys.path.insert(0, sys.argv[1])
from test_server_workers import SLOW, Workers, answers, ids
workers = Workers(answers, 2)
workers.begin()
for _ in ids(workers):
    threading.Thread(target=workers.ask, args=([SLOW],), daemon=True).start()
while not all(worker.leaving.locked() for worker in workers.all):
    time.sleep(0.01)
time.sleep(0.2)  # until each is at its question
print(*ids(workers), flush=True)
time.sleep(60)
"""


def answers(questions: list[int]) -> list[float]:
    """The inverse of each, or what a question asks for."""
    for question in questions:
        if question == DEADLY:
            os._exit(1)
        if question == SLOW:
            time.sleep(60)
    return [1 / question for question in questions]


def ids(workers: Workers[int, float]) -> list[int]:
    """Of the processes."""
    return [worker.process.pid or 0 for worker in workers.all]


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers[int, float]]:
    made = Workers(answers, 2)
    made.begin()
    yield made
    made.close()


@given(st.lists(st.lists(st.integers(1, 1000), max_size=5), max_size=20))
def test_each_batch_gets_its_own_answers_from_many_threads(
    workers: Workers[int, float], asked: list[list[int]]
) -> None:
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(workers.ask, asked)) == [[1 / each for each in batch] for batch in asked]


def test_a_question_that_cannot_be_answered_spoils_no_other(workers: Workers[int, float]) -> None:
    first, error, last = workers.ask([1, 0, 2])
    assert (first, last) == (1.0, 0.5)
    assert isinstance(error, ZeroDivisionError)


def unready(_questions: list[int]) -> list[float]:
    raise ModelFileError("it is gone")


def test_what_keeps_a_process_from_answering_is_told_at_the_beginning() -> None:
    made = Workers(unready, 1)
    with pytest.raises(ModelFileError, match="gone"):
        made.begin()
    made.close()


def test_a_process_that_dies_is_told_of_and_started_anew(workers: Workers[int, float]) -> None:
    for _ in range(2):
        with pytest.raises(ProblemError) as refused:
            workers.ask([DEADLY])
        assert refused.value.status == 503
    assert workers.ask([4]) == [0.25]


def test_a_killed_process_ends_both_batches_that_it_had_and_no_more(workers: Workers[int, float]) -> None:
    caught: list[int] = []

    def ask() -> None:
        with pytest.raises(ProblemError) as refused:
            workers.ask([SLOW])
        caught.append(refused.value.status)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    while not all(worker.entering.locked() and worker.leaving.locked() for worker in workers.all):
        time.sleep(0.01)
    time.sleep(0.2)  # until the second is sent, too
    for worker in workers.all:
        worker.process.kill()
    for thread in threads:
        thread.join(30)
    assert caught == [503] * 4
    assert workers.ask([8]) == [0.125]


@posix("children that hold their parent's standard output")
def test_processes_end_with_a_parent_that_was_killed() -> None:
    command = [sys.executable, "-c", PARENT, str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        children = [int(each) for each in parent.stdout.readline().split()]
        for child in children:
            os.kill(child, 0)  # raises where there is no such process
        parent.kill()
        # They are at a question for a minute, and their standard output is the parent's: it ends when they have ended.
        # Whether there is a process with their number tells less: one that has ended keeps it until somebody asks.
        assert parent.communicate(timeout=30) == ("", None)
    assert len(children) == 2


@linux("/proc")
def test_a_server_goes_on_when_its_process_was_killed(tmp_path: Path) -> None:
    with running(tmp_path, "classic") as server:
        before = server.post("/v1/predict", as_png(seven()))
        (child,) = children_of(server.process.pid)
        os.kill(child, signal.SIGKILL)
        found = [server.post("/v1/predict", as_png(seven())) for _ in range(3)]
    assert found[0].status in (200, 503)  # it may be sent before the death is known
    assert [each.json for each in found[1:]] == [before.json] * 2


@linux("/proc")
def test_the_model_that_is_served_stays_when_its_file_changes(tmp_path: Path) -> None:
    model = Path(shutil.copy(pretrained() / "classic.onnx", tmp_path))
    with running(tmp_path, str(model)) as server:
        before = server.post("/v1/predict", as_png(seven()))
        shutil.copy(pretrained() / "fast.onnx", model)
        for child in children_of(server.process.pid):
            os.kill(child, signal.SIGKILL)
        server.post("/v1/predict", as_png(seven()))
        until = time.monotonic() + PATIENCE
        while server.ask("GET", "/readyz").status != 200:
            assert time.monotonic() < until
            time.sleep(0.1)
        assert server.post("/v1/predict", as_png(seven())).json == before.json


@linux("/proc")
def test_processes_that_decode_are_replaced_when_killed(tmp_path: Path) -> None:
    with running(tmp_path, "classic") as server:
        for child in children_of(server.process.pid, b"decoding.child"):
            os.kill(child, signal.SIGKILL)
        until = time.monotonic() + PATIENCE
        large = as_png(Image.new("L", (2_000, 2_000), 250))  # it is decoded by one of these
        while server.post("/v1/predict", large).status != 200:
            assert time.monotonic() < until
            time.sleep(0.1)
        assert server.ask("GET", "/readyz").status == 200


def children_of(process: int, kind: bytes = b"spawn_main") -> list[int]:
    """The processes that a process has started to work, of a kind."""
    found = [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return [each for each in found if kind in Path(f"/proc/{each}/cmdline").read_bytes()]
