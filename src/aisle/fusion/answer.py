"""What an expert says about some products."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


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

    def take(self, rows: Rows) -> Self:
        """Return the answer for the given row numbers."""
        return replace(self, scores=self.scores[rows], present=self.present[rows])

    def withheld(self) -> Answer:
        """Return the answer of an expert that is treated as absent."""
        return Answer(self.scores, np.zeros_like(self.present))

    def mapped(self, change: Callable[[Floats, Mask], Floats]) -> Self:
        """Return the answer with scores changed; `change` is told where it is present."""
        return replace(self, scores=change(self.scores, self.present))

    @classmethod
    def stacked(cls, pieces: Sequence[Self]) -> Self:
        """Put answers for different rows one under another."""
        return cls(
            np.concatenate([piece.scores for piece in pieces]),
            np.concatenate([piece.present for piece in pieces]),
        )


def stacked(pieces: Sequence[Answer]) -> Answer:
    """Put answers of one expert for different rows one under another."""
    return type(pieces[0]).stacked(pieces)


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
