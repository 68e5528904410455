"""The coverage of the intervals: its computation, and that the kept figures bear out what the intervals claim."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from scipy import stats

from digit_recognizer.measuring import clopper_pearson, wilson

pytestmark = pytest.mark.arithmetic

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


def test_the_kept_sums_agree_with_their_simulations(kept: dict[str, Any]) -> None:
    away = [
        (row["coverage"] - row["simulation"]["coverage"]) / row["simulation"]["error"] for row in kept["proportions"]
    ]
    assert len(away) > 100
    assert max(map(abs, away)) < 4.5


def test_clopper_and_pearson_keep_their_promise(kept: dict[str, Any]) -> None:
    assert min(of(kept["proportions"], "clopper-pearson")) >= 0.95 - 1e-5
    assert (
        min(row["lowest"] for row in kept["proportions_worst"] if row["interval"] == "clopper-pearson") >= 0.95 - 1e-5
    )


def test_the_defaults_are_nearest_to_the_level(kept: dict[str, Any]) -> None:
    """Each default is nearer to 95 %, on the mean of its grid, than its rivals."""

    def away(section: str, interval: str) -> float:
        found = of(kept[section], interval)
        return sum(abs(each - 0.95) for each in found) / len(found)

    for section, default, rivals in (
        ("proportions", "wilson", ("clopper-pearson", "wald")),
        ("grouped_proportions", "wilson, clustered", ("wilson",)),
        ("aurocs", "delong, logit", ("delong, wald",)),
        ("differences_of_accuracies", "tango", ("wald",)),
        ("differences_of_aurocs", "square-and-add", ("delong, wald",)),
    ):
        assert all(away(section, default) < away(section, rival) for rival in rivals), section


def test_the_kept_file_is_small() -> None:
    assert (ROOT / "benchmarks/results/coverage.json").stat().st_size < 200_000


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
