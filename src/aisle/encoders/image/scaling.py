"""Descriptors brought to a scale on which linear heads do well."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_LEAST = 1e-6


@dataclass(frozen=True, eq=False)
class BlockScale:
    """What is subtracted from each column of a descriptor, and what it is divided by.

    Parameters
    ----------
    middle, spread
        float32 (dimension,).
    """

    middle: Floats
    spread: Floats

    def apply(self, block: Floats) -> Floats:
        """Return the scaled rows, each of length 1, float32 (rows, dimension)."""
        return unit((block - self.middle) / self.spread)


def learn_scale(block: Floats, *, shared: bool) -> BlockScale:
    """Learn the mean of every column and its spread.

    Parameters
    ----------
    block
        float32 (rows, dimension).
    shared
        Columns are of one kind: the spread that they have in common counts as much as their own,
        so that columns that hardly vary are not blown up.
    """
    width = block.shape[1]
    if not len(block):
        return BlockScale(np.zeros(width, np.float32), np.ones(width, np.float32))
    middle = block.mean(axis=0, dtype=np.float64)
    variance = block.var(axis=0, dtype=np.float64)
    spread = np.sqrt(variance + (variance.mean() if shared else 0))
    spread[spread < _LEAST] = 1.0
    return BlockScale(middle.astype(np.float32), spread.astype(np.float32))


def unit(block: Floats) -> Floats:
    """Give every row length 1; a row of zeros stays."""
    rows = np.ascontiguousarray(block)
    length = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
    return np.asarray(rows / np.where(length > 0, length, 1))
