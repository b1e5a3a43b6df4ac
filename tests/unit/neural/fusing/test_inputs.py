from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from aisle.neural.fusing import inputs
from aisle.neural.fusing.inputs import Reading


def words(rows: int = 50, columns: int = 300) -> sparse.csr_matrix:
    found = sparse.random(rows, columns, 0.1, format="csr", rng=np.random.default_rng(0))
    return found.astype(np.float32)


@pytest.mark.parametrize("matrix", [words(), words().toarray() + 3], ids=["sparse", "dense"])
def test_what_is_folded_back_says_the_same_of_the_features_themselves(matrix: object) -> None:
    reading = Reading.of(matrix, 20, 0)
    dice = np.random.default_rng(1)
    weight = dice.normal(size=(8, reading.size)).astype(np.float32)
    bias = dice.normal(size=8).astype(np.float32)
    table, offset = reading.folded(weight, bias)
    assert table.shape == (300, 8)
    direct = np.asarray(matrix @ table) + offset
    np.testing.assert_allclose(
        direct, reading.apply(matrix) @ weight.T + bias, rtol=1e-3, atol=1e-3
    )


def test_numbers_are_evened_out() -> None:
    for matrix in (words() * 50, words().toarray() * 50 + 7):
        seen = Reading.of(matrix, 20, 0).apply(matrix)
        assert np.square(seen).mean() == pytest.approx(1, rel=1e-3)


def test_all_directions_keep_all_that_distinguishes_the_rows() -> None:
    matrix = words()
    reading = Reading.of(matrix, 1_000, 0)
    assert reading.size == 50
    seen = reading.apply(matrix) / reading.scale
    np.testing.assert_allclose(seen @ seen.T, (matrix @ matrix.T).toarray(), atol=1e-4)


def test_constant_features_say_nothing_and_are_no_mistake() -> None:
    reading = Reading.of(np.ones((9, 3), dtype=np.float32), 4, 0)
    assert np.array_equal(reading.apply(np.full((2, 3), 5, dtype=np.float32)), np.zeros((2, 3)))
    empty = Reading.of(sparse.csr_matrix((9, 3), dtype=np.float32), 4, 0)
    assert np.isfinite(empty.apply(sparse.csr_matrix((2, 3), dtype=np.float32))).all()


def test_of_many_rows_some_are_learned_from_the_same_for_a_seed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inputs, "LEARNED_FROM", 100)
    many = words(200, 40)
    one, same, other = (Reading.of(many, 5, seed) for seed in (0, 0, 1))
    assert one.directions is not None
    assert same.directions is not None
    assert one.directions.tobytes() == same.directions.tobytes()
    assert other.directions is not None
    assert one.directions.tobytes() != other.directions.tobytes()
