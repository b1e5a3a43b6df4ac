"""Soft labels as rows, classes and weights."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import minimize

from aisle.encoders import Features
from aisle.experiments.compressing.lesson import FLOOR, TRUTH, Lesson, repeated
from aisle.fusion import ClassExpert
from aisle.heads.linear import LogisticHead


@given(st.integers(1, 12), st.integers(2, 6), st.integers(0, 1000))
def test_each_row_keeps_its_weight_and_no_small_share(rows: int, classes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(classes, 0.3), size=rows)
    weight = rng.uniform(0.5, 2, rows)
    at, codes, heavy = repeated(shares, weight)
    np.testing.assert_allclose(np.bincount(at, heavy, minlength=rows), weight)
    named = shares[at, codes]
    assert ((named >= FLOOR) | (named == shares.max(axis=1)[at])).all()
    assert (np.diff(at) >= 0).all()


def test_certain_rows_stand_once_as_they_are() -> None:
    at, codes, heavy = repeated(np.eye(3)[[2, 0]], np.ones(2))
    assert (at.tolist(), codes.tolist(), heavy.tolist()) == ([0, 1], [2, 0], [1.0, 1.0])


def test_half_of_a_soft_label_is_the_truth() -> None:
    told = np.array([[0.1, 0.9]])
    lesson = Lesson.soft(told, np.array([0]), np.ones(1))
    np.testing.assert_allclose(lesson.shares, [[TRUTH + (1 - TRUTH) * 0.1, (1 - TRUTH) * 0.9]])


def test_a_student_of_repeated_rows_minimises_the_cross_entropy_with_soft_labels() -> None:
    rng = np.random.default_rng(3)
    matrix = rng.normal(size=(40, 2)).astype(np.float32)
    second = rng.uniform(0.05, 0.95, 40)
    shares = np.column_stack([1 - second, second])
    expert = ClassExpert({"text": ["a"]}, LogisticHead(C=1.0))
    features = Features(matrix, np.ones(40, dtype=bool))
    Lesson(shares, np.ones(40)).teach(expert, features, None)

    def loss(point: np.ndarray) -> float:
        score = matrix @ point[:2] + point[2]
        return float(
            0.5 * (point[:2] ** 2).sum() + (np.log1p(np.exp(score)) - second * score).sum()
        )

    best = minimize(loss, np.zeros(3)).x
    expected = 1 / (1 + np.exp(-(matrix @ best[:2] + best[2])))
    np.testing.assert_allclose(expert.raw(features).scores[:, 1], expected, atol=2e-3)


def test_unlabelled_rows_teach_too() -> None:
    known = Features(sparse.csr_matrix(np.eye(3, dtype=np.float32)[:2]), np.ones(2, dtype=bool))
    more = Features(sparse.csr_matrix(np.eye(3, dtype=np.float32)[2:]), np.ones(1, dtype=bool))
    with_more, without = (
        ClassExpert({"text": ["a"]}, LogisticHead(C=100.0)),
        ClassExpert({"text": ["a"]}, LogisticHead(C=100.0)),
    )
    shares = np.eye(2)
    Lesson(shares, np.ones(2), np.array([[0.03, 0.97]])).teach(with_more, known, more)
    Lesson(shares, np.ones(2), np.array([[0.03, 0.97]])).teach(without, known, None)
    assert with_more.raw(more).scores[0, 1] > 0.8
    assert without.raw(more).scores[0, 1] < 0.6
