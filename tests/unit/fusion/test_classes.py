"""Fused probabilities: as good as the best expert, whoever is missing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aisle.fusion import EARLY, Answer, BestSingle, ClassFusion, Early, Late
from aisle.fusion.answer import normalised

EVERY = [BestSingle, Late, Early]


def synthetic(
    truth: np.ndarray, strength: float, *, classes: int, seed: int, absent: float = 0.0
) -> Answer:
    """Make an expert: its scores point at the truth by `strength`, beside noise of size 1."""
    dice = np.random.default_rng(seed)
    scores = dice.normal(size=(len(truth), classes))
    scores[np.arange(len(truth)), truth] += strength
    present = dice.random(len(truth)) >= absent
    probabilities = normalised(scores * max(strength, 0.3))
    probabilities[~present] = 1 / classes
    return Answer(probabilities, present)


def experts(
    rows: int = 400, classes: int = 5, seed: int = 0, absent: float = 0.0
) -> tuple[dict[str, Answer], np.ndarray]:
    truth = np.random.default_rng(seed).integers(0, classes, rows)
    made = {
        name: synthetic(truth, strength, classes=classes, seed=seed * 10 + n, absent=absent)
        for n, (name, strength) in enumerate([("text", 2.5), ("image", 1.5), ("noise", 0.0)])
    }
    made[EARLY] = synthetic(truth, 3.0, classes=classes, seed=seed * 10 + 7, absent=absent)
    return made, truth


def accuracy(answer: Answer, truth: np.ndarray) -> float:
    return float((answer.scores.argmax(axis=1) == truth).mean())


def loss(answer: Answer, truth: np.ndarray) -> float:
    return float(-np.log(answer.scores[np.arange(len(truth)), truth]).mean())


def without(answers: Mapping[str, Answer], *names: str) -> dict[str, Answer]:
    """Return the answers with some experts absent from every product."""
    return {
        name: Answer(a.scores, np.zeros_like(a.present)) if name in names else a
        for name, a in answers.items()
    }


@given(st.integers(0, 500))
@settings(max_examples=15, deadline=None)
def test_late_is_never_far_worse_than_the_best_expert(seed: int) -> None:
    answers, truth = experts(seed=seed)
    fresh, new = experts(seed=seed + 10_000)
    fitted = Late().fit(answers, truth)
    assert (fitted.weights_ >= 0).all()
    fused = fitted.combine(fresh)
    best = max(accuracy(fresh[name], new) for name in fitted.experts_)
    assert accuracy(fused, new) > best - 0.02
    assert loss(fused, new) < min(loss(fresh[name], new) for name in fitted.experts_) + 0.02


def test_late_gains_where_experts_complement_each_other() -> None:
    answers, truth = experts(rows=2_000)
    fitted = Late().fit(answers, truth)
    assert accuracy(fitted.combine(answers), truth) > accuracy(answers["text"], truth) + 0.01
    text, image, noise = fitted.weights_
    assert text > 0.5
    assert image > 0.3
    assert noise < 0.15


def test_an_expert_that_is_wrong_on_purpose_gets_no_weight() -> None:
    answers, truth = experts()
    contrary = synthetic((truth + 1) % 5, 2.0, classes=5, seed=9)
    fitted = Late().fit({"text": answers["text"], "contrary": contrary}, truth)
    assert fitted.weights_[1] == 0
    # Left alone it still answers as it is: nobody else can.
    alone = fitted.combine(without({"text": answers["text"], "contrary": contrary}, "text"))
    np.testing.assert_allclose(alone.scores, contrary.scores, atol=1e-9)


def test_one_expert_alone_answers_as_it_is() -> None:
    answers, truth = experts()
    for fusion in (Late(), BestSingle()):
        fitted = fusion.fit(answers, truth)
        fused = fitted.combine(without(answers, "image", "noise"))
        np.testing.assert_allclose(fused.scores, answers["text"].scores, atol=1e-9)


def test_weights_are_scaled_up_when_somebody_is_missing() -> None:
    answers, truth = experts()
    fitted = Late().fit(answers, truth)
    pair = fitted._restricted((0, 1))
    assert pair.sum() == pytest.approx(fitted.weights_.sum())
    assert pair[0] / pair[1] == pytest.approx(fitted.weights_[0] / fitted.weights_[1])
    fitted.weights_ = np.array([1.0, 0.0, 0.0])
    assert fitted._restricted((1, 2)).tolist() == [0.5, 0.5]


def test_too_few_products_with_everything_leave_equal_weights() -> None:
    answers, truth = experts(rows=12)
    assert Late().fit(answers, truth).weights_.tolist() == [1 / 3] * 3
    single = {"text": answers["text"]}
    assert Late().fit(single, truth).weights_.tolist() == [1.0]


@pytest.mark.parametrize("kind", EVERY)
def test_where_nobody_is_present_the_prior_answers(kind: type[ClassFusion]) -> None:
    answers, truth = experts()
    fitted = kind().fit(answers, truth)
    fused = fitted.combine(without(answers, *answers))
    assert not fused.present.any()
    np.testing.assert_allclose(fitted.prior_, np.bincount(truth) / len(truth), atol=1e-4)
    np.testing.assert_array_equal(fused.scores, np.tile(fitted.prior_, (len(truth), 1)))


@pytest.mark.parametrize("kind", EVERY)
def test_probabilities_add_up_whoever_is_missing(kind: type[ClassFusion]) -> None:
    answers, truth = experts(absent=0.4)
    fitted = kind().fit(answers, truth)
    assert fitted.experts_ == ["text", "image", "noise"]
    fused = fitted.combine(answers)
    np.testing.assert_allclose(fused.scores.sum(axis=1), 1)
    anybody = np.logical_or.reduce([answers[name].present for name in fitted.experts_])
    expected = anybody | answers[EARLY].present if kind is Early else anybody
    assert (fused.present == expected).all()


@pytest.mark.parametrize("kind", EVERY)
@given(st.integers(0, 1_000), st.integers(1, 12))
@settings(max_examples=15, deadline=None)
def test_answers_never_depend_on_the_rows_beside(
    kind: type[ClassFusion], seed: int, rows: int
) -> None:
    fitted = kind().fit(*experts(rows=60, absent=0.2))
    answers, _ = experts(rows=rows, seed=seed, absent=0.4)
    together = fitted.combine(answers)
    for row in range(rows):
        alone = fitted.combine(
            {n: Answer(a.scores[[row]], a.present[[row]]) for n, a in answers.items()}
        )
        assert alone.scores.tobytes() == together.scores[row].tobytes()
        assert alone.present[0] == together.present[row]


def test_best_single_ranks_by_accuracy_then_by_log_loss() -> None:
    answers, truth = experts()
    fitted = BestSingle().fit(answers, truth)
    assert fitted.ranking_ == ["text", "image", "noise"]
    fused = fitted.combine(without(answers, "text"))
    np.testing.assert_array_equal(fused.scores, answers["image"].scores)
    right = np.eye(2)[[0, 1]] * 0.8 + 0.1
    surer = np.eye(2)[[0, 1]] * 0.98 + 0.01
    yes = np.ones(2, dtype=bool)
    tie = BestSingle().fit({"a": Answer(right, yes), "b": Answer(surer, yes)}, np.array([0, 1]))
    assert tie.ranking_ == ["b", "a"]


def test_best_single_prefers_coverage_over_a_few_good_answers() -> None:
    answers, truth = experts()
    few = np.zeros(len(truth), dtype=bool)
    few[:10] = True
    scores = np.full((len(truth), 5), 0.2)
    scores[:10] = np.eye(5)[truth[:10]]
    fitted = BestSingle().fit({"few": Answer(scores, few), "text": answers["text"]}, truth)
    assert fitted.ranking_ == ["text", "few"]


def test_early_answers_where_it_has_everything_and_late_elsewhere() -> None:
    answers, truth = experts(absent=0.3)
    early, late = Early().fit(answers, truth), Late().fit(answers, truth)
    fused, pooled = early.combine(answers), late.combine(answers)
    joint = answers[EARLY]
    np.testing.assert_array_equal(fused.scores[joint.present], joint.scores[joint.present])
    np.testing.assert_array_equal(fused.scores[~joint.present], pooled.scores[~joint.present])
    assert 0 < joint.present.sum() < len(truth)


def test_the_same_answers_give_the_same_weights() -> None:
    answers, truth = experts()
    first = Late().fit(answers, truth).weights_.tobytes()
    assert Late().fit(answers, truth).weights_.tobytes() == first


@pytest.mark.parametrize("kind", EVERY)
def test_no_products(kind: type[ClassFusion]) -> None:
    answers, truth = experts()
    fitted = kind().fit(answers, truth)
    none = {n: Answer(a.scores[:0], a.present[:0]) for n, a in answers.items()}
    assert fitted.combine(none).scores.shape == (0, 5)
