"""How suspicious a label is: the odds of the best other class against the given one.

A class that the experts know badly is seldom probable, even for its own products; so each class is
weighed against what is usual for it, and the odds against a label count for less, the fewer
products have taught it. A product is not suspicious for being of a rare class.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

DOUBT = 3.0
"""Products of a class whose teaching makes the odds against a label count for half."""

_LEAST = 1e-12


@dataclass(frozen=True, eq=False)
class Odds:
    """The best other class of every product, and what speaks for it.

    Parameters
    ----------
    other
        int64 (rows,).
    against
        Natural logarithm of how many times likelier it is than the given class, float64 (rows,);
        minus infinity where the given class could not be learned.
    """

    other: Codes
    against: Floats

    @property
    def score(self) -> Floats:
        """The probability of the other class, if it is one of the two, float64 (rows,)."""
        return np.asarray(1 / (1 + np.exp(-np.clip(self.against, -700, 700))))


def log_odds(
    probabilities: Floats, codes: Codes, known: Bools, votes: Floats | None = None
) -> Odds:
    """Weigh the best other class of every product against the given one.

    Parameters
    ----------
    probabilities
        Out of fold, float64 (rows, classes).
    codes
        Given classes, int64 (rows,).
    known
        bool (rows,): whose class was taught by others.
    votes
        Log odds to add, float64 (rows, classes), such as what near-duplicates are labelled.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), whose class thresholds these are, as ratios.
    """
    rows, classes = np.arange(len(codes)), probabilities.shape[1]
    usual = _usual(probabilities, codes, known)
    logs = np.log(np.clip(probabilities, _LEAST, 1.0)) - np.log(usual)
    if votes is not None:
        logs += votes
    given = logs[rows, codes]
    logs[rows, codes] = -np.inf
    other = logs.argmax(axis=1)
    against = logs[rows, other] - given
    teachers = np.maximum(np.bincount(codes, minlength=classes)[codes] - 1, 0)
    against = np.where(against > 0, against * teachers / (teachers + DOUBT), against)
    return Odds(other.astype(np.int64), np.where(known, against, -np.inf))


def _usual(probabilities: Floats, codes: Codes, known: Bools) -> Floats:
    """Return what probability a class has for its own products on average, float64 (classes,)."""
    classes = probabilities.shape[1]
    own = probabilities[np.arange(len(codes)), codes][known]
    overall = float(own.mean()) if len(own) else 1.0
    total = np.bincount(codes[known], weights=own, minlength=classes) + overall
    usual = total / (np.bincount(codes[known], minlength=classes) + 1)
    return np.asarray(np.maximum(usual, _LEAST))
