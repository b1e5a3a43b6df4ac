"""Photographs whose hashes share nearly all bits, found among millions without trying every pair.

Two hashes are compared if they agree in three bytes at fixed places and stand close together when
sorted by these and five more; there are 32 such choices of places (locality-sensitive hashing:
Indyk & Motwani, Approximate nearest neighbors, 1998; with sorting: Charikar, Similarity estimation
techniques from rounding algorithms, 2002). What is joined is near for certain; a pair that is only
just near may be missed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from aisle.catalog.images.hashes import HASH_BYTES, LEAST_BITS

Hashes = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]

_HALF = HASH_BYTES // 2
_CHOICES = 32
_KEY_BYTES = 8
_BEYOND_EQUAL = np.uint64(40)
_NEIGHBOURS = 32
_PAIRS = 500_000
_ONES = np.unpackbits(np.arange(2**16, dtype=np.uint16).view(np.uint8)).reshape(-1, 16).sum(axis=1)


def near_groups(hashes: Hashes, *, whole: int, content: int) -> Rows:
    """Connect hashes that are nearly the same for the whole picture, or for its content.

    Parameters
    ----------
    hashes
        uint8 (rows, `HASH_BYTES`), no row twice.
    whole, content
        Of the bits set in either of two hashes, at most one in so many may be set in one alone
        (a Jaccard distance of 1/`whole`).

    Returns
    -------
    numpy.ndarray
        Group number of each row, int64 (rows,). Nearness chains.
    """
    groups = np.arange(len(hashes), dtype=np.int64)
    for start, share in ((0, whole), (_HALF, content)):
        half = np.ascontiguousarray(hashes[:, start : start + _HALF])
        groups = _joined_by(half, share, groups)
    return groups


def _joined_by(half: Hashes, share: int, groups: Rows) -> Rows:
    """Join groups two of whose members are near in this half of their hashes."""
    words = half.view(np.uint16)
    ones = _count(words)
    telling = np.flatnonzero(ones >= LEAST_BITS)
    for places in _choices():
        links: list[tuple[Rows, Rows]] = []
        for left, right in _meetings(half, places, telling):
            apart = groups[left] != groups[right]
            first, second = left[apart], right[apart]
            shared = _count(words[first] & words[second])
            either = ones[first] + ones[second] - shared
            near = (either - shared) * share <= either
            links.append((first[near], second[near]))
        groups = _joined(groups, links)
    return groups


def _choices() -> Iterator[Rows]:
    """Choose places in a half hash: bytes to agree in, then bytes to sort by."""
    rng = np.random.default_rng(0)
    for _ in range(_CHOICES):
        yield rng.permutation(_HALF)[:_KEY_BYTES]


def _meetings(half: Hashes, places: Rows, telling: Rows) -> Iterator[tuple[Rows, Rows]]:
    """Yield pairs of rows that agree in the first places and are neighbours by all of them."""
    keys = np.ascontiguousarray(half[telling][:, places]).view(">u8").ravel().astype(np.uint64)
    order = np.argsort(keys, kind="stable")
    rows, equal = telling[order], keys[order] >> _BEYOND_EQUAL
    for step in range(1, _NEIGHBOURS + 1):
        meets = np.flatnonzero(equal[step:] == equal[:-step])
        if not len(meets):
            return
        for part in _parts(meets):
            yield rows[part], rows[part + step]


def _parts(rows: Rows) -> Iterator[Rows]:
    """Cut a long array, so that what is computed from each piece stays small."""
    for start in range(0, len(rows), _PAIRS):
        yield rows[start : start + _PAIRS]


def _count(words: npt.NDArray[np.uint16]) -> Rows:
    """Count the bits set in each row of words, int64 (rows,)."""
    counts = np.empty(len(words), dtype=np.int64)
    for start in range(0, len(words), _PAIRS):
        piece = slice(start, start + _PAIRS)
        counts[piece] = _ONES[words[piece]].sum(axis=1)
    return counts


def _joined(groups: Rows, links: list[tuple[Rows, Rows]]) -> Rows:
    left = np.concatenate([groups[first] for first, _ in links] or [groups[:0]])
    right = np.concatenate([groups[second] for _, second in links] or [groups[:0]])
    if not len(left):
        return groups
    shape = (len(groups), len(groups))
    graph = sparse.coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape)
    joined: Rows = connected_components(graph, directed=False)[1].astype(np.int64)[groups]
    return joined
