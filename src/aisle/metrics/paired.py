"""Which of two models is better, measured on the same splits or the same rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from aisle.errors import AisleError
from aisle.metrics.arrays import bools, floats, open_share, same_rows, some_rows


@dataclass(frozen=True)
class PairedDifference:
    """How much the first model scores above the second, with an interval.

    `wins`, `losses` and `ties` count splits; `mean` and its interval are in the scores' unit.
    """

    mean: float
    standard_error: float
    low: float
    high: float
    wins: int
    losses: int
    ties: int


@dataclass(frozen=True)
class McNemar:
    """Rows that only one of two models gets right, and the exact two-sided p-value."""

    only_a: int
    only_b: int
    p_value: float


def paired_difference(
    a: ArrayLike, b: ArrayLike, *, level: float = 0.95, test_share: float | None = None
) -> PairedDifference:
    """Return the mean of a - b over splits, with Student's interval.

    Repeated random splits of one catalogue share rows, so their scores are not independent and
    the plain standard error is too small. Give `test_share` to have it corrected after Nadeau and
    Bengio: the variance of the mean becomes s^2 (1 / splits + test / train).

    Parameters
    ----------
    a, b
        The two models' scores, float (splits,), on the same splits in the same order.
    level
        The share of such intervals that hold the true difference.
    test_share
        Share of the rows in each test set, such as 0.25; None for independent scores.

    Raises
    ------
    AisleError
        If there are fewer than two splits, or the lengths differ.

    References
    ----------
    Nadeau and Bengio (2003), Inference for the Generalization Error.
    """
    from scipy.special import stdtrit

    open_share("level", level)
    first, second = floats("a", a), floats("b", b)
    same_rows("a", len(first), "b", len(second))
    splits = len(first)
    if splits < 2:
        raise AisleError(f"a and b: {splits} split has no spread; expected two or more splits")
    overlap = 0.0
    if test_share is not None:
        open_share("test_share", test_share)
        overlap = test_share / (1 - test_share)
    difference = first - second
    mean = float(difference.mean())
    error = float(difference.std(ddof=1) * np.sqrt(1 / splits + overlap))
    reach = float(stdtrit(splits - 1, (1 + level) / 2)) * error
    return PairedDifference(
        mean=mean,
        standard_error=error,
        low=mean - reach,
        high=mean + reach,
        wins=int((difference > 0).sum()),
        losses=int((difference < 0).sum()),
        ties=int((difference == 0).sum()),
    )


def mcnemar(correct_a: ArrayLike, correct_b: ArrayLike) -> McNemar:
    """Test whether two models are right equally often on the same rows.

    Only the rows on which one is right and the other wrong tell them apart; under the null
    hypothesis each of these is a fair coin. The p-value is the exact binomial one.

    Parameters
    ----------
    correct_a, correct_b
        Whether each model was right, bool (rows,), in the same order.

    Raises
    ------
    AisleError
        If there are no rows, or the lengths differ.

    References
    ----------
    McNemar (1947), Note on the Sampling Error of the Difference between Correlated Proportions.
    """
    from scipy.special import bdtr

    first, second = bools("correct_a", correct_a), bools("correct_b", correct_b)
    same_rows("correct_a", len(first), "correct_b", len(second))
    some_rows("correct_a", len(first))
    only_a, only_b = int((first & ~second).sum()), int((second & ~first).sum())
    tail = float(bdtr(min(only_a, only_b), only_a + only_b, 0.5))
    return McNemar(only_a=only_a, only_b=only_b, p_value=min(1.0, 2 * tail))
