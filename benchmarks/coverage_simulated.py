"""The parts of coverage.py whose coverage is simulated: samples with a known truth, and the intervals found in them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from digit_recognizer.statistics.auroc import delong, interval_of
from digit_recognizer.statistics.bootstrap import METHODS, bootstrap
from digit_recognizer.statistics.clustered import clustered_difference, clustered_wilson
from digit_recognizer.statistics.compare_aurocs import compare_aurocs
from digit_recognizer.statistics.intervals import Interval, wilson
from digit_recognizer.statistics.paired import Paired, tango
from digit_recognizer.statistics.seeds import over_seeds
from trials.intervals import newcombe, newcombe_auroc

LEVEL = 0.95
Z = float(norm.ppf((1 + LEVEL) / 2))


@dataclass(frozen=True)
class Grid:
    """How much is simulated."""

    sizes: tuple[int, ...] = (10, 20, 50, 100, 200, 500, 1000, 10_000)  # of a proportion
    draws: int = 20_000  # of a proportion
    samples: int = 1000  # of everything that is quick
    slow_samples: int = 200  # of what is bootstrapped
    every: int = 1  # of the fine grid of p
    resamples: int = 400  # in each bootstrap


def row(coverage: float, n: int) -> dict[str, Any]:
    """A simulated coverage with its Monte Carlo standard error; that of 0 or 1 is as if one sample had differed."""
    inside = min(max(coverage, 1 / n), 1 - 1 / n)
    return {"coverage": coverage, "error": (inside * (1 - inside) / n) ** 0.5, "samples": n}


def rows(told: dict[str, Any], found: Iterable[dict[str, Interval | None]], truth: float) -> list[dict[str, Any]]:
    """One row for each method; found: the intervals of each sample, None where there is none (counted as a miss)."""
    samples = list(found)
    made = []
    for method in samples[0]:
        ends = [each[method] for each in samples]
        held = [end is not None and end.low - 1e-12 <= truth <= end.high + 1e-12 for end in ends]
        width = float(np.mean([end.high - end.low for end in ends if end is not None] or [np.nan]))
        undefined = {"undefined": sum(end is None for end in ends)} if None in ends else {}
        made.append({"interval": method, **told, **row(float(np.mean(held)), len(held)), "width": width, **undefined})
    return made


def grouped(grid: Grid) -> list[dict[str, Any]]:
    """A proportion in groups of about 20 whose own proportions vary as a beta distribution does."""
    made = []
    for clusters, alike, share in itertools.product((10, 30, 100, 250), (0.0, 0.05, 0.2), (0.8, 0.95, 0.99)):
        rng = np.random.default_rng([clusters, int(100 * alike), int(100 * share)])
        samples = [in_groups(clusters, alike, share, rng) for _ in range(grid.samples)]
        told = {"groups": clusters, "intra_cluster_correlation": alike, "p": share}
        found = (
            {"wilson": wilson(int(right.sum()), len(right)), "wilson, clustered": clustered_wilson(right, groups)}
            for right, groups in samples
        )
        made += rows(told, found, share)
        if clusters <= 30 and share == 0.95:
            few = enumerate(samples[: grid.slow_samples])
            made += rows(told, ({"bootstrap, clustered": of_mean(*each, grid, i)} for i, each in few), share)
    return made


def in_groups(clusters: int, alike: float, share: float, rng: np.random.Generator) -> tuple[Any, Any]:
    """Which cases are right, (n,), and the group of each, (n,)."""
    own = (
        rng.beta(share / alike - share, (1 - share) * (1 / alike - 1), clusters) if alike else np.full(clusters, share)
    )
    groups = np.repeat(np.arange(clusters), rng.poisson(19, clusters) + 1)
    return rng.random(len(groups)) < own[groups], groups


def of_mean(right: NDArray[np.bool_], groups: NDArray[np.int64], grid: Grid, seed: int) -> Interval | None:
    """The cluster bootstrap of a share."""
    return bootstrap(
        lambda chosen: float(right[chosen].mean()), len(right), groups=groups, resamples=grid.resamples, seed=seed
    )


def aurocs(grid: Grid) -> list[dict[str, Any]]:
    """Scores of two normal distributions, those of the positives spread as wide as the negatives', or twice as wide."""
    made = []
    sizes = ((10, 10), (10, 100), (50, 50), (30, 1000), (100, 400), (500, 500))
    for (m, n), area, spread in itertools.product(sizes, (0.7, 0.9, 0.95, 0.99, 0.999), (1, 2)):
        rng = np.random.default_rng([m, n, int(1000 * area), spread])
        positive = np.arange(m + n) < m
        shift = (1 + spread**2) ** 0.5 * float(norm.ppf(area))
        found = []
        for _ in range(grid.samples):
            score = rng.normal(np.where(positive, shift, 0), np.where(positive, spread, 1))
            (value,), covariance = delong(positive, score)
            assert covariance is not None
            found.append(of_auroc(float(value), float(covariance[0, 0]), m, n))
        made += rows({"positives": m, "negatives": n, "auroc": area, "spread": spread}, found, area)
    return made


def of_auroc(value: float, variance: float, m: int, n: int) -> dict[str, Interval | None]:
    half = Z * variance**0.5
    return {
        "delong, logit": interval_of(value, variance, min(m, n), LEVEL),
        "newcombe": newcombe_auroc(value, m, n),
        "delong, wald": Interval(LEVEL, "wald", value - half, value + half),
    }


def differences(grid: Grid) -> list[dict[str, Any]]:
    """Accuracies of two models on the same cases, by the shares of cases that one alone reads rightly."""
    made = []
    pairs = ((0.2, 0.1), (0.05, 0.05), (0.02, 0.01), (0.005, 0.003), (0.001, 0.001))
    for n, (first, second) in itertools.product((20, 50, 200, 1000, 10_000), pairs):
        rng = np.random.default_rng([n, int(1000 * first)])
        neither = min(0.05, first)
        shares = (1 - first - second - neither, first, second, neither)
        tables, counts = np.unique(rng.multinomial(n, shares, grid.samples), axis=0, return_counts=True)
        once = [of_counts(Paired(*(int(each) for each in table))) for table in tables]
        found = [each for each, times in zip(once, counts, strict=True) for _ in range(times)]
        made += rows({"n": n, "only_first": first, "only_second": second}, found, first - second)
    return made


def of_counts(counts: Paired) -> dict[str, Interval | None]:
    n, difference = sum(counts), (counts.only_first - counts.only_second) / sum(counts)
    half = Z * ((counts.only_first + counts.only_second) / n - difference**2) ** 0.5 / n**0.5
    wald = Interval(LEVEL, "wald", difference - half, difference + half)
    return {"tango": tango(counts), "newcombe": newcombe(counts), "wald": wald}


def differences_in_groups(grid: Grid) -> list[dict[str, Any]]:
    """The same of cases in groups of about 20, with the shares that one model alone reads rightly varying by group."""
    made = []
    pairs = ((0.2, 0.1), (0.05, 0.05), (0.02, 0.01))
    for clusters, alike, (first, second) in itertools.product((10, 30, 100), (0.0, 0.05, 0.2), pairs):
        rng = np.random.default_rng([clusters, int(100 * alike), int(1000 * first)])
        shares = np.array([1 - first - second, first, second])
        found: list[dict[str, Interval | None]] = []
        refused = 0
        for _ in range(grid.samples):
            sizes = rng.poisson(19, clusters) + 1
            own = rng.dirichlet(shares * (1 / alike - 1), clusters) if alike else np.tile(shares, (clusters, 1))
            counts = rng.multinomial(sizes, own)  # of each group: both right, only the first, only the second
            kinds = np.concatenate([np.repeat(np.arange(3), each) for each in counts])
            clustered, p = clustered_difference(kinds != 2, kinds != 1, np.repeat(np.arange(clusters), sizes))
            both, one, other = (int(each) for each in counts.sum(axis=0))
            found.append({"tango, clustered": clustered, "tango": tango(Paired(both, one, other, 0))})
            refused += p <= 1 - LEVEL
        told = {"groups": clusters, "intra_cluster_correlation": alike, "only_first": first, "only_second": second}
        made += [each | {"p_below_05": refused / grid.samples} for each in rows(told, found, first - second)]
    return made


def differences_of_aurocs(grid: Grid) -> list[dict[str, Any]]:
    """Two scores of the same cases, correlated by one half within each class."""
    made = []
    areas = ((0.9, 0.9), (0.9, 0.8), (0.99, 0.97), (0.999, 0.999))
    for (m, n), (first, second) in itertools.product(((10, 100), (50, 50), (100, 400)), areas):
        rng = np.random.default_rng([m, n, int(1000 * first), int(1000 * second)])
        positive = np.arange(m + n) < m
        shift = 2**0.5 * norm.ppf([first, second])
        found: list[dict[str, Interval | None]] = []
        refused = 0
        for _ in range(grid.samples):
            shared = rng.normal(size=m + n)
            scores = 0.5**0.5 * (shared + rng.normal(size=(2, m + n))) + positive * shift[:, None]
            compared = compare_aurocs(positive, *scores)
            assert compared.difference is not None
            half = Z * abs(compared.difference / compared.z) if compared.z else 0.0
            wald = Interval(LEVEL, "wald", compared.difference - half, compared.difference + half)
            found.append({"square-and-add": compared.interval, "delong, wald": wald})
            refused += compared.p_value is not None and compared.p_value <= 1 - LEVEL
        told = {"positives": m, "negatives": n, "first": first, "second": second}
        made += [each | {"p_below_05": refused / grid.samples} for each in rows(told, found, first - second)]
    return made


def of_figures(grid: Grid) -> list[dict[str, Any]]:
    """The bootstrap of balanced accuracy, Cohen's kappa and a mean loss: three classes, one of them rare."""
    made = []
    share, recall = np.array([0.7, 0.2, 0.1]), np.array([0.95, 0.9, 0.8])
    joint = np.diag(share * recall) + (1 - np.eye(3)) * (share * (1 - recall) / 2)[:, None]
    truths = {"balanced accuracy": float(recall.mean()), "cohen's kappa": kappa(joint), "mean loss": 1.0}
    for n, figure in itertools.product((50, 200, 1000), truths):
        rng = np.random.default_rng([n, len(figure)])
        found = []
        for i in range(grid.slow_samples):
            cells = rng.choice(9, n, p=joint.ravel())
            losses = rng.gamma(0.2, 5, n)
            found.append({each: of_figure(figure, cells, losses, each, grid, i) for each in methods_for(n)})
        made += rows({"figure": figure, "n": n}, found, truths[figure])
    return made


def methods_for(n: int) -> Sequence[str]:
    """BCa calls the figure once more for each case; with a thousand it is left out."""
    return METHODS if n < 1000 else METHODS[:1]


def of_figure(
    figure: str, cells: NDArray[np.int64], losses: NDArray[np.float64], method: Any, grid: Grid, seed: int
) -> Interval | None:
    """The bootstrap interval of a figure; cells: (n,) 3 * actual + predicted."""

    def value(chosen: NDArray[np.int64]) -> float | None:
        if figure == "mean loss":
            return float(losses[chosen].mean())
        counts = np.bincount(cells[chosen], minlength=9).reshape(3, 3)
        if figure == "cohen's kappa":
            return kappa(counts / counts.sum())
        present = counts.sum(1) > 0
        return float((counts.diagonal()[present] / counts.sum(1)[present]).mean())

    return bootstrap(value, len(cells), method=method, resamples=grid.resamples, seed=seed)


def kappa(joint: NDArray[np.float64]) -> float:
    """Cohen's kappa of a table of shares; as fast as a simulation needs it, and equal to scikit-learn's."""
    by_chance = float(joint.sum(1) @ joint.sum(0))
    return (float(joint.trace()) - by_chance) / (1 - by_chance) if by_chance < 1 else np.nan


def over_runs(grid: Grid) -> list[dict[str, Any]]:
    """Student's interval of the mean over seeds: the correct images of 10,000, which vary by chance alone."""
    made = []
    for n, share in itertools.product((2, 3, 5, 10, 30), (0.9, 0.99, 0.999)):
        rng = np.random.default_rng([n, int(1000 * share)])
        runs = rng.binomial(10_000, share, (grid.samples, n)) / 10_000
        found = [{"student": over_seeds([float(each) for each in run]).interval} for run in runs]
        made += rows({"seeds": n, "mean": share}, found, share)
    return made
