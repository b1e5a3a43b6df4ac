from __future__ import annotations

import numpy as np
from scipy import sparse

from aisle.encoders import Features
from aisle.experiments.searching.shelf import Shelf


def features(columns: int) -> Features:
    return Features(np.zeros((10, columns), dtype=np.float32), np.ones(10, dtype=bool))


def made(shelf: Shelf, key: str, columns: int = 10) -> bool:
    """Ask the shelf, and say whether it had to be made."""
    calls: list[str] = []

    def make() -> tuple[Features, ...]:
        calls.append(key)
        return (features(columns),)

    assert shelf.get(key, make).parts[0].dimension == columns
    return bool(calls)


def test_what_was_made_once_is_kept() -> None:
    shelf = Shelf()
    assert made(shelf, "a")
    assert not made(shelf, "a")
    assert made(shelf, "b")


def test_what_was_not_asked_for_the_longest_goes_first() -> None:
    shelf = Shelf(most_bytes=1_000)  # two matrices of 400 bytes
    assert made(shelf, "a")
    assert made(shelf, "b")
    assert not made(shelf, "a")
    assert made(shelf, "c")
    assert not made(shelf, "a")
    assert made(shelf, "b")


def test_what_is_larger_than_the_shelf_is_not_kept_and_displaces_nothing() -> None:
    shelf = Shelf(most_bytes=1_000)
    assert made(shelf, "a")
    assert made(shelf, "large", 100)
    assert made(shelf, "large", 100)
    assert not made(shelf, "a")


def test_sparse_features_count_by_what_they_hold() -> None:
    shelf = Shelf()
    matrix = sparse.csr_matrix(np.eye(10, dtype=np.float32))
    kept = shelf.get("a", lambda: (Features(matrix, np.ones(10, dtype=bool)),))
    assert kept.bytes == matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes
