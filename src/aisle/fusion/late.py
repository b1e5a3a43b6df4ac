"""The log-linear pool of probabilities, with experts that may be speaking of another product."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.optimize import minimize

from aisle.fusion.answer import Answer, Floats, logs, normalised, presence_patterns
from aisle.fusion.classes import ClassFusion, Codes
from aisle.fusion.evidence import Evidence, gather_evidence

FEWEST = 20
"""Products with everything that it takes to learn weights; with fewer, they are equal."""

DOUBT = 0.05
"""How often an expert is taken to speak of another product before anything was learned."""

_PULL = 1e-3
_MOST = 3.0


class Late(ClassFusion):
    """A log-linear pool: probabilities multiply, each raised to its expert's weight.

    Each expert is doubted a little: with probability ``doubts_[expert]`` it is taken to speak of
    another product and to say nothing of this one. So even the surest expert can be overruled: a
    wrong photograph costs little when the title speaks clearly, and a garbled title when the
    photograph does. Weights and doubts are learned out of fold by the log loss, on products for
    which all experts are present and on copies in which one of them answers for another product.
    Of a product that lacks some, the others' weights are scaled up, and one expert alone answers
    as it is.

    Attributes
    ----------
    weights_ : numpy.ndarray
        float64 (experts,), at least 0.
    doubts_ : numpy.ndarray
        float64 (experts,), from 0 to 1.

    References
    ----------
    Genest and Zidek (1986), Combining probability distributions: a critique and an annotated
    bibliography. Huber (1964), Robust estimation of a location parameter, for the contaminated
    model.
    """

    name = "late"

    def _learn(self, answers: Mapping[str, Answer], codes: Codes) -> None:
        count = len(self.experts_)
        self.weights_ = np.full(count, 1 / count)
        self.doubts_ = np.full(count, DOUBT)
        everyone = np.flatnonzero(self._present(answers).all(axis=1))
        if count < 2 or len(everyone) < FEWEST:
            return
        evidence = gather_evidence(answers, self.experts_, codes, everyone)
        self.weights_, self.doubts_ = _pool_weights(evidence)
        self._refine(evidence)

    def _refine(self, evidence: Evidence) -> None:
        """Learn more from the same evidence; the pool itself has all it needs."""

    def combine(self, answers: Mapping[str, Answer]) -> Answer:
        """Pool the experts that are present, product by product."""
        present = self._present(answers)
        scores = np.tile(self.prior_, (len(present), 1))
        for pattern, rows in presence_patterns(present):
            if len(pattern) == 1:
                alone = answers[self.experts_[pattern[0]]].scores[rows]
                scores[rows] = normalised(logs(alone))
            elif pattern:
                scores[rows] = normalised(self._pooled(answers, pattern, rows))
        return Answer(scores, np.asarray(present.any(axis=1)))

    def _pooled(
        self, answers: Mapping[str, Answer], pattern: tuple[int, ...], rows: Codes
    ) -> Floats:
        """Return unnormalised log probabilities of `rows`, float64 (rows, classes)."""
        pooled = np.zeros((len(rows), len(self.prior_)))
        for expert, weight in zip(pattern, self._restricted(pattern), strict=True):
            scores = answers[self.experts_[expert]].scores[rows]
            pooled += weight * logs(doubted(scores, self.doubts_[expert]))
        return pooled

    def _restricted(self, pattern: tuple[int, ...]) -> Floats:
        """Return the weights of the experts in `pattern`, with the total that all have."""
        if len(pattern) == 1:
            return np.ones(1)
        weights = self.weights_[list(pattern)]
        total = float(weights.sum())
        if total <= 0:
            return np.full(len(pattern), 1 / len(pattern))
        return np.asarray(weights * (self.weights_.sum() / total))


def doubted(probabilities: Floats, doubt: float, classes: int | None = None) -> Floats:
    """Mix probabilities, (..., candidates), with the uniform of all `classes`."""
    uniform = 1 / (classes or probabilities.shape[-1])
    return np.asarray((1 - doubt) * probabilities + doubt * uniform)


def _pool_weights(evidence: Evidence) -> tuple[Floats, Floats]:
    """Minimise the log loss over weights and doubts."""
    count = len(evidence.probabilities)
    rows = np.arange(evidence.rows)
    uniform = 1 / evidence.total
    usual = np.log(DOUBT / (1 - DOUBT))

    def loss(point: Floats) -> tuple[float, Floats]:
        weights, doubts = point[:count], 1 / (1 + np.exp(-point[count:]))
        mixed = np.clip(
            (1 - doubts)[:, None, None] * evidence.probabilities + uniform * doubts[:, None, None],
            1e-12,
            None,
        )
        log_mixed = np.log(mixed)
        pooled = normalised(np.einsum("e,erc->rc", weights, log_mixed))
        value = -(evidence.weight * np.log(np.clip(pooled[rows, evidence.truth], 1e-12, 1))).sum()
        error = pooled
        error[rows, evidence.truth] -= 1
        error *= evidence.weight[:, None]
        by_weight = np.einsum("rc,erc->e", error, log_mixed)
        slope = (uniform - evidence.probabilities) / mixed
        by_doubt = weights * np.einsum("rc,erc->e", error, slope) * doubts * (1 - doubts)
        # A faint pull towards equal shares settles ties between experts that say the same.
        shrink, usually = weights - 1 / count, point[count:] - usual
        value += _PULL * ((shrink**2).sum() + 0.1 * (usually**2).sum())
        gradient = np.concatenate(
            [by_weight + 2 * _PULL * shrink, by_doubt + 0.2 * _PULL * usually]
        )
        return float(value), gradient

    start = np.concatenate([np.full(count, 1 / count), np.full(count, usual)])
    bounds = [(0.0, _MOST)] * count + [(-9.0, 0.0)] * count
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    doubts = 1 / (1 + np.exp(-found[count:]))
    return np.asarray(found[:count], dtype=np.float64), np.asarray(doubts, dtype=np.float64)
