"""Linear heads: logistic regression, support vectors, ridge, and Bayesian ridge."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from aisle.heads.head import ClassifierHead, Floats, Matrix, RegressorHead, softmax
from aisle.heads.products import Rotation, scores

Weights = npt.NDArray[np.float32]


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

    def _keep(self, estimator: Any, rotation: Rotation | None) -> None:
        """Store a fitted scikit-learn model; one score for two classes becomes two."""
        weights, intercept = estimator.coef_.T, np.asarray(estimator.intercept_, dtype=np.float64)
        if len(self.classes_) == 2:
            weights = np.hstack([-weights / 2, weights / 2])
            intercept = np.concatenate([-intercept / 2, intercept / 2])
        self.intercept_ = intercept
        self.weights_ = (
            np.ascontiguousarray(weights, dtype=np.float32)
            if rotation is None
            else rotation.weights(weights)
        )

    def _keep_constant(self, X: Matrix) -> Self:
        """Answer with the only class there is."""
        self.weights_ = np.zeros((X.shape[1], 1), dtype=np.float32)
        self.intercept_ = np.zeros(1)
        return self


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

    def fit(self, X: Matrix, y: Any, sample_weight: Floats | None = None) -> Self:
        """Learn the weights of each class."""
        from sklearn.linear_model import LogisticRegression

        self.classes_ = np.unique(y)
        if len(self.classes_) == 1:
            return self._keep_constant(X)
        rotation = Rotation(X) if Rotation.pays(X) else None
        model = LogisticRegression(C=self.C, max_iter=self.iterations, tol=1e-5)
        model.fit(X if rotation is None else rotation.features, y, sample_weight=sample_weight)
        self._keep(model, rotation)
        return self


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

    def fit(self, X: Matrix, y: Any, sample_weight: Floats | None = None) -> Self:
        """Learn the weights of each class."""
        from sklearn.svm import LinearSVC

        self.classes_ = np.unique(y)
        if len(self.classes_) == 1:
            return self._keep_constant(X)
        rotation = Rotation(X) if Rotation.pays(X) else None
        model = LinearSVC(C=self.C, random_state=self.seed, max_iter=5_000)
        model.fit(X if rotation is None else rotation.features, y, sample_weight=sample_weight)
        self._keep(model, rotation)
        # A margin of 1 is a sure answer: a softmax needs it to weigh more.
        self.weights_, self.intercept_ = self.weights_ * np.float32(3), self.intercept_ * 3
        return self


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

    def _fit(self, model: Any, X: Matrix, y: Any, sample_weight: Floats | None) -> Self:
        rotation = Rotation(X) if Rotation.pays(X) else None
        features = rotation.features if rotation else X
        model.fit(features, y, sample_weight=sample_weight)
        weights = np.asarray(model.coef_, dtype=np.float64).reshape(-1, 1)
        self.intercept_ = np.atleast_1d(np.asarray(model.intercept_, dtype=np.float64))
        self.weights_ = rotation.weights(weights) if rotation else weights.astype(np.float32)
        return self


class RidgeHead(_LinearRegressor):
    """Least squares with a squared penalty.

    Parameters
    ----------
    alpha
        The strength of the penalty.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def fit(self, X: Matrix, y: Any, sample_weight: Floats | None = None) -> Self:
        """Learn the weights."""
        from sklearn.linear_model import Ridge

        return self._fit(Ridge(alpha=self.alpha), X, y, sample_weight)


class SvrHead(_LinearRegressor):
    """Linear support vector regression: errors count by their size, not their square.

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

    def fit(self, X: Matrix, y: Any, sample_weight: Floats | None = None) -> Self:
        """Learn the weights."""
        from sklearn.svm import LinearSVR

        model = LinearSVR(
            C=self.C, random_state=self.seed, max_iter=5_000, loss="squared_epsilon_insensitive"
        )
        return self._fit(model, X, y, sample_weight)


class BayesianRidgeHead(_LinearRegressor):
    """Ridge whose penalty is learned from the rows (MacKay, Bayesian interpolation, 1992)."""

    def fit(self, X: Matrix, y: Any, sample_weight: Floats | None = None) -> Self:
        """Learn the weights and the strength of the penalty.

        More rows than `Rotation` allows are thinned, evenly, since this method needs dense rows.
        """
        from sklearn.linear_model import BayesianRidge

        from aisle.heads.products import LARGEST_GRAM

        if not Rotation.pays(X) and X.shape[1] > LARGEST_GRAM:
            kept = np.unique(np.linspace(0, X.shape[0] - 1, LARGEST_GRAM).astype(np.int64))
            weight = None if sample_weight is None else sample_weight[kept]
            return self._fit(BayesianRidge(), X[kept], np.asarray(y)[kept], weight)
        dense = X if Rotation.pays(X) or not hasattr(X, "toarray") else X.toarray()
        return self._fit(BayesianRidge(), dense, y, sample_weight)
