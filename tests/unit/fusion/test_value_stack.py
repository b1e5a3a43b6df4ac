"""Stacked values: weights of their own for every set of experts."""

from __future__ import annotations

import numpy as np
import pytest

from aisle.fusion import Answer, LateValue, StackValue


def timid(rows: int, seed: int = 0) -> tuple[dict[str, Answer], np.ndarray]:
    """Make experts that both shy away from extremes, as models with a penalty do."""
    rng = np.random.default_rng(seed)
    values = rng.normal(10, 4, rows)
    return {
        name: Answer(
            10 + 0.5 * (values - 10) + rng.normal(0, noise, rows), np.ones(rows, dtype=bool)
        )
        for name, noise in (("text", 0.5), ("image", 1.0))
    }, values


def error(answer: Answer, values: np.ndarray) -> float:
    return float(np.abs(answer.scores - values).mean())


def test_shyness_is_corrected() -> None:
    answers, values = timid(400)
    fresh, new = timid(400, seed=1)
    stack, late = StackValue().fit(answers, values), LateValue().fit(answers, values)
    assert error(stack.combine(fresh), new) < 0.7 * error(late.combine(fresh), new)
    assert (stack.sets_["text+image"][:-1] >= 0).all()


def test_one_expert_alone_answers_as_it_is() -> None:
    answers, values = timid(100)
    stack = StackValue().fit(answers, values)
    gone = Answer(answers["text"].scores, np.zeros(100, dtype=bool))
    np.testing.assert_allclose(
        stack.combine({**answers, "text": gone}).scores, answers["image"].scores
    )


def test_each_set_of_experts_has_weights_of_its_own() -> None:
    answers, values = timid(300)
    answers["metadata"] = Answer(values.copy(), np.arange(300) < 100)
    stack = StackValue().fit(answers, values)
    assert set(stack.sets_) == {"text+image", "text+metadata", "image+metadata",
                                "text+image+metadata"}  # fmt: skip
    combined = stack.combine(answers)
    assert np.abs(combined.scores[:100] - values[:100]).mean() < 0.1
    assert np.abs(combined.scores[100:] - values[100:]).mean() > 0.3


@pytest.mark.parametrize("rows", [2, 10])
def test_with_too_few_products_the_late_mean_answers(rows: int) -> None:
    answers, values = timid(rows)
    stack = StackValue().fit(answers, values)
    assert stack.sets_ == {}
    expected = LateValue().fit(answers, values).combine(answers).scores
    np.testing.assert_allclose(stack.combine(answers).scores, expected)
