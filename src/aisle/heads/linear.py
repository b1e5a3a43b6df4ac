"""Linear heads: logistic regression, support vectors, ridge, and Bayesian ridge."""

from __future__ import annotations

import logging
from abc import abstractmethod
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from aisle.heads.head import (
    ClassifierHead,
    Floats,
    Matrix,
    RegressorHead,
    check_finite,
    class_shares,
    softmax,
)
from aisle.heads.products import LARGEST_GRAM, Rotation, scores
from aisle.heads.solving import solving

Weights = npt.NDArray[np.float32]

logger = logging.getLogger(__name__)


class _LinearClassifier(ClassifierHead):
    """Answers with the softmax of linear scores.

    Attributes
    ----------
    weights_ : numpy.ndarray
        float32 (dimension, classes).
    intercept_ : numpy.ndarray
        float64 (classes,).
    """

    weights_: Weights
    intercept_: Floats

    def predict_proba(self, X: Matrix) -> Floats:
        """Return probabilities, float64 (rows, classes)."""
        return softmax(scores(X, self.weights_, self.intercept_))

    def fit(self, X: Matrix, y: Any, sample_weight: Floats | None = None) -> Self:
        """Learn the weights of each class."""
        check_finite(X, self)
        self.classes_ = np.unique(y)
        if len(self.classes_) == 1 or X.shape[1] == 0:
            self.weights_ = np.zeros((X.shape[1], len(self.classes_)), dtype=np.float32)
            self.intercept_ = np.log(class_shares(y, sample_weight))
            return self
        rotation = Rotation(X) if Rotation.pays(X) else None
        features = rotation.features if rotation else X
        with solving(type(self).__name__):
            model = self._solve(features, y, sample_weight)
        weights = np.asarray(model.coef_, dtype=np.float64).T
        intercept = np.asarray(model.intercept_, dtype=np.float64)
        if len(self.classes_) == 2:  # one score is for the second class and against the first
            weights = np.hstack([-weights / 2, weights / 2])
            intercept = np.concatenate([-intercept / 2, intercept / 2])
        self.intercept_ = intercept
        self.weights_ = (
            rotation.weights(weights)
            if rotation
            else np.ascontiguousarray(weights, dtype=np.float32)
        )
        return self

    @abstractmethod
    def _solve(self, X: Matrix, y: Any, sample_weight: Floats | None) -> Any:
        """Return a fitted scikit-learn model with `coef_` and `intercept_`."""


class LogisticHead(_LinearClassifier):
    """Multinomial logistic regression with a squared penalty.

    Parameters
    ----------
    C
        The inverse strength of the penalty.
    iterations
        The most steps that L-BFGS takes.
    """

    def __init__(self, C: float = 10.0, iterations: int = 300) -> None:
        self.C = C
        self.iterations = iterations

    def _solve(self, X: Matrix, y: Any, sample_weight: Floats | None) -> Any:
        from sklearn.linear_model import LogisticRegression

        # Single precision halves the time; at this tolerance probabilities are within 0.001 of
        # those at the optimum.
        model = LogisticRegression(C=self.C, max_iter=self.iterations, tol=2e-6)
        return model.fit(X.astype(np.float32), y, sample_weight=sample_weight)


class SvmHead(_LinearClassifier):
    """Linear support vector machine, one class against the rest.

    Its margins become probabilities by a softmax; calibration, which every expert gets on
    out-of-fold rows, gives them their scale.

    Parameters
    ----------
    C
        The inverse strength of the penalty.
    seed
        For the order in which rows are visited.
    """

    def __init__(self, C: float = 1.0, seed: int = 0) -> None:
        self.C = C
        self.seed = seed

    def _solve(self, X: Matrix, y: Any, sample_weight: Floats | None) -> Any:
        from sklearn.svm import LinearSVC

        model = LinearSVC(C=self.C, random_state=self.seed, max_iter=5_000)
        model.fit(X, y, sample_weight=sample_weight)
        # A margin of 1 is a sure answer: a softmax needs it to weigh more.
        model.coef_, model.intercept_ = model.coef_ * 3, model.intercept_ * 3
        return model


class _LinearRegressor(RegressorHead):
    """Answers with a linear score.

    Attributes
    ----------
    weights_ : numpy.ndarray
        float32 (dimension, 1).
    intercept_ : numpy.ndarray
        float64 (1,).
    """

    weights_: Weights
    intercept_: Floats

    def predict(self, X: Matrix) -> Floats:
        """Return values, float64 (rows,)."""
        return scores(X, self.weights_, self.intercept_)[:, 0]

    def fit(self, X: Matrix, y: Any, sample_weight: Floats | None = None) -> Self:
        """Learn the weights."""
        check_finite(X, self)
        values = np.asarray(y, dtype=np.float64)
        level = float(np.average(values, weights=sample_weight))
        if X.shape[1] == 0 or len(values) == 1:
            self.weights_ = np.zeros((X.shape[1], 1), dtype=np.float32)
            self.intercept_ = np.array([level])
            return self
        rotation = Rotation(X) if Rotation.pays(X) else None
        features = rotation.features if rotation else X
        with solving(type(self).__name__):
            # About the mean, since some solvers penalise the intercept.
            model = self._solve(features, values - level, sample_weight)
        weights = np.asarray(model.coef_, dtype=np.float64).reshape(-1, 1)
        self.intercept_ = np.atleast_1d(np.asarray(model.intercept_, dtype=np.float64)) + level
        self.weights_ = rotation.weights(weights) if rotation else weights.astype(np.float32)
        return self

    @abstractmethod
    def _solve(self, X: Matrix, y: Floats, sample_weight: Floats | None) -> Any:
        """Return a fitted scikit-learn model with `coef_` and `intercept_`."""


class RidgeHead(_LinearRegressor):
    """Least squares with a squared penalty.

    Parameters
    ----------
    alpha
        The strength of the penalty.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def _solve(self, X: Matrix, y: Floats, sample_weight: Floats | None) -> Any:
        from sklearn.linear_model import Ridge

        return Ridge(alpha=self.alpha).fit(X, y, sample_weight=sample_weight)


class SvrHead(_LinearRegressor):
    """Linear support vector regression: errors count by their square beyond a margin of none.

    Parameters
    ----------
    C
        The inverse strength of the penalty.
    seed
        For the order in which rows are visited.
    """

    def __init__(self, C: float = 1.0, seed: int = 0) -> None:
        self.C = C
        self.seed = seed

    def _solve(self, X: Matrix, y: Floats, sample_weight: Floats | None) -> Any:
        from sklearn.svm import LinearSVR

        model = LinearSVR(
            C=self.C, random_state=self.seed, max_iter=5_000, loss="squared_epsilon_insensitive"
        )
        return model.fit(X, y, sample_weight=sample_weight)


class BayesianRidgeHead(_LinearRegressor):
    """Ridge whose penalty is learned from the rows (MacKay, Bayesian interpolation, 1992).

    The method needs dense rows: of wide, sparse features with more rows than `Rotation` takes,
    only `LARGEST_GRAM` rows, evenly spread, are learned from.
    """

    def fit(self, X: Matrix, y: Any, sample_weight: Floats | None = None) -> Self:
        """Learn the weights and the strength of the penalty."""
        if X.shape[0] <= LARGEST_GRAM or X.shape[1] <= LARGEST_GRAM:
            return super().fit(X, y, sample_weight)
        kept = np.linspace(0, X.shape[0] - 1, LARGEST_GRAM).astype(np.int64)
        logger.warning("Bayesian ridge learns from %d of %d rows", len(kept), X.shape[0])
        weight = None if sample_weight is None else sample_weight[kept]
        return super().fit(X[kept], np.asarray(y)[kept], weight)

    def _solve(self, X: Matrix, y: Floats, sample_weight: Floats | None) -> Any:
        from sklearn.linear_model import BayesianRidge

        dense = X.toarray() if hasattr(X, "toarray") else X
        return BayesianRidge().fit(dense, y, sample_weight=sample_weight)
