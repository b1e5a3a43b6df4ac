"""What a comparison of two models on the same products found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from aisle.models.seen import Seen


@dataclass(frozen=True)
class Difference:
    """This model's score less the other's, with its 95 % interval.

    The interval comes from a bootstrap over groups of near-duplicates.
    """

    mean: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval leaves no doubt about the sign."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class ClassFlips:
    """How two models do on the products of one class.

    `p_value` is McNemar's, corrected for the number of classes (Benjamini and Hochberg).
    """

    name: str
    rows: int
    accuracy: float
    other_accuracy: float
    only_this: int
    only_other: int
    p_value: float


@dataclass(frozen=True)
class Differing:
    """A product that two models give different categories; `row` is its place."""

    row: int
    id: str
    truth: str
    category: str
    confidence: float
    accepted: bool
    other_category: str
    other_confidence: float
    other_accepted: bool


@dataclass(frozen=True)
class ClassAgainst:
    """Two classifiers on the same products.

    Parameters
    ----------
    name, recipe, fusion, model_rows, seconds
        Of the other model: what it is called, how it was made, how many products trained it, and
        how long it took to answer.
    accuracy, macro_f1, coverage, accepted_precision
        The other model's.
    accuracy_difference, macro_f1_difference
        This model's less the other's.
    both_right, only_this, only_other, both_wrong
        Products by who is right.
    p_value
        McNemar's exact test that both are right equally often.
    groups
        Groups of near-duplicates that the bootstrap draws from.
    per_class
        The classes on which they differ most first.
    differing
        Products that they give different categories, at most as many as a page shows; `differ`
        counts all of them.
    seen_in_training
        How many of these products trained the other model; None where its bundle does not tell.
    """

    name: str
    recipe: str
    fusion: str
    model_rows: int
    seconds: float
    accuracy: float
    macro_f1: float
    coverage: float
    accepted_precision: float | None
    accuracy_difference: Difference
    macro_f1_difference: Difference
    both_right: int
    only_this: int
    only_other: int
    both_wrong: int
    p_value: float
    groups: int
    differ: int
    per_class: tuple[ClassFlips, ...]
    differing: tuple[Differing, ...]
    seen_in_training: Seen | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape."""
        return asdict(self)


@dataclass(frozen=True)
class ValueAgainst:
    """Two regressors on the same products.

    Parameters
    ----------
    name, recipe, fusion, model_rows, seconds, seen_in_training
        Of the other model, as `ClassAgainst` has them.
    measure
        ``mae_log`` where every value is above 0, else ``mae``.
    mae, mae_log, interval_coverage
        The other model's.
    difference
        This model's error less the other's, as `measure` has it: below 0 this one is better.
    closer
        The share of products whose value this model comes closer to.
    p_value
        Of the exact sign test that each is closer equally often.
    groups
        Groups of near-duplicates that the bootstrap draws from.
    """

    name: str
    recipe: str
    fusion: str
    model_rows: int
    seconds: float
    measure: str
    mae: float
    mae_log: float | None
    interval_coverage: float
    difference: Difference
    closer: float
    p_value: float
    groups: int
    seen_in_training: Seen | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape."""
        return asdict(self)
