"""An expert: encoders and a head, answering alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from aisle.component import Component
from aisle.decisions import TemperatureCalibrator
from aisle.encoders import Features, concatenate
from aisle.fusion.answer import Answer, Floats, logs
from aisle.heads import ClassifierHead, Head, RegressorHead

Codes = npt.NDArray[np.int64]


class Expert(Component):
    """A head over the features of one modality (or of several, for early fusion).

    Parameters
    ----------
    parts
        The names of the model's encoders by modality. The expert answers for products that have
        all of these modalities, and says what is true in general of the others.
    head
        A classifier or a regressor.

    Attributes
    ----------
    prior_ : numpy.ndarray
        Class frequencies, float64 (classes,), or the median value, float64 (1,).
    trained_ : bool
        False where no training row had anything to go by; the expert is then never present.
    calibrator_ : TemperatureCalibrator or None
        Gives a classifier's probabilities their scale; fitted on out-of-fold rows.
    """

    def __init__(self, parts: Mapping[str, Sequence[str]], head: Head) -> None:
        self.parts = parts
        self.head = head

    @property
    def modalities(self) -> tuple[str, ...]:
        """The modalities that the expert reads."""
        return tuple(self.parts)

    def gather(self, features: Mapping[str, Features]) -> Features:
        """Put the features of the expert's encoders side by side, from those of all encoders."""
        blocks = [concatenate([features[name] for name in names]) for names in self.parts.values()]
        together = concatenate(blocks)
        everything = np.logical_and.reduce([block.present for block in blocks])
        return Features(together.matrix, everything, together.categorical)

    def _train(self, features: Features, target: Any, weight: Floats | None) -> None:
        rows = np.flatnonzero(features.present)
        self.trained_ = bool(len(rows)) and features.dimension > 0
        if not self.trained_:
            return
        if self.head.wants_native:
            self.head.set_params(categorical=list(features.categorical))
        matrix = features.matrix if len(rows) == len(features) else features.matrix[rows]
        self.head.fit(matrix, target[rows], None if weight is None else weight[rows])


class ClassExpert(Expert):
    """An expert that answers with class probabilities."""

    head: ClassifierHead

    def fit(self, features: Features, codes: Codes, classes: int, weight: Floats | None) -> Self:
        """Train the head on the products that are present.

        Parameters
        ----------
        features
            Of the training rows.
        codes
            Their classes, int64 (rows,), from 0 to `classes` - 1.
        classes
            How many classes there are.
        weight
            Weight of each row, float64 (rows,), or None.
        """
        counts = np.bincount(codes, weights=weight, minlength=classes)
        self.prior_ = (counts + 1e-3) / (counts + 1e-3).sum()
        self.calibrator_: TemperatureCalibrator | None = None
        self._train(features, codes, weight)
        return self

    def raw(self, features: Features) -> Answer:
        """Answer without calibration."""
        scores = np.tile(self.prior_, (len(features), 1))
        present = features.present & self.trained_
        rows = np.flatnonzero(present)
        if len(rows):
            known = self.head.classes_
            scores[rows] = 0.0
            scores[np.ix_(rows, known)] = self.head.predict_proba(features.matrix[rows])
        return Answer(scores, present)

    def calibrate(self, out_of_fold: Answer, codes: Codes) -> Self:
        """Learn the scale of the probabilities from out-of-fold answers and true classes."""
        rows = np.flatnonzero(out_of_fold.present)
        if len(rows):
            self.calibrator_ = TemperatureCalibrator().fit(
                logs(out_of_fold.scores[rows]), codes[rows]
            )
        return self

    def calibrated(self, answer: Answer) -> Answer:
        """Return the answer with calibrated probabilities where the expert is present."""
        if self.calibrator_ is None:
            return answer
        rows = np.flatnonzero(answer.present)
        scores = answer.scores.copy()
        scores[rows] = self.calibrator_.transform(logs(answer.scores[rows]))
        return Answer(scores, answer.present)

    def answer(self, features: Mapping[str, Features]) -> Answer:
        """Answer for the products whose features are given by encoder name."""
        return self.calibrated(self.raw(self.gather(features)))


class ValueExpert(Expert):
    """An expert that answers with a value."""

    head: RegressorHead

    def fit(self, features: Features, values: Floats, weight: Floats | None) -> Self:
        """Train the head on the products that are present."""
        self.prior_ = np.array([float(np.median(values))])
        self.limits_ = np.array([float(values.min()), float(values.max())])
        self._train(features, values, weight)
        return self

    def raw(self, features: Features) -> Answer:
        """Answer within the range of values seen in training, a tenth of it beyond at the most."""
        scores = np.full(len(features), self.prior_[0])
        present = features.present & self.trained_
        rows = np.flatnonzero(present)
        if len(rows):
            room = 0.1 * float(self.limits_[1] - self.limits_[0])
            values = self.head.predict(features.matrix[rows])
            scores[rows] = np.clip(values, self.limits_[0] - room, self.limits_[1] + room)
        return Answer(scores, present)

    def answer(self, features: Mapping[str, Features]) -> Answer:
        """Answer for the products whose features are given by encoder name."""
        return self.raw(self.gather(features))
