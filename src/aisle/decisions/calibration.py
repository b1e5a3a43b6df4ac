"""Probabilities that mean what they say: learned on out-of-fold predictions.

Both calibrators keep their parameters untouched; what they learn is plain floats whose names end
in `_`. Neither changes the ranking that it was given.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from aisle.errors import AisleError, NotFittedError
from aisle.metrics.arrays import Bools, Codes, Floats, bools, confidences, same_rows

_LOGIT_EDGE = 1e-12
_IDENTITY_SHARE = 1e-4


class TemperatureCalibrator:
    """Divide log-probabilities by one learned temperature, so that log loss is least.

    The most probable class stays the same. A temperature above 1 makes a boastful model humbler.

    Parameters
    ----------
    lowest, highest
        The range in which the temperature is looked for.
    spread
        Standard deviation of a normal prior on the logarithm of the temperature, centred on 1. It
        is as weighty as about one row and keeps a handful of rows without a mistake from making
        the model certain of everything; ``inf`` gives plain maximum likelihood.
    floor
        The least probability that `transform` gives to a class.

    Attributes
    ----------
    temperature_
        What log-probabilities are divided by.
    rows_used_, rows_skipped_
        How many rows it was learned from, and how many could not tell anything: their truth was
        no class of the model (-1), or one to which the model gave probability 0, which no
        temperature can mend.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger (2017), On Calibration of Modern Neural Networks.
    """

    def __init__(
        self,
        lowest: float = 0.05,
        highest: float = 100.0,
        spread: float = 1.0,
        floor: float = 1e-12,
    ) -> None:
        self.lowest = lowest
        self.highest = highest
        self.spread = spread
        self.floor = floor

    def get_params(self, deep: bool = False) -> dict[str, float]:
        """Return the constructor's parameters; `deep` changes nothing."""
        return {
            "lowest": self.lowest,
            "highest": self.highest,
            "spread": self.spread,
            "floor": self.floor,
        }

    def fit(self, log_probabilities: ArrayLike, truth_index: ArrayLike) -> Self:
        """Learn the temperature.

        Parameters
        ----------
        log_probabilities
            Out-of-fold, float (rows, classes); ``-inf`` stands for probability 0.
        truth_index
            The column of each row's truth, int (rows,); -1 where the truth was no class of the
            model that made the row, such as a class all of whose rows were in the held-out fold.

        Raises
        ------
        AisleError
            If the parameters or shapes do not fit, or a value is NaN.
        """
        self._check_parameters()
        scores = _log_rows(log_probabilities)
        truth = _truth_columns(truth_index, *scores.shape)
        place = (np.arange(len(truth)), np.maximum(truth, 0))
        given = np.asarray(log_probabilities, dtype=np.float64)[place]
        useful = (truth >= 0) & np.isfinite(given)
        own = scores[place]
        self.rows_used_ = float(useful.sum())
        self.rows_skipped_ = float((~useful).sum())
        self.temperature_ = self._search(scores[useful], own[useful]) if useful.any() else 1.0
        return self

    def transform(self, log_probabilities: ArrayLike) -> Floats:
        """Return calibrated probabilities.

        Parameters
        ----------
        log_probabilities
            float (rows, classes); a row of nothing but ``-inf`` becomes uniform.

        Returns
        -------
        numpy.ndarray
            float64 (rows, classes), every row summing to 1.

        Raises
        ------
        NotFittedError
            Before `fit`.
        AisleError
            If the shape does not fit, or a value is NaN.
        """
        if not hasattr(self, "temperature_"):
            raise NotFittedError("the temperature is not learned yet; call fit first")
        scores = _log_rows(log_probabilities)
        chances = np.maximum(np.exp(scores / self.temperature_), self.floor)
        return np.asarray(chances / chances.sum(axis=1, keepdims=True), dtype=np.float64)

    def _search(self, scores: Floats, own: Floats) -> float:
        """Minimise the log loss over the logarithm of the temperature, where it has one valley."""
        from scipy.optimize import minimize_scalar

        weight = 0.0 if np.isinf(self.spread) else 0.5 / (self.spread**2 * len(own))

        def cost(log_temperature: float) -> float:
            beta = np.exp(-log_temperature)
            # rows are shifted so that their highest score is 0: no overflow, and a sum of >= 1
            loss = np.log(np.exp(scores * beta).sum(axis=1)) - own * beta
            return float(loss.mean() + weight * log_temperature**2)

        found = minimize_scalar(
            cost,
            bounds=(np.log(self.lowest), np.log(self.highest)),
            method="bounded",
            options={"xatol": 1e-6},
        )
        return float(np.exp(found.x))

    def _check_parameters(self) -> None:
        if not 0 < self.lowest < self.highest < np.inf:
            raise AisleError(
                "lowest and highest: expected 0 < lowest < highest, "
                f"found {self.lowest:g} and {self.highest:g}"
            )
        if not self.spread > 0:
            raise AisleError(f"spread: expected a number above 0, found {self.spread:g}")
        if not 0 <= self.floor < 1e-3:
            raise AisleError(f"floor: expected 0 or a tiny probability, found {self.floor:g}")


class ConfidenceCalibrator:
    """Map the top probability to the probability of being right.

    Two parameters, Platt's logistic curve on the log-odds:
    ``right = sigmoid(slope * logit(confidence) + intercept)``, which is beta calibration with
    equal shape parameters. Isotonic regression follows a few hundred rows too closely and ties
    confidences that were different. The map is strictly increasing, so that the ranking of
    products stays: the slope cannot fall to zero, and a ten-thousandth of the confidence itself is
    mixed in, which keeps the curve from going flat where it saturates.

    Parameters
    ----------
    fewest
        With fewer wrong rows than this, or fewer right ones, the map is the identity.
    spread
        Standard deviation of a normal prior on slope and intercept, centred on the identity (1
        and 0), so that few mistakes move the map little; ``inf`` for plain maximum likelihood.

    Attributes
    ----------
    slope_, intercept_
        The curve; 1 and 0 are the identity.

    References
    ----------
    Platt (1999), Probabilistic Outputs for Support Vector Machines.
    Kull, Silva Filho and Flach (2017), Beta Calibration.
    """

    def __init__(self, fewest: int = 5, spread: float = 1.0) -> None:
        self.fewest = fewest
        self.spread = spread

    def get_params(self, deep: bool = False) -> dict[str, float]:
        """Return the constructor's parameters; `deep` changes nothing."""
        return {"fewest": self.fewest, "spread": self.spread}

    def fit(self, confidence: ArrayLike, correct: ArrayLike) -> Self:
        """Learn the map.

        Parameters
        ----------
        confidence
            Out-of-fold probability of the top class, float (rows,).
        correct
            Whether the top class was right, bool (rows,).

        Raises
        ------
        AisleError
            If a parameter or the lengths do not fit, or a confidence lies outside 0..1.
        """
        if not self.spread > 0:
            raise AisleError(f"spread: expected a number above 0, found {self.spread:g}")
        level, right = confidences(confidence), bools("correct", correct)
        same_rows("confidence", len(level), "correct", len(right))
        self.slope_, self.intercept_ = 1.0, 0.0
        if min(right.sum(), (~right).sum()) >= max(self.fewest, 1):
            self.slope_, self.intercept_ = _logistic_curve(_logit(level), right, self.spread)
        return self

    def transform(self, confidence: ArrayLike) -> Floats:
        """Return the probability that the top class is right.

        Parameters
        ----------
        confidence
            Probability of the top class, float (rows,).

        Returns
        -------
        numpy.ndarray
            float64 (rows,), in the same ranking.

        Raises
        ------
        NotFittedError
            Before `fit`.
        AisleError
            If a confidence lies outside 0..1.
        """
        from scipy.special import expit

        if not hasattr(self, "slope_"):
            raise NotFittedError("the confidence map is not learned yet; call fit first")
        level = confidences(confidence)
        if self.slope_ == 1.0 and self.intercept_ == 0.0:
            return level
        curve = expit(self.slope_ * _logit(level) + self.intercept_)
        mixed = (1 - _IDENTITY_SHARE) * curve + _IDENTITY_SHARE * level
        return np.asarray(mixed, dtype=np.float64)


def _logistic_curve(logit: Floats, right: Bools, spread: float) -> tuple[float, float]:
    """Return slope and intercept of least penalised log loss; convex, so there is one answer."""
    from scipy.optimize import minimize
    from scipy.special import expit

    rows = len(right)
    weight = 0.0 if np.isinf(spread) else 1.0 / (spread**2 * rows)

    def cost(curve: Floats) -> tuple[float, Floats]:
        score = curve[0] * logit + curve[1]
        away = curve - np.array([1.0, 0.0])
        miss = expit(score) - right
        loss = np.mean(np.logaddexp(0.0, score) - right * score) + 0.5 * weight * away @ away
        slope = np.array([miss @ logit / rows, miss.mean()]) + weight * away
        return float(loss), slope

    found = minimize(
        cost,
        x0=np.array([1.0, 0.0]),
        jac=True,
        method="L-BFGS-B",
        # a slope of zero or less would tie or turn round the ranking
        bounds=[(0.01, None), (None, None)],
        options={"ftol": 1e-12, "gtol": 1e-8, "maxiter": 500},
    )
    return float(found.x[0]), float(found.x[1])


def _logit(confidence: Floats) -> Floats:
    inside = np.clip(confidence, _LOGIT_EDGE, 1 - _LOGIT_EDGE)
    return np.asarray(np.log(inside) - np.log1p(-inside), dtype=np.float64)


def _log_rows(log_probabilities: ArrayLike) -> Floats:
    """Return scores as float64 (rows, classes), each row shifted so that its highest is 0."""
    scores = np.asarray(log_probabilities, dtype=np.float64)
    if scores.ndim != 2 or scores.shape[1] == 0:
        raise AisleError(
            "log_probabilities: expected a row for each product and a column for each class, "
            f"found shape {scores.shape}"
        )
    bad = np.flatnonzero((np.isnan(scores) | (scores == np.inf)).any(axis=1))
    if bad.size:
        raise AisleError(
            f"log_probabilities: row {bad[0]} holds NaN or +inf ({bad.size} such rows); "
            "expected logarithms of probabilities, -inf for probability 0"
        )
    peak = scores.max(axis=1, keepdims=True)
    hopeless = np.isneginf(peak)
    return np.where(hopeless, 0.0, scores - np.where(hopeless, 0.0, peak))


def _truth_columns(truth_index: ArrayLike, rows: int, classes: int) -> Codes:
    truth = np.asarray(truth_index)
    if truth.shape != (rows,):
        raise AisleError(f"truth_index: expected shape ({rows},), found {truth.shape}")
    whole = truth.astype(np.intp)
    bad = np.flatnonzero((whole != truth) | (whole < -1) | (whole >= classes))
    if bad.size:
        raise AisleError(
            f"truth_index: row {bad[0]} is {truth[bad[0]]}; expected a column from 0 to "
            f"{classes - 1}, or -1 for a class that the model does not know"
        )
    return whole
