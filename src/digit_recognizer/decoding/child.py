"""The process that decodes: `python -m digit_recognizer.decoding.child MEMORY`. Its parent talks by its pipes.

It limits itself before it reads the first byte of a picture: MEMORY bytes beyond what it has at its start, no files
written, and for each picture the processor time that its parent states. Systems without such limits (Windows; macOS for
memory) leave it to the parent's clock.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image

from digit_recognizer.decoding.wire import Part, receive, send
from digit_recognizer.errors import ImageError
from digit_recognizer.images import open_picture, read_picture
from digit_recognizer.images.decode import damaged
from digit_recognizer.images.flatten import with_channels
from digit_recognizer.images.large import times_smaller
from digit_recognizer.images.notes import gathered
from digit_recognizer.images.pages import orientation_of

_FLUSHED = 2**20, 0.02  # bytes or seconds after which answers are sent
_QUICK = {"PNG", "JPEG", "GIF", "BMP", "PPM", "WEBP"}  # formats whose time to decode follows from their pixels
_Answer = tuple[dict[str, Any], Part]


class _Answers:
    """Answers on their way, sent several at a time."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.waiting, self.size, self.since = file, list[_Answer](), 0, time.monotonic()

    def add(self, answer: _Answer) -> None:
        """Send it soon."""
        self.waiting.append(answer)
        self.size += len(answer[1])
        if self.size >= _FLUSHED[0] or time.monotonic() - self.since >= _FLUSHED[1]:
            self.flush()

    def flush(self) -> None:
        """Send all now."""
        if self.waiting:
            send(self.file, [header for header, _ in self.waiting], [part for _, part in self.waiting])
        self.waiting, self.size, self.since = [], 0, time.monotonic()


def main() -> None:
    """Answer until nobody asks any more."""
    memory = int(sys.argv[1])
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is not an answer
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory(memory)
    send(answers, [])
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            _answer(*receive(sys.stdin.buffer), answers)


def _limit_memory(more: int) -> None:
    """Limit the memory of this process to `more` bytes beyond what it has now. It may write no file."""
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return
    with contextlib.suppress(OSError, ValueError):  # no such account, or a limit that is lower already
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + more,) * 2)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(asked: dict[str, Any], content: memoryview, file: IO[bytes]) -> None:
    """Decode the pictures of one message."""
    answers, at = _Answers(file), 0
    with gathered() as notes:
        for picture in asked["pictures"]:
            size = picture["size"]
            with _processor_time(asked["cpu"]):
                answer = _decoded(bytes(content[at : at + size]), picture["name"], picture["page"], asked)
            answers.add(answer)
            at += size
    answers.flush()
    send(file, {"notes": notes})


@contextmanager
def _processor_time(seconds: float) -> Iterator[None]:
    """Kill this process if the block takes more processor time than `seconds`."""
    if not hasattr(signal, "setitimer"):  # Windows
        yield
        return
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _decoded(content: bytes, name: str, page: int | None, asked: dict[str, Any]) -> _Answer:
    """The pixels of one picture, or why there are none."""
    try:
        found = _pixels(content, name, page, asked)
    except MemoryError as lacking:
        return _refusal(damaged(name, lacking))
    except ImageError as error:
        return _refusal(error)
    if found is None:
        return {"left": True}, b""
    pixels, more = found
    return {"shape": pixels.shape, **more}, pixels.data.cast("B")


def _refusal(error: ImageError) -> _Answer:
    return {"error": type(error).__name__, "told": [str(each) for each in error.args]}, b""


def _pixels(
    content: bytes, name: str, page: int | None, asked: dict[str, Any]
) -> tuple[np.ndarray[Any, np.dtype[np.uint8]], dict[str, int]] | None:
    """A picture as `read_picture` gives it; None for one that is not quick to decode where only such are asked for."""
    channels, most = asked["channels"], asked["quick_pixels"]
    picture = open_picture(content, name, page)
    if not isinstance(picture, Image.Image):
        return np.ascontiguousarray(with_channels(picture, channels)), {}
    if most is not None and not _is_quick(picture, most):
        return None
    more = {"orientation": orientation_of(picture), "times": times_smaller(picture)}
    pixels = read_picture(picture, channels=channels, source=name, form=asked["form"])
    return np.ascontiguousarray(pixels), more


def _is_quick(picture: Image.Image, most: int) -> bool:
    """Whether an opened picture has at most `most` pixels and a format whose decoding time follows from them."""
    return math.prod(picture.size) <= most and picture.format in _QUICK and "progressive" not in picture.info


if __name__ == "__main__":
    main()
