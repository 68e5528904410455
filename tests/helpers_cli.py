"""The command `digits`, run in this process (cheap) or in one of its own (as a user's shell does)."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from digit_recognizer.cli import main


@dataclass(frozen=True)
class Answer:
    """What one call of the command left behind."""

    code: int
    out: str
    err: str


def digits(*arguments: object) -> Answer:
    """Run the command in this process; whatever but an exit escapes, as a traceback would."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setattr(sys, "argv", ["digits", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
    return Answer(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))


def digits_apart(*arguments: object, **environment: str) -> Answer:
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "digit_recognizer", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False, env={**os.environ, **environment})
    return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())


def is_complaint(answer: Answer, *names: object, code: int = 2) -> None:
    """The command ended with `code` and one to three lines on standard error, which hold all of `names`."""
    assert answer.code == code, answer
    assert answer.out == ""
    complaint = answer.err.strip("\n")  # where no terminal is, a progress bar leaves an empty line
    assert 1 <= len(complaint.splitlines()) <= 3, answer.err
    assert complaint.startswith("Error: ")
    assert "Traceback" not in answer.err
    for name in names:
        assert str(name) in answer.err


def draw_seven(path: Path) -> Path:
    """A picture of a 7, dark on light, as a PNG file."""
    page = Image.new("L", (60, 80), 250)
    page.paste(20, (15, 15, 45, 21))
    for row in range(40):
        page.paste(20, (40 - row // 3, 21 + row, 46 - row // 3, 22 + row))
    page.save(path)
    return path


def draw_blank(path: Path) -> Path:
    """A picture without ink."""
    Image.new("L", (60, 80), 250).save(path)
    return path
