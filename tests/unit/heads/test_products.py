"""Products row by row, the Gram matrix, and the rotation that makes wide data square."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_info, threadpool_limits

from aisle.heads.products import LARGEST_GRAM, Rotation, gram, scores
from aisle.heads.solving import solving


def wide(rows: int, columns: int, seed: int = 0) -> sparse.csr_matrix:
    """Make rows of length 1, like TF-IDF: a few columns are common, most are rare."""
    dice = np.random.default_rng(seed)
    where = np.minimum(dice.zipf(1.3, (rows, 30)), columns) - 1
    matrix = sparse.csr_matrix(
        (np.ones(where.size, np.float32), (np.repeat(np.arange(rows), 30), where.ravel())),
        shape=(rows, columns),
    )
    matrix.data = np.sqrt(matrix.data)
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return (sparse.diags(1 / lengths) @ matrix).astype(np.float32).tocsr()


@pytest.mark.parametrize("outputs", [1, 2, 7, 200])
@pytest.mark.parametrize("dense", [True, False])
@given(st.integers(0, 10_000), st.integers(1, 9))
@settings(max_examples=15, deadline=None)
def test_scores_never_depend_on_the_rows_beside(
    outputs: int, dense: bool, seed: int, rows: int
) -> None:
    dice = np.random.default_rng(seed)
    matrix = dice.normal(size=(rows, 57)).astype(np.float32) * (dice.random((rows, 57)) < 0.6)
    weights = dice.normal(size=(57, outputs)).astype(np.float32)
    intercept = dice.normal(size=outputs)
    X = matrix if dense else sparse.csr_matrix(matrix)
    together = scores(X, weights, intercept)
    order = dice.permutation(rows)
    assert scores(X[order], weights, intercept).tobytes() == together[order].tobytes()
    for row in range(rows):
        assert scores(X[[row]], weights, intercept).tobytes() == together[row].tobytes()
    np.testing.assert_allclose(together, matrix @ weights + intercept, atol=1e-4)


def test_nor_on_the_order_in_which_columns_are_stored() -> None:
    X = wide(20, 300)
    shuffled = X.copy()
    for row in range(20):
        part = slice(X.indptr[row], X.indptr[row + 1])
        shuffled.indices[part] = X.indices[part][::-1]
        shuffled.data[part] = X.data[part][::-1]
    shuffled.has_sorted_indices = False
    weights = np.random.default_rng(0).normal(size=(300, 5)).astype(np.float32)
    assert np.array_equal(scores(X, weights, np.zeros(5)), scores(shuffled, weights, np.zeros(5)))
    assert not shuffled.has_sorted_indices


@pytest.mark.parametrize("columns", [1, 40, 5_000])
def test_the_gram_matrix(columns: int) -> None:
    X = wide(60, columns)
    full = X.toarray().astype(np.float64)
    np.testing.assert_allclose(gram(X), full @ full.T, atol=1e-12)
    np.testing.assert_allclose(gram(X.toarray()), full @ full.T, atol=1e-12)


def test_the_gram_matrix_in_several_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    X = wide(60, 500)
    whole = gram(X)
    monkeypatch.setattr("aisle.heads.products._COLUMNS_AT_ONCE", 3)
    np.testing.assert_allclose(gram(X), whole, atol=1e-12)


@pytest.mark.parametrize("dense", [True, False])
def test_the_rotation_keeps_inner_products_and_carries_weights_back(dense: bool) -> None:
    X = wide(50, 900)
    rotation = Rotation(X.toarray() if dense else X)
    full = X.toarray().astype(np.float64)
    np.testing.assert_allclose(rotation.features @ rotation.features.T, full @ full.T, atol=1e-6)
    rotated = np.random.default_rng(0).normal(size=(50, 4))
    weights = rotation.weights(rotated)
    assert weights.dtype == np.float32
    assert weights.shape == (900, 4)
    np.testing.assert_allclose(full @ weights, rotation.features @ rotated, atol=1e-4)


@pytest.mark.parametrize("rows", [[0] * 30, [0, 1] * 15, list(range(10)) * 3])
def test_equal_rows_can_be_rotated(rows: list[int]) -> None:
    X = wide(10, 400)[rows]
    assert np.isfinite(Rotation(X).features).all()


def test_rows_of_zeros_can_be_rotated() -> None:
    assert np.isfinite(Rotation(sparse.csr_matrix((5, 40), dtype=np.float32)).features).all()


def test_when_the_rotation_pays() -> None:
    assert Rotation.pays(np.empty((10, 11)))
    assert not Rotation.pays(np.empty((10, 10)))
    assert Rotation.pays(sparse.csr_matrix((LARGEST_GRAM, 100_000)))
    assert not Rotation.pays(sparse.csr_matrix((LARGEST_GRAM + 1, 100_000)))


def test_a_solver_that_does_not_converge_is_logged_and_other_warnings_pass(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def solve() -> None:
        with solving("the head"):
            warnings.warn("too slow", ConvergenceWarning, stacklevel=1)
            warnings.warn("look out", UserWarning, stacklevel=1)
            warnings.warn("The number of unique classes is great", UserWarning, stacklevel=1)

    caplog.set_level("INFO")
    with pytest.warns(UserWarning, match="look out") as caught:
        solve()
    assert len(caught) == 1
    assert "the head: stopped before it converged" in caplog.text


def test_solvers_run_in_one_thread() -> None:
    def threads() -> set[int]:
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    with threadpool_limits(2, user_api="blas"):
        before = threads()
        with solving("the head"):
            assert threads() == {1}
        assert threads() == before
