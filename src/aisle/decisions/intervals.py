"""Intervals around a predicted value, from the errors made on out-of-fold rows."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from aisle.errors import AisleError, NotFittedError
from aisle.metrics.arrays import Floats, floats, open_share, same_rows, some_rows


class ResidualQuantiles:
    """Add conformal quantiles of the signed out-of-fold residuals to a prediction.

    Each side leaves out at most half of ``1 - level``, so the interval need not be symmetric. The
    values may be on any scale; on the logarithm for prices, where the interval becomes a factor.
    For exchangeable rows held out from one fitted model, the interval holds the truth with
    probability `level` at least; with residuals from cross-validation this holds nearly.

    Parameters
    ----------
    level
        The share of intervals that shall hold the truth.

    Attributes
    ----------
    low_, high_
        What is added to a prediction of difficulty 1: quantiles of the residuals.
    guaranteed_level_
        The level that so many rows can promise: `level`, or less where there are fewer than
        ``2 / (1 - level) - 1`` rows and the quantiles are the extreme residuals.

    References
    ----------
    Lei, G'Sell, Rinaldo, Tibshirani and Wasserman (2018), Distribution-Free Predictive Inference
    for Regression (residuals scaled by difficulty: its locally weighted intervals).
    Romano, Patterson and Candes (2019), Conformalized Quantile Regression (one level a side).
    """

    def __init__(self, level: float = 0.9) -> None:
        self.level = level

    def get_params(self, deep: bool = False) -> dict[str, float]:
        """Return the constructor's parameters; `deep` changes nothing."""
        return {"level": self.level}

    def fit(self, predicted: ArrayLike, truth: ArrayLike, scale: ArrayLike | None = None) -> Self:
        """Learn the quantiles.

        Parameters
        ----------
        predicted, truth
            Out-of-fold predictions and what was true, float (rows,), on the same scale.
        scale
            How difficult each row is, float (rows,) above 0, such as a predicted absolute error;
            ones unless given. It must be estimated without the row's own truth.

        Raises
        ------
        AisleError
            If there are no rows, the lengths differ, a scale is not above 0, or `level` is not
            between 0 and 1.
        """
        open_share("level", self.level)
        guess, true = floats("predicted", predicted), floats("truth", truth)
        same_rows("predicted", len(guess), "truth", len(true))
        some_rows("truth", len(true))
        residuals = np.sort((true - guess) / _scales(scale, len(guess)))
        rows = len(residuals)
        # ranks from 1 to rows; the tiny number undoes the rounding of 1 - level
        outside = (rows + 1) * (1 - self.level) / 2 + 1e-9
        lowest = max(1, int(np.floor(outside)))
        highest = rows + 1 - lowest
        self.low_ = float(residuals[lowest - 1])
        self.high_ = float(residuals[max(highest, 1) - 1])
        self.guaranteed_level_ = float(min(self.level, max(0, highest - lowest) / (rows + 1)))
        return self

    def transform(
        self, predicted: ArrayLike, scale: ArrayLike | None = None
    ) -> tuple[Floats, Floats]:
        """Return the ends of each row's interval.

        Parameters
        ----------
        predicted
            Predictions on the scale that `fit` saw, float (rows,).
        scale
            How difficult each row is, float (rows,), by the same rule as in `fit`.

        Returns
        -------
        low, high
            float64 (rows,) each.

        Raises
        ------
        NotFittedError
            Before `fit`.
        AisleError
            If the lengths differ or a scale is not above 0.
        """
        if not hasattr(self, "low_"):
            raise NotFittedError("the residual quantiles are not learned yet; call fit first")
        guess = floats("predicted", predicted)
        scales = _scales(scale, len(guess))
        return guess + scales * self.low_, guess + scales * self.high_


def interval_losses(truth: ArrayLike, low: ArrayLike, high: ArrayLike, *, level: float) -> Floats:
    """Return how bad each interval is: its width, and a fine for a truth outside of it.

    A truth outside costs ``2 / (1 - level)`` times its distance, so that in the mean the intervals
    that hold a share of `level` and are narrow are the best.

    Parameters
    ----------
    truth, low, high
        What was true and the intervals' ends, float (rows,).
    level
        The share of intervals that shall hold the truth.

    Returns
    -------
    float64 (rows,), lower is better.

    References
    ----------
    Gneiting and Raftery (2007), Strictly Proper Scoring Rules, Prediction, and Estimation
    (section 6.2, the interval score).
    """
    open_share("level", level)
    true, below, above = floats("truth", truth), floats("low", low), floats("high", high)
    same_rows("low", len(below), "truth", len(true))
    same_rows("high", len(above), "truth", len(true))
    outside = np.maximum(below - true, 0) + np.maximum(true - above, 0)
    return np.asarray(above - below + 2 / (1 - level) * outside)


def _scales(scale: ArrayLike | None, rows: int) -> Floats:
    if scale is None:
        return np.ones(rows)
    array = floats("scale", scale)
    same_rows("scale", len(array), "predicted", rows)
    bad = np.flatnonzero(array <= 0)
    if bad.size:
        raise AisleError(
            f"scale: row {bad[0]} is {array[bad[0]]:g} ({bad.size} such rows); "
            "expected a difficulty above 0"
        )
    return array
