"""Intervals as wide as the error to expect, and even where nothing tells hard from easy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from aisle.fusion import Answer, LateValue, cross_fitted, taken
from aisle.metrics import interval_coverage
from aisle.models.persistence import dump, restore
from aisle.models.spread import Spread
from aisle.models.types import component_types

Problem = tuple[dict[str, Answer], np.ndarray]


def problem(rows: int, seed: int = 0, *, telling: bool = True) -> Problem:
    """Make products whose experts agree where they are right, and differ where they are wrong."""
    dice = np.random.default_rng(seed)
    truth = dice.normal(5, 1, rows)
    hard = np.where(dice.random(rows) < 0.3, 1.5, 0.15) if telling else np.full(rows, 0.5)
    present = np.ones(rows, dtype=bool)
    experts = {
        name: Answer(truth + hard * dice.normal(size=rows), present.copy())
        for name in ("text", "image")
    }
    return experts, truth


def learned(answers: Mapping[str, Answer], truth: np.ndarray) -> tuple[Spread, LateValue]:
    folds = np.arange(len(truth)) % 4
    fusion = cross_fitted(
        lambda rows: LateValue().fit(taken(answers, rows), truth[rows]),
        folds,
        np.arange(len(truth)),
    )
    return Spread(0.9).fit(fusion, answers, truth), fusion.whole


def test_intervals_adapt_and_keep_their_level() -> None:
    spread, fusion = learned(*problem(800))
    assert "text+image" in spread.difficulties_
    answers, truth = problem(4_000, seed=1)
    told = fusion.combine(answers).scores
    low, high = spread.transform(told, answers)
    assert interval_coverage(truth, low, high) == pytest.approx(0.9, abs=0.025)
    even = np.subtract(*np.quantile(truth - told, [0.95, 0.05]))
    assert (high - low).mean() < 0.9 * even
    apart = np.abs(answers["text"].scores - answers["image"].scores)
    assert np.corrcoef(apart, high - low)[0, 1] > 0.5
    for row in range(0, 4_000, 501):
        one = {name: answer.take(np.array([row])) for name, answer in answers.items()}
        alone = spread.transform(told[[row]], one)
        assert (alone[0][0], alone[1][0]) == (low[row], high[row])


def test_intervals_are_even_where_nothing_tells_hard_from_easy() -> None:
    spread, fusion = learned(*problem(600, telling=False))
    assert spread.difficulties_ == {}
    answers, _ = problem(50, seed=2, telling=False)
    low, high = spread.transform(fusion.combine(answers).scores, answers)
    assert np.ptp(high - low) < 1e-9


def test_few_rows_teach_no_difficulty() -> None:
    assert learned(*problem(150))[0].difficulties_ == {}


def test_experts_that_are_always_right() -> None:
    answers, truth = problem(400)
    sure = {name: Answer(truth.copy(), answer.present) for name, answer in answers.items()}
    spread, fusion = learned(sure, truth)
    low, high = spread.transform(fusion.combine(sure).scores, sure)
    np.testing.assert_allclose(low, truth, atol=1e-6)
    np.testing.assert_allclose(high, truth, atol=1e-6)


def test_every_set_of_experts_has_an_interval() -> None:
    spread, fusion = learned(*problem(800))
    answers, truth = problem(2_000, seed=3)
    for gone, left in (("text", "image"), ("image", "text")):
        some = {**answers, gone: answers[gone].withheld()}
        low, high = spread.transform(fusion.combine(some).scores, some)
        assert spread.sets_of(some) == [left] * 2_000
        assert interval_coverage(truth, low, high) == pytest.approx(0.9, abs=0.03)
    none = {name: answer.withheld() for name, answer in answers.items()}
    low, high = spread.transform(fusion.combine(none).scores, none)
    assert interval_coverage(truth, low, high) == pytest.approx(0.9, abs=0.03)


def test_a_set_that_was_not_met_gets_the_widest_interval() -> None:
    spread, fusion = learned(*problem(800))
    del spread.quantiles_["image"]
    spread.widest_ = "text+image"
    answers, _ = problem(5, seed=4)
    some = {**answers, "text": answers["text"].withheld()}
    low, high = spread.transform(fusion.combine(some).scores, some)
    scale = spread.difficulties_["text+image"].level_
    quantiles = spread.quantiles_["text+image"]
    np.testing.assert_allclose(high - low, scale * (quantiles.high_ - quantiles.low_))


def test_a_bundle_carries_what_was_learned() -> None:
    spread, fusion = learned(*problem(400))
    types = component_types()
    again = restore(dump(spread, types=types), types=types)
    answers, _ = problem(60, seed=5)
    told = fusion.combine(answers).scores
    for before, after in zip(
        spread.transform(told, answers), again.transform(told, answers), strict=True
    ):
        assert before.tobytes() == after.tobytes()
    del again.difficulties_
    again.quantiles_["text+image"] = again.quantiles_["text"]
    low, high = again.transform(told, answers)  # as a model of an older bundle
    assert np.ptp(high - low) < 1e-9
