"""Ensembles without learned weights to speak of: the mean of the experts, and their vote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from aisle.fusion.answer import Answer, Floats, Rows, presence_patterns
from aisle.fusion.classes import ClassFusion, Codes
from aisle.fusion.values import ValueFusion

_SETTLES = 1e-3
"""The share that the experts' probabilities have in a vote: enough to settle ties, and to tell
unanimous votes apart by how sure they were."""


class Mean(ClassFusion):
    """The mean of the probabilities of the experts that are present: the linear pool.

    References
    ----------
    Kittler, Hatef, Duin and Matas (1998), On combining classifiers: the sum rule.
    """

    name: ClassVar[str] = "mean"

    def _learn(self, answers: Mapping[str, Answer], codes: Codes) -> None:
        """There is nothing to learn."""

    def combine(self, answers: Mapping[str, Answer]) -> Answer:
        """Pool the experts that are present, product by product; one alone answers as it is."""
        present = self._present(answers)
        scores = np.tile(self.prior_, (len(present), 1))
        for pattern, rows in presence_patterns(present):
            if pattern:
                told = [answers[self.experts_[expert]].scores[rows] for expert in pattern]
                scores[rows] = told[0] if len(told) == 1 else self._pooled(told, pattern)
        return Answer(scores, np.asarray(present.any(axis=1)))

    def _pooled(self, told: list[Floats], pattern: tuple[int, ...]) -> Floats:
        """Return the probabilities of rows for which several experts are present."""
        return _mean(told, np.ones(len(pattern)))


class Vote(Mean):
    """Each expert that is present votes for its most probable class, and the majority wins.

    A vote weighs as much as its expert was right out of fold, on the products for which it was
    present. Two experts that disagree are therefore settled by the better one, and a vote pays from
    three experts on.

    Attributes
    ----------
    weights_ : numpy.ndarray
        The accuracy of each expert out of fold, float64 (experts,).

    References
    ----------
    Littlestone and Warmuth (1994), The weighted majority algorithm.
    """

    name: ClassVar[str] = "vote"

    def _learn(self, answers: Mapping[str, Answer], codes: Codes) -> None:
        self.weights_ = np.array([_right(answers[name], codes) for name in self.experts_])

    def _pooled(self, told: list[Floats], pattern: tuple[int, ...]) -> Floats:
        weights = self.weights_[list(pattern)]
        votes = [np.zeros_like(scores) for scores in told]
        for cast, scores in zip(votes, told, strict=True):
            cast[np.arange(len(scores)), scores.argmax(axis=1)] = 1
        return (1 - _SETTLES) * _mean(votes, weights) + _SETTLES * _mean(told, weights)


class MeanValue(ValueFusion):
    """The mean of the values of the experts that are present."""

    name: ClassVar[str] = "mean"

    def _learn(self, answers: Mapping[str, Answer], values: Floats) -> None:
        """There is nothing to learn."""

    def combine(self, answers: Mapping[str, Answer]) -> Answer:
        """Join the experts that are present, product by product."""
        present = self._present(answers)
        scores = np.full(len(present), self.prior_)
        for pattern, rows in presence_patterns(present):
            if pattern:
                told = [answers[self.experts_[expert]].scores[rows] for expert in pattern]
                scores[rows] = self._joined(told, pattern)
        return Answer(scores, np.asarray(present.any(axis=1)))

    def _joined(self, told: list[Floats], pattern: tuple[int, ...]) -> Floats:
        """Return one value a row from those of several experts."""
        return _mean(told, np.ones(len(pattern)))


class VoteValue(MeanValue):
    """The weighted median of the values: what a vote is among numbers.

    Attributes
    ----------
    weights_ : numpy.ndarray
        The inverse of each expert's mean absolute error out of fold, 1 in sum, float64 (experts,).
    """

    name: ClassVar[str] = "vote"

    def _learn(self, answers: Mapping[str, Answer], values: Floats) -> None:
        errors = np.array([_error(answers[name], values) for name in self.experts_])
        inverse = 1 / np.maximum(errors, 1e-12)
        self.weights_ = inverse / inverse.sum()

    def _joined(self, told: list[Floats], pattern: tuple[int, ...]) -> Floats:
        values = np.column_stack(told)
        order = np.argsort(values, axis=1, kind="stable")
        sorted_values = np.take_along_axis(values, order, axis=1)
        share = np.cumsum(self.weights_[list(pattern)][order], axis=1)
        # The value at which half of the weight is reached; half-way where it is reached exactly.
        half = share[:, -1:] / 2
        low = (share < half - 1e-12).sum(axis=1, keepdims=True)
        high = (share < half + 1e-12).sum(axis=1, keepdims=True)
        ends = [np.take_along_axis(sorted_values, at, axis=1)[:, 0] for at in (low, high)]
        return np.asarray((ends[0] + ends[1]) / 2)


def _right(answer: Answer, codes: Codes) -> float:
    """Return the accuracy where an expert is present, a little above 0 at the least."""
    rows = _here(answer)
    if not len(rows):
        return _SETTLES
    return max(float((answer.scores[rows].argmax(axis=1) == codes[rows]).mean()), _SETTLES)


def _error(answer: Answer, values: Floats) -> float:
    """Return the mean absolute error where an expert is present; anywhere if it never is."""
    rows = _here(answer)
    rows = rows if len(rows) else np.arange(len(values))
    return float(np.abs(answer.scores[rows] - values[rows]).mean())


def _here(answer: Answer) -> Rows:
    return np.flatnonzero(answer.present)


def _mean(told: list[Floats], weights: Floats) -> Floats:
    """Return the weighted mean of arrays of one shape, added up in their order."""
    total = np.zeros_like(told[0])
    for scores, weight in zip(told, weights / weights.sum(), strict=True):
        total += weight * scores
    return total
