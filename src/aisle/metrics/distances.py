"""How far two distributions lie apart: of categories, or of numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from aisle.errors import AisleError
from aisle.metrics.arrays import Floats, floats, same_rows, some_rows

_HALF = 0.5
"""Added to every count before a logarithm is taken of its share, so that none is of 0."""


def jensen_shannon(first: ArrayLike, second: ArrayLike) -> float:
    """Return the Jensen-Shannon distance of two distributions over the same categories.

    It is the root of the divergence in bits: 0 for equal shares, 1 where no category has products
    on both sides.

    Parameters
    ----------
    first, second
        Counts or shares, float (categories,), not negative and not all 0.

    Raises
    ------
    AisleError
        If the lengths differ, or one of them is no distribution.

    References
    ----------
    Lin (1991), Divergence Measures Based on the Shannon Entropy.
    """
    one, other = _shares("first", first), _shares("second", second)
    same_rows("first", len(one), "second", len(other))
    middle = (one + other) / 2
    divergence = (_entropy_from(one, middle) + _entropy_from(other, middle)) / 2
    return float(np.sqrt(min(max(divergence, 0.0), 1.0)))


def stability_index(first: ArrayLike, second: ArrayLike) -> float:
    """Return the population stability index (PSI) of two distributions over the same categories.

    Half a product is added to every count, so that a category that one side lacks costs much
    instead of everything.

    Parameters
    ----------
    first, second
        Counts, float (categories,), not negative and not all 0.

    Raises
    ------
    AisleError
        If the lengths differ, or one of them is no distribution.
    """
    _shares("first", first), _shares("second", second)
    one, other = floats("first", first) + _HALF, floats("second", second) + _HALF
    same_rows("first", len(one), "second", len(other))
    one, other = one / one.sum(), other / other.sum()
    return float(((one - other) * np.log(one / other)).sum())


def kolmogorov_smirnov(first: ArrayLike, second: ArrayLike) -> float:
    """Return the largest distance between two distribution functions, 0 to 1.

    Parameters
    ----------
    first, second
        Numbers, float (rows,) and float (other rows,).

    Raises
    ------
    AisleError
        If either is empty, or holds a number that is not finite.
    """
    one, other = np.sort(_some("first", first)), np.sort(_some("second", second))
    every = np.concatenate([one, other])
    below = np.searchsorted(one, every, side="right") / len(one)
    return float(np.abs(below - np.searchsorted(other, every, side="right") / len(other)).max())


def wasserstein(first: ArrayLike, second: ArrayLike) -> float:
    """Return how far numbers must move, on average, to turn one distribution into the other.

    In the numbers' own unit; the area between the distribution functions.

    Parameters
    ----------
    first, second
        Numbers, float (rows,) and float (other rows,).

    Raises
    ------
    AisleError
        If either is empty, or holds a number that is not finite.
    """
    one, other = np.sort(_some("first", first)), np.sort(_some("second", second))
    every = np.sort(np.concatenate([one, other]))
    below = np.searchsorted(one, every[:-1], side="right") / len(one)
    apart = np.abs(below - np.searchsorted(other, every[:-1], side="right") / len(other))
    return float((apart * np.diff(every)).sum())


def _some(name: str, values: ArrayLike) -> Floats:
    array = floats(name, values)
    some_rows(name, len(array))
    return array


def _shares(name: str, counts: ArrayLike) -> Floats:
    array = floats(name, counts)
    if not len(array) or array.min() < 0 or array.sum() <= 0:
        raise AisleError(
            f"{name}: expected counts or shares that are not negative and not all 0, found "
            f"{array[:5].tolist()}"
        )
    shares: Floats = array / array.sum()
    return shares


def _entropy_from(shares: Floats, middle: Floats) -> float:
    held = shares > 0
    return float((shares[held] * np.log2(shares[held] / middle[held])).sum())
