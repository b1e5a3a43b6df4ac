"""Fusing values: best-single, late, stack, early."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from scipy.optimize import minimize, nnls

from aisle.component import Component
from aisle.fusion.answer import Answer, Floats, Mask, presence_patterns
from aisle.fusion.classes import JOINT
from aisle.fusion.crossing import expert_sets


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
        self.experts_ = [name for name in answers if name not in JOINT]
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


class StackValue(LateValue):
    """Weights and a constant of their own for every set of experts, by the absolute error.

    The weights are at least 0 and need not add up to 1: experts that all shy away from extreme
    values are corrected together. One expert alone answers as it is.
    Source: Breiman, Stacked regressions, 1996; with least absolute deviations, which is how the
    model is judged.

    Attributes
    ----------
    sets_ : dict of str to numpy.ndarray
        By the names of the experts joined with ``+``: their weights, then the constant.
    """

    name = "stack"

    def _learn(self, answers: Mapping[str, Answer], values: Floats) -> None:
        super()._learn(answers, values)
        self.sets_: dict[str, Floats] = {}
        present = self._present(answers)
        for pattern in expert_sets(present):
            if len(pattern) == 1:
                continue
            rows = np.flatnonzero(present[:, list(pattern)].all(axis=1))
            if len(rows) >= 20:
                names = [self.experts_[expert] for expert in pattern]
                told = np.column_stack([answers[name].scores[rows] for name in names])
                self.sets_["+".join(names)] = _least_deviations(told, values[rows])

    def combine(self, answers: Mapping[str, Answer]) -> Answer:
        """Take the weights of the experts that are present; the late mean where none are known."""
        pooled = super().combine(answers)
        scores = pooled.scores.copy()
        for pattern, rows in presence_patterns(self._present(answers)):
            names = [self.experts_[expert] for expert in pattern]
            learned = self.sets_.get("+".join(names))
            if learned is not None:
                total = np.full(len(rows), learned[-1])
                for name, weight in zip(names, learned, strict=False):
                    total += weight * answers[name].scores[rows]
                scores[rows] = total
        return Answer(scores, pooled.present)


def _least_deviations(told: Floats, values: Floats) -> Floats:
    """Return weights, at least 0, and a constant that minimise the mean absolute error."""
    centre = told.mean(axis=0)
    count = told.shape[1]
    spread = max(float(np.abs(values - np.median(values)).mean()), 1e-12)
    smooth = (0.05 * spread) ** 2

    def loss(point: Floats) -> tuple[float, Floats]:
        off = (told - centre) @ point[:-1] + point[-1] - values
        size = np.sqrt(off**2 + smooth)
        slope = off / size / len(values)
        shrink = point[:-1] - 1 / count
        gradient = np.append((told - centre).T @ slope + 2e-3 * spread * shrink, slope.sum())
        return float(size.mean() + 1e-3 * spread * (shrink**2).sum()), gradient

    start = np.append(np.full(count, 1 / count), np.median(values))
    bounds = [(0.0, 2.0)] * count + [(None, None)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return np.append(found[:-1], found[-1] - float(centre @ found[:-1]))
