"""Intervals of proportions, of cases in groups, and of any figure, against scipy, statsmodels and published tables."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from digit_recognizer.errors import ConfigError, DataError
from digit_recognizer.statistics import Interval, bootstrap, proportion_interval, wilson
from digit_recognizer.statistics.clustered import clustered_wilson
from digit_recognizer.statistics.intervals import score_limits
from tiny import shifted_seed
from trials.intervals import clopper_pearson

pytestmark = pytest.mark.arithmetic

counts = st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
levels = st.sampled_from([0.8, 0.9, 0.95, 0.99])
grouped = st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=60)


def limits(interval: Interval | None) -> tuple[float, float]:
    assert interval is not None
    return interval.low, interval.high


def apart(cases: list[tuple[bool, int]]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    right, groups = zip(*cases, strict=True)
    return np.array(right), np.array(groups)


@given(counts, levels)
def test_proportions_are_statsmodels(pair: tuple[int, int], level: float) -> None:
    for ours, theirs in ((wilson, "wilson"), (clopper_pearson, "beta")):
        found = ours(*pair, level)
        assert limits(found) == pytest.approx(proportion_confint(*pair, alpha=1 - level, method=theirs), abs=1e-9)
        assert found.level == level
        assert 0 <= found.low <= pair[0] / pair[1] <= found.high <= 1


@given(counts, levels)
def test_the_exact_interval_solves_its_definition(pair: tuple[int, int], level: float) -> None:
    """At each limit, what was found or more extreme has half the chance that is left."""
    correct, n = pair
    low, high = limits(clopper_pearson(correct, n, level))
    assert correct == 0 or stats.binom.sf(correct - 1, n, low) == pytest.approx((1 - level) / 2, rel=1e-6)
    assert correct == n or stats.binom.cdf(correct, n, high) == pytest.approx((1 - level) / 2, rel=1e-6)


@pytest.mark.parametrize(
    ("correct", "n", "score", "exact"),
    [
        (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
        (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
        (0, 20, (0.0, 0.1611), (0.0, 0.1684)),
        (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
    ],
)
def test_newcombes_examples(correct: int, n: int, score: tuple[float, float], exact: tuple[float, float]) -> None:
    """Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, methods 3 and 5."""
    assert limits(wilson(correct, n)) == pytest.approx(score, abs=5.1e-5)
    assert limits(clopper_pearson(correct, n)) == pytest.approx(exact, abs=5.1e-5)


def test_of_nothing_everything_is_possible() -> None:
    for made in (wilson(0, 0), clopper_pearson(0, 0), proportion_interval([]), clustered_wilson([], [])):
        assert limits(made) == (0.0, 1.0)


@given(counts, levels)
def test_wilsons_limits_by_share_are_those_by_count(pair: tuple[int, int], level: float) -> None:
    found = score_limits(pair[0] / pair[1], pair[1], float(stats.norm.ppf((1 + level) / 2)))
    assert found == pytest.approx(limits(wilson(*pair, level)), abs=1e-12)


@given(grouped)
def test_the_design_effect_is_a_cluster_robust_variance(cases: list[tuple[bool, int]]) -> None:
    """statsmodels' variance of an intercept with clustered errors is that of the ratio estimate."""
    right, groups = apart(cases)
    share, clusters = right.mean(), len(np.unique(groups))
    found = clustered_wilson(right, groups)
    if clusters < 2:
        assert limits(found) == (0, 1)
        return
    quantile = stats.t.ppf(0.975, clusters - 1)
    if share in (0, 1):
        size = clusters  # each group counts as one case
    else:
        codes = np.unique(groups, return_inverse=True)[1]
        fitted = sm.OLS(right.astype(float), np.ones(len(right))).fit(cov_type="cluster", cov_kwds={"groups": codes})
        size = min(len(right), share * (1 - share) / max(fitted.bse[0] ** 2, 1e-300))
    assert limits(found) == pytest.approx(score_limits(share, size, quantile), abs=1e-9)


@given(grouped)
def test_the_clustered_interval_knows_neither_order_nor_names(cases: list[tuple[bool, int]]) -> None:
    right, groups = apart(cases)
    found = clustered_wilson(right, groups)
    order = np.random.default_rng(len(cases)).permutation(len(cases))
    names = np.array([f"writer {9 - each}" for each in groups])
    assert limits(clustered_wilson(right[order], names[order])) == pytest.approx(limits(found))
    assert limits(proportion_interval(right, groups)) == limits(found)
    assert found.low <= right.mean() <= found.high


def test_alike_groups_widen_and_the_default_is_wilsons_without_groups() -> None:
    right = np.repeat([True, True, False, True, True, True], 50)
    groups = np.repeat(np.arange(6), 50)
    plain = proportion_interval(right)
    assert plain == wilson(250, 300)
    # Six groups that are wholly right or wholly wrong tell what six cases do, less a little for estimating that.
    clustered = clustered_wilson(right, groups)
    assert clustered.high - clustered.low > limits(wilson(5, 6))[1] - limits(wilson(5, 6))[0]
    assert clustered.method == "wilson, clustered"


def test_groups_of_other_length_are_refused() -> None:
    with pytest.raises(DataError, match="same cases in the same order: 3 cases, 2 groups"):
        proportion_interval([True, False, True], [1, 2])
    with pytest.raises(DataError, match="There are 2 groups for 3 cases"):
        bootstrap(lambda _: 0.0, 3, groups=[1, 2])


@pytest.mark.parametrize("method", ["percentile", "BCa"])
def test_the_bootstrap_is_scipys(method: str) -> None:
    values = np.random.default_rng(shifted_seed(1)).exponential(size=40)
    found = bootstrap(lambda i: float(values[i].mean()), 40, method=method, resamples=300, seed=5, level=0.9)  # type: ignore[arg-type]
    theirs = stats.bootstrap(
        (values,), np.mean, vectorized=False, method=method, n_resamples=300, rng=5, confidence_level=0.9
    ).confidence_interval
    assert limits(found) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert found == bootstrap(lambda i: float(values[i].mean()), 40, method=method, resamples=300, seed=5, level=0.9)  # type: ignore[arg-type]
    assert found != bootstrap(lambda i: float(values[i].mean()), 40, method=method, resamples=300, seed=6, level=0.9)  # type: ignore[arg-type]


def test_whole_groups_are_drawn() -> None:
    """The mean over groups of equal size is the mean of the group means, and so is its bootstrap."""
    rng = np.random.default_rng(shifted_seed(2))
    values, order = np.repeat(rng.normal(size=12), 5) + rng.normal(size=60), rng.permutation(60)
    groups = np.repeat(np.arange(12), 5)
    found = bootstrap(lambda i: float(values[order][i].mean()), 60, groups=groups[order], resamples=400)
    means = values.reshape(12, 5).mean(1)
    theirs = stats.bootstrap((means,), np.mean, method="percentile", n_resamples=400, rng=0).confidence_interval
    assert limits(found) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert found is not None
    assert found.method == "bootstrap, percentile, clustered"
    alone = bootstrap(lambda i: float(values[i].mean()), 60, resamples=400)
    assert limits(found)[1] - limits(found)[0] > limits(alone)[1] - limits(alone)[0]


@pytest.mark.parametrize("method", ["percentile", "BCa"])
def test_a_bootstrap_that_says_nothing_is_none(method: str) -> None:
    def of(figure: object, n: int, **more: object) -> Interval | None:
        return bootstrap(figure, n, method=method, resamples=100, **more)  # type: ignore[arg-type]

    assert of(lambda _: 1.0, 30) is None  # no mistake: every resample is the same
    assert of(lambda i: float(i.mean()), 1) is None
    assert of(lambda i: float(i.mean()), 0) is None
    assert of(lambda i: float(i.mean()), 20, groups=np.zeros(20)) is None
    assert of(lambda _: None, 20) is None
    assert (
        of(lambda i: float(i.mean()) if i.mean() < 9 else None, 20) is None
    )  # undefined in about every second resample


def test_a_rarely_undefined_figure_still_has_an_interval() -> None:
    values = np.arange(30.0)
    found = bootstrap(lambda i: float(values[i].mean()) if values[i].mean() < 18.5 else None, 30, resamples=500)
    whole = bootstrap(lambda i: float(values[i].mean()), 30, resamples=500)
    assert limits(found)[0] == pytest.approx(limits(whole)[0], abs=0.5)


def test_an_unknown_bootstrap_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"'basic' is unknown\. Known: percentile, BCa"):
        bootstrap(lambda _: 0.0, 3, method="basic")  # type: ignore[arg-type]
