"""Features side by side: what is dense stays dense, and category columns keep their place."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from aisle.encoders import Features, concatenate

YES = np.array([True, True, False])
NO = np.array([False, True, False])


def dense(columns: int, present: np.ndarray = YES, categorical: tuple[int, ...] = ()) -> Features:
    matrix = np.arange(3 * columns, dtype=np.float32).reshape(3, columns)
    return Features(matrix, present, categorical)


def test_dense_parts_stay_dense() -> None:
    joined = concatenate([dense(2), dense(3)])
    assert isinstance(joined.matrix, np.ndarray)
    assert joined.matrix.tolist() == np.hstack([dense(2).matrix, dense(3).matrix]).tolist()
    assert (len(joined), joined.dimension, joined.matrix.dtype) == (3, 5, np.float32)


def test_one_sparse_part_makes_all_sparse_and_keeps_missing_values() -> None:
    native = dense(2, categorical=(0,))
    native.matrix[:] = [[0, np.nan], [np.nan, 0], [3, 1]]
    words = Features(sparse.csr_matrix(np.eye(3, 4, dtype=np.float32)), YES)
    joined = concatenate([words, native])
    assert joined.matrix.format == "csr"
    assert joined.matrix.dtype == np.float32
    np.testing.assert_array_equal(joined.matrix.toarray()[:, 4:], native.matrix)
    # A zero, the code of "other", is not stored; a missing value is.
    assert joined.matrix.nnz == 3 + 4
    assert joined.categorical == (4,)


def test_a_row_is_present_if_any_part_is() -> None:
    assert concatenate([dense(1, NO), dense(1, YES)]).present.tolist() == [True, True, False]


def test_category_columns_move_with_their_part() -> None:
    parts = [dense(2, categorical=(1,)), dense(3), dense(4, categorical=(0, 3))]
    assert concatenate(parts).categorical == (1, 5, 8)
    assert concatenate(parts[:1]) is parts[0]


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_rows_can_be_taken(kind: object) -> None:
    features = Features(kind(dense(2).matrix), YES, (1,))  # type: ignore[operator]
    taken = features.take(np.array([2, 0]))
    matrix = taken.matrix if isinstance(taken.matrix, np.ndarray) else taken.matrix.toarray()
    assert matrix.tolist() == [[4, 5], [0, 1]]
    assert taken.present.tolist() == [False, True]
    assert taken.categorical == (1,)
