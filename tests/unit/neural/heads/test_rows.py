"""Rows made dense batch by batch, scaled, and some of them held out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from aisle.neural.heads.rows import Examples, Scale
from aisle.neural.training import held_out


def test_dense_columns_get_mean_0_and_deviation_1() -> None:
    X = np.random.default_rng(0).normal(1e5, 3, (9_000, 3)).astype(np.float32)
    X[:, 1] = 7.1
    found = Scale.of(X).dense(X)
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=0.01)
    np.testing.assert_allclose(found.std(axis=0), [1, 0, 1], atol=0.01)


def test_sparse_columns_keep_their_zeros_and_proportions() -> None:
    X = sparse.random(40, 30, 0.2, format="csr", dtype=np.float32, random_state=0)
    found = Scale.of(X).dense(X)
    assert ((found == 0) == (X.toarray() == 0)).all()
    assert np.square(found).mean() == pytest.approx(1, rel=1e-5)
    ratio = found[X.nonzero()] / np.asarray(X[X.nonzero()]).ravel()
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-5)
    nothing = sparse.csr_matrix((4, 3), dtype=np.float32)
    assert Scale.of(nothing).dense(nothing).tolist() == [[0.0] * 3] * 4


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_a_part_holds_the_rows_asked_for(form: type) -> None:
    X = form(np.arange(20, dtype=np.float32).reshape(10, 2))
    weight = np.arange(10, dtype=np.float32)
    rows = Examples(X, np.arange(10), weight, Scale()).take(np.array([7, 2, 9]))
    assert len(rows) == 3
    part = rows.part([2, 0])
    assert part.features.tolist() == [[18.0, 19.0], [14.0, 15.0]]
    assert part.target.tolist() == [9, 7]
    assert part.weight is not None
    assert part.weight.tolist() == [9.0, 7.0]
    assert rows[1] == (rows, 1)


def test_a_tenth_is_held_out_of_every_class() -> None:
    y = np.repeat([0, 1, 2, 3], [100, 60, 40, 1])
    kept, held = held_out(y, seed=1, classes=True)
    assert np.bincount(y[held], minlength=4).tolist() == [10, 6, 4, 0]
    assert np.array_equal(np.sort(np.concatenate([kept, held])), np.arange(201))
    assert not np.array_equal(held, held_out(y, seed=2, classes=True)[1])
    values = np.random.default_rng(0).lognormal(size=500)
    _, some = held_out(values, seed=0, classes=False)
    assert len(some) == 50
    assert np.median(values[some]) == pytest.approx(np.median(values), rel=0.1)


@pytest.mark.parametrize("classes", [True, False])
def test_near_duplicates_are_held_out_together_or_not_at_all(classes: bool) -> None:
    dice = np.random.default_rng(0)
    groups = np.sort(dice.integers(0, 150, 600)) * 7
    y = dice.integers(0, 5, 600) if classes else dice.normal(size=600)
    kept, held = held_out(y, seed=1, classes=classes, groups=groups)
    assert not set(groups[kept]) & set(groups[held])
    assert np.array_equal(np.sort(np.concatenate([kept, held])), np.arange(600))
    assert 30 < len(held) < 90
    alone = held_out(y, seed=1, classes=classes, groups=np.arange(600))
    for found, expected in zip(alone, held_out(y, seed=1, classes=classes), strict=True):
        assert np.array_equal(found, expected), "rows that have no twin are chosen as ever"


def test_no_class_is_held_out_as_a_whole_and_no_large_family() -> None:
    groups = np.repeat(np.arange(40), 3)
    y = np.repeat(np.arange(40), 3) % 20
    rare = np.where(groups == 5, 99, y)
    for seed in range(20):
        kept, held = held_out(rare, seed=seed, classes=True, groups=groups)
        assert set(rare[kept]) == set(rare)
        assert len(held)
        family = np.where(groups < 10, 0, groups)
        kept, held = held_out(y, seed=seed, classes=True, groups=family)
        assert 0 < len(held) <= 12
        assert not (family[held] == 0).any()
