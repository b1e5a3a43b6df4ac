"""Products that are nearly the same: their texts' TF-IDF cosine is above 0.9.

They form groups that stay on one side of every split, since a model that has seen the twin of a
test product is not being tested.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

Groups = npt.NDArray[np.int64]

COSINE = 0.9
"""Texts with a TF-IDF cosine above this are near-duplicates."""

LARGEST_SHARE = 0.1
"""A group larger than this share of the rows comes from a template: it is cut more strictly."""

_BLOCK = 4_096


def text_groups(texts: Sequence[str], *, cosine: float = COSINE) -> Groups:
    """Group products whose texts are nearly the same.

    Parameters
    ----------
    texts
        One text a product; a product without text is alone in its group.
    cosine
        The TF-IDF cosine above which two texts are near-duplicates.

    Returns
    -------
    numpy.ndarray
        Group number, int64 (rows,), counted from 0 in the order of first appearance. Nearness
        chains: if A is near B and B near C, all three are one group. Where chaining swallows more
        than `LARGEST_SHARE` of a catalogue of 50 rows or more (texts from a template), that group
        is cut again at a cosine halfway to 1, and in the end by equality alone.
    """
    rows = len(texts)
    equal = _equal_groups(texts)
    _, representatives = np.unique(equal, return_index=True)
    near = _near_groups([texts[row] for row in representatives], cosine)
    if rows < 50:
        return renumbered(near[equal])
    limit = LARGEST_SHARE * rows
    while cosine < 0.99:
        sizes = np.bincount(near[equal])
        large = np.flatnonzero(sizes > limit)
        if not len(large):
            break
        cosine = (1 + cosine) / 2
        for group in large:
            members = np.flatnonzero(near == group)
            if len(members) > 1:
                finer = _near_groups([texts[representatives[m]] for m in members], cosine)
                near[members] = near.max() + 1 + finer
        near = renumbered(near)
    return renumbered(near[equal])


def merged(first: Groups, second: Groups) -> Groups:
    """Join two groupings of the same rows: rows that share a group in either are one group."""
    rows = len(first)
    everyone = np.arange(rows)
    left = sparse.csr_matrix((np.ones(rows, dtype=bool), (everyone, renumbered(first))))
    right = sparse.csr_matrix((np.ones(rows, dtype=bool), (everyone, renumbered(second))))
    graph = sparse.bmat([[None, left, right], [left.T, None, None], [right.T, None, None]])
    return renumbered(connected_components(graph, directed=False)[1][:rows])


def renumbered(groups: npt.NDArray[np.integer]) -> Groups:
    """Number groups from 0 in the order in which they first appear."""
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    order = np.empty(len(first), dtype=np.int64)
    order[np.argsort(first, kind="stable")] = np.arange(len(first))
    return order[inverse]


def _equal_groups(texts: Sequence[str]) -> Groups:
    """Group equal texts; every empty text is its own group."""
    numbers: dict[str, int] = {}
    groups = np.empty(len(texts), dtype=np.int64)
    count = 0
    for row, text in enumerate(texts):
        key = text.strip().casefold()
        number = numbers.get(key) if key else None
        if number is None:
            number = count
            count += 1
            if key:
                numbers[key] = number
        groups[row] = number
    return groups


def _near_groups(texts: Sequence[str], cosine: float) -> Groups:
    """Connect texts whose TF-IDF vectors have a cosine above `cosine`.

    Exact, by prefix filtering (Bayardo, Ma & Srikant, Scaling up all pairs similarity search,
    2007): with terms in order of rarity, two unit vectors can only reach the cosine if they share
    a term before the point where the rest of either has a norm below it. Only pairs that meet in
    such rare terms are compared.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    rows = len(texts)
    vectorizer = TfidfVectorizer(token_pattern=r"(?u)\b\w+\b", dtype=np.float32)
    try:
        matrix = vectorizer.fit_transform(texts).tocsr()
    except ValueError:  # no text holds a single word
        return np.arange(rows, dtype=np.int64)
    rarity = np.argsort(np.bincount(matrix.indices, minlength=matrix.shape[1]), kind="stable")
    position = np.empty_like(rarity)
    position[rarity] = np.arange(len(rarity))
    matrix.indices = position[matrix.indices].astype(matrix.indices.dtype)
    matrix.sort_indices()
    prefix = _prefixes(matrix, cosine)
    transposed = prefix.T.tocsr()
    links: list[tuple[Groups, Groups]] = []
    for start in range(0, rows, _BLOCK):
        candidates = (prefix[start : start + _BLOCK] @ transposed).tocoo()
        left, right = candidates.row.astype(np.int64) + start, candidates.col.astype(np.int64)
        once = left < right
        left, right = left[once], right[once]
        close = _cosines(matrix, left, right) > cosine
        links.append((left[close], right[close]))
    left = np.concatenate([pair[0] for pair in links])
    right = np.concatenate([pair[1] for pair in links])
    graph = sparse.csr_matrix((np.ones(len(left), dtype=bool), (left, right)), shape=(rows, rows))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _prefixes(matrix: sparse.csr_matrix, cosine: float) -> sparse.csr_matrix:
    """Return the pattern of each row's rarest terms, up to where the rest is below `cosine`."""
    squares = matrix.data.astype(np.float64) ** 2
    before = np.concatenate([[0.0], np.cumsum(squares)])
    row_of = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    rest = before[matrix.indptr[1:]][row_of] - before[:-1]
    kept = rest >= (cosine - 1e-6) ** 2
    pattern = sparse.coo_matrix(
        (np.ones(int(kept.sum()), dtype=np.int32), (row_of[kept], matrix.indices[kept])),
        shape=matrix.shape,
    )
    return pattern.tocsr()


def _cosines(matrix: sparse.csr_matrix, left: Groups, right: Groups) -> npt.NDArray[np.float64]:
    """Return the cosine of each pair of rows, in blocks so that memory stays bounded."""
    cosines = np.empty(len(left))
    for start in range(0, len(left), 50_000):
        block = slice(start, start + 50_000)
        cosines[block] = np.asarray(
            matrix[left[block]].multiply(matrix[right[block]]).sum(axis=1)
        ).ravel()
    return cosines
