"""How often the class is right: accuracy, F1, log loss, confusion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aisle.errors import AisleError
from aisle.metrics.arrays import (
    Codes,
    Floats,
    class_index,
    probability_rows,
    same_rows,
    some_rows,
    texts,
)

_FLOOR = 1e-15

Classes = Sequence[str] | NDArray[np.object_]


@dataclass(frozen=True)
class F1Scores:
    """F1 averaged in three ways, each between 0 and 1."""

    macro: float
    micro: float
    weighted: float


@dataclass(frozen=True)
class ClassScore:
    """Scores of one class; `support` is the number of rows whose truth it is."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, eq=False)
class ConfusionMatrix:
    """Counts of rows: `counts[i, j]` have the truth `classes[i]` and were called `classes[j]`."""

    classes: tuple[str, ...]
    counts: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Tally:
    """Counts a class, in the order of `classes`."""

    classes: tuple[str, ...]
    truth: Codes
    predicted: Codes

    def counted(self, codes: Codes) -> Floats:
        return np.bincount(codes, minlength=len(self.classes)).astype(np.float64)

    @property
    def hits(self) -> Floats:
        return self.counted(self.truth[self.truth == self.predicted])


def _tally(truth: ArrayLike, predicted: ArrayLike, classes: Classes) -> _Tally:
    """Turn class names into codes; classes that nobody announced come last, sorted."""
    true_names, predicted_names = texts("truth", truth), texts("predicted", predicted)
    same_rows("truth", len(true_names), "predicted", len(predicted_names))
    some_rows("truth", len(true_names))
    index = class_index(classes)
    for name in sorted({*true_names, *predicted_names} - index.keys()):
        index[name] = len(index)
    return _Tally(
        classes=tuple(index),
        truth=np.array([index[name] for name in true_names], dtype=np.intp),
        predicted=np.array([index[name] for name in predicted_names], dtype=np.intp),
    )


def _divided(top: Floats, bottom: Floats) -> Floats:
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)


def accuracy(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the share of rows whose class is right.

    Parameters
    ----------
    truth, predicted
        Class names, str (rows,).

    Raises
    ------
    AisleError
        If there are no rows, the lengths differ, or a value is not text.

    Examples
    --------
    >>> accuracy(["Watches", "Shoes"], ["Watches", "Hats"])
    0.5
    """
    tally = _tally(truth, predicted, ())
    return float(np.mean(tally.truth == tally.predicted))


def f1_scores(truth: ArrayLike, predicted: ArrayLike, classes: Classes) -> F1Scores:
    """Return macro, micro and weighted F1.

    Macro F1 is the plain mean over the classes that occur in the truth or in the predictions;
    classes that occur in neither do not count. Weighted F1 weighs each class by its support.
    With one class a row, micro F1 is the accuracy.

    Parameters
    ----------
    truth, predicted
        Class names, str (rows,).
    classes
        The classes that the model knows; others may occur and count like any.

    Raises
    ------
    AisleError
        If there are no rows, the lengths differ, or a value is not text.
    """
    tally = _tally(truth, predicted, classes)
    support, called = tally.counted(tally.truth), tally.counted(tally.predicted)
    f1 = _divided(2 * tally.hits, support + called)
    return F1Scores(
        macro=float(f1[support + called > 0].mean()),
        micro=float(tally.hits.sum() / support.sum()),
        weighted=float(f1 @ support / support.sum()),
    )


def per_class(truth: ArrayLike, predicted: ArrayLike, classes: Classes) -> dict[str, ClassScore]:
    """Return precision, recall, F1 and support of every class.

    A class that was never predicted has precision 0, and one that never occurs has recall 0.

    Parameters
    ----------
    truth, predicted
        Class names, str (rows,).
    classes
        The classes that the model knows, which come first and in this order; classes that occur
        besides follow, sorted.

    Raises
    ------
    AisleError
        If there are no rows, the lengths differ, or a value is not text.
    """
    tally = _tally(truth, predicted, classes)
    support, called = tally.counted(tally.truth), tally.counted(tally.predicted)
    precision, recall = _divided(tally.hits, called), _divided(tally.hits, support)
    f1 = _divided(2 * tally.hits, support + called)
    return {
        name: ClassScore(float(precision[i]), float(recall[i]), float(f1[i]), int(support[i]))
        for i, name in enumerate(tally.classes)
    }


def confusion_matrix(truth: ArrayLike, predicted: ArrayLike, classes: Classes) -> ConfusionMatrix:
    """Return how often each class was taken for each other.

    Parameters
    ----------
    truth, predicted
        Class names, str (rows,).
    classes
        The classes that the model knows; classes that occur besides are added, sorted.

    Returns
    -------
    ConfusionMatrix
        `counts`: int64 (classes, classes), a row for each truth, a column for each prediction.

    Raises
    ------
    AisleError
        If there are no rows, the lengths differ, or a value is not text.
    """
    tally = _tally(truth, predicted, classes)
    size = len(tally.classes)
    cells = np.bincount(tally.truth * size + tally.predicted, minlength=size * size)
    return ConfusionMatrix(tally.classes, cells.reshape(size, size).astype(np.int64))


def log_loss(truth: ArrayLike, probabilities: ArrayLike, classes: Classes) -> float:
    """Return the mean of -log(probability of the truth), in nats.

    Probabilities below 1e-15 count as 1e-15. So does a truth that is no class of the model: such
    a row costs -log(1e-15) = 34.5 nats, and one in a hundred of them adds 0.35 to the score.

    Parameters
    ----------
    truth
        Class names, str (rows,).
    probabilities
        float (rows, classes), each row summing to 1.
    classes
        The class of each column.

    Raises
    ------
    AisleError
        If there are no rows, the shapes do not fit, or a row is no distribution.
    """
    columns, array = _truth_columns(truth, probabilities, classes)
    known = columns >= 0
    chance = np.where(known, array[np.arange(len(columns)), np.maximum(columns, 0)], 0.0)
    return float(-np.log(np.clip(chance, _FLOOR, 1.0)).mean())


def top_k_accuracy(
    truth: ArrayLike, probabilities: ArrayLike, classes: Classes, k: int = 5
) -> float:
    """Return the share of rows whose truth is among the `k` most probable classes.

    Equal probabilities rank in the order of the columns. A truth that the model does not know is
    never among them.

    Parameters
    ----------
    truth
        Class names, str (rows,).
    probabilities
        float (rows, classes), each row summing to 1.
    classes
        The class of each column.
    k
        How many classes to look at.

    Raises
    ------
    AisleError
        If `k` is below 1, there are no rows, or the shapes do not fit.
    """
    if k < 1:
        raise AisleError(f"k: expected 1 or more classes to look at, found {k}")
    columns, array = _truth_columns(truth, probabilities, classes)
    known = columns >= 0
    place = np.maximum(columns, 0)
    own = array[np.arange(len(columns)), place][:, None]
    tied_before = (array == own) & (np.arange(array.shape[1]) < place[:, None])
    rank = ((array > own) | tied_before).sum(axis=1)
    return float(np.mean(known & (rank < k)))


def _truth_columns(
    truth: ArrayLike, probabilities: ArrayLike, classes: Classes
) -> tuple[Codes, Floats]:
    """Return each truth's column (-1 where the model does not know it) and the probabilities."""
    names = texts("truth", truth)
    some_rows("truth", len(names))
    index = class_index(classes)
    if not index:
        raise AisleError("classes: there are none; expected the class of each column")
    array = probability_rows(probabilities, len(names), len(index))
    return np.array([index.get(name, -1) for name in names], dtype=np.intp), array
