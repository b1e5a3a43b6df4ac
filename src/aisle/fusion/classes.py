"""Fusing class probabilities: the contract, and best-single."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from aisle.component import Component
from aisle.fusion.answer import Answer, Floats
from aisle.neural.fusing import METHODS, Method

Codes = npt.NDArray[np.int64]
EARLY = "early"
"""The name under which the expert over all features stands among the answers."""

NETWORKS: tuple[Method, ...] = METHODS
"""The names under which networks over all modalities stand among the answers, simplest first."""

JOINT = (EARLY, *NETWORKS)
"""All experts that look at several modalities; they are no members of sets of experts."""


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
        self.experts_ = [name for name in answers if name not in JOINT]
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
