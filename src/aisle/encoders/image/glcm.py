"""Texture from grey-level co-occurrence matrices."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from aisle.catalog.images import Pixels

LEVELS = 16
DISTANCES = (1, 2, 4)
DIRECTIONS = ((0, 1), (-1, 1), (-1, 0), (-1, -1))
"""Steps down and to the right: 0, 45, 90 and 135 degrees."""

STATISTICS = ("contrast", "dissimilarity", "homogeneity", "energy", "correlation", "entropy")
DIMENSION = len(DISTANCES) * len(DIRECTIONS) * len(STATISTICS)

Floats = npt.NDArray[np.float64]


def glcm(pixels: Pixels) -> npt.NDArray[np.float32]:
    """Describe a texture by how often which greys stand next to each other.

    Source: Haralick, Shanmugam and Dinstein, Textural features for image classification, 1973.

    Parameters
    ----------
    pixels
        uint8 (side, side, 3), RGB, at least 5 pixels a side.

    Returns
    -------
    float32 (72,)
        Six statistics for each of three distances and four angles, in the order of `DISTANCES`,
        `DIRECTIONS` and `STATISTICS`.
    """
    levels = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.int32) * LEVELS // 256
    pairs = np.stack(
        [
            co_occurrence(levels, distance * down, distance * right)
            for distance in DISTANCES
            for down, right in DIRECTIONS
        ]
    )
    return statistics(pairs).astype(np.float32).ravel()


def co_occurrence(levels: npt.NDArray[np.int32], down: int, right: int) -> Floats:
    """Return how often each pair of levels stands at a distance, in either order.

    Parameters
    ----------
    levels
        int32 (height, width), from 0 to `LEVELS` - 1.
    down, right
        The step from one pixel to the other.

    Returns
    -------
    float64 (LEVELS, LEVELS)
        Symmetric, summing to 1.
    """
    height, width = levels.shape
    top, left = max(0, -down), max(0, -right)
    bottom, end = height - max(0, down), width - max(0, right)
    here = levels[top:bottom, left:end]
    there = levels[top + down : bottom + down, left + right : end + right]
    counts = np.bincount((here * LEVELS + there).ravel(), minlength=LEVELS * LEVELS)
    matrix = counts.reshape(LEVELS, LEVELS)
    return (matrix + matrix.T) / (2 * here.size)


def statistics(pairs: Floats) -> Floats:
    """Return the `STATISTICS` of co-occurrence matrices.

    Parameters
    ----------
    pairs
        float64 (matrices, LEVELS, LEVELS), each symmetric and summing to 1.

    Returns
    -------
    float64 (matrices, 6)
        Energy is the root of the sum of squares; the correlation of a single grey is 1; entropy
        is in nats.
    """
    flat = pairs.reshape(len(pairs), -1)
    level, squared, absolute, near = _constants()
    mean = (flat * level).sum(axis=1, keepdims=True)
    away = level - mean
    variance = (flat * away**2).sum(axis=1)
    # Rows and columns of a symmetric matrix have the same mean.
    covariance = (flat * away * _transposed(away)).sum(axis=1)
    varies = variance > 1e-12
    nats = np.log(np.where(flat > 0, flat, 1))
    return np.stack(
        [
            (flat * squared).sum(axis=1),
            (flat * absolute).sum(axis=1),
            (flat * near).sum(axis=1),
            np.sqrt((flat**2).sum(axis=1)),
            np.where(varies, covariance / np.where(varies, variance, 1), 1.0),
            -(flat * nats).sum(axis=1),
        ],
        axis=1,
    )


def _transposed(flat: Floats) -> Floats:
    return flat.reshape(-1, LEVELS, LEVELS).transpose(0, 2, 1).reshape(flat.shape)


@cache
def _constants() -> tuple[Floats, Floats, Floats, Floats]:
    """Return, for every pair, the first level and what its difference weighs, (LEVELS**2,)."""
    first, second = np.divmod(np.arange(LEVELS * LEVELS, dtype=np.float64), LEVELS)
    difference = first - second
    return first, difference**2, np.abs(difference), 1 / (1 + difference**2)
