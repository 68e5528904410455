"""A plan gives the least number of cases that keeps its promise, and studies of that size keep it when drawn."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint
from typer.testing import CliRunner

from digit_recognizer.cli.app import app
from digit_recognizer.errors import ConfigError
from digit_recognizer.statistics.planning import Figure, auroc_variance, plan, simulate
from tiny import shifted_seed

pytestmark = pytest.mark.arithmetic

RUNNER = CliRunner()
figures = st.sampled_from(["auroc", "sensitivity", "specificity", "accuracy"])


@given(figure=figures, value=st.floats(0.55, 0.99), width=st.floats(0.02, 0.4), prevalence=st.floats(0.05, 0.9))
def test_fewer_cases_would_not_do(figure: Figure, value: float, width: float, prevalence: float) -> None:
    found = plan(figure, value, width, prevalence)
    assert found.interval.high - found.interval.low <= width
    wider = plan(figure, value, width * 1.1, prevalence)
    assert wider.n <= found.n
    if found.n > 40:  # one case fewer of a large study changes less than rounding does
        assert plan(figure, value, (found.interval.high - found.interval.low) * 0.98, prevalence).n > found.n


@pytest.mark.parametrize("width", [0.02, 0.05, 0.1])
@pytest.mark.parametrize("value", [0.6, 0.9])
def test_proportions_are_planned_by_wilsons_interval(value: float, width: float) -> None:
    n = plan("accuracy", value, width).n
    for size, fits in ((n, True), (n - 2, False)):
        low, high = proportion_confint(value * size, size, 0.05, "wilson")
        assert (high - low <= width) == fits


def test_sensitivity_counts_those_with_the_condition_specificity_the_others() -> None:
    accuracy = plan("accuracy", 0.9, 0.1).n
    assert plan("sensitivity", 0.9, 0.1, 0.2).n == pytest.approx(accuracy / 0.2, abs=5)
    assert plan("specificity", 0.9, 0.1, 0.2).n == pytest.approx(accuracy / 0.8, abs=2)


@pytest.mark.parametrize(("value", "positives", "negatives"), [(0.7, 30, 50), (0.9, 100, 60), (0.98, 40, 300)])
def test_the_variance_is_that_of_normal_scores(value: float, positives: int, negatives: int) -> None:
    from scipy.stats import mannwhitneyu, norm

    draw = np.random.default_rng(shifted_seed(0))
    ones = draw.normal(np.sqrt(2) * norm.ppf(value), 1, (4000, positives))
    zeros = draw.normal(0, 1, (4000, negatives))
    areas = mannwhitneyu(ones, zeros, axis=1).statistic / (positives * negatives)
    assert areas.mean() == pytest.approx(value, abs=0.003)
    # The sample variance of 4,000 studies has a standard error of about 2.2 %.
    assert areas.var() == pytest.approx(auroc_variance(value, positives, negatives), rel=0.09)


@pytest.mark.parametrize(
    ("figure", "value", "width", "prevalence"),
    [
        ("auroc", 0.9, 0.1, 0.27),
        pytest.param("auroc", 0.75, 0.08, 0.5, marks=pytest.mark.slow),
        ("sensitivity", 0.95, 0.1, 0.3),
        ("accuracy", 0.9, 0.05, None),
    ],
)
def test_drawn_studies_keep_the_promise(figure: Figure, value: float, width: float, prevalence: float | None) -> None:
    planned = plan(figure, value, width, prevalence)
    simulated = simulate(planned)
    assert simulated is not None
    assert simulated.mean_width == pytest.approx(width, rel=0.03)
    assert simulated.covered == pytest.approx(0.95, abs=0.025)


@pytest.mark.parametrize(
    ("figure", "value", "width", "prevalence", "says"),
    [
        ("auroc", 0.9, 0.1, None, "prevalence"),
        ("auroc", 0.4, 0.1, 0.5, "worse than chance"),
        ("auroc", 1.0, 0.1, 0.5, "between 0 and 1"),
        ("accuracy", float("nan"), 0.1, None, "between 0 and 1"),
        ("sensitivity", 0.9, 0.1, 0.0, "prevalence"),
        ("accuracy", 0.5, 1e-6, None, "more than"),
    ],
)
def test_what_cannot_be_planned_is_refused(
    figure: Figure, value: float, width: float, prevalence: float | None, says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        plan(figure, value, width, prevalence)


def test_a_plan_is_drawn_the_same_again() -> None:
    planned = plan("sensitivity", 0.95, 0.2, 0.3)
    assert simulate(planned) == simulate(planned)


def test_the_verb_says_what_the_function_finds() -> None:
    asked = ["plan", "--sensitivity", ".95", "--width", ".20", "--prevalence", ".30"]
    told = json.loads(RUNNER.invoke(app, [*asked, "--json", "-"]).stdout)
    found = plan("sensitivity", 0.95, 0.2, 0.3)
    assert told["n"] == found.n
    assert told["positives"] + told["negatives"] == found.n
    assert f"{found.n:,} cases" in RUNNER.invoke(app, asked).stdout


def test_one_figure_is_planned_for() -> None:
    for asked in ([], ["--auroc", ".9", "--accuracy", ".9"]):
        result = RUNNER.invoke(app, ["plan", "--width", ".1", "--prevalence", ".3", *asked])
        assert isinstance(result.exception, ConfigError)
