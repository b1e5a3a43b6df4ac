"""Near hashes among many: what is joined is near, and what is near is joined."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from aisle.catalog.duplicates import renumbered
from aisle.catalog.images import near_hashes
from aisle.catalog.images.hashes import HASH_BYTES, LEAST_BITS
from aisle.catalog.images.near_hashes import near_groups


def random_hashes(rows: int, seed: int = 0, density: float = 0.46) -> np.ndarray:
    bits = np.random.default_rng(seed).random((rows, 8 * HASH_BYTES)) < density
    return np.packbits(bits, axis=1)


def flipped(hashes: np.ndarray, half: int, count: int, seed: int = 0) -> np.ndarray:
    """Flip so many bits of one half of each hash, and all of the other half."""
    rng = np.random.default_rng(seed)
    bits = np.unpackbits(hashes, axis=1).reshape(-1, 2, 256)
    bits[:, 1 - half] ^= 1
    for row in bits[:, half]:
        row[rng.choice(row.size, count, replace=False)] ^= 1
    return np.packbits(bits.reshape(-1, 512), axis=1)


def brute_force(hashes: np.ndarray, shares: tuple[int, int]) -> np.ndarray:
    bits = np.unpackbits(hashes, axis=1).reshape(-1, 2, 256).astype(np.int64)
    near = np.eye(len(hashes), dtype=bool)
    for half, share in enumerate(shares):
        ones = bits[:, half].sum(axis=1)
        both = bits[:, half] @ bits[:, half].T
        either = ones[:, None] + ones - both
        telling = ones >= LEAST_BITS
        near |= ((either - both) * share <= either) & telling[:, None] & telling
    return renumbered(connected_components(sparse.csr_matrix(near), directed=False)[1])


@given(
    st.integers(0, 30),
    st.lists(st.tuples(st.integers(0, 29), st.integers(0, 1), st.integers(1, 40)), max_size=20),
    st.sampled_from([0.05, 0.2, 0.46, 0.9]),
)
def test_what_is_joined_is_near(
    rows: int, copies: list[tuple[int, int, int]], density: float
) -> None:
    hashes = random_hashes(rows, density=density)
    for row, half, count in copies:
        if rows:
            copy = flipped(hashes[[row % rows]], half, count, seed=row + count)
            hashes = np.concatenate([hashes, copy])
    hashes = np.unique(hashes, axis=0)
    expected = brute_force(hashes, (6, 8))
    found = renumbered(near_groups(hashes, whole=6, content=8))
    assert len(found) == len(hashes)
    for group in np.unique(found):
        assert len(set(expected[found == group])) == 1


@pytest.mark.parametrize(("half", "count"), [(0, 1), (0, 12), (1, 1), (1, 9)])
def test_what_is_near_is_joined(half: int, count: int) -> None:
    hashes = random_hashes(2000)
    together = np.concatenate([hashes, flipped(hashes, half, count)])
    found = near_groups(together, whole=6, content=8)
    assert (found[:2000] == found[2000:]).mean() > 0.99
    assert len(np.unique(found)) >= 2000


def test_hashes_that_tell_nothing_are_alone() -> None:
    hashes = np.zeros((3, HASH_BYTES), np.uint8)
    hashes[1, 0], hashes[2, 1] = 1, 255
    assert len(set(near_groups(hashes, whole=6, content=8))) == 3


def test_a_crowd_of_near_hashes_is_joined() -> None:
    crowd = np.unique(flipped(np.repeat(random_hashes(1), 3000, axis=0), 0, 6), axis=0)
    assert len(set(near_groups(crowd, whole=6, content=8))) == 1


def test_the_near_are_found_in_a_crowd_that_agrees_in_most_bits() -> None:
    rng = np.random.default_rng(0)
    bits = rng.random((1000, 512)) < 0.46
    fixed = rng.permutation(256)[:186]
    bits[:, fixed] = bits[0, fixed]
    crowd = np.packbits(bits, axis=1)
    found = near_groups(np.concatenate([crowd, flipped(crowd, 0, 16)]), whole=6, content=8)
    assert (found[:1000] == found[1000:]).mean() > 0.99
    assert len(np.unique(found)) > 700


def test_small_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = random_hashes(300)
    hashes = np.concatenate([hashes, flipped(hashes, 0, 15), flipped(hashes, 1, 10)])
    expected = near_groups(hashes, whole=6, content=8)
    monkeypatch.setattr(near_hashes, "_PAIRS", 7)
    assert np.array_equal(near_groups(hashes, whole=6, content=8), expected)
