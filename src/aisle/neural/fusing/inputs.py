"""One modality's features as a network is trained on them, and as it reads them afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.linalg import eigh

from aisle.blas import one_blas_thread

Floats32 = npt.NDArray[np.float32]
Matrix = Any
"""A dense float32 array or a SciPy CSR matrix, (rows, dimension)."""

LEARNED_FROM = 2_000
"""Rows that principal directions are learned from; more would hardly turn them."""


@dataclass(frozen=True, eq=False)
class Reading:
    """A linear view of one modality's features, evened out in scale.

    Sparse features, of ten thousands of columns, are seen along their principal directions: a
    network learns as well from these, and forty times as fast. What it has learned is folded back
    to columns, so that nothing of this is left when it answers.

    Parameters
    ----------
    directions
        Of sparse features, float32 (columns, components); None for dense ones.
    mean
        Of dense features, float32 (columns,); None for sparse ones.
    scale
        What all numbers are multiplied by.
    columns
        How many there are.
    """

    directions: Floats32 | None
    mean: Floats32 | None
    scale: float
    columns: int

    @classmethod
    def of(cls, matrix: Matrix, components: int, seed: int) -> Reading:
        """Learn from the rows that have the modality.

        Parameters
        ----------
        matrix
            Dense or CSR (rows, columns), at least one row.
        components
            Principal directions to keep of sparse features, at most.
        seed
            For the choice of rows where there are many.
        """
        columns = int(matrix.shape[1])
        if sparse.issparse(matrix):
            directions = _directions(sparse.csr_matrix(matrix), components, seed)
            found = np.asarray(matrix @ directions)
            return cls(directions, None, _evening(found), columns)
        mean = matrix.mean(axis=0, dtype=np.float64).astype(np.float32)
        return cls(None, mean, _evening(matrix - mean), columns)

    @property
    def sparse(self) -> bool:
        """Whether the features are sparse."""
        return self.directions is not None

    @property
    def size(self) -> int:
        """How many numbers the network is trained on."""
        return self.columns if self.directions is None else int(self.directions.shape[1])

    def apply(self, matrix: Matrix) -> Floats32:
        """Return what the network is trained on, float32 (rows, size)."""
        seen = matrix - self.mean if self.directions is None else matrix @ self.directions
        return np.asarray(seen * np.float32(self.scale), dtype=np.float32)

    def folded(self, weight: Floats32, bias: Floats32) -> tuple[Floats32, Floats32]:
        """Return a layer over these numbers as one over the features themselves.

        Parameters
        ----------
        weight
            float32 (width, size).
        bias
            float32 (width,).

        Returns
        -------
        tuple
            The table, float32 (columns, width), and the bias, float32 (width,).
        """
        over = np.asarray(weight.T, dtype=np.float64) * self.scale
        if self.directions is not None:
            return np.asarray(self.directions @ over, dtype=np.float32), bias
        offset = 0.0 if self.mean is None else self.mean @ over
        return over.astype(np.float32), np.asarray(bias - offset, dtype=np.float32)


def _directions(matrix: Any, components: int, seed: int) -> Floats32:
    """Return principal directions through the origin, float32 (columns, components)."""
    if matrix.shape[0] > LEARNED_FROM:
        some = np.random.default_rng(seed).choice(matrix.shape[0], LEARNED_FROM, replace=False)
        matrix = matrix[np.sort(some)]
    matrix = matrix.astype(np.float64)
    with one_blas_thread():
        rows = matrix.shape[0]
        largest = (max(0, rows - components), rows - 1)
        squares, axes = eigh((matrix @ matrix.T).toarray(), subset_by_index=largest)
        kept = np.flatnonzero(squares > 1e-6 * max(squares[-1], 1e-12))[::-1]
        found = matrix.T @ (axes[:, kept] / np.sqrt(squares[kept]))
    return np.ascontiguousarray(found, dtype=np.float32)


def _evening(seen: Floats32) -> float:
    """Return the factor that brings numbers to a mean square of 1."""
    square = float(np.square(seen, dtype=np.float64).mean()) if seen.size else 0.0
    return 1 / np.sqrt(square) if square > 1e-18 else 0.0
