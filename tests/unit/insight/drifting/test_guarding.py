from __future__ import annotations

import numpy as np

from aisle.insight.drifting.guarding import Guard
from aisle.insight.drifting.statistics import numbers_apart, part_apart

NEW = np.repeat([False, True], [60, 40])


def test_random_partings_are_as_large_and_keep_groups_together() -> None:
    groups = np.arange(100) // 5
    guard = Guard.of(NEW, groups, 50, seed=1)
    assert guard.random.shape == (50, 100)
    assert (np.abs(guard.random.sum(axis=1) - 40) <= 5).all()
    for random in guard.random:
        assert all(len(set(random[groups == group])) == 1 for group in range(20))
    assert len({random.tobytes() for random in guard.random}) > 40
    again = Guard.of(NEW, groups, 50, seed=1)
    np.testing.assert_array_equal(again.random, guard.random)


def test_a_true_difference_stands_out_and_chance_does_not() -> None:
    guard = Guard.of(NEW, np.arange(100), 199, seed=0)
    values = np.random.default_rng(0).normal(size=100)
    moved = guard.judge(numbers_apart(values + 2 * NEW))
    assert moved.p_value == 1 / 200
    assert moved.value > 2 * moved.chance
    same = guard.judge(numbers_apart(values))
    assert same.p_value > 0.05
    assert guard.judge(part_apart(np.ones(100, dtype=bool))).p_value == 1.0


def test_a_group_on_one_side_is_no_drift_by_itself() -> None:
    """Forty copies of one product on the new side say no more than one product does."""
    groups = np.where(NEW, 1000, np.arange(100))
    values = np.where(NEW, 5.0, np.random.default_rng(0).normal(size=100))
    alone = Guard.of(NEW, np.arange(100), 199, seed=0).judge(numbers_apart(values))
    together = Guard.of(NEW, groups, 199, seed=0).judge(numbers_apart(values))
    assert alone.p_value == 1 / 200
    assert together.p_value >= 3 * alone.p_value
    assert alone.chance < 0.3
    assert together.chance > 0.6
