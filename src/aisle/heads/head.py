"""The contract of a head: features in, scores out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from aisle.component import Component

Matrix = Any
"""A dense float32 array or a SciPy CSR matrix, (rows, dimension)."""

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Head(Component, ABC):
    """Scikit-learn's habits: ``fit(X, y, sample_weight=None)``, parameters and learned state.

    A head that wants native category codes rather than one column a value says so by
    `wants_native`; it then has a parameter ``categorical``, the positions of these columns.
    """

    wants_native: ClassVar[bool] = False

    @abstractmethod
    def fit(self, X: Matrix, y: Any, sample_weight: Floats | None = None) -> Self:
        """Learn from features and targets, and return the head itself."""


class ClassifierHead(Head):
    """A head that answers with probabilities.

    Attributes
    ----------
    classes_ : numpy.ndarray
        The class codes seen in training, ascending, int64 (classes,).
    """

    classes_: Codes

    @abstractmethod
    def predict_proba(self, X: Matrix) -> Floats:
        """Return probabilities, float64 (rows, classes), in the order of `classes_`."""


class RegressorHead(Head):
    """A head that answers with a number."""

    @abstractmethod
    def predict(self, X: Matrix) -> Floats:
        """Return values, float64 (rows,)."""


def softmax(scores: Floats) -> Floats:
    """Turn scores into probabilities over the last axis, float64 (rows, classes)."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))
