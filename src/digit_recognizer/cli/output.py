"""Words go to standard error, answers to standard output; JSON is one object a line, in ASCII (any name fits)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digit_recognizer.files import printable, write_whole

if TYPE_CHECKING:
    from rich.console import Console


@cache
def words(*, quiet: bool = False) -> Console:
    """Where people are told what is going on; quiet: nothing is said."""
    return _console()(stderr=True, highlight=False, emoji=False, soft_wrap=True, quiet=quiet)


@cache
def answers() -> Console:
    """Where answers go."""
    return _console()(highlight=False, emoji=False, soft_wrap=True)


@cache
def _console() -> type[Console]:
    """Rich's console, but for what would steer a terminal: whatever text it is given, that is printed as escapes."""
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    class Plain(Console):
        def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
            for segment in super().render(renderable, options):
                yield segment if segment.control else Segment(lines(segment.text), segment.style)

    return Plain


def lines(text: str) -> str:
    """A message of several lines, each of them printable."""
    return "\n".join(map(printable, text.split("\n")))


def note(text: str) -> None:
    """One line about what was done another way."""
    words().print(f"Note: {lines(text)}", style="yellow", markup=False)


def complain(text: str) -> None:
    """Why it could not be done."""
    words().print(f"Error: {lines(text)}", style="red", markup=False)


def write_json(target: str, content: Mapping[str, Any]) -> None:
    """One object to a file, whole or not at all, or to standard output where target is "-"."""
    text = json.dumps(content) + "\n"
    if target == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        write_whole(Path(target), text.encode())


@contextmanager
def json_lines(target: str | None) -> Iterator[Callable[[Any], None]]:
    """What takes objects within the block and writes one a line: at once to standard output where target is "-", at
    the end of the block to a file, whole or not at all; nowhere where target is None.
    """
    kept: list[str] = []

    def take(content: Any) -> None:
        if target == "-":
            print(json.dumps(content), flush=True)
        elif target is not None:
            kept.append(json.dumps(content) + "\n")

    yield take
    if target is not None and target != "-":
        write_whole(Path(target), "".join(kept).encode())
