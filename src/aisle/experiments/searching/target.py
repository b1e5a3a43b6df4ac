"""What experts learn in a search, and how their out-of-fold answers are judged."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aisle.catalog import Catalog, Task
from aisle.encoders import Features
from aisle.errors import TrainingError
from aisle.fusion import Answer, ClassExpert, ValueExpert

# The scale on which a regressor learns is the model's to choose.
from aisle.models.scales import choose_scale, forward

Floats = npt.NDArray[np.float64]
Losses = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
AnyExpert = ClassExpert | ValueExpert

_SMALLEST = 1e-6


@dataclass(frozen=True, eq=False)
class Judged:
    """How far answers are from the truth.

    Parameters
    ----------
    losses
        The log loss, or the absolute error on the scale of learning, float32 (rows,).
    wrong
        Whether each answer is wrong, bool (rows,); None for values.
    """

    losses: Losses
    wrong: Mask | None


class Target(ABC):
    """The truth, by row of the catalogue.

    Parameters
    ----------
    fold_of
        The fold of each row, int64 (rows,).
    groups
        Near-duplicate groups, int64 (rows,).

    Attributes
    ----------
    counted : numpy.ndarray
        The rows whose losses tell settings apart, bool (rows,): of a class that no other fold has,
        no expert can know.
    """

    counted: Mask

    def __init__(self, fold_of: Rows, groups: Rows) -> None:
        self.fold_of, self.groups = fold_of, groups

    @abstractmethod
    def learn(self, expert: AnyExpert, features: Features, rows: Rows) -> None:
        """Train an expert on features of the given rows."""

    @abstractmethod
    def judge(self, expert: AnyExpert, answer: Answer, rows: Rows) -> Judged:
        """Judge uncalibrated answers for the given rows."""

    def loss(self, losses: Losses, rows: Rows | None = None) -> float:
        """Return the mean loss of all rows, or of some."""
        counted = self.counted if rows is None else self.counted[rows]
        return float(losses[counted].mean(dtype=np.float64)) if counted.any() else 0.0


class ClassTarget(Target):
    """Classes, judged by the log loss of calibrated probabilities."""

    def __init__(self, catalog: Catalog, fold_of: Rows, *, balanced: bool) -> None:
        super().__init__(fold_of, catalog.groups)
        names, codes = np.unique(catalog.labels.astype(str), return_inverse=True)
        if len(names) < 2:
            raise TrainingError(
                f"every row has the same value in {catalog.schema.target!r} ({str(names[0])!r}): "
                "there is nothing to tell apart"
            )
        self.codes: Rows = np.asarray(codes, dtype=np.int64)
        self.classes = len(names)
        self._weight: Floats | None = None
        if balanced:
            self._weight = len(codes) / (self.classes * np.bincount(codes)[codes])
        inside = np.zeros((int(fold_of.max()) + 1, self.classes), dtype=np.int64)
        np.add.at(inside, (fold_of, self.codes), 1)
        self.counted = (inside.sum(axis=0) - inside)[fold_of, self.codes] > 0

    def learn(self, expert: AnyExpert, features: Features, rows: Rows) -> None:
        """Train a classifier."""
        assert isinstance(expert, ClassExpert)
        weight = None if self._weight is None else self._weight[rows]
        expert.fit(features, self.codes[rows], self.classes, weight, groups=self.groups[rows])

    def judge(self, expert: AnyExpert, answer: Answer, rows: Rows) -> Judged:
        """Give the probabilities the scale that fits these rows best, as the model will."""
        assert isinstance(expert, ClassExpert)
        codes = self.codes[rows]
        known = np.flatnonzero(self.counted[rows])
        scores = answer.scores
        if answer.present[known].any():
            scaled = expert.over(expert.parts).calibrate(answer.take(known), codes[known])
            scores = scaled.calibrated(answer).scores
        chosen = scores[np.arange(len(rows)), codes]
        losses = -np.log(np.clip(chosen, _SMALLEST, 1.0))
        return Judged(losses.astype(np.float32), np.asarray(scores.argmax(axis=1) != codes))


class ValueTarget(Target):
    """Values, judged by the absolute error on the scale of learning."""

    def __init__(self, catalog: Catalog, fold_of: Rows, *, scale: str) -> None:
        super().__init__(fold_of, catalog.groups)
        values = catalog.values
        self.values = forward(values, choose_scale(values, scale))
        self.counted = np.ones(len(values), dtype=bool)

    def learn(self, expert: AnyExpert, features: Features, rows: Rows) -> None:
        """Train a regressor."""
        assert isinstance(expert, ValueExpert)
        expert.fit(features, self.values[rows], None, groups=self.groups[rows])

    def judge(self, expert: AnyExpert, answer: Answer, rows: Rows) -> Judged:
        """Take absolute errors."""
        return Judged(np.abs(answer.scores - self.values[rows]).astype(np.float32), None)


def make_target(
    catalog: Catalog, fold_of: Rows, *, balanced: bool, target_scale: str
) -> ClassTarget | ValueTarget:
    """Take the target from a catalogue whose rows all have one.

    Parameters
    ----------
    catalog, fold_of
        The rows and their folds.
    balanced
        Give every class the same total weight.
    target_scale
        Of a regressor; see `aisle.models.Recipe`.

    Raises
    ------
    TrainingError
        If there is a single class.
    """
    if catalog.task is Task.REGRESS:
        return ValueTarget(catalog, fold_of, scale=target_scale)
    return ClassTarget(catalog, fold_of, balanced=balanced)
