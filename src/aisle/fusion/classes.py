"""Fusing class probabilities: best-single, late, early."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from aisle.component import Component
from aisle.fusion.answer import Answer, Floats, logs, normalised, presence_patterns

Codes = npt.NDArray[np.int64]
EARLY = "early"
"""The name under which the expert over all features stands among the answers."""


class ClassFusion(Component, ABC):
    """Makes one probability a class from the answers of several experts.

    Attributes
    ----------
    experts_ : list of str
        The names of the experts, in the order in which they were given.
    prior_ : numpy.ndarray
        What is said of a product for which no expert has anything to go by, float64 (classes,).
    """

    name: ClassVar[str]
    experts_: list[str]
    prior_: Floats

    def fit(self, answers: Mapping[str, Answer], codes: Codes) -> Self:
        """Learn from out-of-fold answers and true classes, int64 (rows,)."""
        self.experts_ = [name for name in answers if name != EARLY]
        classes = next(iter(answers.values())).scores.shape[1]
        counts = np.bincount(codes, minlength=classes) + 1e-3
        self.prior_ = counts / counts.sum()
        self._learn(answers, codes)
        return self

    @abstractmethod
    def _learn(self, answers: Mapping[str, Answer], codes: Codes) -> None: ...

    @abstractmethod
    def combine(self, answers: Mapping[str, Answer]) -> Answer:
        """Return one answer: probabilities, and for which products anybody was present."""

    def _present(self, answers: Mapping[str, Answer]) -> npt.NDArray[np.bool_]:
        """Return bool (rows, experts)."""
        return np.column_stack([answers[name].present for name in self.experts_])


class BestSingle(ClassFusion):
    """The expert with the best accuracy out of fold; where it is absent, the next best.

    Attributes
    ----------
    ranking_ : list of str
        The experts, the best first.
    """

    name = "best-single"

    def _learn(self, answers: Mapping[str, Answer], codes: Codes) -> None:
        def score(name: str) -> tuple[float, float]:
            answer = answers[name]
            right = answer.scores.argmax(axis=1) == codes
            chosen = answer.scores[np.arange(len(codes)), codes]
            return float(right.mean()), float(np.log(np.clip(chosen, 1e-12, 1)).mean())

        self.ranking_ = sorted(self.experts_, key=score, reverse=True)

    def combine(self, answers: Mapping[str, Answer]) -> Answer:
        """Let the first expert in the ranking that is present answer."""
        rows = len(next(iter(answers.values())))
        scores = np.tile(self.prior_, (rows, 1))
        present = np.zeros(rows, dtype=bool)
        for name in self.ranking_:
            open_ = answers[name].present & ~present
            scores[open_] = answers[name].scores[open_]
            present |= open_
        return Answer(scores, present)


class Late(ClassFusion):
    """A log-linear pool: probabilities multiply, each raised to its expert's weight.

    Weights are learned out of fold by the log loss, on products for which all experts are present;
    of a product that lacks some, the others' weights are scaled up, and one expert alone answers as
    it is.
    Source: Genest & Zidek, Combining probability distributions, 1986.

    Attributes
    ----------
    weights_ : numpy.ndarray
        float64 (experts,), at least 0.
    """

    name = "late"

    def _learn(self, answers: Mapping[str, Answer], codes: Codes) -> None:
        count = len(self.experts_)
        everyone = np.flatnonzero(self._present(answers).all(axis=1))
        self.weights_ = np.full(count, 1 / count)
        if count < 2 or len(everyone) < 20:
            return
        stacked = np.stack([logs(answers[name].scores[everyone]) for name in self.experts_])
        truth = codes[everyone]
        rows = np.arange(len(everyone))

        def loss(weights: Floats) -> tuple[float, Floats]:
            pooled = normalised(np.tensordot(weights, stacked, axes=1))
            value = -np.log(np.clip(pooled[rows, truth], 1e-12, 1)).mean()
            expected = (stacked * pooled).sum(axis=2)
            gradient = (expected - stacked[:, rows, truth]).mean(axis=1)
            # A faint pull towards equal shares settles ties between experts that say the same.
            shrink = weights - 1 / count
            return float(value + 1e-3 * (shrink**2).sum()), gradient + 2e-3 * shrink

        found = minimize(
            loss, self.weights_, jac=True, method="L-BFGS-B", bounds=[(0.0, 3.0)] * count
        )
        self.weights_ = np.asarray(found.x, dtype=np.float64)

    def combine(self, answers: Mapping[str, Answer]) -> Answer:
        """Pool the experts that are present, product by product."""
        present = self._present(answers)
        scores = np.tile(self.prior_, (len(present), 1))
        for pattern, rows in presence_patterns(present):
            if pattern:
                weights = self._restricted(pattern)
                pooled = np.zeros((len(rows), len(self.prior_)))
                for expert, weight in zip(pattern, weights, strict=True):
                    pooled += weight * logs(answers[self.experts_[expert]].scores[rows])
                scores[rows] = normalised(pooled)
        return Answer(scores, np.asarray(present.any(axis=1)))

    def _restricted(self, pattern: tuple[int, ...]) -> Floats:
        """Return the weights of the experts in `pattern`, with the total that all have."""
        if len(pattern) == 1:
            return np.ones(1)
        weights = self.weights_[list(pattern)]
        total = float(weights.sum())
        if total <= 0:
            return np.full(len(pattern), 1 / len(pattern))
        return np.asarray(weights * (self.weights_.sum() / total))


class Early(Late):
    """One head over the features of all modalities side by side.

    It answers for products that have all modalities; where one is missing, its zeros would be read
    as evidence, so the late pool of the experts that are present answers instead.
    """

    name = "early"

    def combine(self, answers: Mapping[str, Answer]) -> Answer:
        """Take the joint head's answer where it has all it was trained on."""
        pooled = super().combine(answers)
        joint = answers[EARLY]
        scores = np.where(joint.present[:, None], joint.scores, pooled.scores)
        return Answer(scores, pooled.present | joint.present)
