"""Evaluate a model, and report what was found."""

from aisle.evaluation.consistency.results import Consistency
from aisle.evaluation.hierarchy import Hierarchy
from aisle.evaluation.results import (
    ClassEvaluation,
    Evaluation,
    ExpertScore,
    LearningPoint,
    Promise,
    ValueEvaluation,
    ValueScore,
)
from aisle.evaluation.scoring import evaluate
from aisle.evaluation.slicing import Slice
from aisle.evaluation.versus.results import ClassAgainst, ValueAgainst

__all__ = [
    "ClassAgainst",
    "ClassEvaluation",
    "Consistency",
    "Evaluation",
    "ExpertScore",
    "Hierarchy",
    "LearningPoint",
    "Promise",
    "Slice",
    "ValueAgainst",
    "ValueEvaluation",
    "ValueScore",
    "evaluate",
]
