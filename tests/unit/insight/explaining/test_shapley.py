"""Exact Shapley values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.errors import AisleError
from aisle.insight.explaining.shapley import shapley_values, subsets


def test_subsets_go_from_none_to_all() -> None:
    found = list(subsets(("a", "b", "c")))
    assert found[0] == frozenset()
    assert found[-1] == {"a", "b", "c"}
    assert len(found) == len(set(found)) == 8


def test_too_many_players_are_refused() -> None:
    with pytest.raises(AisleError, match="11 players"):
        list(subsets([str(number) for number in range(11)]))


def test_a_known_game() -> None:
    """Two left gloves and a right one; a pair is worth 1 (Shapley's glove game)."""
    worth = {s: float("r" in s and len(s) > 1) for s in subsets(("l1", "l2", "r"))}
    found = shapley_values(("l1", "l2", "r"), worth)
    assert found == pytest.approx({"l1": 1 / 6, "l2": 1 / 6, "r": 2 / 3})


@given(st.lists(st.floats(-1e3, 1e3), min_size=16, max_size=16))
def test_values_sum_to_the_difference_and_are_fair(worths: list[float]) -> None:
    players = ("a", "b", "c", "d")
    worth = dict(zip(subsets(players), worths, strict=True))
    # d adds nothing to anybody, and a and b are twins.
    for some in list(worth):
        if "d" in some:
            worth[some] = worth[some - {"d"}]
    for some in list(worth):
        if "b" in some and "a" not in some:
            worth[some] = worth[some - {"b"} | {"a"}]
    for some in list(worth):
        if "d" in some:
            worth[some] = worth[some - {"d"}]
    found = shapley_values(players, worth)
    assert sum(found.values()) == pytest.approx(worth[frozenset(players)] - worth[frozenset()])
    assert found["d"] == pytest.approx(0, abs=1e-9)
    assert found["a"] == pytest.approx(found["b"], abs=1e-9)
