"""What is asked of a model: why this class, or why this value."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from aisle.fusion import ClassExpert, Expert
from aisle.models.scales import Scale, backward

Floats = npt.NDArray[np.float64]

FLOOR = 1e-12
"""Probabilities are not taken below this: log-odds stay finite."""

_LEAST = 1e-3
"""A probability that is divided by is not taken below this."""


class Question(ABC):
    """Turns scores into the one number that is explained.

    Evidence is what adds up: log-odds of a class, or a value on the scale of learning.
    """

    @abstractmethod
    def evidence(self, scores: Floats) -> Floats:
        """Return the evidence, float64 (rows,), of what a model or an expert answers."""

    @abstractmethod
    def shown(self, evidence: Floats) -> Floats:
        """Return what people read, float64 (rows,): a probability, or a value in its unit."""

    @abstractmethod
    def of_scores(self, expert: Expert, scores: Floats) -> Floats | None:
        """Return how evidence grows with each linear score of an expert's head, float64 (outputs,).

        Parameters
        ----------
        expert
            Whose head has the outputs.
        scores
            What the expert answers for the product, calibrated, float64 (1, classes) or (1,).

        Returns
        -------
        numpy.ndarray or None
            None where the head has never met the class that is asked about.
        """

    @abstractmethod
    def of_probabilities(self, expert: Expert, scores: Floats) -> Floats | None:
        """Return the same for a head whose outputs are shares and not scores, as a forest's."""


@dataclass(frozen=True)
class ClassQuestion(Question):
    """Why this class, against all others or against one.

    Parameters
    ----------
    code
        The class that is asked about.
    against
        The class that it is compared with; None for all others together.
    """

    code: int
    against: int | None = None

    def evidence(self, scores: Floats) -> Floats:
        """Return the log-odds of the class, float64 (rows,)."""
        own = scores[:, self.code]
        if self.against is None:
            # Summed and not taken from 1: of a sure answer, 1 - p would keep no digits.
            other = np.delete(scores, self.code, axis=1).sum(axis=1)
        else:
            other = scores[:, self.against]
        return np.asarray(np.log(np.maximum(own, FLOOR)) - np.log(np.maximum(other, FLOOR)))

    def shown(self, evidence: Floats) -> Floats:
        """Return the probability; against one class, that of this one if it is one of the two."""
        return np.asarray(special.expit(evidence))

    def of_scores(self, expert: Expert, scores: Floats) -> Floats | None:
        """Return 1 for the class, and less in all as much for its rivals, the probable ones most.

        That is the gradient of the log-odds: with these weights fixed, evidence is linear in the
        scores.
        """
        return self._direction(expert, scores, shares=False)

    def of_probabilities(self, expert: Expert, scores: Floats) -> Floats | None:
        """Return the gradient of the log-odds by the shares."""
        return self._direction(expert, scores, shares=True)

    def _direction(self, expert: Expert, scores: Floats, *, shares: bool) -> Floats | None:
        assert isinstance(expert, ClassExpert)
        known = np.asarray(expert.head.classes_)
        own = known == self.code
        rivals = known != self.code if self.against is None else known == self.against
        if not own.any() or not rivals.any():
            return None
        told = np.maximum(scores[0, known], FLOOR)
        weights = np.where(rivals, 1.0 if shares else told, 0.0)
        among = max(float(told[rivals].sum()), _LEAST) if shares else float(weights.sum())
        first = 1 / max(float(told[own][0]), _LEAST) if shares else 1.0
        scale = expert.calibrator_
        temperature = 1.0 if scale is None else float(scale.temperature_)
        return np.asarray((first * own - weights / among) / temperature)


@dataclass(frozen=True)
class ValueQuestion(Question):
    """Why this value.

    Parameters
    ----------
    scale
        How values were learned.
    """

    scale: Scale

    def evidence(self, scores: Floats) -> Floats:
        """Return the value on the scale of learning, float64 (rows,)."""
        return np.asarray(scores, dtype=np.float64)

    def shown(self, evidence: Floats) -> Floats:
        """Return the value in its own unit."""
        return np.asarray(backward(np.asarray(evidence, dtype=np.float64), self.scale))

    def of_scores(self, expert: Expert, scores: Floats) -> Floats | None:
        """Return 1: the only output is the value."""
        return np.ones(1)

    def of_probabilities(self, expert: Expert, scores: Floats) -> Floats | None:
        """Return 1."""
        return np.ones(1)


def number_of(classes: Sequence[Any], name: str) -> int | None:
    """Return the position of a class by its name, None where there is none."""
    return list(classes).index(name) if name in classes else None
