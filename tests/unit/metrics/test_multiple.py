from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, fisher_exact

from aisle.errors import AisleError
from aisle.metrics import benjamini_hochberg, two_shares_p_value


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_adjusted_values_are_those_of_scipy(p_values: list[float]) -> None:
    found = benjamini_hochberg(p_values)
    np.testing.assert_allclose(found, false_discovery_control(p_values), rtol=1e-9, atol=1e-12)
    assert (found >= np.asarray(p_values) - 1e-15).all()


def test_no_tests_need_no_correction() -> None:
    assert benjamini_hochberg([]).tolist() == []


def test_what_is_no_probability_is_refused() -> None:
    with pytest.raises(AisleError, match="between 0 and 1"):
        benjamini_hochberg([0.5, 1.5])


def test_two_shares_are_judged_by_fishers_test() -> None:
    expected = fisher_exact([[8, 2], [50, 50]]).pvalue
    assert two_shares_p_value(8, 10, 50, 100) == pytest.approx(expected)
    assert two_shares_p_value(5, 10, 50, 100) == pytest.approx(1.0)
    with pytest.raises(AisleError, match="11 of 10"):
        two_shares_p_value(11, 10, 5, 10)
