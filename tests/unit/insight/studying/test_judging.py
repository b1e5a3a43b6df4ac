from __future__ import annotations

import numpy as np
import pytest

from aisle.insight.studying.judging import agreement, confusion, stability


def names(*given: str | None) -> np.ndarray:
    return np.array([*given, None], dtype=object)[:-1]


def test_clusters_are_matched_with_classes_whatever_their_numbers() -> None:
    classes = names("a", "a", "b", "b", "c", "c")
    found = confusion(classes, np.array([2, 2, 0, 0, 1, 1]))
    assert found.classes == ("a", "b", "c")
    assert found.counts == ((2, 0, 0), (0, 2, 0), (0, 0, 2))
    assert found.purity == 1.0
    assert found.split == found.merged == ()


def test_more_clusters_than_classes_stand_at_the_end() -> None:
    found = confusion(names("a", "a", "a", "b", "b"), np.array([0, 0, 1, 2, 2]))
    assert found.counts == ((2, 0, 1), (0, 2, 0))
    assert found.purity == pytest.approx(0.8)


def test_classes_in_one_cluster_are_merged() -> None:
    found = confusion(names("a", "a", "b", "b", "b", "c"), np.array([0, 0, 0, 0, 0, 1]))
    assert found.merged == (("b", "a"),)
    assert found.counts == ((0, 2, 0), (0, 3, 0), (0, 0, 1))


def test_a_class_in_many_clusters_is_split() -> None:
    found = confusion(names(*"aaaabb"), np.array([0, 0, 1, 1, 2, 2]))
    assert found.split == (("a", (0.5, 0.5)),)


def test_products_without_a_class_do_not_count() -> None:
    classes = names("a", None, "b", "a", None, "b")
    labels = np.array([0, 0, 1, 0, 1, 1])
    assert agreement(classes, labels) == (1.0, 1.0)
    assert sum(map(sum, confusion(classes, labels).counts)) == 4


def test_chance_agrees_with_nothing() -> None:
    rng = np.random.default_rng(0)
    classes = names(*(str(c) for c in rng.integers(0, 5, 2000)))
    ari, ami = agreement(classes, rng.integers(0, 5, 2000))
    assert abs(ari) < 0.01
    assert abs(ami) < 0.01


def test_stability_is_one_for_the_same_clusters_by_other_numbers() -> None:
    runs = np.array([[0, 0, 1, 1], [1, 1, 0, 0], [0, 0, 1, 1]])
    assert stability(runs) == 1.0
    assert stability(runs[:1]) == 1.0
    assert stability(np.array([[0, 0, 1, 1], [0, 1, 0, 1]])) < 0.1
