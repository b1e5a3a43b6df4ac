"""Two models compared on the same products."""

from aisle.evaluation.versus.classes import class_against
from aisle.evaluation.versus.results import (
    ClassAgainst,
    ClassFlips,
    Difference,
    Differing,
    ValueAgainst,
)
from aisle.evaluation.versus.values import value_against

__all__ = [
    "ClassAgainst",
    "ClassFlips",
    "Difference",
    "Differing",
    "ValueAgainst",
    "class_against",
    "value_against",
]
