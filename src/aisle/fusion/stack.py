"""Stacking: the late pool, and what was learned of when and in which classes to trust whom."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.optimize import minimize

from aisle.fusion.answer import Answer, Floats, logs, normalised
from aisle.fusion.classes import Codes
from aisle.fusion.evidence import Evidence, probable
from aisle.fusion.late import Late, doubted

_SPREAD = 0.3
"""How far a correction usually lies from 0, before anything was learned."""


class Stack(Late):
    """A conditional logit over the experts' log probabilities, shrunk towards the late pool.

    The weight of an expert is corrected by how sure it is of this product, and by how much its
    word is worth for each class: photographs tell watches better than curtains. Corrections have a
    normal prior around zero, so that they stay small where products are few, and hold for the
    classes that some expert finds probable. One expert alone answers as it is.

    Attributes
    ----------
    surety_ : numpy.ndarray
        float64 (experts,): change of weight for an expert that is sure (its largest probability,
        less one half).
    trust_ : numpy.ndarray
        float64 (experts, classes): change of weight by class.
    bias_ : numpy.ndarray
        float64 (classes,).

    References
    ----------
    Wolpert (1992), Stacked generalization. McFadden (1974), Conditional logit analysis of
    qualitative choice behavior.
    """

    name = "stack"

    def _learn(self, answers: Mapping[str, Answer], codes: Codes) -> None:
        classes = len(self.prior_)
        self.surety_ = np.zeros(len(self.experts_))
        self.trust_ = np.zeros((len(self.experts_), classes))
        self.bias_ = np.zeros(classes)
        super()._learn(answers, codes)

    def _refine(self, evidence: Evidence) -> None:
        count, classes = self.trust_.shape
        rows = np.arange(evidence.rows)
        told = np.stack(
            [
                logs(doubted(p, doubt, classes))
                for p, doubt in zip(evidence.probabilities, self.doubts_, strict=True)
            ]
        )
        sure = _surety(evidence.probabilities)
        weight = evidence.weight * evidence.found
        base = np.einsum("e,erc->rc", self.weights_, told)
        # The log density of the prior, beside the mean log loss of the rows.
        pull = 1 / (2 * _SPREAD**2 * evidence.rows)
        flat = evidence.classes.ravel()

        def loss(point: Floats) -> tuple[float, Floats]:
            surety, trust, bias = self._parted(point)
            pooled = base + bias[evidence.classes]
            for expert in range(count):
                extra = surety[expert] * sure[expert][:, None] + trust[expert][evidence.classes]
                pooled += extra * told[expert]
            pooled = normalised(pooled)
            right = np.clip(pooled[rows, evidence.truth], 1e-12, 1)
            value = -(weight * np.log(right)).sum() + pull * (point**2).sum()
            error = pooled
            error[rows, evidence.truth] -= 1
            error *= weight[:, None]
            by_surety = np.array([((error * told[e]).sum(axis=1) @ sure[e]) for e in range(count)])
            by_trust = [
                np.bincount(flat, (error * told[e]).ravel(), minlength=classes)
                for e in range(count)
            ]
            by_bias = np.bincount(flat, error.ravel(), minlength=classes)
            gradient = np.concatenate([by_surety, *by_trust, by_bias]) + 2 * pull * point
            return float(value), gradient

        start = np.zeros(count + count * classes + classes)
        found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
        self.surety_, self.trust_, self.bias_ = self._parted(np.asarray(found, dtype=np.float64))

    def _parted(self, point: Floats) -> tuple[Floats, Floats, Floats]:
        count, classes = self.trust_.shape
        middle = point[count : count + count * classes].reshape(count, classes)
        return point[:count], middle, point[count + count * classes :]

    def _pooled(
        self, answers: Mapping[str, Answer], pattern: tuple[int, ...], rows: Codes
    ) -> Floats:
        told = [answers[self.experts_[expert]].scores[rows] for expert in pattern]
        pooled = super()._pooled(answers, pattern, rows)
        corrected = pooled + self.bias_
        for expert, scores in zip(pattern, told, strict=True):
            extra = self.surety_[expert] * _surety(scores)[:, None] + self.trust_[expert]
            corrected += extra * logs(doubted(scores, self.doubts_[expert]))
        # Of classes that nobody finds probable nothing was learned.
        return np.where(probable(np.maximum.reduce(told)), corrected, pooled)


def _surety(probabilities: Floats) -> Floats:
    """Return how sure an expert is of each row, (..., rows), from -0.5 to 0.5."""
    return np.asarray(probabilities.max(axis=-1) - 0.5)
