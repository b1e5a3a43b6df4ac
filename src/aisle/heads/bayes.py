"""Naive Bayes."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from aisle.heads.head import ClassifierHead, Floats, Matrix, softmax
from aisle.heads.products import scores


class NaiveBayesHead(ClassifierHead):
    """Naive Bayes: multinomial on counts and TF-IDF, Gaussian on features that can be negative.

    Parameters
    ----------
    alpha
        Additive (Lidstone) smoothing of the multinomial model.

    Attributes
    ----------
    weights_, intercept_ : numpy.ndarray
        Log-likelihoods (dimension, classes) and log-priors (classes,); the Gaussian model is linear
        in the features and their squares, and `squares_` holds the latter's weights.
    """

    def __init__(self, alpha: float = 0.1) -> None:
        self.alpha = alpha

    def fit(self, X: Matrix, y: Any, sample_weight: Floats | None = None) -> Self:
        """Learn the distribution of the features within each class."""
        from sklearn.naive_bayes import GaussianNB, MultinomialNB

        self.classes_ = np.unique(y)
        lowest = X.min() if X.shape[0] and X.shape[1] else 0.0
        if lowest >= 0:
            counted = MultinomialNB(alpha=self.alpha).fit(X, y, sample_weight=sample_weight)
            self.weights_ = np.ascontiguousarray(counted.feature_log_prob_.T, dtype=np.float32)
            self.intercept_ = np.asarray(counted.class_log_prior_, dtype=np.float64)
            self.squares_: Any = None
            return self
        dense = X.toarray() if hasattr(X, "toarray") else X
        model = GaussianNB(var_smoothing=1e-3).fit(dense, y, sample_weight=sample_weight)
        self.weights_ = np.ascontiguousarray((model.theta_ / model.var_).T)
        self.squares_ = np.ascontiguousarray((-0.5 / model.var_).T)
        constant = (model.theta_**2 / model.var_ + np.log(2 * np.pi * model.var_)).sum(axis=1)
        self.intercept_ = np.log(model.class_prior_) - 0.5 * constant
        return self

    def predict_proba(self, X: Matrix) -> Floats:
        """Return probabilities, float64 (rows, classes)."""
        total = scores(X, self.weights_, self.intercept_)
        if self.squares_ is not None:
            squared = X.multiply(X) if hasattr(X, "toarray") else X.astype(np.float64) ** 2
            total = total + scores(squared, self.squares_, np.zeros(1))
        return softmax(total)
