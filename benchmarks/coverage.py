"""How often each interval of statistics/ holds the true value: the coverage of nominal 95 % intervals on a stated grid.

python benchmarks/coverage.py [--sections NAME ...] [--quick] [--json FILE|-]

Of a proportion the coverage is exact, a sum over the binomial distribution, and a simulation beside it checks that sum;
all else is simulated and carries its Monte Carlo standard error. "wald" is the textbook interval, for contrast; the
package does not have it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, norm

from common import parser, report, say
from coverage_simulated import (
    Grid,
    aurocs,
    differences,
    differences_in_groups,
    differences_of_aurocs,
    grouped,
    of_figures,
    over_runs,
    row,
)
from digit_recognizer.statistics.intervals import Interval, wilson
from trials.intervals import clopper_pearson

SHARES = (0.5, 0.8, 0.9, 0.95, 0.99, 0.995, 0.999)
FINE = np.linspace(0.5, 0.9999, 2000)  # of p, to find the lowest coverage; below .5 all is mirrored
LARGEST_FINE = 1000


def wald(correct: int, n: int, level: float = 0.95) -> Interval:
    """The textbook interval of a proportion."""
    share = correct / n
    half = float(norm.ppf((1 + level) / 2)) * (share * (1 - share) / n) ** 0.5
    return Interval(level, "wald", share - half, share + half)


METHODS = (wilson, clopper_pearson, wald)


@cache
def limits(method: Any, n: int, first: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The limits for every count from `first` to n."""
    found = [method(count, n) for count in range(first, n + 1)]
    return np.array([each.low for each in found]), np.array([each.high for each in found])


def exact(method: Any, n: int, share: float, first: int) -> float:
    """The chance that the interval of a binomial count holds `share`; counts below `first` are too rare to matter."""
    low, high = limits(method, n, first)
    return float(binom.pmf(np.arange(first, n + 1), n, share)[(low <= share) & (share <= high)].sum())


def simulated(method: Any, n: int, share: float, first: int, draws: NDArray[np.int64]) -> float:
    """The same from simulated counts."""
    low, high = (each[np.maximum(draws, first) - first] for each in limits(method, n, first))
    return float(np.mean((low <= share) & (share <= high)))


def proportions(grid: Grid) -> list[dict[str, Any]]:
    """Rows of every method, n and p."""
    rows = []
    for n in grid.sizes:
        first = 0 if n <= LARGEST_FINE else int(binom.ppf(1e-12, n, SHARES[0]))
        for share in SHARES:
            draws = np.random.default_rng(n).binomial(n, share, grid.draws)
            for method in METHODS:
                name = method(1, 2).method
                told = {"interval": name, "n": n, "p": share, "coverage": exact(method, n, share, first)}
                rows.append(told | {"simulation": row(simulated(method, n, share, first, draws), grid.draws)})
    return rows


def worst(grid: Grid) -> list[dict[str, Any]]:
    """For every method and n, the lowest and the mean coverage over a fine grid of p."""
    rows = []
    for n in (each for each in grid.sizes if each <= LARGEST_FINE):
        for method in METHODS:
            found = [exact(method, n, share, 0) for share in FINE[:: grid.every]]
            lowest = int(np.argmin(found))
            told = {"interval": method(1, 2).method, "n": n, "lowest": found[lowest], "mean": float(np.mean(found))}
            rows.append(told | {"at": float(FINE[:: grid.every][lowest])})
    return rows


SECTIONS = {
    "proportions": proportions,
    "proportions_worst": worst,
    "grouped_proportions": grouped,
    "aurocs": aurocs,
    "differences_of_accuracies": differences,
    "differences_in_groups": differences_in_groups,
    "differences_of_aurocs": differences_of_aurocs,
    "bootstrap": of_figures,
    "seeds": over_runs,
}


def measure(grid: Grid, names: Iterable[str] = SECTIONS) -> dict[str, Any]:
    """The sections of these names."""
    found: dict[str, Any] = {"level": 0.95}
    for name in names:
        say(f"{name} ...")
        found[name] = SECTIONS[name](grid)
    return found


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("--sections", nargs="+", choices=SECTIONS, default=list(SECTIONS), help="all unless named")
    arguments.add_argument("--quick", action="store_true", help="a small grid and few repetitions: to see that it runs")
    options = arguments.parse_args()
    grid = Grid((10, 100), 1000, 40, 4, 40, 20) if options.quick else Grid()
    report({"quick": options.quick, "coverage": rounded(measure(grid, options.sections))}, options.json)


def rounded(value: Any) -> Any:
    """The same with five decimals: what the repetitions tell."""
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return round(value, 5) if isinstance(value, float) else value


if __name__ == "__main__":
    main()
