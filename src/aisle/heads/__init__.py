"""Features -> scores: linear, trees, bayes."""

from aisle.heads.head import ClassifierHead, Head, RegressorHead
from aisle.heads.registry import (
    CLASSIFIERS,
    REGRESSORS,
    find_classifier,
    find_regressor,
    head_names,
    make_head,
)
from aisle.heads.solving import quietly

__all__ = [
    "CLASSIFIERS",
    "REGRESSORS",
    "ClassifierHead",
    "Head",
    "RegressorHead",
    "find_classifier",
    "find_regressor",
    "head_names",
    "make_head",
    "quietly",
]
