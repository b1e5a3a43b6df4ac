"""Fusions that an expert over several modalities answers for: early, and networks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from aisle.fusion.answer import Answer
from aisle.fusion.late import Late
from aisle.fusion.values import LateValue


class Joint(Late):
    """The joint expert of its name answers where it is present, the late pool elsewhere."""

    def combine(self, answers: Mapping[str, Answer]) -> Answer:
        """Take the joint expert's answer where it has what it needs."""
        pooled = super().combine(answers)
        joint = answers[self.name]
        scores = np.where(joint.present[:, None], joint.scores, pooled.scores)
        return Answer(scores, pooled.present | joint.present)


class Early(Joint):
    """One head over the features of all modalities side by side.

    It answers for products that have all modalities; where one is missing, its zeros would be read
    as evidence, so the late pool of the experts that are present answers instead.
    """

    name = "early"


class Concatenation(Joint):
    """A network over the modalities' tokens side by side; what is absent has a token too."""

    name = "concatenation"


class Gated(Joint):
    """A network whose gates, opened by all modalities together, weigh each of them.

    References
    ----------
    Arevalo et al. (2017), Gated multimodal units for information fusion.
    """

    name = "gated"


class Attention(Joint):
    """A network in which a token for the class attends to those of the modalities.

    References
    ----------
    Vaswani et al. (2017), Attention is all you need.
    """

    name = "attention"


class JointValue(LateValue):
    """The joint expert of its name answers where it is present, the late mean elsewhere."""

    def combine(self, answers: Mapping[str, Answer]) -> Answer:
        """Take the joint expert's answer where it has what it needs."""
        pooled = super().combine(answers)
        joint = answers[self.name]
        scores = np.where(joint.present, joint.scores, pooled.scores)
        return Answer(scores, pooled.present | joint.present)


class EarlyValue(JointValue):
    """One head over the features of all modalities; `LateValue` answers where one is missing."""

    name = "early"


class ConcatenationValue(JointValue):
    """As `Concatenation`, for values."""

    name = "concatenation"


class GatedValue(JointValue):
    """As `Gated`, for values."""

    name = "gated"


class AttentionValue(JointValue):
    """As `Attention`, for values."""

    name = "attention"
