"""The contract of a head: features in, scores out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from aisle.component import Component
from aisle.errors import TrainingError

Matrix = Any
"""A dense float32 array or a SciPy CSR matrix, (rows, dimension)."""

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Head(Component, ABC):
    """Scikit-learn's habits: ``fit(X, y, sample_weight=None)``, parameters and learned state.

    The answer for a row never depends on the rows beside it, not even in its last bit. A head that
    wants native category codes rather than one column a value says so by `wants_native`; it then
    has a parameter ``categorical``, the positions of these columns.

    A head whose training is watched on rows apart says so by `stops_early`; its method is then
    ``fit(X, y, sample_weight=None, *, stopping=None)``, where ``stopping`` is features and targets
    of rows that decide when training ends, and teach nothing. Left out, the head finds this out on
    rows of its own, and still trains on all of them. One that then holds some of its rows out says
    so by `holds_out`, and its ``fit`` takes ``groups=None`` besides: near-duplicate groups, int64
    (rows,), of which none may stand on both sides.
    """

    wants_native: ClassVar[bool] = False
    stops_early: ClassVar[bool] = False
    holds_out: ClassVar[bool] = False

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
    # In another memory order NumPy would add up a row alone and a row among others differently.
    ordered = np.ascontiguousarray(scores, dtype=np.float64)
    shifted = np.exp(ordered - ordered.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def class_shares(y: Any, sample_weight: Floats | None) -> Floats:
    """Return the share of each class that occurs in `y`, float64 (classes,), ascending by class."""
    _, codes = np.unique(y, return_inverse=True)
    counts = np.bincount(codes, weights=sample_weight)
    return np.asarray(counts / counts.sum(), dtype=np.float64)


def check_finite(X: Matrix, head: Head) -> None:
    """Refuse features with missing values, for heads that add and multiply.

    Raises
    ------
    TrainingError
        If a value is NaN or infinite.
    """
    values = X.data if hasattr(X, "toarray") else X
    if not np.isfinite(values).all():
        raise TrainingError(
            f"{type(head).__name__} was given {int((~np.isfinite(values)).sum()):,} missing or "
            "infinite values, which it cannot learn from: use the head lightgbm, or "
            "form: one-hot for the metadata encoder"
        )
