"""Stacking: what it learns beyond the late pool, and where it must not differ from it."""

from __future__ import annotations

import numpy as np
import pytest

from aisle.fusion import Answer, Late, Stack
from aisle.fusion.answer import normalised

CLASSES = 4


def expert(truth: np.ndarray, strength: np.ndarray | float, seed: int) -> Answer:
    """Make an expert whose scores point at the truth by `strength`, which may differ by row."""
    scores = np.random.default_rng(seed).normal(size=(len(truth), CLASSES))
    scores[np.arange(len(truth)), truth] += strength
    return Answer(normalised(scores), np.ones(len(truth), dtype=bool))


def by_class(rows: int, seed: int) -> tuple[dict[str, Answer], np.ndarray]:
    """Make a text that knows the first two classes, and a photograph that knows the others."""
    truth = np.random.default_rng(seed).integers(0, CLASSES, rows)
    text = expert(truth, np.where(truth < 2, 3.0, 0.5), seed + 1)
    image = expert(truth, np.where(truth < 2, 0.5, 3.0), seed + 2)
    return {"text": text, "image": image}, truth


def loss(answer: Answer, truth: np.ndarray) -> float:
    return float(-np.log(answer.scores[np.arange(len(truth)), truth]).mean())


def test_trust_by_class_is_learned() -> None:
    answers, truth = by_class(2_000, 0)
    fresh, new = by_class(2_000, 100)
    stack, late = Stack().fit(answers, truth), Late().fit(answers, truth)
    assert loss(stack.combine(fresh), new) < loss(late.combine(fresh), new) - 0.005


def test_with_few_products_it_stays_close_to_the_late_pool() -> None:
    answers, truth = by_class(30, 0)
    stack, late = Stack().fit(answers, truth), Late().fit(answers, truth)
    np.testing.assert_allclose(
        stack.combine(answers).scores, late.combine(answers).scores, atol=0.25
    )


def test_one_expert_alone_answers_as_it_is() -> None:
    answers, truth = by_class(300, 0)
    stack = Stack().fit(answers, truth)
    nobody = np.zeros(300, dtype=bool)
    alone = stack.combine({**answers, "text": Answer(answers["text"].scores, nobody)})
    np.testing.assert_allclose(alone.scores, answers["image"].scores, atol=1e-9)


def test_rare_classes_are_not_favoured_for_being_met_only_where_they_are_right() -> None:
    rng = np.random.default_rng(0)

    def made(rows: int, seed: int) -> tuple[dict[str, Answer], np.ndarray]:
        dice = np.random.default_rng(seed)
        truth = np.minimum(dice.geometric(0.02, rows) - 1, 199)
        found = {}
        for name, strength in (("text", 5.0), ("metadata", 1.0)):
            scores = rng.normal(size=(rows, 200))
            scores[np.arange(rows), truth] += strength
            found[name] = Answer(normalised(scores * 1.5), np.ones(rows, dtype=bool))
        return found, truth

    answers, truth = made(800, 1)
    fresh, new = made(800, 2)
    right = {
        kind: (kind().fit(answers, truth).combine(fresh).scores.argmax(axis=1) == new).mean()
        for kind in (Late, Stack)
    }
    assert right[Stack] > right[Late] - 0.03


def test_hundreds_of_classes_are_learned_from_the_probable_ones() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 300, 900)
    answers = {}
    for name, strength in (("text", 4.0), ("image", 2.0)):
        scores = rng.normal(size=(900, 300))
        scores[np.arange(900), truth] += strength
        answers[name] = Answer(normalised(scores), np.ones(900, dtype=bool))
    for fusion in (Late().fit(answers, truth), Stack().fit(answers, truth)):
        combined = fusion.combine(answers)
        np.testing.assert_allclose(combined.scores.sum(axis=1), 1)
        assert loss(combined, truth) < loss(answers["text"], truth)


@pytest.mark.parametrize("kind", [Late, Stack])
def test_a_wrong_photograph_does_not_overrule_a_clear_title(kind: type[Late]) -> None:
    truth = np.random.default_rng(0).integers(0, CLASSES, 1_000)
    answers = {"text": expert(truth, 5.0, 1), "image": expert(truth, 4.0, 2)}
    fusion = kind().fit(answers, truth)
    assert (fusion.doubts_ > 0.001).all()
    clear = np.full((1, CLASSES), 0.002)
    clear[0, 0] = 0.994
    wrong = np.full((1, CLASSES), 1e-9)
    wrong[0, 1] = 1 - 3e-9
    here = np.ones(1, dtype=bool)
    fused = fusion.combine({"text": Answer(clear, here), "image": Answer(wrong, here)})
    assert fused.scores[0, 0] > 0.05
    assert fused.scores[0, 2] < fused.scores[0, 0]
