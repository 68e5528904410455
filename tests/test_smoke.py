"""The smoke test that other systems run in the workflow works here, and fails where something is wrong."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from helpers_cli import draw_seven
from script_modules import ROOT, script

smoke = script("smoke")


def tried(*steps: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts/smoke.py"), *steps]
    return subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)


@pytest.mark.slow
def test_it_passes_here() -> None:
    done = tried()
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["predict: works", "train: works", "serve: works"]


@pytest.mark.slow
def test_it_fails_where_another_digit_is_read(tmp_path: Path) -> None:
    draw_seven(tmp_path / "one.png")
    with pytest.raises(SystemExit, match="the drawn 1 was read as 7"):
        smoke.predict(tmp_path)


def test_an_unknown_step_is_refused() -> None:
    done = tried("predict", "fly")
    assert done.returncode == 1
    assert "fly" in done.stderr
    assert "predict, train, serve" in done.stderr


def test_the_drawn_picture_is_one_that_others_can_read() -> None:
    with Image.open(io.BytesIO(smoke.drawn_one())) as picture:
        assert (picture.size, picture.mode) == ((smoke.WIDTH, smoke.HEIGHT), "L")
        assert picture.getextrema() == (0, 255)
        assert [picture.getpixel((60, row)) for row in (19, 20, 179, 180)] == [255, 0, 0, 255]
