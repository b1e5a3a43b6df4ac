"""Matrix products whose rows do not depend on each other, and a rotation for short, wide data."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse

from aisle.heads.solving import solving

Floats = npt.NDArray[np.float64]

LARGEST_GRAM = 6_000
"""Rows up to which the exact rotation is used: the Gram matrix then takes at most 288 MB."""

_COMMON = 0.05
_COLUMNS_AT_ONCE = 2_048
_JITTER = 1e-7


def scores(X: Any, weights: npt.NDArray[np.floating], intercept: Floats) -> Floats:
    """Return ``X @ weights + intercept``, float64 (rows, outputs).

    Always through CSR, which adds a row's terms one after another: a blocked dense product would
    round differently with the number of rows, and a product must get the same answer alone and
    among others.
    """
    matrix = sparse.csr_matrix(X)
    if not matrix.has_sorted_indices:
        matrix = matrix.sorted_indices()
    return np.asarray(matrix @ weights, dtype=np.float64) + intercept


def gram(X: Any) -> Floats:
    """Return the inner products of rows, ``X X'``, float64 (rows, rows).

    A sparse product takes time by the square of the rows that a column stands in, a dense one by
    the square of all rows, but much less for each; so the columns that stand in more than a
    twentieth of the rows are multiplied as dense blocks.
    """
    if not sparse.issparse(X):
        dense = np.asarray(X, dtype=np.float64)
        return np.asarray(dense @ dense.T)
    by_column = X.astype(np.float64).tocsc()
    filled = np.diff(by_column.indptr)
    common = np.flatnonzero(filled > _COMMON * X.shape[0])
    rare = by_column[:, np.flatnonzero((filled > 0) & (filled <= _COMMON * X.shape[0]))].tocsr()
    total: Floats = (rare @ rare.T).toarray()
    for start in range(0, len(common), _COLUMNS_AT_ONCE):
        block = by_column[:, common[start : start + _COLUMNS_AT_ONCE]].toarray(order="C")
        total += block @ block.T
    return total


class Rotation:
    """An exact change of basis for fewer rows than columns.

    A model with a squared penalty on its weights depends on the rows only through their inner
    products (the representer theorem; Kimeldorf & Wahba, 1971; Hastie & Tibshirani, Efficient
    quadratic regularization for expression arrays, 2004). With the Cholesky factor L of the Gram
    matrix ``X X'`` as features, (rows, rows) instead of (rows, 100,000), the same model is fitted
    much sooner; its weights are carried back by ``X' L'^-1``.

    Parameters
    ----------
    X
        The training features, (rows, dimension).
    """

    def __init__(self, X: Any) -> None:
        self._X = X
        with solving("rotation"):
            products = gram(X)
            # Equal rows make the matrix singular; the trace decides what is small beside it.
            size = float(np.trace(products)) / X.shape[0]
            products[np.diag_indices_from(products)] += _JITTER * size if size > 0 else 1.0
            self.features: Floats = linalg.cholesky(products, lower=True, overwrite_a=True)

    @staticmethod
    def pays(X: Any) -> bool:
        """Say whether there are few enough rows, and fewer than columns."""
        rows, columns = X.shape
        return bool(rows < columns and rows <= LARGEST_GRAM)

    def weights(self, rotated: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Carry weights (rows, outputs) back to the columns of X, float32 (dimension, outputs)."""
        rows = linalg.solve_triangular(
            self.features, rotated.astype(np.float64), lower=True, trans="T"
        )
        return np.ascontiguousarray(self._X.T @ rows, dtype=np.float32)
