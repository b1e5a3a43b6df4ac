"""How far predicted values lie from the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from aisle.errors import AisleError
from aisle.metrics.arrays import Floats, floats, same_rows, some_rows


@dataclass(frozen=True)
class RegressionScores:
    """All scores of a regressor.

    `mae_log` is None where a truth or prediction is not above 0, `rmsle` where one is not above
    -1, and `interval_coverage` where no intervals were given.
    """

    mae: float
    mae_log: float | None
    rmse: float
    rmsle: float | None
    smape: float
    r2: float
    interval_coverage: float | None


def regression_scores(
    truth: ArrayLike,
    predicted: ArrayLike,
    low: ArrayLike | None = None,
    high: ArrayLike | None = None,
) -> RegressionScores:
    """Return every score of a regressor at once.

    Parameters
    ----------
    truth, predicted
        Values, float (rows,).
    low, high
        Ends of the interval of each row, float (rows,); both or neither.

    Raises
    ------
    AisleError
        If there are no rows, the lengths differ, or only one end is given.
    """
    true, guess = _checked(truth, predicted)
    if (low is None) != (high is None):
        raise AisleError("low and high: expected both ends of the intervals or neither, found one")
    smallest = min(true.min(), guess.min())
    return RegressionScores(
        mae=mae(true, guess),
        mae_log=mae_log(true, guess) if smallest > 0 else None,
        rmse=rmse(true, guess),
        rmsle=rmsle(true, guess) if smallest > -1 else None,
        smape=smape(true, guess),
        r2=r2(true, guess),
        interval_coverage=(
            None if low is None or high is None else interval_coverage(true, low, high)
        ),
    )


def median_baseline(training: ArrayLike, truth: ArrayLike) -> RegressionScores:
    """Return the scores of always predicting the median of the training values.

    A regressor that is not clearly better than this has learnt nothing.

    Parameters
    ----------
    training
        The values of the training rows, float (training rows,).
    truth
        The values to predict, float (rows,).

    Raises
    ------
    AisleError
        If there are no rows on either side.
    """
    known, true = floats("training", training), floats("truth", truth)
    some_rows("training", len(known))
    return regression_scores(true, np.full(len(true), np.median(known)))


def mae(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the mean absolute error, in the unit of the truth."""
    true, guess = _checked(truth, predicted)
    return float(np.abs(true - guess).mean())


def mae_log(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the mean of |log(truth) - log(predicted)|, natural logarithm.

    exp(mae_log) - 1 is a typical relative error (0.25: typically off by a quarter, upwards or
    downwards), and not an error in money: it weighs a cheap product like a dear one.

    Parameters
    ----------
    truth, predicted
        Values above 0, float (rows,).

    Raises
    ------
    AisleError
        If a value is not above 0, there are no rows, or the lengths differ.
    """
    true, guess = _checked(truth, predicted)
    _above("truth", true, 0.0, "mae_log")
    _above("predicted", guess, 0.0, "mae_log")
    return float(np.abs(np.log(true) - np.log(guess)).mean())


@np.errstate(over="ignore", invalid="ignore")
def rmse(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the root of the mean squared error, in the unit of the truth."""
    true, guess = _checked(truth, predicted)
    return float(np.sqrt(np.mean((true - guess) ** 2)))


def rmsle(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the root of the mean squared difference of log(1 + value).

    Raises
    ------
    AisleError
        If a value is not above -1, there are no rows, or the lengths differ.
    """
    true, guess = _checked(truth, predicted)
    _above("truth", true, -1.0, "rmsle")
    _above("predicted", guess, -1.0, "rmsle")
    return float(np.sqrt(np.mean((np.log1p(true) - np.log1p(guess)) ** 2)))


def smape(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the symmetric mean absolute percentage error, as a share between 0 and 2.

    It is the mean of 2 |truth - predicted| / (|truth| + |predicted|); a row where both are 0 has
    no error.
    """
    true, guess = _checked(truth, predicted)
    size = np.abs(true) / 2 + np.abs(guess) / 2
    error = np.abs(true - guess)
    return float(np.divide(error, size, out=np.zeros_like(size), where=size > 0).mean())


@np.errstate(over="ignore", invalid="ignore")
def r2(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the share of the truth's variance that is explained, 1 at best.

    Where the truth is constant it is 1 for a perfect prediction and 0 for any other.
    """
    true, guess = _checked(truth, predicted)
    left = float(np.sum((true - guess) ** 2))
    # compared by value: the rounding of a mean can give equal values a variance
    if true.min() == true.max():
        return 1.0 if left == 0 else 0.0
    return 1.0 - left / float(np.sum((true - true.mean()) ** 2))


def interval_coverage(truth: ArrayLike, low: ArrayLike, high: ArrayLike) -> float:
    """Return the share of rows whose truth lies within its interval, ends included.

    Parameters
    ----------
    truth
        Values, float (rows,).
    low, high
        The ends, float (rows,); they may be infinite.

    Raises
    ------
    AisleError
        If there are no rows, the lengths differ, or an end is missing (NaN).
    """
    true = floats("truth", truth)
    some_rows("truth", len(true))
    ends = {"low": np.asarray(low, np.float64), "high": np.asarray(high, np.float64)}
    for name, end in ends.items():
        same_rows("truth", len(true), name, len(end))
        if np.isnan(end).any():
            row = int(np.flatnonzero(np.isnan(end))[0])
            raise AisleError(f"{name}: row {row} has no value; expected an interval for every row")
    return float(np.mean((ends["low"] <= true) & (true <= ends["high"])))


def _checked(truth: ArrayLike, predicted: ArrayLike) -> tuple[Floats, Floats]:
    true, guess = floats("truth", truth), floats("predicted", predicted)
    same_rows("truth", len(true), "predicted", len(guess))
    some_rows("truth", len(true))
    return true, guess


def _above(name: str, values: Floats, limit: float, score: str) -> None:
    bad = np.flatnonzero(values <= limit)
    if bad.size:
        raise AisleError(
            f"{name}: row {bad[0]} is {values[bad[0]]:g} ({bad.size} such rows); "
            f"{score} needs values above {limit:g}"
        )
