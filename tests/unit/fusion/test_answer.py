"""Arithmetic on answers: the same for a row alone and among others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aisle.fusion.answer import FLOOR, Answer, logs, normalised, presence_patterns


def probabilities(rows: int, classes: int, seed: int = 0) -> np.ndarray:
    raw = np.random.default_rng(seed).gamma(0.1, 1, (rows, classes)) + 1e-300
    return raw / raw.sum(axis=1, keepdims=True)


def layouts(array: np.ndarray) -> list[np.ndarray]:
    """The same numbers in other orders of memory."""
    wide = np.repeat(array, 2, axis=1)[:, ::2]
    return [array, np.asfortranarray(array), array[::-1].copy()[::-1], wide]


@given(st.integers(0, 9_999), st.integers(1, 20), st.sampled_from([1, 2, 9, 200]))
@settings(max_examples=40)
def test_logs_and_normalised_never_depend_on_the_rows_beside(
    seed: int, rows: int, classes: int
) -> None:
    given_ = probabilities(rows, classes, seed)
    together = logs(given_)
    back = normalised(together)
    for other in layouts(given_):
        assert logs(other).tobytes() == together.tobytes()
    for other in layouts(together):
        assert normalised(other).tobytes() == back.tobytes()
        for row in range(rows):
            assert logs(given_[[row]]).tobytes() == together[row].tobytes()
            assert normalised(other[[row]]).tobytes() == back[row].tobytes()
    np.testing.assert_allclose(back, np.clip(given_, FLOOR, 1), rtol=1e-9, atol=1e-9)


def test_no_class_is_vetoed() -> None:
    assert logs(np.array([[0.0, 1.0]])).tolist() == [[np.log(FLOOR), 0.0]]
    assert normalised(np.array([[-1e4, 0.0], [1e4, 1e4]])).tolist() == [[0, 1], [0.5, 0.5]]


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), max_size=30))
def test_patterns_partition_the_rows(rows: list[tuple[bool, bool, bool]]) -> None:
    present = np.array(rows, dtype=bool).reshape(-1, 3)
    patterns = presence_patterns(present)
    assert sorted(row for _, part in patterns for row in part.tolist()) == list(range(len(rows)))
    for pattern, part in patterns:
        for row in part:
            assert tuple(np.flatnonzero(present[row]).tolist()) == pattern


def test_an_answer_has_as_many_rows_as_it_answers_for() -> None:
    assert len(Answer(np.zeros((3, 2)), np.ones(3, dtype=bool))) == 3
    assert presence_patterns(np.empty((0, 2), dtype=bool)) == []
    with pytest.raises(AttributeError):
        Answer(np.zeros(1), np.ones(1, dtype=bool)).scores = np.ones(1)  # type: ignore[misc]
