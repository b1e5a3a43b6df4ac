"""Naive Bayes."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy import sparse

from aisle.heads.head import (
    ClassifierHead,
    Floats,
    Matrix,
    check_finite,
    class_shares,
    softmax,
)
from aisle.heads.products import scores

_SMOOTHING = 1e-3
"""Share of the largest variance of any column that is added to all variances."""


class NaiveBayesHead(ClassifierHead):
    """Naive Bayes: multinomial on counts and TF-IDF, Gaussian on features that can be negative.

    Parameters
    ----------
    alpha
        Additive (Lidstone) smoothing of the multinomial model.

    Attributes
    ----------
    weights_, intercept_ : numpy.ndarray
        Log-likelihoods (dimension, classes) and log-priors (classes,).
    squares_ : numpy.ndarray or None
        Of the Gaussian model, which is linear in the features and their squares, the weights of
        the squares, float64 (dimension, classes).
    """

    def __init__(self, alpha: float = 0.1) -> None:
        self.alpha = alpha

    def fit(self, X: Matrix, y: Any, sample_weight: Floats | None = None) -> Self:
        """Learn the distribution of the features within each class."""
        check_finite(X, self)
        self.classes_, codes = np.unique(y, return_inverse=True)
        weight = np.ones(len(codes)) if sample_weight is None else np.asarray(sample_weight)
        member = sparse.csr_matrix((weight, (codes, np.arange(len(codes)))))
        prior = np.log(class_shares(y, sample_weight))
        if X.shape[1] == 0 or X.min() >= 0:
            self._multinomial(_dense(member @ X), prior)
        else:
            squared = X.multiply(X) if sparse.issparse(X) else np.asarray(X, np.float64) ** 2
            self._gaussian(_dense(member @ X), _dense(member @ squared), member.sum(axis=1), prior)
        return self

    def _multinomial(self, sums: Floats, prior: Floats) -> None:
        """Take the share that each column has of all counts of a class."""
        smoothed = sums + self.alpha
        shares = smoothed / smoothed.sum(axis=1, keepdims=True)
        self.weights_ = np.ascontiguousarray(np.log(shares).T, dtype=np.float32)
        self.intercept_ = prior
        self.squares_: Floats | None = None

    def _gaussian(self, sums: Floats, squares: Floats, total: Floats, prior: Floats) -> None:
        """Take the mean and the variance of each column in each class."""
        total = np.asarray(total).reshape(-1, 1)
        means = sums / total
        variances = np.maximum(squares / total - means**2, 0)
        mean = sums.sum(axis=0) / total.sum()
        largest = float((squares.sum(axis=0) / total.sum() - mean**2).max())
        # Where no column varies, any variance will do: all classes are then equally far.
        variances += _SMOOTHING * largest if largest > 0 else 1.0
        self.weights_ = np.ascontiguousarray((means / variances).T)
        self.squares_ = np.ascontiguousarray((-0.5 / variances).T)
        constant = (means**2 / variances + np.log(2 * np.pi * variances)).sum(axis=1)
        self.intercept_ = prior - 0.5 * constant

    def predict_proba(self, X: Matrix) -> Floats:
        """Return probabilities, float64 (rows, classes)."""
        total = scores(X, self.weights_, self.intercept_)
        if self.squares_ is not None:
            squared = X.multiply(X) if sparse.issparse(X) else np.asarray(X, np.float64) ** 2
            total = total + scores(squared, self.squares_, np.zeros(1))
        return softmax(total)


def _dense(matrix: Any) -> Floats:
    return np.asarray(matrix.toarray() if sparse.issparse(matrix) else matrix, dtype=np.float64)
