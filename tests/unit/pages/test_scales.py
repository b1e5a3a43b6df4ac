from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.pages.scales import Axis


def test_points_outside_an_axis_are_drawn_at_its_edge() -> None:
    axis = Axis("x", 0.5, 1.0)
    assert axis.place(0.1) == 0
    assert axis.place(3.0) == 1
    assert Axis("x", 2.0, 2.0).place(2.0) == 0.5


def test_a_logarithmic_axis_spaces_decades_evenly() -> None:
    axis = Axis("x", 10.0, 100_000.0, log=True)
    assert [axis.place(10.0**power) for power in range(1, 6)] == pytest.approx(
        [0, 0.25, 0.5, 0.75, 1]
    )
    assert [label for _, label in axis.ticks()] == ["10", "100", "1k", "10k", "100k"]


def test_percent_ticks() -> None:
    assert [label for _, label in Axis("x", 0.9, 1.0, percent=True).ticks()][:2] == ["90%", "92%"]


@given(
    st.floats(-1e9, 1e9),
    st.floats(1e-3, 1e9),
)
def test_ticks_lie_on_the_axis_and_are_few(low: float, length: float) -> None:
    ticks = [value for value, _ in Axis("x", low, low + length).ticks()]
    assert 1 <= len(ticks) <= 8
    assert ticks == sorted(ticks)
    slack = 1e-6 * max(abs(low), length)
    assert all(low - slack <= value <= low + length + slack for value in ticks)


@given(st.floats(1e-6, 1e6), st.floats(1.1, 1e12))
def test_logarithmic_ticks_lie_on_the_axis_and_are_few(low: float, times: float) -> None:
    axis = Axis("x", low, low * times, log=True)
    ticks = [value for value, _ in axis.ticks()]
    assert 1 <= len(ticks) <= 10
    assert all(low * 0.999 <= value <= low * times * 1.001 for value in ticks)


def test_an_axis_may_span_more_than_the_largest_number() -> None:
    axis = Axis("price", -1e308, 1e308)
    assert [axis.place(value) for value in (-1e308, 0.0, 1e308)] == [0.0, 0.5, 1.0]
    assert 0.0 in [value for value, _ in axis.ticks()]
