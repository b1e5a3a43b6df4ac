"""How far values may be off, by which of a regressor's experts had something to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
import numpy.typing as npt

from aisle.component import Component
from aisle.decisions import ResidualQuantiles
from aisle.fusion import Answer, CrossFitted, ValueFusion, expert_sets, set_names, withheld

Floats = npt.NDArray[np.float64]


class Spread(Component):
    """Intervals from out-of-fold errors, for every set of experts.

    Parameters
    ----------
    interval
        The share of products whose value is to lie between low and high.
    fewest
        Out-of-fold rows that it takes to judge a set of experts by; with fewer, the widest interval
        known is given.

    Attributes
    ----------
    experts_ : list of str
        The experts, in the fusion's order; a set is written as their names joined with ``+``.
    quantiles_ : dict of str to ResidualQuantiles
        By set; ``""`` is for products of which nothing is known.
    widest_ : str
        The set with the widest interval.
    """

    def __init__(self, interval: float = 0.9, fewest: int = 20) -> None:
        self.interval = interval
        self.fewest = fewest

    def fit(
        self, fusion: CrossFitted[ValueFusion], answers: Mapping[str, Answer], values: Floats
    ) -> Self:
        """Learn from out-of-fold answers and true values, float64 (rows,)."""
        self.experts_ = list(fusion.whole.experts_)
        present = np.column_stack([answers[name].present for name in self.experts_])
        guess = np.full(len(values), fusion.whole.prior_)
        self.quantiles_ = {"": ResidualQuantiles(self.interval).fit(guess, values)}
        for members in expert_sets(present):
            kept = [self.experts_[expert] for expert in members]
            rows = np.flatnonzero(present[:, list(members)].all(axis=1))
            if len(rows) >= min(self.fewest, len(values)):
                told = fusion.combine(withheld(answers, kept)).scores[rows]
                self.quantiles_["+".join(kept)] = ResidualQuantiles(self.interval).fit(
                    told, values[rows]
                )
        self.widest_ = max(self.quantiles_, key=lambda name: _width(self.quantiles_[name]))
        return self

    def sets_of(self, answers: Mapping[str, Answer]) -> list[str]:
        """Name the set of experts that speaks for each row; empty where nobody does."""
        present = np.column_stack([answers[name].present for name in self.experts_])
        return set_names(present, self.experts_)

    def transform(self, told: Floats, sets: Sequence[str]) -> tuple[Floats, Floats]:
        """Return low and high, float64 (rows,) each."""
        low, high = told.copy(), told.copy()
        named = np.array(sets, dtype=object)
        for name in dict.fromkeys(sets):
            rows = np.flatnonzero(named == name)
            quantiles = self.quantiles_.get(name, self.quantiles_[self.widest_])
            low[rows], high[rows] = quantiles.transform(told[rows])
        return low, high


def _width(quantiles: ResidualQuantiles) -> float:
    low, high = quantiles.transform(np.zeros(1))
    return float(high[0] - low[0])
