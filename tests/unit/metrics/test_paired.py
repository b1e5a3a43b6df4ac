from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, ttest_rel

from aisle.errors import AisleError
from aisle.metrics import mcnemar, paired_difference


def test_difference_agrees_with_scipy():
    generator = np.random.default_rng(0)
    a, b = generator.normal(0.95, 0.01, size=(2, 20))
    result = paired_difference(a, b)
    low, high = ttest_rel(a, b).confidence_interval(0.95)
    assert (result.low, result.high) == pytest.approx((low, high))
    assert result.mean == pytest.approx((a - b).mean())
    assert result.wins + result.losses + result.ties == 20
    assert result.wins == (a > b).sum()


def test_overlapping_splits_widen_the_interval():
    a, b = [0.95, 0.96, 0.94, 0.97], [0.94, 0.96, 0.95, 0.94]
    plain, corrected = paired_difference(a, b), paired_difference(a, b, test_share=0.25)
    assert corrected.mean == plain.mean
    assert corrected.standard_error / plain.standard_error == pytest.approx(
        np.sqrt((1 / 4 + 1 / 3) / (1 / 4))
    )


def test_mcnemar_is_the_exact_binomial_test():
    a = np.array([True] * 90 + [True] * 8 + [False] * 2)
    b = np.array([True] * 90 + [False] * 8 + [True] * 2)
    result = mcnemar(a, b)
    assert (result.only_a, result.only_b) == (8, 2)
    assert result.p_value == pytest.approx(binomtest(2, 10).pvalue)
    assert mcnemar(b, a).p_value == result.p_value
    assert mcnemar(a, a).p_value == 1.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: paired_difference([0.9], [0.8]), "two or more splits"),
        (lambda: paired_difference([0.9, 0.8], [0.8]), "a has 2 rows and b has 1"),
        (lambda: paired_difference([0.9, 0.8], [0.8, 0.7], test_share=25), "did you mean 0.25"),
        (lambda: mcnemar([], []), "no rows"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(AisleError, match=message):
        call()
