from __future__ import annotations

import numpy as np

from aisle.insight.auditing.likeness import NEIGHBOURS, Likeness, outliers


def points(rows: int = 60, seed: int = 0) -> np.ndarray:
    """Unit vectors in a cone, the last one across it."""
    rng = np.random.default_rng(seed)
    matrix = np.hstack([np.ones((rows, 1)), rng.normal(0, 0.2, (rows, 4))])
    matrix[-1] = (0.05, 1, 1, 1, 1)
    return (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)


def likeness(matrix: np.ndarray, groups: np.ndarray | None = None) -> Likeness:
    rows = np.arange(len(matrix))
    present = np.ones(len(matrix), dtype=bool)
    return Likeness(((matrix, present),), rows if groups is None else groups, rows)


def test_the_nearest_are_those_with_the_largest_cosine() -> None:
    matrix = points()
    found, cosines = likeness(matrix).nearest([3])
    truth = matrix @ matrix[3]
    truth[3] = -1
    assert found[0].tolist() == np.argsort(-truth)[:NEIGHBOURS].tolist()
    assert np.allclose(cosines[0], np.sort(truth)[::-1][:NEIGHBOURS], atol=1e-6)


def test_near_duplicates_are_no_neighbours() -> None:
    matrix = points()
    matrix[4] = matrix[3]
    groups = np.arange(60)
    groups[4] = 3
    assert 4 not in likeness(matrix, groups).nearest([3])[0]
    assert likeness(matrix).nearest([3])[0][0, 0] == 4


def test_a_modality_that_is_absent_does_not_count() -> None:
    matrix = points()
    absent = np.zeros(60, dtype=bool)
    both = Likeness(
        ((matrix, np.ones(60, dtype=bool)), (points(seed=1), absent)),
        np.arange(60),
        np.arange(60),
    )
    assert np.array_equal(both.nearest([3])[0], likeness(matrix).nearest([3])[0])


def test_without_anything_shared_there_is_no_neighbour() -> None:
    nobody = Likeness(((points(), np.zeros(60, dtype=bool)),), np.arange(60), np.arange(60))
    found, cosines = nobody.nearest([0])
    assert (found == -1).all()
    assert (cosines == 0).all()
    assert outliers(nobody) == {}


def test_what_lies_across_stands_out_below_every_label_error() -> None:
    found = outliers(likeness(points()))
    assert 59 in found
    assert len(found) < 10
    assert max(found, key=found.__getitem__) == 59
    assert all(0 < score <= 0.5 for score in found.values())
