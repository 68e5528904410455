"""The mean over seeds and its interval, against scipy and a published example."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from digit_recognizer.statistics import over_seeds

pytestmark = pytest.mark.arithmetic

SHARES = st.lists(st.floats(0, 1), min_size=2, max_size=30).filter(lambda values: np.ptp(values) > 1e-6)


@given(SHARES, st.sampled_from([0.8, 0.95, 0.99]))
def test_the_interval_is_scipys(values: list[float], level: float) -> None:
    found = over_seeds(values, level)
    assert found.interval is not None
    expected = stats.ttest_1samp(values, 0).confidence_interval(level)
    assert (found.interval.low, found.interval.high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert found.mean == pytest.approx(np.mean(values))
    assert found.standard_deviation == pytest.approx(np.std(values, ddof=1))


def test_students_own_sample() -> None:
    """Student (1908), the additional hours of sleep under drug 1 in ten patients: mean .75, deviation 1.79."""
    hours = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    found = over_seeds(hours)
    assert (found.mean, found.standard_deviation) == (pytest.approx(0.75), pytest.approx(1.789, abs=5e-4))
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((-0.530, 2.030), abs=5e-4)


def test_one_seed_has_no_spread() -> None:
    found = over_seeds([0.98])
    assert (found.mean, found.standard_deviation, found.interval) == (0.98, None, None)
    assert found.to_dict()["interval_of_the_mean"] is None
