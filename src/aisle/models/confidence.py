"""How sure a classifier may be of its answers, by which of its experts had something to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
import numpy.typing as npt

from aisle.component import Component
from aisle.decisions import TemperatureCalibrator, Threshold, choose_threshold
from aisle.fusion import Answer, ClassFusion, CrossFitted, expert_sets, set_names, withheld
from aisle.fusion.answer import logs
from aisle.models.recipe import DecisionPlan

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]

LEAST = 0.5
"""An answer that is as likely wrong as right is never accepted, however good the others are."""

KEPT = 50_000
"""Products kept as evidence for each set of experts; more would hardly move a threshold."""


class Confidence(Component):
    """Calibrated confidence, and the evidence for thresholds, for every set of experts.

    What a model makes of a title alone is worth less than what it makes of title and photograph, so
    each set of experts has its own scale and its own thresholds. They are learned on out-of-fold
    rows from which the other experts were withheld: a product without a photograph is then judged
    by how well products are known without theirs, even if every training product had one. The
    promise for such products rests on photographs missing without regard to what is difficult.

    Parameters
    ----------
    fewest
        Out-of-fold rows that it takes to judge a set of experts by; with fewer, nothing is accepted
        that only they speak for.

    Attributes
    ----------
    experts_ : list of str
        The experts, in the fusion's order; a set is written as their names joined with ``+``.
    usual_ : str
        The set that most training products have.
    calibrators_ : dict of str to TemperatureCalibrator
        By set.
    confidence_, correct_, groups_, own_ : dict of str to numpy.ndarray
        By set, (rows,): out-of-fold confidence, whether the answer was right, the near-duplicate
        group, and whether the product has this very set and not more.
    """

    def __init__(self, fewest: int = 20) -> None:
        self.fewest = fewest

    def fit(
        self,
        fusion: CrossFitted[ClassFusion],
        answers: Mapping[str, Answer],
        codes: Codes,
        *,
        seen: Codes,
        groups: Codes,
    ) -> Self:
        """Learn from out-of-fold answers.

        Parameters
        ----------
        fusion
            Combines answers, each row's by a fusion that it did not teach.
        answers
            The experts' out-of-fold answers.
        codes
            True classes, int64 (rows,).
        seen
            The rows whose class was known to the experts that answered them: only these can teach
            a scale. All rows count for thresholds.
        groups
            Near-duplicate groups, int64 (rows,).
        """
        self.experts_ = list(fusion.whole.experts_)
        present = np.column_stack([answers[name].present for name in self.experts_])
        actual = np.array(set_names(present, self.experts_), dtype=object)
        names, counts = np.unique(actual[actual != ""], return_counts=True)
        self.usual_ = str(names[counts.argmax()]) if len(names) else "+".join(self.experts_)
        self.calibrators_: dict[str, TemperatureCalibrator] = {}
        self.confidence_: dict[str, Floats] = {}
        self.correct_: dict[str, Bools] = {}
        self.groups_: dict[str, Codes] = {}
        self.own_: dict[str, Bools] = {}
        teaches = np.zeros(len(codes), dtype=bool)
        teaches[seen] = True
        for members in expert_sets(present):
            name = "+".join(self.experts_[expert] for expert in members)
            rows = np.flatnonzero(present[:, list(members)].all(axis=1))
            if len(rows) < self.fewest and name != self.usual_:
                continue
            kept = [self.experts_[expert] for expert in members]
            fused = logs(fusion.combine(withheld(answers, kept)).scores[rows])
            taught = teaches[rows] if teaches[rows].any() else np.ones(len(rows), dtype=bool)
            scale = TemperatureCalibrator().fit(fused[taught], codes[rows][taught])
            probabilities = scale.transform(fused)
            some = _spread(len(rows))
            self.calibrators_[name] = scale
            self.confidence_[name] = probabilities.max(axis=1)[some]
            self.correct_[name] = (probabilities.argmax(axis=1) == codes[rows])[some]
            self.groups_[name] = groups[rows][some]
            self.own_[name] = (actual[rows] == name)[some]
        return self

    def sets_of(self, answers: Mapping[str, Answer]) -> list[str]:
        """Name the set of experts that speaks for each row; empty where nobody does."""
        present = np.column_stack([answers[name].present for name in self.experts_])
        return set_names(present, self.experts_)

    def transform(self, fused: Floats, sets: Sequence[str]) -> Floats:
        """Return calibrated probabilities, float64 (rows, classes), for each row's set."""
        scores = fused.copy()
        named = np.array(sets, dtype=object)
        for name in dict.fromkeys(sets):
            rows = np.flatnonzero(named == name)
            scale = self.calibrators_.get(name, self.calibrators_[self.usual_])
            if name:
                scores[rows] = scale.transform(logs(fused[rows]))
        return scores

    def thresholds(self, plan: DecisionPlan, precision: float) -> dict[str, Threshold]:
        """Return the threshold of each set of experts for a precision."""
        return {
            name: choose_threshold(
                self.confidence_[name],
                self.correct_[name],
                precision,
                level=plan.level,
                method=plan.method,
                groups=self.groups_[name],
                least=LEAST,
            )
            for name in self.confidence_
        }

    def coverage(self, thresholds: Mapping[str, Threshold]) -> float:
        """Return the share of training products that would have been accepted out of fold."""
        accepted = total = 0
        for name, own in self.own_.items():
            sure = self.confidence_[name][own] >= thresholds[name].threshold
            accepted, total = accepted + int(sure.sum()), total + len(sure)
        return accepted / total if total else 0.0


def _spread(rows: int) -> Codes:
    """Return the positions of at most `KEPT` rows, evenly spread."""
    if rows <= KEPT:
        return np.arange(rows)
    return np.linspace(0, rows - 1, KEPT).round().astype(np.int64)
