"""What an expert says about some products."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Answer:
    """An expert's scores for a batch of products.

    Parameters
    ----------
    scores
        Probabilities, float64 (rows, classes), or values, float64 (rows,). Where the expert has
        nothing to go by, the row holds what is true of products in general.
    present
        bool (rows,): for which products the expert had something to go by.
    """

    scores: Floats
    present: Mask

    def __len__(self) -> int:
        return len(self.present)


FLOOR = 1e-12
"""Probabilities are not taken below this, so that one expert alone cannot veto a class."""


def logs(probabilities: Floats) -> Floats:
    """Return log probabilities, float64 (rows, classes), floored."""
    # NumPy rounds logarithms differently in some memory layouts, such as reversed views.
    return np.log(np.clip(np.ascontiguousarray(probabilities), FLOOR, 1.0))


def normalised(log_scores: Floats) -> Floats:
    """Turn unnormalised log probabilities into probabilities, float64 (rows, classes)."""
    # In another memory order NumPy would add up a row alone and a row among others differently.
    ordered = np.ascontiguousarray(log_scores)
    shifted = np.exp(ordered - ordered.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def presence_patterns(present: Mask) -> list[tuple[tuple[int, ...], npt.NDArray[np.int64]]]:
    """Group rows by which experts are present.

    Parameters
    ----------
    present
        bool (rows, experts).

    Returns
    -------
    list of tuple
        The positions of the experts that are present, and the rows of which that is so.
    """
    if not len(present):
        return []
    patterns, which = np.unique(present, axis=0, return_inverse=True)
    which = np.asarray(which).ravel()
    return [
        (tuple(int(n) for n in np.flatnonzero(pattern)), np.flatnonzero(which == number))
        for number, pattern in enumerate(patterns)
    ]
