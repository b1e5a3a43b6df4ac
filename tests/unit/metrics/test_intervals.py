from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from aisle.errors import AisleError
from aisle.metrics import bootstrap_interval, clopper_pearson_lower, wilson_interval

COUNTS = st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTS, st.sampled_from([0.8, 0.95, 0.99]))
def test_bounds_agree_with_scipy(counts, level):
    successes, trials = counts
    expected = binomtest(successes, trials).proportion_ci(level, method="wilson")
    assert wilson_interval(successes, trials, level) == pytest.approx(tuple(expected), abs=1e-12)
    exact = binomtest(successes, trials, alternative="greater").proportion_ci(level)
    assert float(clopper_pearson_lower(successes, trials, level)) == pytest.approx(
        exact.low, abs=1e-9
    )


def test_clopper_pearson_keeps_the_shape_of_its_counts():
    bound = clopper_pearson_lower([[0, 5], [99, 0]], [[5, 5], [99, 0]], 0.95)
    assert bound.shape == (2, 2)
    assert bound[0, 0] == bound[1, 1] == 0
    assert bound[1, 0] == pytest.approx(0.05 ** (1 / 99))


def test_no_trials_tell_nothing():
    assert wilson_interval(0, 0) == (0.0, 1.0)


def test_bootstrap_is_seeded_and_holds_the_mean():
    values = np.random.default_rng(0).normal(3.0, 1.0, size=200)
    low, high = bootstrap_interval(values, 1)
    assert (low, high) == bootstrap_interval(values, np.random.default_rng(1))
    assert (low, high) != bootstrap_interval(values, 2)
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 * values.std() / np.sqrt(200), rel=0.1)


def test_bootstrap_of_a_statistic_of_row_numbers():
    values = np.arange(50.0)
    low, high = bootstrap_interval(np.arange(50), 0, statistic=lambda rows: values[rows].max())
    assert 40 < low <= high == 49


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: wilson_interval(3, 2), "between 0 and the number of trials"),
        (lambda: wilson_interval(1, 2, 95), "did you mean 0.95"),
        (lambda: clopper_pearson_lower([1], [2], 1.0), "both excluded"),
        (lambda: bootstrap_interval([], 0), "no rows"),
        (lambda: bootstrap_interval([1.0], 0, resamples=0), "resamples"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(AisleError, match=message):
        call()
