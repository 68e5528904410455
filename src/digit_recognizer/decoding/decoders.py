"""Some processes that decode: started ahead, each asked by one thread at a time, ended past its time, replaced."""

from __future__ import annotations

import atexit
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from threading import Condition, Thread
from typing import Any

import numpy as np

from digit_recognizer.decoding.process import Ended, Process, Watch
from digit_recognizer.errors import ImageError, PictureKindError, PictureSizeError, ReaderMissingError, RunError
from digit_recognizer.images.encoded import DecodedPicture, EncodedPicture
from digit_recognizer.images.notes import tell

_MEMORY = 2**30  # bytes that a process may take for a picture, beyond its own; 64 million pixels in colour take 700 MB
_SECONDS, _CPU_SECONDS = 60.0, 20.0  # for a picture; 64 million pixels take two to four
_PATIENCE = 60.0  # seconds for which a free process is waited for
_PICTURES = 1024  # of one message


class DecodingTimeError(PictureSizeError):
    """A picture that took too long to be decoded."""


_KINDS = {kind.__name__: kind for kind in (ImageError, PictureKindError, PictureSizeError, ReaderMissingError)}
Decoded = DecodedPicture | ImageError | None  # None: left, since it is not quick to decode


class Decoders:
    """Processes that decode pictures; from any thread. Close it, or leave it to the end of this process."""

    def __init__(self, count: int = 1, memory: int = _MEMORY) -> None:
        """count: processes. memory: bytes that each may take for a picture, where the system keeps such a limit.

        They end with this process.
        """
        self._memory, self._watch = memory, Watch()
        self._change = Condition()
        self._free: list[Process] = []
        self._all: set[Process] = set()
        self._failure: RunError | None = None
        self._closed = False
        with self._change:
            for _ in range(count):
                self._start()

    def decode(
        self,
        pictures: Sequence[EncodedPicture],
        names: Sequence[str],
        channels: int = 1,
        form: str = "digit",
        *,
        quick_pixels: int | None = None,
        seconds: float = _SECONDS,
        cpu_seconds: float = _CPU_SECONDS,
        is_left: Callable[[], bool] = lambda: False,
    ) -> Iterator[Decoded]:
        """What `read_picture` gives of each picture, in order, or the error that it raises.

        names: what errors call them. channels, form: as for `read_picture`. quick_pixels: leave (None) a picture of
            more pixels, and one of a format whose time to decode does not follow from its pixels.
        seconds, cpu_seconds: that a picture may take by the clock, and of the processor; DecodingTimeError beyond.
        is_left: whether nobody waits for the answer any more; decoding then ends.
        A picture that takes more memory than allowed, or makes a decoder fail, is an error and stops no other.
        Raises RunError where no process can be had.
        """
        asked = {"channels": channels, "form": form, "quick_pixels": quick_pixels, "cpu": cpu_seconds}
        at, alone = 0, False
        while at < len(pictures):
            these = slice(at, at + (1 if alone else _PICTURES))
            try:
                for found in _one_behind(self._asked(pictures[these], names[these], asked, seconds, is_left)):
                    yield found
                    at += 1
            except Ended as end:
                # Answers are sent several at a time, so it is not known which picture it was: each is asked for alone
                # until that is found.
                if is_left():
                    yield from (_fault(name, True, seconds) for name in names[at:])
                    return
                if len(pictures[these]) == 1:
                    yield _fault(names[at], end.late, min(seconds, cpu_seconds))
                    at += 1
                alone = len(pictures[these]) > 1

    def is_ready(self) -> bool:
        """Whether a process is free."""
        return bool(self._free)

    def wait(self) -> None:
        """Until a process is ready. Raises RunError where none can be had."""
        with self._taken():
            pass

    def close(self) -> None:
        """End all processes."""
        with self._change:
            self._closed = True
            ending = list(self._all)
            self._free.clear()
            self._change.notify_all()
        self._watch.stop()
        for process in ending:
            process.end()

    def _asked(
        self,
        pictures: Sequence[EncodedPicture],
        names: Sequence[str],
        asked: dict[str, Any],
        seconds: float,
        is_left: Callable[[], bool],
    ) -> Iterator[Decoded]:
        """What one process makes of pictures. Raises Ended where it ends before."""
        told = [
            {"name": name, "page": picture.page, "size": len(picture.content)}
            for picture, name in zip(pictures, names, strict=True)
        ]
        contents = [picture.content for picture in pictures]
        with self._taken() as process:
            for answers, content in process.ask({**asked, "pictures": told}, contents, seconds, self._watch, is_left):
                if isinstance(answers, list):
                    yield from _understood(answers, content)
                else:
                    tell(answers["notes"])

    @contextmanager
    def _taken(self) -> Iterator[Process]:
        """A process of one's own for the block; it is replaced where the block is left by an exception."""
        with self._change:
            if not self._all:
                self._start()
            found: list[Process] = []
            self._change.wait_for(lambda: self._found(found) or self._failure or self._closed, _PATIENCE)
            if not found:
                failure, self._failure = self._failure, None
                raise failure or RunError("No process for decoding pictures became free. Try again in a moment.")
            (process,) = found
        try:
            yield process
        except BaseException:
            process.end()
            raise
        finally:
            self._give_back(process)

    def _found(self, found: list[Process]) -> bool:
        """Put a free process into the list, which is empty; one that the system has ended meanwhile is replaced."""
        while self._free:
            process = self._free.pop()
            if process.is_alive:
                found.append(process)
                return True
            self._replace(process)
        return False

    def _replace(self, process: Process) -> None:
        process.end()
        self._all.discard(process)
        if not self._closed:
            self._start()

    def _give_back(self, process: Process) -> None:
        with self._change:
            if process.is_alive:
                self._free.append(process)
                self._change.notify()
            else:
                self._replace(process)

    def _start(self) -> None:
        """Start one more process, which is free once it is ready."""
        try:
            process = Process(self._memory)
        except RunError as error:
            self._failure = error
            self._change.notify_all()
            return
        self._all.add(process)
        Thread(target=self._make_ready, args=(process,), daemon=True, name="start of a decoder").start()

    def _make_ready(self, process: Process) -> None:
        try:
            process.wait(self._watch)
        except RunError as error:
            with self._change:
                self._all.discard(process)
                self._failure = error
                self._change.notify_all()
            return
        with self._change:
            self._failure = None
            self._free.insert(0, process)  # the one that answered last is asked first: it is in the caches
            self._change.notify()


def _one_behind(found: Iterator[Decoded]) -> Iterator[Decoded]:
    """The same, each once the next one is there: who takes the last one, and asks no further, keeps no process."""
    held: list[Decoded] = []
    try:
        for each in found:
            held.append(each)
            if len(held) > 1:
                yield held.pop(0)
    except Ended:
        yield from held
        raise
    yield from held


@cache
def own_decoders() -> Decoders:
    """One process that decodes for this one, started when it is first asked for, and kept."""
    made = Decoders()
    atexit.register(made.close)
    return made


def _understood(answers: list[dict[str, Any]], content: memoryview) -> Iterator[Decoded]:
    """What the answers say. Raises Ended for what this package never sends."""
    at = 0
    for answer in answers:
        if "error" in answer:
            yield _KINDS.get(answer["error"], ImageError)(*answer["told"])
        elif "left" in answer:
            yield None
        else:
            shape = tuple(answer["shape"])
            pixels = np.frombuffer(content[at : at + math.prod(shape)], np.uint8).reshape(shape)
            at += math.prod(shape)
            yield DecodedPicture(pixels, answer.get("orientation", 1), answer.get("times", 1))


def _fault(name: str, late: bool, seconds: float) -> ImageError:
    """Why a picture ended the process that decoded it."""
    if late:
        return DecodingTimeError(
            f"{name}: takes too long to decode: the limit is {seconds:g} seconds. Scale it down, or save it as PNG."
        )
    return PictureSizeError(
        f"{name}: needs too much memory to be decoded, or makes its decoder fail. Scale it down, or save it as PNG."
    )
