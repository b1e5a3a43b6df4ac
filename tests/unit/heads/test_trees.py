"""Tree heads: native categories, missing values, and rows that do not know of each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from aisle.encoders import Features, concatenate
from aisle.heads.trees import (
    ForestClassifierHead,
    ForestRegressorHead,
    LightGbmClassifierHead,
    LightGbmRegressorHead,
)

CLASSIFIERS = [LightGbmClassifierHead(rounds=12, minimum_rows=3), ForestClassifierHead(trees=12)]
REGRESSORS = [LightGbmRegressorHead(rounds=12, minimum_rows=3), ForestRegressorHead(trees=12)]
EVERY = [*CLASSIFIERS, *REGRESSORS]


def problem(rows: int, columns: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    dice = np.random.default_rng(0)
    y = np.concatenate([np.arange(classes), dice.integers(0, classes, rows - classes)])
    X = dice.normal(size=(classes, columns))[y] + 0.7 * dice.normal(size=(rows, columns))
    X[np.abs(X) < 0.3] = 0
    return X.astype(np.float32), y


def answer(head: Any, X: Any) -> np.ndarray:
    return np.asarray(head.predict_proba(X) if hasattr(head, "predict_proba") else head.predict(X))


@pytest.mark.parametrize("head", EVERY, ids=repr)
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix], ids=["dense", "csr"])
@pytest.mark.parametrize("classes", [2, 6])
def test_answers_never_depend_on_the_rows_beside(head: Any, kind: Any, classes: int) -> None:
    X, y = problem(120, 15, classes)
    X[::7, 3] = np.nan
    X = kind(X)
    head.fit(X, y)
    together = answer(head, X)
    assert answer(head, X[::-1])[::-1].tobytes() == together.tobytes()
    assert answer(head, X[5:50]).tobytes() == together[5:50].tobytes()
    for row in range(0, 120, 11):
        assert answer(head, X[[row]]).tobytes() == together[[row]].tobytes()


@pytest.mark.parametrize("head", EVERY, ids=repr)
def test_the_same_seed_gives_the_same_bytes(head: Any) -> None:
    X, y = problem(150, 12, 3)
    first = answer(head.fit(X, y), X)
    assert answer(head.fit(X, y), X).tobytes() == first.tobytes()
    head.set_params(seed=5)
    try:
        assert answer(head.fit(X, y), X).tobytes() != first.tobytes()
    finally:
        head.set_params(seed=0)


@pytest.mark.parametrize("head", EVERY, ids=repr)
def test_they_learn(head: Any) -> None:
    X, y = problem(400, 10, 3)
    head.fit(X[:300], y[:300])
    found = answer(head, X[300:])
    if found.ndim == 2:
        assert (found.argmax(axis=1) == y[300:]).mean() > 0.85
        np.testing.assert_allclose(found.sum(axis=1), 1)
    else:
        assert np.abs(found - y[300:]).mean() < 0.7 * np.abs(y - np.median(y)).mean()


@pytest.mark.parametrize("head", CLASSIFIERS, ids=repr)
def test_few_classes_and_many(head: Any) -> None:
    X, y = problem(30, 4, 3)
    single = answer(head.fit(X, np.full(30, 7)), X)
    assert head.classes_.tolist() == [7]
    assert single.tolist() == [[1.0]] * 30
    missing = head.fit(X, np.array([2, 5, 9])[y])
    assert missing.classes_.tolist() == [2, 5, 9]
    X, y = problem(450, 6, 200)
    assert answer(head.fit(X, y), X).shape == (450, 200)


def test_many_classes_take_fewer_rounds() -> None:
    X, y = problem(450, 3, 150)
    head = LightGbmClassifierHead(rounds=150).fit(X, y)
    assert head.booster_.num_trees() == 20 * 150
    X, y = problem(60, 3, 4)
    assert LightGbmClassifierHead(rounds=25).fit(X, y).booster_.num_trees() == 25 * 4


@pytest.mark.parametrize("head", EVERY, ids=repr)
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix], ids=["dense", "csr"])
def test_no_column_and_one_column(head: Any, kind: Any) -> None:
    X, y = problem(60, 1, 3)
    none = answer(head.fit(kind(X[:, :0]), y), kind(X[:5, :0]))
    if none.ndim == 2:
        np.testing.assert_allclose(none, np.tile(np.bincount(y) / 60, (5, 1)))
    else:
        np.testing.assert_allclose(none, [y.mean()] * 5)
    assert len(answer(head.fit(kind(X), y), kind(X))) == 60


@pytest.mark.parametrize("head", EVERY, ids=repr)
def test_weighty_rows_count_more(head: Any) -> None:
    dice = np.random.default_rng(0)
    X = dice.normal(size=(80, 2)).astype(np.float32)
    y = np.arange(80) % 2
    heavy = np.where(y == 1, 20.0, 1.0)
    found = answer(head.fit(X, y, heavy), dice.normal(size=(50, 2)).astype(np.float32))
    if found.ndim == 2:
        found = found[:, 1]
    plain = answer(head.fit(X, y), dice.normal(size=(50, 2)).astype(np.float32))
    assert found.mean() > (plain[:, 1] if plain.ndim == 2 else plain).mean() + 0.1


@pytest.mark.parametrize("head", EVERY, ids=repr)
def test_a_handful_of_rows(head: Any) -> None:
    X, y = problem(4, 6, 2)
    assert np.isfinite(answer(head.fit(X, y), X)).all()


def mixed(codes: np.ndarray, seed: int = 0) -> Features:
    """Put sparse words that say nothing beside one column of category codes."""
    rows = len(codes)
    words = sparse.random(
        rows, 300, density=0.05, format="csr", dtype=np.float32, random_state=seed
    )
    native = Features(codes.astype(np.float32).reshape(-1, 1), ~np.isnan(codes), categorical=(0,))
    return concatenate([Features(words, np.ones(rows, dtype=bool)), native])


def test_native_categories_survive_beside_sparse_words() -> None:
    dice = np.random.default_rng(3)
    codes = dice.integers(0, 24, 600).astype(np.float64)
    codes[dice.random(600) < 0.1] = np.nan
    # Neither an order nor a threshold of the codes tells the classes apart: only the sets do.
    truth = np.where(np.isnan(codes), 2, dice.permutation(24)[np.nan_to_num(codes).astype(int)] % 2)
    features = mixed(codes)
    assert features.categorical == (300,)
    assert features.matrix.format == "csr"
    head = LightGbmClassifierHead(rounds=40, categorical=list(features.categorical))
    head.fit(features.matrix, truth)
    kinds = head.booster_.trees_to_dataframe().query("split_feature == 'Column_300'")
    assert set(kinds["decision_type"]) == {"=="}
    new = np.array([*range(24), np.nan, 99.0])
    found = head.predict_proba(mixed(new, seed=1).matrix).argmax(axis=1)
    expected = [truth[np.flatnonzero(codes == code)[0]] for code in range(24)]
    assert found[:24].tolist() == expected
    assert found[24] == 2  # a missing value is a value of its own


def test_other_is_not_the_same_as_missing() -> None:
    codes = np.array([0.0] * 50 + [np.nan] * 50 + [1.0] * 50)
    truth = np.repeat([0, 1, 2], 50)
    features = mixed(codes)
    head = LightGbmClassifierHead(rounds=30, categorical=[300]).fit(features.matrix, truth)
    assert (head.predict_proba(features.matrix).argmax(axis=1) == truth).all()


def test_dense_and_sparse_codes_get_the_same_answer() -> None:
    codes = np.random.default_rng(0).integers(0, 9, 200).astype(np.float64)
    codes[::9] = np.nan
    features = mixed(codes)
    head = LightGbmClassifierHead(rounds=10, categorical=[300])
    head.fit(features.matrix, (np.nan_to_num(codes) % 3).astype(int))
    dense = features.matrix.toarray()
    assert np.isnan(dense).any()
    assert head.predict_proba(dense).tobytes() == head.predict_proba(features.matrix).tobytes()


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix], ids=["dense", "csr"])
def test_a_forest_puts_missing_values_below_all_others(kind: Any) -> None:
    X = np.array([[np.nan], [0.0], [1.0]] * 30, dtype=np.float32)
    y = np.array([0, 1, 1] * 30)
    given = kind(X)
    head = ForestClassifierHead(trees=20).fit(given, y)
    assert (head.predict_proba(given).argmax(axis=1) == y).all()
    values = given if isinstance(given, np.ndarray) else given.data
    assert np.isnan(values).sum() == 30  # what was given is left as it was
