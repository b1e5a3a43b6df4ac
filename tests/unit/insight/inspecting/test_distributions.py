from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.insight.inspecting.distributions import distribution, far_out, spreads
from aisle.insight.inspecting.grouping import Grouping


def test_prices_over_powers_of_ten_are_logarithmic() -> None:
    found = distribution(np.geomspace(1, 10_000, 200))
    assert found is not None
    assert found.log
    ratios = np.diff(np.log(found.edges))
    assert ratios == pytest.approx([ratios[0]] * len(ratios))
    assert sum(found.counts) == found.rows == 200
    assert found.median == pytest.approx(100, rel=0.05)
    even = distribution(np.linspace(1, 5, 200))
    assert even is not None
    assert not even.log


def test_a_few_far_values_do_not_squeeze_the_others() -> None:
    values = np.concatenate([np.linspace(-1, 1, 500), [1e6]])
    found = distribution(values)
    assert found is not None
    assert found.beyond >= 1
    assert found.edges[-1] < 2
    assert found.quantiles[-1] == 1e6
    assert sum(found.counts) + found.beyond == 501


def test_numbers_whose_span_is_beyond_all_numbers_have_quantiles_and_a_histogram() -> None:
    values = np.array([-1e308, 1e308] * 20 + [3.0])
    found = distribution(values)
    assert found is not None
    assert found.median == 3.0
    assert np.isfinite(found.quantiles).all()
    assert np.isfinite(found.edges).all()
    assert sum(found.counts) + found.beyond == 41


def test_small_whole_numbers_have_a_bin_each() -> None:
    found = distribution(np.repeat([1.0, 2.0, 3.0, 5.0], [4, 3, 2, 30]))
    assert found is not None
    assert found.counts == (4, 3, 2, 0, 30)
    assert found.edges[:2] == (0.5, 1.5)


def test_one_value_has_a_histogram_and_none_has_not() -> None:
    found = distribution(np.array([7.0, np.nan]))
    assert found is not None
    assert (found.rows, found.counts, found.quantiles) == (1, (1,), (7.0,) * 7)
    assert distribution(np.array([np.nan])) is None


@given(
    st.lists(
        st.floats(min_value=-1e9, max_value=1e9) | st.just(float("nan")), min_size=1, max_size=60
    )
)
def test_every_number_is_counted_or_said_to_lie_beyond(values: list[float]) -> None:
    array = np.array(values)
    found = distribution(array)
    if found is None:
        assert np.isnan(array).all()
        return
    assert sum(found.counts) + found.beyond == found.rows == np.isfinite(array).sum()
    assert (np.diff(found.edges) >= 0).all()
    assert list(found.quantiles) == sorted(found.quantiles)


def test_outliers_are_found_on_the_scale_that_suits() -> None:
    plain = np.concatenate([np.linspace(10, 20, 100), [95.0, np.nan, -40.0]])
    assert far_out(plain).tolist() == [100, 102]
    skewed = np.geomspace(1, 1_000, 100)
    assert far_out(skewed).tolist() == []
    assert far_out(np.append(skewed, 1e15)).tolist() == [100]
    assert far_out(np.array([1.0] * 50 + [9.0])).tolist() == []


def test_groups_without_numbers_are_left_out() -> None:
    grouping = Grouping("class", ("a", "b", "c"), np.array([0, 0, 1, 2, -1]))
    found = spreads(np.array([1.0, 3.0, np.nan, 5.0, 9.0]), grouping, 3)
    assert [(one.group, one.rows, one.quantiles[2]) for one in found] == [
        ("a", 2, 2.0),
        ("c", 1, 5.0),
    ]
    assert len(spreads(np.array([1.0, 3.0, 2.0, 5.0, 9.0]), grouping, 2)) == 2
    assert spreads(np.array([1.0]), None, 3) == ()
