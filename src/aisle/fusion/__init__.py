"""Experts -> one answer: early, late, stack, best-single."""

from aisle.fusion.answer import Answer
from aisle.fusion.choice import Candidate, choose
from aisle.fusion.classes import EARLY, BestSingle, ClassFusion
from aisle.fusion.crossing import (
    CrossFitted,
    cross_fitted,
    expert_sets,
    set_names,
    taken,
    withheld,
)
from aisle.fusion.expert import ClassExpert, Expert, ValueExpert
from aisle.fusion.late import Early, Late
from aisle.fusion.stack import Stack
from aisle.fusion.values import (
    BestSingleValue,
    EarlyValue,
    LateValue,
    StackValue,
    ValueFusion,
)

__all__ = [
    "EARLY",
    "Answer",
    "BestSingle",
    "BestSingleValue",
    "Candidate",
    "ClassExpert",
    "ClassFusion",
    "CrossFitted",
    "Early",
    "EarlyValue",
    "Expert",
    "Late",
    "LateValue",
    "Stack",
    "StackValue",
    "ValueExpert",
    "ValueFusion",
    "choose",
    "cross_fitted",
    "expert_sets",
    "set_names",
    "taken",
    "withheld",
]
