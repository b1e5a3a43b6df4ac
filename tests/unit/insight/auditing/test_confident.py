from __future__ import annotations

import numpy as np

from aisle.insight.auditing.confident import confident_joint
from aisle.insight.auditing.conflicts import conflicts, disagreeing_twins


def answers(truth: np.ndarray, classes: int) -> np.ndarray:
    table = np.full((len(truth), classes), 0.1 / (classes - 1))
    table[np.arange(len(truth)), truth] = 0.9
    return table


def test_labels_that_went_astray_are_counted_where_they_went() -> None:
    truth = np.repeat([0, 1, 2], 30)
    codes = truth.copy()
    codes[:6] = 1
    found = confident_joint(answers(truth, 3), codes, np.ones(90, dtype=bool))
    assert found.counts.sum() == 90
    assert found.counts[1, 0] == 6
    assert found.counts.trace() == 84
    assert np.flatnonzero(found.wrong).tolist() == list(range(6))


def test_classes_that_nothing_teaches_count_as_right() -> None:
    truth = np.array([0] * 20 + [1] * 20)
    codes = truth.copy()
    codes[-1] = 2
    known = np.ones(40, dtype=bool)
    known[-1] = False
    found = confident_joint(answers(truth, 3), codes, known)
    assert found.counts.tolist() == [[20, 0, 0], [0, 19, 0], [0, 0, 1]]
    assert not found.wrong.any()


def test_one_class_alone_has_no_joint() -> None:
    found = confident_joint(np.ones((4, 1)), np.zeros(4, dtype=np.int64), np.ones(4, dtype=bool))
    assert found.counts.tolist() == [[0]]


def test_conflicts_are_groups_whose_labels_differ() -> None:
    groups, codes = np.array([0, 1, 0, 2, 2, 0]), np.array([0, 0, 1, 1, 1, 0])
    (found,) = conflicts(groups, codes, ("a", "b"), np.arange(10, 16))
    assert found.rows == (10, 12, 15)
    assert found.labels == ("a", "b", "a")
    assert disagreeing_twins(groups, codes) == {0: [2], 2: [0, 5], 5: [2]}
