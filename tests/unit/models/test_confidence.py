"""Confidence by which experts had something to say."""

from __future__ import annotations

import numpy as np
import pytest

from aisle.fusion import Answer, ClassFusion, CrossFitted, Late
from aisle.fusion.answer import normalised
from aisle.models.confidence import Confidence
from aisle.models.recipe import DecisionPlan

PLAN = DecisionPlan(precision=0.9)


def answers(
    rows: int, *, seed: int = 0, photographs: float = 1.0
) -> tuple[dict[str, Answer], np.ndarray]:
    """Make a title that tells much and a photograph that tells little, of four classes."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, rows)
    found = {}
    for name, strength, share in (("text", 4.0, 1.0), ("image", 1.0, photographs)):
        scores = rng.normal(size=(rows, 4))
        scores[np.arange(rows), truth] += strength
        found[name] = Answer(normalised(scores), rng.random(rows) < share)
    return found, truth


def fitted(given: dict[str, Answer], truth: np.ndarray) -> Confidence:
    everyone = np.arange(len(truth))
    fusion: CrossFitted[ClassFusion] = CrossFitted(Late().fit(given, truth), [])
    return Confidence().fit(fusion, given, truth, seen=everyone, groups=everyone)


def test_a_photograph_alone_needs_more_confidence_or_is_never_accepted() -> None:
    confidence = fitted(*answers(1_000))
    assert confidence.usual_ == "text+image"
    found = confidence.thresholds(PLAN, 0.9)
    assert set(found) == {"text", "image", "text+image"}
    assert found["text"].coverage > 0.7
    assert found["image"].coverage < 0.3


def test_what_training_hardly_met_is_judged_by_withholding() -> None:
    given, truth = answers(1_000)
    confidence = fitted(given, truth)
    fresh, new = answers(4_000, seed=1)
    fresh["image"] = Answer(fresh["image"].scores, np.zeros(4_000, dtype=bool))
    sets = confidence.sets_of(fresh)
    assert set(sets) == {"text"}
    fused = Late().fit(given, truth).combine(fresh).scores
    probabilities = confidence.transform(fused, sets)
    sure = probabilities.max(axis=1) >= confidence.thresholds(PLAN, 0.9)["text"].threshold
    right = probabilities.argmax(axis=1) == new
    assert right[sure].mean() > 0.88
    assert np.abs(probabilities.max(axis=1).mean() - right.mean()) < 0.02


def test_a_set_with_too_few_rows_is_not_judged() -> None:
    confidence = fitted(*answers(500, photographs=0.01))
    assert confidence.usual_ == "text"
    assert set(confidence.thresholds(PLAN, 0.9)) == {"text"}


def test_coverage_counts_each_training_product_once_by_what_it_has() -> None:
    given, truth = answers(1_000, photographs=0.5)
    confidence = fitted(given, truth)
    assert sum(int(own.sum()) for own in confidence.own_.values()) == 1_000
    found = confidence.thresholds(PLAN, 0.5)
    assert confidence.coverage(found) == pytest.approx(1.0, abs=0.05)


def test_nobody_present_leaves_the_prior_as_it_is() -> None:
    given, truth = answers(100)
    confidence = fitted(given, truth)
    prior = np.tile(np.full(4, 0.25), (2, 1))
    np.testing.assert_array_equal(confidence.transform(prior, ["", ""]), prior)
