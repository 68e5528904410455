"""The coverage of the intervals: its computation, and that the kept figures are what it gives."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy import stats

from digit_recognizer.statistics import wilson
from trials.intervals import clopper_pearson

pytestmark = pytest.mark.arithmetic

FIGURES = {
    "coverage",
    "error",
    "samples",
    "width",
    "undefined",
    "simulation",
    "p_below_05",
}  # of a row, as it was found
SIMULATED = (
    "grouped_proportions",
    "aurocs",
    "differences_of_accuracies",
    "differences_in_groups",
    "differences_of_aurocs",
    "seeds",
)
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """benchmarks/coverage.py as a module, by another name: the tool that measures the tests is `coverage` too."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    for name in ("common", "coverage_simulated"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    spec = importlib.util.spec_from_file_location("coverage_benchmark", ROOT / "benchmarks/coverage.py")
    assert spec
    assert spec.loader
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    """The coverage that is kept with the project."""
    found = json.loads((ROOT / "benchmarks/results/coverage.json").read_text("utf-8"))
    assert found["quick"] is False
    return dict(found["coverage"])


def of(rows: list[dict[str, Any]], interval: str) -> list[float]:
    return [row["coverage"] for row in rows if row["interval"] == interval]


def test_the_exact_sum_is_a_known_one(benchmark: ModuleType) -> None:
    """Of a single case, .5 is held whatever comes, and .99 only if it is right; of fifty, some mistake must be seen."""
    assert benchmark.exact(wilson, 1, 0.5, 0) == pytest.approx(1)
    assert benchmark.exact(wilson, 1, 0.99, 0) == pytest.approx(0.99)
    # Brown, Cai and DasGupta (Statistical Science 16, 2001) warn of it: the textbook interval of no mistake is a point.
    assert benchmark.exact(benchmark.wald, 50, 0.995, 0) == pytest.approx(1 - stats.binom.pmf(0, 50, 0.005), abs=1e-4)


@pytest.mark.parametrize("n", [1, 2, 7, 25, 60])
def test_the_exact_interval_is_never_below_nominal(benchmark: ModuleType, n: int) -> None:
    for share in benchmark.FINE[::40]:
        assert benchmark.exact(clopper_pearson, n, float(share), 0) >= 0.95 - 1e-9


def told(row: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    """What a row is of: its interval and the cell of the grid."""
    return tuple(sorted((key, value) for key, value in row.items() if key not in FIGURES))


def test_exact_sums_agree_with_simulations_and_are_what_is_kept(benchmark: ModuleType, kept: dict[str, Any]) -> None:
    rows = benchmark.proportions(benchmark.Grid(sizes=(10, 100)))
    expected = {told(row): row["coverage"] for row in kept["proportions"]}
    assert len(rows) == 42
    for row in rows:
        assert row["coverage"] == pytest.approx(expected[told(row)], abs=1e-5)
        assert abs(row["coverage"] - row["simulation"]["coverage"]) < 4.5 * row["simulation"]["error"]


def test_the_lowest_coverages_are_what_is_kept(benchmark: ModuleType, kept: dict[str, Any]) -> None:
    """Of Clopper's and Pearson's interval never less than was promised, at any p."""
    for row in benchmark.worst(benchmark.Grid(sizes=(10, 20))):
        (expected,) = (
            each for each in kept["proportions_worst"] if (each["interval"], each["n"]) == (row["interval"], row["n"])
        )
        assert row == pytest.approx(expected, abs=1e-5)
        assert row["interval"] != "clopper-pearson" or row["lowest"] >= 0.95 - 1e-9
    assert (
        min(each["lowest"] for each in kept["proportions_worst"] if each["interval"] == "clopper-pearson")
        >= 0.95 - 1e-5
    )


@pytest.mark.parametrize("section", SIMULATED)
def test_what_is_simulated_is_what_is_kept(benchmark: ModuleType, kept: dict[str, Any], section: str) -> None:
    """On the mean of a section's grid, where few samples of each cell tell enough."""
    fresh = benchmark.SECTIONS[section](benchmark.Grid(samples=40, slow_samples=1, resamples=10))
    assert {told(row) for row in fresh} == {told(row) for row in kept[section]}
    for interval in {row["interval"] for row in fresh} - {"bootstrap, clustered"}:  # which takes more samples
        assert abs(np.mean(of(fresh, interval)) - np.mean(of(kept[section], interval))) < 0.04, interval


@pytest.mark.slow
def test_a_quick_run_simulates_everything(tmp_path: Path, kept: dict[str, Any]) -> None:
    file = tmp_path / "coverage.json"
    command = [sys.executable, str(ROOT / "benchmarks/coverage.py"), "--quick", "--json", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text())
    assert found["quick"] is True
    assert set(found["coverage"]) == set(kept)
    for section in set(kept) - {"level", "proportions_worst"}:
        assert {row["interval"] for row in found["coverage"][section]} == {row["interval"] for row in kept[section]}
        assert all(0 <= row["coverage"] <= 1 for row in found["coverage"][section])
