"""Evaluate a model, and report what was found."""

from aisle.evaluation.scoring import evaluate
from aisle.evaluation.results import (
    ClassEvaluation,
    Evaluation,
    ExpertScore,
    ValueEvaluation,
    ValueScore,
)

__all__ = [
    "ClassEvaluation",
    "Evaluation",
    "ExpertScore",
    "ValueEvaluation",
    "ValueScore",
    "evaluate",
]
