"""Linear heads: scikit-learn's models, sooner, and the same answer for a row wherever it stands."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import BayesianRidge, LogisticRegression, Ridge
from sklearn.svm import LinearSVC

from aisle.errors import TrainingError
from aisle.heads import ClassifierHead, RegressorHead
from aisle.heads import linear as linear_module
from aisle.heads.head import softmax
from aisle.heads.linear import BayesianRidgeHead, LogisticHead, RidgeHead, SvmHead, SvrHead
from aisle.heads.products import Rotation

CLASSIFIERS = [LogisticHead(), SvmHead()]
REGRESSORS = [RidgeHead(), SvrHead(), BayesianRidgeHead()]


def problem(
    rows: int, columns: int, classes: int, *, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Make features around one centre a class."""
    dice = np.random.default_rng(seed)
    y = np.concatenate([np.arange(classes), dice.integers(0, classes, rows - classes)])
    centres = dice.normal(size=(classes, columns))
    X = (centres[y] + 1.5 * dice.normal(size=(rows, columns))) / np.sqrt(columns)
    return X.astype(np.float32), y


def forms(X: np.ndarray) -> list[Any]:
    return [X, sparse.csr_matrix(X), np.asfortranarray(X)]


@pytest.mark.parametrize(("rows", "columns"), [(60, 400), (200, 30), (150, 149), (149, 150)])
@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("kind", ["dense", "csr"])
def test_logistic_is_scikit_learns(rows: int, columns: int, classes: int, kind: str) -> None:
    X, y = problem(rows, columns, classes)
    new, _ = problem(40, columns, classes, seed=1)
    head = LogisticHead(C=3.0).fit(sparse.csr_matrix(X) if kind == "csr" else X, y)
    peer = LogisticRegression(C=3.0, tol=1e-9, max_iter=10_000).fit(X.astype(np.float64), y)
    assert np.abs(head.predict_proba(new) - peer.predict_proba(new)).max() < 1e-3
    assert head.weights_.dtype == np.float32
    assert head.weights_.shape == (columns, classes)


@pytest.mark.parametrize("classes", [2, 4])
def test_with_sample_weights_too(classes: int) -> None:
    X, y = problem(60, 200, classes)
    weight = np.random.default_rng(2).uniform(0.1, 3, 60)
    ours = LogisticHead(C=2.0).fit(X, y, weight).predict_proba(X)
    peer = LogisticRegression(C=2.0, tol=1e-9, max_iter=10_000).fit(X, y, sample_weight=weight)
    assert np.abs(ours - peer.predict_proba(X)).max() < 1e-3
    assert np.abs(ours - LogisticHead(C=2.0).fit(X, y).predict_proba(X)).max() > 1e-2


def test_equal_rows_do_not_harm_the_rotation() -> None:
    X, y = problem(30, 300, 3)
    X, y = np.tile(X, (3, 1)), np.tile(y, 3)
    peer = LogisticRegression(C=5.0, tol=1e-9, max_iter=10_000).fit(X.astype(np.float64), y)
    ours = LogisticHead(C=5.0).fit(X, y).predict_proba(X)
    assert np.abs(ours - peer.predict_proba(X)).max() < 1e-3


def test_more_rows_than_the_rotation_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = problem(120, 400, 3)
    rotated = LogisticHead().fit(sparse.csr_matrix(X), y).predict_proba(X)
    monkeypatch.setattr(Rotation, "pays", staticmethod(lambda X: False))
    plain = LogisticHead().fit(sparse.csr_matrix(X), y).predict_proba(X)
    assert np.abs(plain - rotated).max() < 1e-3


@pytest.mark.parametrize("classes", [2, 4])
def test_the_support_vector_machines_margins_are_scikit_learns(classes: int) -> None:
    X, y = problem(60, 200, classes)
    margins = LinearSVC(C=1.0, random_state=0, tol=1e-8, max_iter=100_000).fit(X, y)
    decision = margins.decision_function(X) * 3
    if classes == 2:
        decision = np.column_stack([-decision / 2, decision / 2])
    ours = SvmHead().fit(X, y).predict_proba(X)
    assert np.abs(ours - softmax(decision)).max() < 1e-2


@pytest.mark.parametrize("form", range(3))
@pytest.mark.parametrize(("rows", "columns"), [(50, 200), (200, 50)])
def test_ridge_is_scikit_learns(form: int, rows: int, columns: int) -> None:
    X, y = problem(rows, columns, 9)
    weight = np.random.default_rng(2).uniform(0.1, 3, rows)
    values = 1_000.0 + y
    peer = Ridge(alpha=0.5).fit(X.astype(np.float64), values, sample_weight=weight)
    ours = RidgeHead(alpha=0.5).fit(forms(X)[form], values, weight)
    np.testing.assert_allclose(ours.predict(X), peer.predict(X), atol=2e-2)


def test_bayesian_ridge_is_scikit_learns_where_it_need_not_rotate() -> None:
    X, y = problem(200, 20, 9)
    ours = BayesianRidgeHead().fit(sparse.csr_matrix(X), y).predict(X)
    np.testing.assert_allclose(ours, BayesianRidge().fit(X, y).predict(X), atol=1e-3)


def test_bayesian_ridge_thins_what_is_too_large(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    X, y = problem(90, 100, 9)
    monkeypatch.setattr(linear_module, "LARGEST_GRAM", 60)
    thinned = BayesianRidgeHead().fit(sparse.csr_matrix(X), y, np.ones(90))
    assert "60 of 90 rows" in caplog.text
    kept = np.linspace(0, 89, 60).astype(int)
    expected = BayesianRidgeHead().fit(X[kept], y[kept])
    np.testing.assert_allclose(thinned.predict(X), expected.predict(X), atol=1e-3)


@pytest.mark.parametrize("head", REGRESSORS, ids=repr)
def test_a_shifted_target_shifts_the_answer(head: RegressorHead) -> None:
    X, y = problem(60, 30, 9)
    near = head.fit(X, y).predict(X)
    far = head.fit(X, y + 5_000.0).predict(X)
    np.testing.assert_allclose(far - 5_000, near, atol=1e-2)
    assert np.abs(near - y).mean() < np.abs(y - y.mean()).mean()


@pytest.mark.parametrize("head", CLASSIFIERS, ids=repr)
@pytest.mark.parametrize(
    ("rows", "columns", "classes"), [(300, 40, 2), (40, 300, 5), (260, 300, 200)]
)
def test_probabilities_never_depend_on_the_rows_beside(
    head: ClassifierHead, rows: int, columns: int, classes: int
) -> None:
    X, y = problem(rows, columns, classes)
    head.fit(X, y)
    together = head.predict_proba(X)
    assert together.shape == (rows, classes)
    np.testing.assert_allclose(together.sum(axis=1), 1)
    for form in forms(X):
        assert head.predict_proba(form).tobytes() == together.tobytes()
        assert head.predict_proba(form[::-1])[::-1].tobytes() == together.tobytes()
        for row in (0, 1, rows - 1):
            assert head.predict_proba(form[[row]]).tobytes() == together[row].tobytes()
        for start, stop in ((0, 2), (3, 20)):
            part = head.predict_proba(form[start:stop])
            assert part.tobytes() == together[start:stop].tobytes()


@pytest.mark.parametrize("head", REGRESSORS, ids=repr)
def test_values_never_depend_on_the_rows_beside(head: RegressorHead) -> None:
    X, y = problem(60, 100, 9)
    head.fit(X, y)
    for form in forms(X):
        together = head.predict(form)
        assert head.predict(form[::-1])[::-1].tobytes() == together.tobytes()
        for row in range(0, 60, 7):
            assert head.predict(form[[row]]).tobytes() == together[[row]].tobytes()


@pytest.mark.parametrize("head", CLASSIFIERS, ids=repr)
def test_a_single_class(head: ClassifierHead) -> None:
    X, _ = problem(10, 30, 2)
    head.fit(X, np.full(10, 4))
    assert head.classes_.tolist() == [4]
    assert head.predict_proba(X).tolist() == [[1.0]] * 10


@pytest.mark.parametrize("head", CLASSIFIERS, ids=repr)
def test_classes_that_are_missing_in_a_fold_have_no_column(head: ClassifierHead) -> None:
    X, y = problem(60, 30, 3)
    head.fit(X, np.array([1, 5, 6])[y])
    assert head.classes_.tolist() == [1, 5, 6]
    answer = head.predict_proba(X)
    assert answer.shape == (60, 3)
    assert (answer.argmax(axis=1) == y).mean() > 0.6


@pytest.mark.parametrize("sparse_", [True, False])
@pytest.mark.parametrize("columns", [0, 1])
def test_one_column_and_none(columns: int, sparse_: bool) -> None:
    X, y = problem(60, 1, 3)
    X = X[:, :columns]
    given = sparse.csr_matrix(X) if sparse_ else X
    for head in CLASSIFIERS:
        answer = head.fit(given, y).predict_proba(given)
        assert answer.shape == (60, 3)
        if columns == 0:
            np.testing.assert_allclose(answer, np.tile(np.bincount(y) / 60, (60, 1)))
    for regressor in REGRESSORS:
        values = regressor.fit(given, y).predict(given)
        assert values.shape == (60,)
        if columns == 0:
            np.testing.assert_allclose(values, y.mean())


def test_a_single_row_has_a_value() -> None:
    X, _ = problem(3, 30, 2)
    for head in REGRESSORS:
        np.testing.assert_allclose(head.fit(X[:1], np.array([7.0])).predict(X), 7)


def test_no_rows_to_answer_for() -> None:
    X, y = problem(30, 40, 3)
    for form in forms(X):
        assert LogisticHead().fit(form, y).predict_proba(form[:0]).shape == (0, 3)
        assert RidgeHead().fit(form, y).predict(form[:0]).shape == (0,)


@pytest.mark.parametrize("head", [*CLASSIFIERS, *REGRESSORS], ids=repr)
@pytest.mark.parametrize("form", range(2))
def test_missing_values_are_refused_in_words(head: Any, form: int) -> None:
    X, y = problem(30, 40, 3)
    X[3, 4], X[5, 6] = np.nan, np.inf
    with pytest.raises(TrainingError, match=r"2 missing or infinite values.*lightgbm"):
        head.fit(forms(X)[form], y)


@pytest.mark.parametrize("head", [*CLASSIFIERS, *REGRESSORS], ids=repr)
def test_the_same_seed_gives_the_same_bytes(head: Any) -> None:
    X, y = problem(60, 300, 4)
    first = head.fit(X, y).weights_.tobytes(), head.intercept_.tobytes()
    assert (head.fit(X, y).weights_.tobytes(), head.intercept_.tobytes()) == first


@pytest.mark.filterwarnings("error")
def test_stopping_early_is_logged_and_does_not_warn(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    X, y = problem(60, 300, 4)
    LogisticHead(iterations=2).fit(X, y)
    assert "LogisticHead: stopped before it converged" in caplog.text


def test_softmax_does_not_depend_on_the_layout() -> None:
    scores = np.random.default_rng(0).normal(0, 5, (40, 200))
    whole = softmax(scores)
    for other in (np.asfortranarray(scores), scores[::-1][::-1], scores[:, ::-1][:, ::-1]):
        assert softmax(other).tobytes() == whole.tobytes()
        assert softmax(other[[3]]).tobytes() == whole[3].tobytes()
    assert softmax(np.array([[1e4, -1e4, 0.0]])).tolist() == [[1, 0, 0]]
