from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from aisle.insight.studying.distances import silhouette, spread, straight, walks


@pytest.fixture
def points() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)


def test_the_silhouette_is_scikit_learns(points: np.ndarray) -> None:
    labels = np.random.default_rng(1).integers(0, 5, 60)
    expected = silhouette_score(points, labels)
    assert silhouette(straight(points), labels) == pytest.approx(expected, abs=1e-5)


def test_a_cluster_of_one_counts_nothing(points: np.ndarray) -> None:
    labels = np.zeros(60, dtype=np.int64)
    labels[:20], labels[59] = 1, 7
    expected = silhouette_score(points, labels)
    assert silhouette(straight(points), labels) == pytest.approx(expected, abs=1e-5)


def test_one_cluster_has_no_silhouette(points: np.ndarray) -> None:
    assert silhouette(straight(points), np.zeros(60, dtype=np.int64)) == 0.0


def test_ways_follow_a_bent_chain() -> None:
    angles = np.linspace(0.1, 2.9, 80)
    chain = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    ways = walks(chain)
    assert np.allclose(ways, ways.T)
    assert np.all(np.diff(ways[0]) >= 0)
    assert ways[0, -1] < 1 - np.cos(2.8)  # many short steps are less than one by the cosine


def test_pieces_that_no_way_joins_lie_beyond_all_others() -> None:
    rng = np.random.default_rng(0)
    one = rng.normal((1, 0, 0), 0.01, (30, 3))
    other = rng.normal((0, 1, 0), 0.01, (30, 3))
    ways = walks(np.vstack([one, other]).astype(np.float32))
    inside = max(ways[:30, :30].max(), ways[30:, 30:].max())
    assert np.allclose(ways[:30, 30:], 1.5 * inside)
    assert silhouette(ways, np.repeat([0, 1], 30)) > 0.4


def test_equal_points_are_next_to_each_other() -> None:
    ways = walks(np.repeat(np.eye(3, dtype=np.float32), 5, axis=0))
    assert np.all(ways[:5, :5] < 1e-5)
    assert np.isfinite(ways).all()


@pytest.mark.parametrize(("count", "most", "expected"), [(5, 9, 5), (1000, 10, 10), (1, 1, 1)])
def test_places_are_spread_evenly(count: int, most: int, expected: int) -> None:
    places = spread(count, most)
    assert len(places) == expected
    assert places[0] == 0
    assert places[-1] == count - 1
