"""How far values may be off, by which of a regressor's experts had something to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
import numpy.typing as npt

from aisle.component import Component
from aisle.decisions import ResidualQuantiles, interval_losses
from aisle.fusion import (
    Answer,
    Candidate,
    CrossFitted,
    ValueFusion,
    choose,
    expert_sets,
    set_names,
    withheld,
)
from aisle.heads.trees import LightGbmRegressorHead

Floats = npt.NDArray[np.float64]
Folds = npt.NDArray[np.int64]

ADAPTING = 200
"""Out-of-fold rows that it takes to learn which products are harder than others."""


class Spread(Component):
    """Intervals from out-of-fold errors, for every set of experts.

    Where it can be told from the experts' answers how far off they will be (they disagree, or the
    value is a rare one), intervals are wider there and narrower elsewhere: errors are divided by
    the expected one before their quantiles are taken. That is done only where, on rows held out,
    the intervals get narrower and better beyond noise; else they are as wide everywhere.

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
    difficulties_ : dict of str to LightGbmRegressorHead
        By set, where intervals adapt: what absolute error to expect.
    widest_ : str
        The set with the widest interval.

    References
    ----------
    Lei, G'Sell, Rinaldo, Tibshirani and Wasserman (2018), Distribution-Free Predictive Inference
    for Regression (section 5.2, locally weighted intervals).
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
        self.difficulties_: dict[str, LightGbmRegressorHead] = {}
        folds = np.full(len(values), -1, dtype=np.int64)
        for number, (held, _) in enumerate(fusion.parts):
            folds[held] = number
        for members in expert_sets(present):
            kept = [self.experts_[expert] for expert in members]
            rows = np.flatnonzero(present[:, list(members)].all(axis=1))
            if len(rows) >= min(self.fewest, len(values)):
                told = fusion.combine(withheld(answers, kept)).scores[rows]
                signs = _signs(told, [answers[name].scores[rows] for name in kept])
                self._learn("+".join(kept), told, signs, values[rows], folds[rows])
        self.widest_ = max(self.quantiles_, key=self._width)
        return self

    def _learn(self, name: str, told: Floats, signs: Floats, values: Floats, folds: Folds) -> None:
        """Learn the intervals of one set of experts, adapting ones where they are better."""
        self.quantiles_[name] = ResidualQuantiles(self.interval).fit(told, values)
        if len(told) < ADAPTING or len(np.unique(folds)) < 2:
            return
        errors = np.abs(values - told)
        scales = np.empty(len(told))
        for fold in np.unique(folds):
            held = folds == fold
            scales[held] = _expected(_difficulty(signs[~held], errors[~held]), signs[held])
        if not (scales > 0).all():
            return  # an answer without errors has no room for better intervals
        candidates = [
            self._candidate("even", told, values, np.ones(len(told)), folds),
            self._candidate("adapting", told, values, scales, folds),
        ]
        if choose(candidates):
            self.quantiles_[name].fit(told, values, scales)
            self.difficulties_[name] = _difficulty(signs, errors)

    def _candidate(
        self, name: str, told: Floats, values: Floats, scales: Floats, folds: Folds
    ) -> Candidate:
        """Judge intervals on folds that did not teach their quantiles, by loss and by width."""
        low, high = told.copy(), told.copy()
        for fold in np.unique(folds):
            held, others = folds == fold, folds != fold
            quantiles = ResidualQuantiles(self.interval)
            quantiles.fit(told[others], values[others], scales[others])
            low[held], high[held] = quantiles.transform(told[held], scales[held])
        losses = interval_losses(values, low, high, level=self.interval)
        return Candidate(name, losses, -float((high - low).mean()))

    def _width(self, name: str) -> float:
        """Return the width of a set's interval where the value is of middling difficulty."""
        head = getattr(self, "difficulties_", {}).get(name)
        scale = None if head is None else np.array([head.level_])
        low, high = self.quantiles_[name].transform(np.zeros(1), scale)
        return float(high[0] - low[0])

    def sets_of(self, answers: Mapping[str, Answer]) -> list[str]:
        """Name the set of experts that speaks for each row; empty where nobody does."""
        present = np.column_stack([answers[name].present for name in self.experts_])
        return set_names(present, self.experts_)

    def transform(self, told: Floats, answers: Mapping[str, Answer]) -> tuple[Floats, Floats]:
        """Return low and high, float64 (rows,) each.

        Parameters
        ----------
        told
            The fusion's values, float64 (rows,).
        answers
            What the experts say of the same rows.
        """
        low, high = told.copy(), told.copy()
        sets = self.sets_of(answers)
        named = np.array(sets, dtype=object)
        for name in dict.fromkeys(sets):
            rows = np.flatnonzero(named == name)
            known = name if name in self.quantiles_ else self.widest_
            # A model of an older bundle has intervals that do not adapt.
            head = getattr(self, "difficulties_", {}).get(known)
            scale = None
            if head is not None and known == name:
                experts = [answers[expert].scores[rows] for expert in name.split("+")]
                scale = _expected(head, _signs(told[rows], experts))
            elif head is not None:
                scale = np.full(len(rows), head.level_)
            low[rows], high[rows] = self.quantiles_[known].transform(told[rows], scale)
        return low, high


def _signs(told: Floats, experts: Sequence[Floats]) -> Floats:
    """Return what tells a hard product from an easy one, float64 (rows, signs).

    The value, each expert's own and how far it is from it, and how far the experts are apart.
    """
    alone = np.column_stack(experts)
    apart = alone.max(axis=1) - alone.min(axis=1)
    return np.column_stack([told, alone, np.abs(alone - told[:, None]), apart])


def _difficulty(signs: Floats, errors: Floats) -> LightGbmRegressorHead:
    """Learn the absolute error to expect: few, small trees, for errors are mostly noise."""
    head = LightGbmRegressorHead(rounds=30, leaves=4, minimum_rows=40, column_share=1.0)
    return head.fit(signs, errors)


def _expected(head: LightGbmRegressorHead, signs: Floats) -> Floats:
    """Return the error to expect of each row, no less than a fifth of the mean."""
    return np.maximum(head.predict(signs), 0.2 * head.level_)
