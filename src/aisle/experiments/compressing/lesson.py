"""What a student is taught: a distribution over classes for every row, instead of one class.

Heads take one class a row and a weight; so a row is given once for every class that has a share
worth naming, with that share as its weight. Every head that takes weights learns soft labels so,
and for one that minimises the log loss it is the same as the cross entropy with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from aisle.encoders import Features
from aisle.fusion import ClassExpert

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

FLOOR = 0.02
"""Shares below this are left out, and the others scaled up: they cost a row each."""

TRUTH = 0.5
"""The share that a known class has beside what the teacher says of its row."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """Shares of classes for rows with a target, and for rows without one.

    Parameters
    ----------
    shares
        float64 (rows, classes), each row 1 in sum.
    weight
        Of each row, float64 (rows,).
    more
        What the teacher says of the unlabelled rows, float64 (more rows, classes).
    """

    shares: Floats
    weight: Floats
    more: Floats | None = None

    @classmethod
    def soft(cls, told: Floats, codes: Codes, weight: Floats, more: Floats | None = None) -> Self:
        """Teach what a teacher that did not know them says of the rows, beside their classes."""
        truth = np.eye(told.shape[1])[codes]
        return cls(TRUTH * truth + (1 - TRUTH) * told, weight, more)

    def teach(self, expert: ClassExpert, features: Features, more: Features | None) -> None:
        """Fit an expert.

        Parameters
        ----------
        expert
            Not fitted, or to be fitted anew.
        features
            Of the rows with a target, as the expert reads them.
        more
            Of the unlabelled rows, if there are any.
        """
        shares, weight = self.shares, self.weight
        if more is not None and self.more is not None:
            features = _below(features, more)
            shares = np.concatenate([shares, self.more])
            weight = np.concatenate([weight, np.ones(len(self.more))])
        rows, codes, heavy = repeated(shares, weight)
        taught = features if np.array_equal(rows, np.arange(len(features))) else features.take(rows)
        even = bool((heavy == 1).all())
        expert.fit(taught, codes, shares.shape[1], None if even else heavy)


def repeated(shares: Floats, weight: Floats) -> tuple[Codes, Codes, Floats]:
    """Spell soft labels out as rows, classes and weights.

    Parameters
    ----------
    shares
        float64 (rows, classes).
    weight
        float64 (rows,).

    Returns
    -------
    tuple
        Row numbers, ascending, and classes, both int64 (pairs,), and weights, float64 (pairs,),
        which add up to `weight` for each row.
    """
    best = shares.max(axis=1, keepdims=True)
    named = np.where((shares >= FLOOR) | (shares == best), shares, 0)
    named *= (weight / named.sum(axis=1))[:, None]
    rows, codes = np.nonzero(named)
    return rows, codes, named[rows, codes]


def _below(first: Features, second: Features) -> Features:
    """Put the features of other rows below."""
    if sparse.issparse(first.matrix) or sparse.issparse(second.matrix):
        matrix = sparse.vstack([sparse.csr_matrix(f.matrix) for f in (first, second)], format="csr")
    else:
        matrix = np.vstack([first.matrix, second.matrix])
    present = np.concatenate([first.present, second.present])
    return Features(matrix, present, first.categorical)
