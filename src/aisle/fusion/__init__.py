"""Experts -> one answer: early, late, best-single."""

from aisle.fusion.answer import Answer
from aisle.fusion.choice import Candidate, choose
from aisle.fusion.classes import EARLY, BestSingle, ClassFusion, Early, Late
from aisle.fusion.expert import ClassExpert, Expert, ValueExpert
from aisle.fusion.values import BestSingleValue, EarlyValue, LateValue, ValueFusion

__all__ = [
    "EARLY",
    "Answer",
    "BestSingle",
    "BestSingleValue",
    "Candidate",
    "ClassExpert",
    "ClassFusion",
    "Early",
    "EarlyValue",
    "Expert",
    "Late",
    "LateValue",
    "ValueExpert",
    "ValueFusion",
    "choose",
]
