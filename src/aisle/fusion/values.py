"""Fusing values: best-single, late, early."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from scipy.optimize import nnls

from aisle.component import Component
from aisle.fusion.answer import Answer, Floats, Mask, presence_patterns
from aisle.fusion.classes import EARLY


class ValueFusion(Component, ABC):
    """Makes one value from the answers of several experts.

    Attributes
    ----------
    experts_ : list of str
        The names of the experts, in the order in which they were given.
    prior_ : float
        What is said of a product for which no expert has anything to go by: the median.
    """

    name: ClassVar[str]
    experts_: list[str]
    prior_: float

    def fit(self, answers: Mapping[str, Answer], values: Floats) -> Self:
        """Learn from out-of-fold answers and true values, float64 (rows,)."""
        self.experts_ = [name for name in answers if name != EARLY]
        self.prior_ = float(np.median(values))
        self._learn(answers, values)
        return self

    @abstractmethod
    def _learn(self, answers: Mapping[str, Answer], values: Floats) -> None: ...

    @abstractmethod
    def combine(self, answers: Mapping[str, Answer]) -> Answer:
        """Return one answer: values, and for which products anybody was present."""

    def _present(self, answers: Mapping[str, Answer]) -> Mask:
        return np.column_stack([answers[name].present for name in self.experts_])


class BestSingleValue(ValueFusion):
    """The expert with the smallest absolute error out of fold; where it is absent, the next.

    Attributes
    ----------
    ranking_ : list of str
        The experts, the best first.
    """

    name = "best-single"

    def _learn(self, answers: Mapping[str, Answer], values: Floats) -> None:
        def error(name: str) -> float:
            return float(np.abs(answers[name].scores - values).mean())

        self.ranking_ = sorted(self.experts_, key=error)

    def combine(self, answers: Mapping[str, Answer]) -> Answer:
        """Let the first expert in the ranking that is present answer."""
        rows = len(next(iter(answers.values())))
        scores, present = np.full(rows, self.prior_), np.zeros(rows, dtype=bool)
        for name in self.ranking_:
            open_ = answers[name].present & ~present
            scores[open_] = answers[name].scores[open_]
            present |= open_
        return Answer(scores, present)


class LateValue(ValueFusion):
    """A weighted mean of the experts' values, the weights at least 0 and 1 in sum.

    Source: Breiman, Stacked regressions, 1996.

    Attributes
    ----------
    weights_ : numpy.ndarray
        float64 (experts,).
    """

    name = "late"

    def _learn(self, answers: Mapping[str, Answer], values: Floats) -> None:
        count = len(self.experts_)
        everyone = np.flatnonzero(self._present(answers).all(axis=1))
        self.weights_ = np.full(count, 1 / count)
        if count < 2 or len(everyone) < 20:
            return
        stacked = np.column_stack([answers[name].scores[everyone] for name in self.experts_])
        # The last equation, weighted heavily, asks that the weights add up to 1.
        heavy = 1e3 * np.sqrt(len(everyone)) * max(1.0, float(np.abs(values).max()))
        system = np.vstack([stacked, np.full(count, heavy)])
        found, _ = nnls(system, np.append(values[everyone], heavy))
        if found.sum() > 0:
            self.weights_ = found / found.sum()

    def combine(self, answers: Mapping[str, Answer]) -> Answer:
        """Average the experts that are present, product by product."""
        present = self._present(answers)
        scores = np.full(len(present), self.prior_)
        for pattern, rows in presence_patterns(present):
            if pattern:
                weights = self.weights_[list(pattern)]
                if weights.sum() <= 0:
                    weights = np.ones(len(pattern))
                mean = np.zeros(len(rows))
                for expert, weight in zip(pattern, weights / weights.sum(), strict=True):
                    mean += weight * answers[self.experts_[expert]].scores[rows]
                scores[rows] = mean
        return Answer(scores, np.asarray(present.any(axis=1)))


class EarlyValue(LateValue):
    """One head over the features of all modalities; `LateValue` answers where one is missing."""

    name = "early"

    def combine(self, answers: Mapping[str, Answer]) -> Answer:
        """Take the joint head's answer where it has all it was trained on."""
        pooled = super().combine(answers)
        joint = answers[EARLY]
        scores = np.where(joint.present, joint.scores, pooled.scores)
        return Answer(scores, pooled.present | joint.present)
