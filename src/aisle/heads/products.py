"""Matrix products whose rows do not depend on each other, and a rotation for short, wide data."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse

Floats = npt.NDArray[np.float64]

LARGEST_GRAM = 6_000
"""Rows up to which the exact rotation is used: the Gram matrix then takes at most 288 MB."""


def scores(X: Any, weights: npt.NDArray[np.floating], intercept: Floats) -> Floats:
    """Return ``X @ weights + intercept``, float64 (rows, outputs).

    Always through CSR, which adds a row's terms one after another: a blocked dense product would
    round differently with the number of rows, and a product must get the same answer alone and
    among others.
    """
    return np.asarray(sparse.csr_matrix(X) @ weights, dtype=np.float64) + intercept


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
        product = X @ X.T
        gram = np.asarray(product.todense() if sparse.issparse(product) else product, np.float64)
        gram[np.diag_indices_from(gram)] += 1e-7 * max(float(np.trace(gram)) / len(gram), 1e-12)
        self.features: Floats = linalg.cholesky(gram, lower=True)

    @staticmethod
    def pays(X: Any) -> bool:
        """Say whether there are few enough rows, and fewer than columns."""
        rows, columns = X.shape
        return bool(rows < columns and rows <= LARGEST_GRAM)

    def weights(self, rotated: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Carry weights (rows, outputs) back to the columns of X, float32 (dimension, outputs)."""
        rows = linalg.solve_triangular(self.features, rotated, lower=True, trans="T")
        return np.ascontiguousarray(self._X.T @ rows, dtype=np.float32)
