"""A model's answers as arrays, for the parts of a page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aisle.decisions.decide import ACCEPT
from aisle.evaluation.results import ClassEvaluation, Evaluation, ValueEvaluation

Floats = npt.NDArray[np.float64]
Names = npt.NDArray[np.object_]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

NO_ANSWER = "no answer"


@dataclass(frozen=True, eq=False)
class Answers:
    """A classifier's predictions as arrays (rows,); a confidence that is missing is NaN."""

    truth: Names
    predicted: Names
    confidence: Floats
    accepted: Bools
    right: Bools

    @classmethod
    def of(cls, found: ClassEvaluation) -> Answers:
        """Read the predictions of an evaluation."""
        truth, predicted, decision = (
            _names(found, column) for column in ("truth", "category", "decision")
        )
        return cls(
            truth=truth,
            predicted=predicted,
            confidence=_floats(found, "confidence"),
            accepted=np.asarray(decision == ACCEPT, dtype=np.bool_),
            right=np.asarray(truth == predicted, dtype=np.bool_),
        )

    @property
    def known(self) -> Bools:
        """Which answers carry a confidence."""
        return np.isfinite(self.confidence)


@dataclass(frozen=True, eq=False)
class Values:
    """A regressor's predictions as arrays, for the products with a truth and an answer.

    `rows` are the row numbers of these products in the evaluation.
    """

    rows: Rows
    truth: Floats
    predicted: Floats
    low: Floats
    high: Floats

    @classmethod
    def of(cls, found: ValueEvaluation) -> Values:
        """Read the predictions of an evaluation."""
        columns = [_floats(found, name) for name in ("truth", "value", "low", "high")]
        rows = np.flatnonzero(np.isfinite(columns[0]) & np.isfinite(columns[1]))
        return cls(rows, *(column[rows] for column in columns))

    @property
    def positive(self) -> bool:
        """Whether a logarithmic axis can show all of them."""
        return bool(len(self.truth) and (self.truth > 0).all() and (self.predicted > 0).all())

    @property
    def inside(self) -> Bools:
        """Whose truth lies between low and high."""
        return np.asarray((self.low <= self.truth) & (self.truth <= self.high))

    @property
    def distance(self) -> Floats:
        """How far each answer lies from the truth: the log of the factor where all are above 0."""
        if self.positive:
            return np.asarray(np.abs(np.log(self.predicted) - np.log(self.truth)))
        return np.abs(self.predicted - self.truth)


def expert_name(name: str) -> str:
    """Return an expert's name with room around each +."""
    return name.replace("+", " + ")


def _names(found: Evaluation, column: str) -> Names:
    values = found.predictions[column].to_pylist()
    return np.array(
        [*(NO_ANSWER if value is None else str(value) for value in values), None], dtype=object
    )[:-1]


def _floats(found: Evaluation, column: str) -> Floats:
    values = found.predictions[column].to_pylist()
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
