"""Extras by what people do: what runs with one of them alone, the modules of all others being absent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest

from digit_recognizer.errors import FEATURES
from digit_recognizer.installed import install_command
from helpers_cli import draw_seven
from test_cli_errors import ABSENT, BASE_INSTALL, OF_OTHERS, OF_SERVE, OF_TRAIN

Python = Callable[..., "CompletedProcess[str]"]
STATS_ALONE = f"{OF_TRAIN},{OF_SERVE},{OF_OTHERS}"


@pytest.fixture
def tables(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Two tables of probabilities (40, 2), and the actual classes."""
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 2
    for name in ("a", "b"):
        second = np.clip(labels + rng.normal(0, 0.4, 40), 0.01, 0.99)
        np.save(tmp_path / f"{name}.npy", np.stack([1 - second, second], axis=1))
    np.save(tmp_path / "y.npy", labels)
    return tmp_path / "a.npy", tmp_path / "b.npy", tmp_path / "y.npy"


def test_figures_and_reports_of_tables_need_no_torch(
    tables: tuple[Path, Path, Path], tmp_path: Path, run_python: Python
) -> None:
    first, _, labels = tables
    page = tmp_path / "report.html"
    options = ("--predictions", first, "--labels", labels, "--report", page, "--json", "-")
    done = run_python(BASE_INSTALL, STATS_ALONE, "evaluate", *options)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["n"] == 40
    assert page.read_text().startswith("<!doctype html>")


def test_comparing_tables_needs_no_torch(tables: tuple[Path, Path, Path], run_python: Python) -> None:
    first, second, labels = tables
    done = run_python(BASE_INSTALL, STATS_ALONE, "compare", first, second, "--labels", labels, "--json", "-")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(json.loads(done.stdout)["comparisons"]) == 1


def test_tables_without_labels_are_told_before_an_extra_is_asked_for(
    tables: tuple[Path, Path, Path], run_python: Python
) -> None:
    first, second, _ = tables
    for call in (("compare", first, second), ("evaluate", first)):
        done = run_python(BASE_INSTALL, ABSENT, *call)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"{first} is a table of probabilities." in done.stderr
        assert "install" not in done.stderr


def test_planning_needs_no_torch(run_python: Python) -> None:
    done = run_python(BASE_INSTALL, STATS_ALONE, "plan", "--accuracy", ".9", "--width", ".2", "--json", "-")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["n"] > 10


def test_what_a_model_saw_is_drawn_without_torch(
    tmp_path: Path, run_python: Python, monkeypatch: pytest.MonkeyPatch
) -> None:
    seven = draw_seven(tmp_path / "seven.png")
    monkeypatch.chdir(tmp_path)
    done = run_python(BASE_INSTALL, STATS_ALONE, "predict", seven, "--show")
    assert done.returncode == 0, done.stderr
    (figure,) = (path for path in tmp_path.iterdir() if path != seven)
    assert figure.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("absent", "arguments", "feature"),
    [
        (OF_SERVE, ("serve",), "serve"),
        (OF_TRAIN, ("compare", "best", "mlp"), "train"),
        (ABSENT, ("plan", "--accuracy", ".9", "--width", ".2"), "stats"),
        (ABSENT, ("predict", "x.png", "--show"), "stats"),
        (ABSENT, ("score", "x", "--out", "y"), "score"),
        ("ray", ("score", "x", "--out", "y", "--ray"), "ray"),
        (STATS_ALONE, ("evaluate", "--predictions", "p.parquet", "--labels", "p.parquet"), "parquet"),
        ("cleanlab", ("audit", "mnist"), "audit"),
    ],
)
def test_what_is_absent_is_named_with_the_command_that_brings_it(
    absent: str,
    arguments: tuple[str, ...],
    feature: str,
    tmp_path: Path,
    run_python: Python,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").mkdir()
    (tmp_path / "p.parquet").write_bytes(b"PAR1")
    done = run_python(BASE_INSTALL, absent, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    extra, modules = FEATURES[feature]
    assert done.stderr.endswith(f"Install with: {install_command(extra)}\n")  # a line to paste
    assert {*modules} & {*absent.split(",")} <= {*done.stderr.replace(",", " ").split()}
    assert len(done.stderr.splitlines()) <= 3


def test_tokens_are_made_without_the_server(tmp_path: Path, run_python: Python) -> None:
    done = run_python(BASE_INSTALL, ABSENT, "serve", "--new-token", "--token-file", tmp_path / "tokens")
    assert done.returncode == 0
    assert (tmp_path / "tokens").exists()
