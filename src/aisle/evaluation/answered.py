"""A table of predictions as arrays, beside the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from aisle.decisions import ACCEPT

Names = npt.NDArray[np.object_]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Answered:
    """What a classifier says of some products, each array (rows,)."""

    truth: Names
    category: Names
    confidence: Floats
    accepted: Bools

    @classmethod
    def of(cls, predictions: pa.Table, truth: Names) -> Answered:
        """Read what `ProductClassifier.predict` returned for products with these categories."""
        decisions = np.array(predictions["decision"].to_pylist(), dtype=object)
        return cls(
            truth=truth,
            category=np.array([*predictions["category"].to_pylist(), None], dtype=object)[:-1],
            confidence=np.array(predictions["confidence"].to_pylist(), dtype=np.float64),
            accepted=np.asarray(decisions == ACCEPT, dtype=np.bool_),
        )

    def take(self, rows: Rows) -> Answered:
        """Return the answers of some rows."""
        return Answered(
            self.truth[rows], self.category[rows], self.confidence[rows], self.accepted[rows]
        )

    @property
    def right(self) -> Bools:
        """Whether each answer is the truth."""
        return np.asarray(self.category == self.truth, dtype=np.bool_)

    @property
    def accuracy(self) -> float:
        """The share of right answers."""
        return float(self.right.mean())

    @property
    def coverage(self) -> float:
        """The share that is accepted."""
        return float(self.accepted.mean())

    @property
    def accepted_precision(self) -> float | None:
        """The share of accepted answers that is right; None where none is accepted."""
        return float(self.right[self.accepted].mean()) if self.accepted.any() else None
