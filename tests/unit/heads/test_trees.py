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


LIGHT = [LightGbmClassifierHead, LightGbmRegressorHead]


def words_and_more(rows: int = 120) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Put 50 words, of rising variance, before 3 columns that every row fills and one of codes."""
    dice = np.random.default_rng(1)
    words = (dice.random((rows, 50)) < 0.3) * np.linspace(0.1, 1, 50)
    dense = 0.01 * dice.normal(size=(rows, 3))
    codes = dice.integers(0, 4, rows)
    # Zeros are not stored, so that only a fifth of the rows fills the column of codes.
    codes[dice.random(rows) < 0.75] = 0
    X = sparse.csr_matrix(np.column_stack([words, dense, codes]).astype(np.float32))
    return X, (codes + (words[:, 40] > 0)).astype(int)


@pytest.mark.parametrize("kind", LIGHT)
def test_of_many_words_those_that_vary_most_are_kept(kind: Any) -> None:
    X, y = words_and_more()
    head = kind(rounds=30, minimum_rows=3, columns=20, categorical=[53]).fit(X, y)
    words = head.kept_[head.kept_ < 50]
    assert len(words) == 20
    assert set(range(35, 50)) <= {int(word) for word in words} | {40}
    assert words.min() > 20
    assert head.kept_[-4:].tolist() == [50, 51, 52, 53]
    assert head.booster_.num_feature() == 24
    trees = head.booster_.trees_to_dataframe().query("split_feature == 'Column_23'")
    assert set(trees["decision_type"]) == {"=="}
    together = answer(head, X)
    assert answer(head, X[[7]]).tobytes() == together[[7]].tobytes()
    assert answer(head, X.toarray()).tobytes() == together.tobytes()


@pytest.mark.parametrize("kind", LIGHT)
@pytest.mark.parametrize("most", [None, 50, 2_000])
def test_few_words_are_all_kept(kind: Any, most: int | None) -> None:
    X, y = words_and_more()
    head = kind(rounds=5, columns=most, categorical=[53]).fit(X, y)
    assert head.kept_ is None
    assert head.booster_.num_feature() == 54


def test_dense_columns_are_all_kept() -> None:
    X, y = problem(60, 12, 3)
    assert LightGbmClassifierHead(rounds=5, columns=4).fit(X, y).kept_ is None


def test_a_head_of_an_older_bundle_reads_all_columns() -> None:
    X, y = words_and_more()
    head = LightGbmRegressorHead(rounds=5, columns=None).fit(X, y)
    before = head.predict(X)
    del head.kept_
    assert head.predict(X).tobytes() == before.tobytes()


@pytest.mark.parametrize("kind", LIGHT)
def test_rows_apart_say_when_to_stop(kind: Any) -> None:
    X, y = problem(200, 6, 3)
    nonsense = np.random.default_rng(5).integers(0, 3, 100)
    head = kind(rounds=200, minimum_rows=3)
    whole = head.fit(X[:100], y[:100]).booster_.num_trees()
    stopped = head.fit(X[:100], y[:100], stopping=(X[100:], nonsense)).booster_
    assert stopped.best_iteration < 30
    assert stopped.num_trees() < whole
    again = kind(rounds=200, minimum_rows=3, patience=0)
    again.fit(X[:100], y[:100], stopping=(X[100:], nonsense))
    assert again.booster_.num_trees() == whole


def test_classes_that_training_did_not_see_say_nothing_of_when_to_stop() -> None:
    X, y = problem(120, 6, 4)
    seen = y != 2
    head = LightGbmClassifierHead(rounds=60, minimum_rows=3)
    mixed_ = answer(head.fit(X[seen], y[seen], stopping=(X, y)), X)
    known = answer(head.fit(X[seen], y[seen], stopping=(X[seen], y[seen])), X)
    assert mixed_.tobytes() == known.tobytes()
    head.fit(X[seen], y[seen], stopping=(X[~seen], y[~seen]))
    assert head.booster_.num_trees() == 60 * 3


@pytest.mark.parametrize("weight", [1.0, 1e-3])
def test_leaves_of_rare_classes_have_some_curvature(weight: float) -> None:
    dice = np.random.default_rng(2)
    y = np.concatenate([np.arange(30), np.minimum(dice.geometric(0.1, 300), 30) - 1])
    X = sparse.csr_matrix((dice.random((30, 30)) < 0.2)[y].astype(np.float32))
    head = LightGbmClassifierHead(rounds=30).fit(X, y, np.full(len(y), weight))
    nodes = head.booster_.trees_to_dataframe()
    leaves = nodes[nodes["left_child"].isnull() & (nodes["node_depth"] > 1)]
    assert len(leaves) > 100
    assert leaves["weight"].min() > 0.099 * weight
