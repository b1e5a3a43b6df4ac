"""Evaluate a model, and report what was found."""

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

__all__ = [
    "ClassEvaluation",
    "Evaluation",
    "ExpertScore",
    "LearningPoint",
    "Promise",
    "ValueEvaluation",
    "ValueScore",
    "evaluate",
]
