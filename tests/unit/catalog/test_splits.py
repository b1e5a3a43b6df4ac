"""Splits: no group cut, no class lost, shares met, the same seed the same sides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.catalog.splits import assign_folds, assign_sides, strata
from aisle.errors import CatalogError


@st.composite
def catalogues(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Classes and groups of up to 80 rows; groups mostly keep to one class."""
    rows = draw(st.integers(1, 80))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    groups = rng.integers(0, draw(st.integers(1, 2 * rows)), rows)
    classes = rng.integers(0, draw(st.integers(1, 8)), int(groups.max()) + 1)[groups]
    stray = rng.random(rows) < draw(st.sampled_from([0.0, 0.1]))
    classes[stray] = rng.integers(0, 8, int(stray.sum()))
    return classes, groups


shares = st.sampled_from([(0.25,), (0.25, 0.15), (0.1, 0.1), (0.5,), (0.0,)])


def is_cut(sides: np.ndarray, groups: np.ndarray) -> bool:
    return any(len(set(sides[groups == group])) > 1 for group in set(groups))


@given(catalogues(), shares, st.integers(0, 3))
def test_no_group_is_cut_and_every_class_trains(
    rows: tuple[np.ndarray, np.ndarray], wanted: tuple[float, ...], seed: int
) -> None:
    classes, groups = rows
    sides = assign_sides(classes, groups, wanted, seed)
    assert not is_cut(sides, groups)
    assert set(classes[sides == 0]) == set(classes)
    assert set(sides) <= set(range(len(wanted) + 1))


@given(catalogues(), st.integers(2, 6), st.integers(0, 3))
def test_folds_cut_no_group(rows: tuple[np.ndarray, np.ndarray], count: int, seed: int) -> None:
    classes, groups = rows
    folds = assign_folds(classes, groups, count, seed)
    assert not is_cut(folds, groups)
    assert folds.min() >= 0
    assert folds.max() < count


@given(catalogues(), shares, st.integers(0, 9))
def test_the_same_seed_gives_the_same_sides(
    rows: tuple[np.ndarray, np.ndarray], wanted: tuple[float, ...], seed: int
) -> None:
    first, second = (assign_sides(*rows, wanted, seed) for _ in range(2))
    assert np.array_equal(first, second)


@given(st.integers(0, 2**32), st.integers(2, 6), st.integers(3, 40), shares)
def test_shares_are_met_within_a_group_in_each_class_and_overall(
    state: int, kinds: int, groups_each: int, wanted: tuple[float, ...]
) -> None:
    rng = np.random.default_rng(state)
    sizes = rng.integers(1, 4, kinds * groups_each)
    groups = np.repeat(np.arange(len(sizes)), sizes)
    classes = groups % kinds
    sides = assign_sides(classes, groups, wanted, 0)
    for side, share in enumerate(wanted, start=1):
        assert abs((sides == side).sum() - share * len(classes)) <= kinds + sizes.max()
        for kind in range(kinds):
            inside = classes == kind
            off = abs((sides[inside] == side).sum() - share * inside.sum())
            assert off <= 2 * sizes.max()


@pytest.mark.parametrize("each", [2, 3, 4, 5, 7])
def test_what_rounding_takes_from_a_small_class_the_next_one_gives_back(each: int) -> None:
    classes = np.repeat(np.arange(400), each)
    sides = assign_sides(classes, np.arange(len(classes)), (0.25, 0.15), 0)
    share = np.bincount(sides, minlength=3) / len(classes)
    assert share == pytest.approx([0.6, 0.25, 0.15], abs=0.01)
    folds = np.bincount(assign_folds(classes, np.arange(len(classes)), 5, 0))
    assert np.ptp(folds) <= 2


@pytest.mark.parametrize("each", [2, 3, 5])
def test_shares_hold_over_many_classes_of_pairs(each: int) -> None:
    classes = np.repeat(np.arange(300), 2 * each)
    groups = np.repeat(np.arange(300 * each), 2)
    sides = assign_sides(classes, groups, (0.25,), 0)
    assert (sides == 1).mean() == pytest.approx(0.25, abs=0.02)


def test_a_class_with_a_single_group_only_trains() -> None:
    classes = np.array([0] * 30 + [1] * 4 + [2])
    groups = np.array([*range(30), 40, 40, 40, 40, 50])
    sides = assign_sides(classes, groups, (0.25,), 3)
    assert set(sides[30:]) == {0}
    assert (sides[:30] == 1).sum() in (7, 8)


def test_of_two_equal_groups_one_is_tested() -> None:
    sides = assign_sides(np.zeros(20, int), np.repeat([0, 1], 10), (0.25,), 0)
    assert np.bincount(sides).tolist() == [10, 10]


def test_different_seeds_differ_and_every_row_is_tested_at_times() -> None:
    classes = np.arange(60) % 3
    runs = np.array([assign_sides(classes, np.arange(60), (0.25,), seed) for seed in range(40)])
    assert len({run.tobytes() for run in runs}) == 40
    assert (runs == 1).any(axis=0).all()


def test_folds_are_about_equal_and_stratified() -> None:
    classes = np.repeat([0, 1, 2], [100, 50, 23])
    folds = assign_folds(classes, np.arange(173), 5, 0)
    assert np.ptp(np.bincount(folds)) <= 1
    for kind in range(3):
        assert np.ptp(np.bincount(folds[classes == kind], minlength=5)) <= 1


def test_large_groups_of_one_class_still_leave_even_folds() -> None:
    classes = np.zeros(100, dtype=np.int64)
    groups = np.concatenate([np.repeat([100, 101, 102], 10), np.arange(70)])
    assert np.bincount(assign_folds(classes, groups, 5, 0)).tolist() == [20] * 5


@pytest.mark.parametrize("wanted", [(1.0,), (0.6, 0.4), (-0.1,), (float("nan"),)])
def test_shares_that_leave_nothing_to_train_on_are_refused(wanted: tuple[float, ...]) -> None:
    with pytest.raises(CatalogError, match="leave nothing to train on"):
        assign_sides(np.zeros(4, int), np.arange(4), wanted, 0)


def test_a_single_fold_is_refused() -> None:
    with pytest.raises(CatalogError, match="at least 2 folds"):
        assign_folds(np.zeros(4, int), np.arange(4), 1, 0)


def test_no_rows_give_no_sides() -> None:
    none = np.empty(0, dtype=np.int64)
    assert assign_sides(none, none, (0.25,), 0).shape == (0,)


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=200))
def test_strata_are_ordered_and_hold_ten_rows_or_are_one(values: list[float | None]) -> None:
    numbers = np.array([np.nan if value is None else value for value in values])
    codes = strata(numbers)
    known = np.isfinite(numbers)
    assert set(codes[~known]).isdisjoint(codes[known])
    order = np.argsort(numbers[known], kind="stable")
    assert (np.diff(codes[known][order]) >= 0).all()
    assert len(set(codes[known])) <= max(1, known.sum() // 10)
