from __future__ import annotations

import numpy as np

from aisle.insight.drifting.guarding import Guard, _beyond
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


def test_beyond_all_partings_the_tail_goes_on_and_errs_towards_chance() -> None:
    values = np.random.default_rng(0).normal(size=100)
    guard = Guard.of(NEW, np.arange(100), 999, seed=0)
    assert 0 < guard.judge(numbers_apart(values + 9 * NEW)).p_value < 1e-6
    apart = part_apart(values > 0)
    many = Guard.of(NEW, np.arange(100), 20_000, seed=1)
    drawn = np.sort([apart(new) for new in many.random])
    for share in (1e-3, 3e-4):
        value = float(drawn[-round(share * len(drawn))])
        told = _beyond(np.random.default_rng(2).choice(drawn, 2_000), value)
        assert told > 0.5 * (drawn >= value).mean()


def test_few_groups_cannot_be_parted_in_more_ways_than_there_are() -> None:
    groups = np.repeat(np.arange(8), 5)
    new = np.repeat([False, True], 20)
    guard = Guard.of(new, groups, 999, seed=0)
    assert guard.least == 1 / 70
    assert guard.judge(numbers_apart(np.where(new, 9.0, 0.0))).p_value >= 1 / 70


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
