"""Fused values: a weighted mean that knows its experts, whoever is missing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aisle.fusion import (
    EARLY,
    Answer,
    BestSingleValue,
    EarlyValue,
    LateValue,
    ValueFusion,
)

EVERY = [BestSingleValue, LateValue, EarlyValue]


def experts(
    rows: int = 400, seed: int = 0, absent: float = 0.0, scale: float = 1.0
) -> tuple[dict[str, Answer], np.ndarray]:
    dice = np.random.default_rng(seed)
    truth = scale * dice.normal(5, 2, rows)

    def expert(noise: float) -> Answer:
        present = dice.random(rows) >= absent
        scores = truth + scale * noise * dice.normal(size=rows)
        return Answer(np.where(present, scores, np.median(truth)), present)

    made = {"text": expert(0.5), "image": expert(0.8)}
    made["noise"] = Answer(scale * dice.normal(5, 2, rows), dice.random(rows) >= absent)
    made[EARLY] = expert(0.3)
    return made, truth


def error(answer: Answer, truth: np.ndarray) -> float:
    return float(np.abs(answer.scores - truth).mean())


def gone(answers: dict[str, Answer], *names: str) -> dict[str, Answer]:
    return {
        name: Answer(a.scores, np.zeros_like(a.present)) if name in names else a
        for name, a in answers.items()
    }


@given(st.integers(0, 500), st.sampled_from([1e-3, 1.0, 1e5]))
@settings(max_examples=20, deadline=None)
def test_late_is_never_far_worse_than_the_best_expert(seed: int, scale: float) -> None:
    answers, truth = experts(seed=seed, scale=scale)
    fresh, new = experts(seed=seed + 10_000, scale=scale)
    fitted = LateValue().fit(answers, truth)
    assert (fitted.weights_ >= 0).all()
    assert fitted.weights_.sum() == pytest.approx(1)
    best = min(error(fresh[name], new) for name in fitted.experts_)
    assert error(fitted.combine(fresh), new) < 1.05 * best


def test_late_gains_and_gives_noise_next_to_nothing() -> None:
    answers, truth = experts(rows=2_000)
    fitted = LateValue().fit(answers, truth)
    assert error(fitted.combine(answers), truth) < 0.95 * error(answers["text"], truth)
    text, image, noise = fitted.weights_
    assert text > image > noise
    assert noise < 0.1


def test_too_few_products_leave_equal_weights() -> None:
    answers, truth = experts(rows=12)
    assert LateValue().fit(answers, truth).weights_.tolist() == [1 / 3] * 3


def test_missing_experts_leave_their_weight_to_the_others() -> None:
    answers, truth = experts()
    fitted = LateValue().fit(answers, truth)
    alone = fitted.combine(gone(answers, "image", "noise"))
    np.testing.assert_allclose(alone.scores, answers["text"].scores)
    fitted.weights_ = np.array([1.0, 0.0, 0.0])
    rest = fitted.combine(gone(answers, "text"))
    mean = (answers["image"].scores + answers["noise"].scores) / 2
    np.testing.assert_allclose(rest.scores, mean)


@pytest.mark.parametrize("kind", EVERY)
def test_where_nobody_is_present_the_median_answers(kind: type[ValueFusion]) -> None:
    answers, truth = experts()
    fitted = kind().fit(answers, truth)
    fused = fitted.combine(gone(answers, *answers))
    assert not fused.present.any()
    assert fused.scores.tolist() == [float(np.median(truth))] * len(truth)


@pytest.mark.parametrize("kind", EVERY)
@given(st.integers(0, 1_000), st.integers(1, 12))
@settings(max_examples=15, deadline=None)
def test_answers_never_depend_on_the_rows_beside(
    kind: type[ValueFusion], seed: int, rows: int
) -> None:
    fitted = kind().fit(*experts(rows=60, absent=0.2))
    answers, _ = experts(rows=rows, seed=seed, absent=0.4)
    together = fitted.combine(answers)
    for row in range(rows):
        alone = fitted.combine(
            {n: Answer(a.scores[[row]], a.present[[row]]) for n, a in answers.items()}
        )
        assert alone.scores.tobytes() == together.scores[[row]].tobytes()
        assert alone.present[0] == together.present[row]


def test_best_single_ranks_by_absolute_error_and_steps_aside() -> None:
    answers, truth = experts(absent=0.1)
    fitted = BestSingleValue().fit(answers, truth)
    assert fitted.ranking_ == ["text", "image", "noise"]
    fused = fitted.combine(answers)
    text, image = answers["text"], answers["image"]
    np.testing.assert_array_equal(fused.scores[text.present], text.scores[text.present])
    second = ~text.present & image.present
    assert second.any()
    np.testing.assert_array_equal(fused.scores[second], image.scores[second])


def test_early_answers_where_it_has_everything_and_late_elsewhere() -> None:
    answers, truth = experts(absent=0.3)
    fused = EarlyValue().fit(answers, truth).combine(answers)
    pooled = LateValue().fit(answers, truth).combine(answers)
    joint = answers[EARLY].present
    np.testing.assert_array_equal(fused.scores[joint], answers[EARLY].scores[joint])
    np.testing.assert_array_equal(fused.scores[~joint], pooled.scores[~joint])
    assert (fused.present == (pooled.present | joint)).all()
