"""Naive Bayes: scikit-learn's two models, without making sparse rows dense."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.naive_bayes import GaussianNB, MultinomialNB

from aisle.errors import TrainingError
from aisle.heads.bayes import NaiveBayesHead

KINDS = pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix], ids=["dense", "csr"])
WEIGHTS = pytest.mark.parametrize("weighted", [True, False])


def counts(rows: int = 80, columns: int = 30, classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    dice = np.random.default_rng(0)
    y = np.concatenate([np.arange(classes), dice.integers(0, classes, rows - classes)])
    return dice.poisson(dice.gamma(1, 1, (classes, columns))[y]).astype(np.float32), y


@KINDS
@WEIGHTS
def test_counts_get_scikit_learns_multinomial(kind: Any, weighted: bool) -> None:
    X, y = counts()
    weight = np.random.default_rng(1).uniform(0.2, 4, len(y)) if weighted else None
    ours = NaiveBayesHead(alpha=0.3).fit(kind(X), y, weight)
    peer = MultinomialNB(alpha=0.3).fit(X, y, sample_weight=weight)
    assert np.abs(ours.predict_proba(kind(X)) - peer.predict_proba(X)).max() < 1e-4
    assert ours.squares_ is None


@KINDS
@WEIGHTS
def test_quantities_get_scikit_learns_gaussian(kind: Any, weighted: bool) -> None:
    X, y = counts()
    X = X - 1
    weight = np.random.default_rng(1).uniform(0.2, 4, len(y)) if weighted else None
    ours = NaiveBayesHead().fit(kind(X), y, weight)
    peer = GaussianNB(var_smoothing=0)
    peer.fit(X.astype(np.float64), y, sample_weight=weight)
    overall = np.average(X, axis=0, weights=weight)
    peer.var_ += 1e-3 * np.average((X - overall) ** 2, axis=0, weights=weight).max()
    assert np.abs(ours.predict_proba(kind(X)) - peer.predict_proba(X)).max() < 1e-6


@KINDS
@pytest.mark.parametrize("shift", [0, -1])
@pytest.mark.parametrize("classes", [2, 200])
def test_answers_never_depend_on_the_rows_beside(kind: Any, shift: int, classes: int) -> None:
    X, y = counts(260, 30, classes)
    X = kind(X + shift)
    head = NaiveBayesHead().fit(X, y)
    together = head.predict_proba(X)
    assert head.predict_proba(X[::-1])[::-1].tobytes() == together.tobytes()
    for row in range(0, 260, 23):
        assert head.predict_proba(X[[row]]).tobytes() == together[row].tobytes()


@KINDS
@pytest.mark.parametrize("value", [-3.0, 0.0, 2.0])
@pytest.mark.filterwarnings("error")
def test_columns_that_do_not_vary(kind: Any, value: float) -> None:
    X = kind(np.full((12, 3), value, dtype=np.float32))
    y = np.arange(12) % 4 // 3  # three quarters are of class 0
    found = NaiveBayesHead().fit(X, y).predict_proba(X)
    np.testing.assert_allclose(found, np.tile([0.75, 0.25], (12, 1)), rtol=1e-6)


@KINDS
@pytest.mark.filterwarnings("error")
def test_a_single_class_and_no_columns(kind: Any) -> None:
    X, y = counts()
    for shift in (0, -1):
        single = NaiveBayesHead().fit(kind(X + shift), np.full(80, 3))
        assert single.classes_.tolist() == [3]
        assert single.predict_proba(kind(X + shift)).tolist() == [[1.0]] * 80
    none = NaiveBayesHead().fit(kind(X[:, :0]), y)
    np.testing.assert_allclose(
        none.predict_proba(kind(X[:2, :0])), np.tile(np.bincount(y) / 80, (2, 1))
    )


def test_missing_values_are_refused_in_words() -> None:
    with pytest.raises(TrainingError, match="1 missing"):
        NaiveBayesHead().fit(np.array([[np.nan], [1.0]]), np.array([0, 1]))


def test_the_same_data_gives_the_same_bytes() -> None:
    X, y = counts()
    first = NaiveBayesHead().fit(X - 1, y)
    second = NaiveBayesHead().fit(X - 1, y)
    assert first.weights_.tobytes() == second.weights_.tobytes()
