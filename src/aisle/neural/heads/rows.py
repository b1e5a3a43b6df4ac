"""Rows to train on: batches made dense one at a time, scaled on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from aisle.heads.head import Matrix

Floats32 = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]

_CONSTANT = 1e-6
_AT_ONCE = 4_096


@dataclass(frozen=True, eq=False)
class Scale:
    """What is subtracted from columns, and what they are multiplied by.

    Parameters
    ----------
    mean
        float32 (columns,); None where nothing is subtracted, as from sparse columns.
    factor
        float32 (columns,); None where columns stay as they are. 0 for a column that did not vary:
        nothing can be learned about it, so nothing may depend on it.
    """

    mean: Floats32 | None = None
    factor: Floats32 | None = None

    @classmethod
    def of(cls, X: Matrix) -> Scale:
        """Measure a matrix: dense columns one by one, those of a sparse matrix all alike.

        The columns of a sparse matrix keep their proportions: one that is filled in two rows of a
        thousand would else weigh as much as one that tells the classes apart.
        """
        rows, columns = X.shape
        if sparse.issparse(X):
            size = float(np.sqrt(np.square(X.data, dtype=np.float64).sum() / (rows * columns)))
            value = np.float32(1 / size if size > 0 else 0)
            return cls(None, np.full(columns, value, dtype=np.float32))
        mean = np.zeros(columns)
        square = np.zeros(columns)
        for start in range(0, rows, _AT_ONCE):
            mean += X[start : start + _AT_ONCE].sum(axis=0, dtype=np.float64) / rows
        for start in range(0, rows, _AT_ONCE):
            apart = X[start : start + _AT_ONCE] - mean
            square += np.square(apart).sum(axis=0) / rows
        deviation = np.sqrt(square)
        varies = deviation > np.maximum(_CONSTANT * np.abs(mean), 1e-18)
        factor = np.divide(1.0, deviation, out=np.zeros(columns), where=varies)
        return cls(mean.astype(np.float32), factor.astype(np.float32))

    def dense(self, part: Matrix) -> Floats32:
        """Return some rows, dense and scaled, float32 (rows, columns)."""
        if sparse.issparse(part):
            part = part.astype(np.float32).tocsr()
            if self.factor is not None:
                part.data *= self.factor[part.indices]
            return np.asarray(part.toarray(order="C"))
        found = np.asarray(part, dtype=np.float32)
        if self.mean is not None:
            found = found - self.mean
        return found if self.factor is None else found * self.factor


class Part(NamedTuple):
    """Some rows, ready for a network.

    Parameters
    ----------
    features
        float32 (rows, columns).
    target
        int64 or float32 (rows,).
    weight
        float32 (rows,), or None.
    """

    features: Floats32
    target: npt.NDArray[Any]
    weight: Floats32 | None


@dataclass(frozen=True, eq=False)
class Examples:
    """Rows of a matrix with their targets, of which only batches are ever dense.

    Parameters
    ----------
    matrix
        Dense or CSR (all rows, columns).
    target
        int64 codes, or float32 values, (all rows,).
    weight
        float32 (all rows,), or None.
    scale
        Laid over every batch.
    numbers
        Which rows of the matrix these are; all of them if left out.
    """

    matrix: Matrix
    target: npt.NDArray[Any]
    weight: Floats32 | None
    scale: Scale
    numbers: Numbers | None = None

    def __len__(self) -> int:
        return len(self.target) if self.numbers is None else len(self.numbers)

    def __getitem__(self, index: int) -> tuple[Examples, int]:
        """Return where a row stands: slicing a sparse matrix row by row would take too long."""
        return self, index

    def take(self, rows: Numbers) -> Examples:
        """Return some of all rows."""
        return replace(self, numbers=rows)

    def part(self, rows: Sequence[int] | Numbers) -> Part:
        """Return some of these rows, dense."""
        at = np.asarray(rows, dtype=np.int64)
        if self.numbers is not None:
            at = self.numbers[at]
        weight = None if self.weight is None else self.weight[at]
        return Part(self.scale.dense(self.matrix[at]), self.target[at], weight)
