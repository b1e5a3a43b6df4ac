"""Principal components: the directions in which training rows differ most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import linalg

from aisle.blas import one_blas_thread
from aisle.encoders.image.exact import on_grid

LEARNED_FROM = 2_000
"""The most rows that components are learned from, evenly spread."""

_BITS = 22
_ROWS_AT_ONCE = 256
_NOTHING = 1e-6


@dataclass(frozen=True, eq=False)
class Projection:
    """Learned principal components.

    Parameters
    ----------
    middle
        The mean row, float32 (dimension,).
    axes
        float64 (dimension, components), each of length 1.
    """

    middle: npt.NDArray[np.float32]
    axes: npt.NDArray[np.float64]

    def apply(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the components of every row, float32 (rows, components).

        Rows are at most a few units long, so the products are exact and no row depends on those
        beside it.
        """
        parts = [np.empty((0, self.axes.shape[1]), dtype=np.float32)]
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            away = on_grid(rows[start : start + _ROWS_AT_ONCE] - self.middle, _BITS)
            parts.append((away @ self.axes).astype(np.float32))
        return np.concatenate(parts)


def learn_projection(rows: npt.NDArray[np.float32], count: int) -> Projection:
    """Learn principal components (Pearson, 1901; Hotelling, 1933).

    Parameters
    ----------
    rows
        float32 (rows, dimension), each at most a few units long.
    count
        How many; fewer are found where the rows differ in fewer directions.
    """
    kept = np.unique(np.linspace(0, max(len(rows) - 1, 0), LEARNED_FROM).astype(np.int64))
    sample = rows[kept] if len(rows) else rows
    if not len(sample):
        return Projection(np.zeros(rows.shape[1], np.float32), np.zeros((rows.shape[1], 0)))
    middle = sample.mean(axis=0, dtype=np.float64).astype(np.float32)
    away = on_grid(sample - middle, _BITS)
    with one_blas_thread():
        if len(away) < away.shape[1]:
            squares, turns = linalg.eigh(away @ away.T)
            axes = away.T @ turns
        else:
            squares, axes = linalg.eigh(away.T @ away)
    real = squares > max(float(squares[-1]), 0) * _NOTHING
    axes = axes[:, real][:, ::-1][:, :count]
    return Projection(middle, on_grid(axes / np.sqrt(np.square(axes).sum(axis=0)), _BITS))
