"""Two or more models on the same cases, against published examples, statsmodels, and what must hold."""

from __future__ import annotations

import gc
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.contingency_tables import mcnemar as their_mcnemar
from statsmodels.stats.multitest import multipletests

from digit_recognizer.errors import DataError
from digit_recognizer.statistics import Interval, compare, compare_all, wilson
from digit_recognizer.statistics.auroc import delong
from digit_recognizer.statistics.clustered import clustered_difference
from digit_recognizer.statistics.compare import holm
from digit_recognizer.statistics.compare_aurocs import compare_all_aurocs, compare_aurocs
from digit_recognizer.statistics.paired import Paired, mcnemar, square_and_add, tango
from tiny import shifted_seed
from trials.intervals import newcombe

pytestmark = pytest.mark.arithmetic

tables = st.tuples(*[st.integers(0, 60)] * 4).map(lambda counts: Paired(*counts)).filter(lambda counts: sum(counts) > 0)
triples = st.integers(1, 50).flatmap(
    lambda n: st.tuples(*[hnp.arrays(np.int64, n, elements=st.integers(0, 2))] * 3)
)  # labels and two models' predictions
Triple = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


def limits(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high


@given(tables)
def test_mcnemar_is_statsmodels(counts: Paired) -> None:
    table = [[counts.both, counts.only_first], [counts.only_second, counts.neither]]
    assert mcnemar(counts) == pytest.approx(their_mcnemar(table, exact=True).pvalue, abs=1e-12)


def test_published_intervals_of_a_paired_difference() -> None:
    # Fagerland, Lydersen and Laake, Statistics in Medicine 33 (2014) 2850-2875: airway hyper-responsiveness of 21
    # children before and after a transplantation (Bentur et al. 2009).
    airways = Paired(1, 1, 7, 12)
    assert limits(tango(airways)) == pytest.approx((-0.517, -0.026), abs=5e-4)
    assert limits(newcombe(airways)) == pytest.approx((-0.507, -0.026), abs=5e-4)
    assert mcnemar(airways) == pytest.approx(0.0703, abs=5e-5)
    # Newcombe, Statistics in Medicine 17 (1998) 2635-2650, table II, method 10.
    assert limits(newcombe(Paired(36, 12, 2, 0))) == pytest.approx((0.0569, 0.3404), abs=5.1e-5)
    # Altman, Machin, Bryant and Gardner, Statistics with Confidence (2000), table 6.2.
    assert limits(newcombe(Paired(14, 5, 0, 22))) == pytest.approx((0.011, 0.226), abs=5.1e-4)


@given(tables)
def test_tangos_limits_solve_the_score_equation(counts: Paired) -> None:
    """There the score statistic is the normal quantile, with the share of `only_second` that is the most likely."""
    n, b, c = sum(counts), counts.only_first, counts.only_second
    for d, sign in zip(limits(tango(counts)), (1, -1), strict=True):
        if abs(d) == 1:
            continue

        def log_likelihood(share: float, d: float = d) -> float:
            parts = ((b, share + d), (c, share), (n - b - c, 1 - 2 * share - d))
            return sum(count * math.log(max(part, 1e-300)) for count, part in parts if count)

        shares = np.linspace(max(0, -d), (1 - d) / 2, 4001)
        best = shares[int(np.argmax([log_likelihood(share) for share in shares]))]
        statistic = (b - c - n * d) / math.sqrt(n * (2 * best + d * (1 - d)))
        assert statistic == pytest.approx(sign * 1.959964, rel=0.02)


@given(tables)
def test_a_difference_of_two_models_turns_with_them(counts: Paired) -> None:
    turned = Paired(counts.both, counts.only_second, counts.only_first, counts.neither)
    difference = (counts.only_first - counts.only_second) / sum(counts)
    for method in (tango, newcombe):
        found, mirrored = method(counts), method(turned)
        assert (-mirrored.high, -mirrored.low) == pytest.approx(limits(found), abs=1e-9)
        assert -1 <= found.low <= difference + 1e-9
        assert difference - 1e-9 <= found.high <= 1
        assert found.high > found.low
    narrow, wide = tango(counts), tango(counts, 0.999)
    assert wide.low <= narrow.low <= narrow.high <= wide.high


def test_no_cases_say_nothing() -> None:
    nothing = np.array([], np.int64)
    found = compare(nothing, nothing, nothing)
    assert (found.difference, found.p_value, limits(found.interval)) == (None, 1.0, (-1.0, 1.0))
    assert limits(newcombe(Paired(0, 0, 0, 0))) == (-1.0, 1.0)
    assert found.verdict.by_chance


def test_square_and_add_of_known_sides() -> None:
    """Without correlation: Newcombe's method 10 of independent proportions (1998, 873-890), 56/70 and 48/80."""
    found = square_and_add((56 / 70, wilson(56, 70)), (48 / 80, wilson(48, 80)), 0.0)
    assert found == pytest.approx((0.0524, 0.3339), abs=5.1e-5)


@given(triples)
def test_a_comparison_counts(case: Triple) -> None:
    labels, first, second = case
    found = compare(labels, first, second, ("a", "b"))
    assert found.n == len(labels)
    assert found.counts.both + found.counts.only_first == (first == labels).sum()
    assert found.counts.both + found.counts.only_second == (second == labels).sum()
    assert found.difference == pytest.approx((first == labels).mean() - (second == labels).mean())
    assert found.disagreement.tolist() == [i for i in range(len(labels)) if first[i] != second[i]]
    assert found.interval == tango(found.counts)
    assert found.p_value == found.adjusted_p_value
    assert (found.verdict.better is None) == (found.p_value > 0.05)
    written = json.loads(json.dumps(found.to_dict()))
    assert written["by_chance"] == found.verdict.by_chance
    order = np.random.default_rng(shifted_seed(0)).permutation(len(labels))
    again = compare(labels[order], first[order], second[order], ("a", "b"))
    assert (again.counts, again.interval, again.p_value) == (found.counts, found.interval, found.p_value)


def test_the_better_model_is_named_and_chance_is_called_chance() -> None:
    rng = np.random.default_rng(shifted_seed(4))
    labels = rng.integers(0, 10, 2000)
    good = np.where(rng.random(2000) < 0.97, labels, (labels + 1) % 10)
    twin = np.where(rng.random(2000) < 0.97, labels, (labels + 1) % 10)
    bad = np.where(rng.random(2000) < 0.90, labels, (labels + 1) % 10)
    for pair in ((good, bad, ("good", "bad")), (bad, good, ("bad", "good"))):
        verdict = compare(labels, *pair).verdict
        assert (verdict.better, verdict.worse, verdict.by_chance) == ("good", "bad", False)
    alike = compare(labels, good, twin, ("good", "twin"))
    assert alike.verdict.by_chance
    assert alike.interval.low < 0 < alike.interval.high
    assert compare(labels, good, good).p_value == 1.0


def test_models_alike_are_parted_as_rarely_as_the_level_says() -> None:
    rng = np.random.default_rng(shifted_seed(5))
    found = []
    for _ in range(300):
        labels = rng.integers(0, 2, 150)
        first, second = (np.where(rng.random(150) < 0.8, labels, 1 - labels) for _ in range(2))
        found.append(compare(labels, first, second).verdict.by_chance)
    assert np.mean(found) > 0.93


def their_holm(p_values: list[float]) -> list[float]:
    """statsmodels' adjusted p-values. It collects garbage at each call, which takes long beside torch's objects."""
    gc.freeze()
    try:
        return list(multipletests(p_values, method="holm")[1])
    finally:
        gc.unfreeze()


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_is_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(their_holm(p_values) if p_values else [], abs=1e-12)


def test_holm_steps_down() -> None:
    """The smallest of four times 4, the next times 3, and none below the one before it."""
    assert holm([0.04, 0.005, 0.01, 0.3]) == pytest.approx([0.08, 0.02, 0.03, 0.3])
    assert holm([0.01, 0.011, 0.9]) == pytest.approx([0.03, 0.03, 0.9])


def test_many_models_are_compared_in_pairs() -> None:
    rng = np.random.default_rng(shifted_seed(6))
    labels = rng.integers(0, 10, 800)
    models = {name: np.where(rng.random(800) < p, labels, 0) for name, p in (("a", 0.9), ("b", 0.9), ("c", 0.8))}
    found = compare_all(labels, models)
    assert [(each.first, each.second) for each in found] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert [each.adjusted_p_value for each in found] == holm([each.p_value for each in found])
    for each in found:
        alone = compare(labels, models[each.first], models[each.second], (each.first, each.second))
        assert (each.counts, each.interval, each.p_value) == (alone.counts, alone.interval, alone.p_value)
    assert [each.verdict.better for each in found] == [None, "a", "b"]
    assert compare_all(labels, {"a": models["a"]}) == []


def test_arrays_of_other_lengths_are_refused() -> None:
    with pytest.raises(DataError, match="3 labels, 3 first, 2 second"):
        compare(np.zeros(3, int), np.zeros(3, int), np.zeros(2, int))


@given(
    st.integers(6, 40).flatmap(
        lambda n: st.tuples(
            hnp.arrays(np.bool_, n).filter(lambda y: 2 <= y.sum() <= len(y) - 2),
            hnp.arrays(np.float64, (2, n), elements=st.integers(0, 9).map(float)),
        )
    )
)
def test_delongs_test_of_two_aurocs(case: tuple[NDArray[np.bool_], NDArray[np.float64]]) -> None:
    positive, scores = case
    found, turned = compare_aurocs(positive, *scores), compare_aurocs(positive, *scores[::-1])
    areas, covariance = delong(positive, *scores)
    assert covariance is not None
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    assert (found.first, found.second) == pytest.approx(tuple(areas))
    assert found.difference is not None
    assert found.interval.low - 1e-9 <= found.difference <= found.interval.high + 1e-9
    assert (-turned.interval.high, -turned.interval.low) == pytest.approx(limits(found.interval), abs=1e-9)
    if variance > 1e-9:
        assert found.z == pytest.approx((areas[0] - areas[1]) / variance**0.5)
        assert found.p_value == pytest.approx(stats.chi2.sf(found.z**2, 1))


def test_aurocs_that_cannot_be_tested() -> None:
    empty = compare_aurocs([1, 1], [1, 2], [2, 1])
    assert (empty.first, empty.difference, empty.z, empty.p_value) == (None, None, None, None)
    assert limits(empty.interval) == (-1, 1)
    single = compare_aurocs([1, 0, 0], [3, 1, 2], [1, 2, 3])
    assert (single.first, single.second, single.p_value) == (1.0, 0.0, None)
    assert single.interval.low < 1 == single.interval.high
    perfect, reversed_ = np.arange(20.0), -np.arange(20.0)
    positive = np.arange(20) >= 10
    both = compare_aurocs(positive, perfect, perfect**3)
    assert (both.difference, both.z, both.p_value) == (0.0, 0.0, 1.0)
    assert both.interval.low < -0.2 < 0.2 < both.interval.high  # equal here, and yet not known to be equal
    opposed = compare_aurocs(positive, perfect, reversed_)
    assert (opposed.difference, opposed.z, opposed.p_value) == (1.0, None, None)


groups_of_cases = st.integers(2, 12).flatmap(
    lambda n: st.tuples(*[hnp.arrays(np.bool_, 4 * n)] * 2, hnp.arrays(np.int64, 4 * n, elements=st.integers(0, n)))
)
Grouped = tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.int64]]


@given(groups_of_cases)
def test_a_difference_by_groups_turns_with_the_models_and_is_no_surer_than_without(case: Grouped) -> None:
    first, second, groups = case
    (found, p), (turned, same) = clustered_difference(*case), clustered_difference(second, first, groups)
    assert (-turned.high, -turned.low, same) == pytest.approx((found.low, found.high, p), abs=1e-9)
    counts = Paired(*(int(each.sum()) for each in (first & second, first & ~second, ~first & second, ~first & ~second)))
    plain = tango(counts)
    assert found.low <= plain.low + 1e-9
    assert found.high >= plain.high - 1e-9
    if counts.only_first == counts.only_second:
        assert p == 1


def test_its_variance_is_statsmodels_cluster_robust_one() -> None:
    """Of the mean of the differences; the interval's half-width is near to that times Student's quantile."""
    rng = np.random.default_rng(shifted_seed(0))
    groups = np.repeat(np.arange(80), 25)
    lean = rng.normal(0, 0.25, 80)[groups]
    first, second = rng.random(2000) < 0.7 + lean, rng.random(2000) < 0.6 - lean
    away = first.astype(float) - second
    fit = OLS(away, np.ones(2000)).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    found, p = clustered_difference(first, second, groups)
    half = fit.bse[0] * stats.t.ppf(0.975, 79)
    assert limits(found) == pytest.approx((away.mean() - half, away.mean() + half), abs=0.01)
    assert p == pytest.approx(float(fit.pvalues[0]), abs=0.02)
    assert found.high - found.low > 1.5 * np.ptp(limits(compare(np.ones(2000), first, second).interval))


def test_by_groups_chance_is_called_chance_where_mcnemar_does_not() -> None:
    """Models that are equally good over all writers, each better with some: 400 draws of 40 writers."""
    rng = np.random.default_rng(shifted_seed(1))
    groups = np.repeat(np.arange(40), 20)
    found = {"plain": 0, "by groups": 0}
    for _ in range(400):
        better = rng.random(40)[groups] < 0.5
        first, second = (rng.random(800) < np.where(better == side, 0.9, 0.7) for side in (True, False))
        found["plain"] += compare(np.ones(800), first, second).p_value < 0.05
        found["by groups"] += clustered_difference(first, second, groups)[1] < 0.05
    assert found["plain"] > 400 * 0.15
    assert found["by groups"] < 400 * 0.08


def test_one_group_says_nothing() -> None:
    found, p = clustered_difference([True, True], [False, False], [1, 1])
    assert (limits(found), p) == ((-1, 1), 1)


def test_aurocs_of_all_pairs_and_classes_are_adjusted_together() -> None:
    rng = np.random.default_rng(shifted_seed(2))
    labels = rng.integers(0, 3, 300)
    sharp, blunt = (np.eye(3)[labels] * weight + rng.random((300, 3)) for weight in (1.5, 0.5))
    models = {
        name: shares / shares.sum(1, keepdims=True) for name, shares in (("a", sharp), ("b", blunt), ("c", sharp))
    }
    rows = compare_all_aurocs(labels, models, ("x", "y", "z"))
    assert [(row["models"], row["class"]) for row in rows[:3]] == [(["a", "b"], each) for each in "xyz"]
    assert len(rows) == 9
    adjusted = multipletests([row["p_value"] for row in rows], method="holm")[1]
    assert [row["adjusted_p_value"] for row in rows] == pytest.approx(adjusted)
    alike = [row for row in rows if row["models"] == ["a", "c"]]
    assert [(row["difference"], row["p_value"]) for row in alike] == [(0, 1)] * 3
    assert all(row["adjusted_p_value"] < 0.05 for row in rows if row not in alike)
    two = compare_all_aurocs(labels % 2, {name: shares[:, :2] for name, shares in models.items()}, ("no", "yes"))
    assert [row["class"] for row in two] == ["yes"] * 3
