"""An expert: encoders and a head, answering alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from aisle.component import Component
from aisle.decisions import TemperatureCalibrator
from aisle.encoders import Features, concatenate
from aisle.fusion.answer import Answer, Floats, Mask, logs
from aisle.heads import ClassifierHead, Head, RegressorHead

Codes = npt.NDArray[np.int64]
Stopping = tuple[Features, npt.NDArray[Any]]
"""Features and targets of rows that say when to stop training, and teach nothing."""


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

    @property
    def stops_early(self) -> bool:
        """Whether rows that say when to stop are of use in training."""
        return self.head.stops_early

    def over(self, parts: Mapping[str, Sequence[str]]) -> Self:
        """Return a like expert, not fitted, over other encoders."""
        return type(self)(parts, self.head)

    def gather(self, features: Mapping[str, Features]) -> Features:
        """Put the features of the expert's encoders side by side, from those of all encoders."""
        blocks = [concatenate([features[name] for name in names]) for names in self.parts.values()]
        together = concatenate(blocks)
        everything = np.logical_and.reduce([block.present for block in blocks])
        return Features(together.matrix, everything, together.categorical)

    def _train(
        self,
        features: Features,
        target: Any,
        weight: Floats | None,
        stopping: Stopping | None,
        groups: Codes | None,
    ) -> None:
        rows = np.flatnonzero(features.present)
        self.trained_ = bool(len(rows)) and features.dimension > 0
        if not self.trained_:
            return
        if self.head.wants_native:
            self.head.set_params(categorical=list(features.categorical))
        matrix = _of(features, rows)
        heavy = None if weight is None else weight[rows]
        more: dict[str, Any] = {}
        if stopping is not None and self.stops_early:
            shown = np.flatnonzero(stopping[0].present)
            some = (stopping[0].matrix[shown], stopping[1][shown]) if len(shown) else None
            more["stopping"] = some
        if groups is not None and self.head.holds_out:
            more["groups"] = groups[rows]
        fit: Any = self.head.fit
        fit(matrix, target[rows], heavy, **more)


class ClassExpert(Expert):
    """An expert that answers with class probabilities."""

    head: ClassifierHead

    def fit(
        self,
        features: Features,
        codes: Codes,
        classes: int,
        weight: Floats | None,
        *,
        stopping: Stopping | None = None,
        groups: Codes | None = None,
    ) -> Self:
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
        stopping
            For a head that stops early; it then holds out no rows of its own.
        groups
            Near-duplicate groups, int64 (rows,), for a head that holds out some all the same.
        """
        self._begin(codes, classes, weight)
        self._train(features, codes, weight, stopping, groups)
        return self

    def _begin(self, codes: Codes, classes: int, weight: Floats | None) -> None:
        counts = np.bincount(codes, weights=weight, minlength=classes)
        self.prior_ = (counts + 1e-3) / (counts + 1e-3).sum()
        self.calibrator_: TemperatureCalibrator | None = None

    def raw(self, features: Features) -> Answer:
        """Answer without calibration."""
        scores = np.tile(self.prior_, (len(features), 1))
        present = features.present & self.trained_
        rows = np.flatnonzero(present)
        if len(rows):
            known = self.head.classes_
            scores[rows] = 0.0
            scores[np.ix_(rows, known)] = self.head.predict_proba(_of(features, rows))
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
        scale = self.calibrator_
        if scale is None:
            return answer

        def change(scores: Floats, present: Mask) -> Floats:
            rows = np.flatnonzero(present)
            changed = scores.copy()
            changed[rows] = scale.transform(logs(scores[rows]))
            return changed

        return answer.mapped(change)

    def answer(
        self, features: Mapping[str, Features], sets: Collection[Collection[str]] = ()
    ) -> Answer:
        """Answer for the products whose features are given by encoder name.

        Parameters
        ----------
        features
            Of all encoders.
        sets
            Sets of modalities that will be asked about besides all of them; to an expert of one
            modality it is all the same.
        """
        return self.calibrated(self.raw(self.gather(features)))


class ValueExpert(Expert):
    """An expert that answers with a value."""

    head: RegressorHead

    def fit(
        self,
        features: Features,
        values: Floats,
        weight: Floats | None,
        *,
        stopping: Stopping | None = None,
        groups: Codes | None = None,
    ) -> Self:
        """Train the head on the products that are present."""
        self._begin(values)
        self._train(features, values, weight, stopping, groups)
        return self

    def _begin(self, values: Floats) -> None:
        self.prior_ = np.array([float(np.median(values))])
        self.limits_ = np.array([float(values.min()), float(values.max())])

    def raw(self, features: Features) -> Answer:
        """Answer within the range of values seen in training, a tenth of it beyond at the most."""
        scores = np.full(len(features), self.prior_[0])
        present = features.present & self.trained_
        rows = np.flatnonzero(present)
        if len(rows):
            scores[rows] = self._limited(self.head.predict(_of(features, rows)))
        return Answer(scores, present)

    def _limited(self, values: Floats) -> Floats:
        room = 0.1 * float(self.limits_[1] - self.limits_[0])
        return np.clip(values, self.limits_[0] - room, self.limits_[1] + room)

    def answer(
        self, features: Mapping[str, Features], sets: Collection[Collection[str]] = ()
    ) -> Answer:
        """Answer for the products whose features are given by encoder name; see `ClassExpert`."""
        return self.raw(self.gather(features))


def _of(features: Features, rows: Codes) -> Any:
    """Return the matrix of some of the rows, ascending; of all of them, as it is."""
    return features.matrix if len(rows) == len(features) else features.matrix[rows]
