"""Products that are nearly the same: their texts' TF-IDF cosine is above 0.9.

They form groups that stay on one side of every split, since a model that has seen the twin of a
test product is not being tested. Texts are looked at twice: as words and numbers, and as words of
letters alone, in which variants that differ in sizes, prices or model numbers are the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from aisle.catalog.similarity import similar_groups

Groups = npt.NDArray[np.int64]

COSINE = 0.9
"""Texts with a TF-IDF cosine above this are near-duplicates."""

LARGEST_SHARE = 0.1
"""A group larger than this share of the rows comes from a template: it is cut more strictly."""

VARIANT_SHARE = 0.02
"""The same for texts that agree in their letters alone ("A lovely gift, no 12")."""

EQUAL_SHARE = 0.25
"""Equal texts on more than this share of the rows are a stopgap ("see picture"), not a product."""

SMALLEST_LIMIT = 5
"""Groups of up to this many rows are never cut, however small the catalogue."""

VARIANT_WORDS = 4
"""Texts with fewer different words of letters ("Mug 12") are no evidence of a variant."""

_WORD = r"(?u)\b\w+\b"
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_UNSPACED_PAIR = re.compile(rf"([{_UNSPACED}])(?=([{_UNSPACED}]))")


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
        chains: if A is near B and B near C, all three are one group. A group of more than
        `LARGEST_SHARE` of the rows (texts from a template) is cut again, its words weighed anew
        among themselves, at cosines ever nearer to 1 and in the end by equality. Equal texts on
        more than `EQUAL_SHARE` of the rows (`LARGEST_SHARE` for one or two words) tell nothing.
    """
    rows = len(texts)
    equal, distinct = _distinct_texts(texts)
    counts, letters = _word_counts(distinct)
    copies = np.bincount(equal, minlength=len(distinct))
    variants = _near(_with_words(counts[:, letters], VARIANT_WORDS), cosine)
    variants = _alone_where_large(variants, copies, _variant_limit(rows))
    near = merged(_near(counts, cosine), variants)
    near = _cut(near, counts, copies, cosine, _limit(LARGEST_SHARE, rows))
    return renumbered(near[equal])


def near_groups(texts: Sequence[str], cosine: float = COSINE, *, letters: bool = False) -> Groups:
    """Connect texts whose TF-IDF vectors have a cosine above `cosine`, however large the groups.

    Parameters
    ----------
    texts
        The texts, which also give the words their weights.
    cosine
        The bound.
    letters
        Look at words of letters alone, in texts that have `VARIANT_WORDS` of them or more.

    Returns
    -------
    numpy.ndarray
        Group number, int64 (rows,); nearness chains.
    """
    counts, lettered = _word_counts(texts)
    return _near(_with_words(counts[:, lettered], VARIANT_WORDS) if letters else counts, cosine)


def merged(first: Groups, second: Groups) -> Groups:
    """Join two groupings of the same rows: rows that share a group in either are one group."""
    rows = len(first)
    if rows == 0:
        return np.empty(0, dtype=np.int64)
    left, right = renumbered(first), renumbered(second)
    width = int(left.max()) + 1
    nodes = width + int(right.max()) + 1
    graph = sparse.csr_matrix((np.ones(rows, dtype=bool), (left, right + width)), (nodes, nodes))
    return renumbered(connected_components(graph, directed=False)[1][left])


def renumbered(groups: npt.NDArray[np.integer]) -> Groups:
    """Number groups from 0 in the order in which they first appear."""
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    order = np.empty(len(first), dtype=np.int64)
    order[np.argsort(first, kind="stable")] = np.arange(len(first))
    numbers: Groups = order[inverse]
    return numbers


def _limit(share: float, rows: int) -> float:
    return max(SMALLEST_LIMIT, share * rows)


def _variant_limit(rows: int) -> float:
    """Return how many variants a product may have: in a small catalogue hardly any."""
    return max(VARIANT_SHARE * rows, min(SMALLEST_LIMIT, 0.05 * rows))


def _distinct_texts(texts: Sequence[str]) -> tuple[Groups, list[str]]:
    """Number the distinct texts; texts that are empty or a stopgap are distinct, and empty."""
    keys = [text.strip().casefold() for text in texts]
    counts = Counter(keys)
    rows = len(texts)
    telling = {
        key: count <= _limit(EQUAL_SHARE if len(key.split()) > 2 else LARGEST_SHARE, rows)
        for key, count in counts.items()
    }
    numbers: dict[str | int, int] = {"": -1}
    equal = np.empty(rows, dtype=np.int64)
    distinct: list[str] = []
    for row, key in enumerate(keys):
        told = bool(key) and telling[key]
        number = numbers.setdefault(key if told else row, len(distinct))
        if number == len(distinct):
            distinct.append(key if told else "")
        equal[row] = number
    return equal, distinct


def _word_counts(texts: Sequence[str]) -> tuple[sparse.csr_matrix, npt.NDArray[np.bool_]]:
    """Count words and numbers, (texts, words), and say which words are of letters alone."""
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(
        token_pattern=_WORD, preprocessor=_spaced, dtype=np.int32, vocabulary=None
    )
    try:
        counts = vectorizer.fit_transform(texts).tocsr()
    except ValueError:  # no text holds a single word
        return sparse.csr_matrix((len(texts), 0), dtype=np.int32), np.zeros(0, dtype=bool)
    words = vectorizer.get_feature_names_out()
    return counts, np.array([word.isalpha() for word in words], dtype=bool)


def _spaced(text: str) -> str:
    """Fold case, and write Chinese and Japanese, which set no spaces, as pairs of characters."""
    return _UNSPACED_PAIR.sub(r" \1\2 ", text.casefold())


def _with_words(counts: sparse.csr_matrix, least: int) -> sparse.csr_matrix:
    """Empty the rows that have fewer than `least` different words."""
    enough = (np.diff(counts.indptr) >= least).astype(np.int32)
    kept = sparse.diags_array(enough, dtype=np.int32) @ counts
    kept.eliminate_zeros()
    return sparse.csr_matrix(kept)


def _near(counts: sparse.csr_matrix, cosine: float) -> Groups:
    """Connect rows of word counts whose TF-IDF vectors have a cosine above `cosine`."""
    from sklearn.feature_extraction.text import TfidfTransformer

    if counts.nnz == 0:
        return np.arange(counts.shape[0], dtype=np.int64)
    weighted = TfidfTransformer().fit_transform(counts.astype(np.float32))
    return similar_groups(weighted, cosine)


def _alone_where_large(groups: Groups, copies: Groups, limit: float) -> Groups:
    """Set the members of groups of more than `limit` rows free."""
    large = np.bincount(groups, weights=copies)[groups] > limit
    return renumbered(np.where(large, len(groups) + np.arange(len(groups)), groups))


def _cut(
    groups: Groups, counts: sparse.csr_matrix, copies: Groups, cosine: float, limit: float
) -> Groups:
    """Cut groups of more than `limit` rows, more strictly each time, until none is left."""
    groups = groups.copy()
    while cosine < 0.99:
        sizes = np.bincount(groups, weights=copies)
        for group in np.flatnonzero(sizes > limit):
            members = np.flatnonzero(groups == group)
            if len(members) > 1:
                groups[members] = groups.max() + 1 + _near(counts[members], cosine)
        groups = renumbered(groups)
        cosine = (1 + cosine) / 2
    return _alone_where_large(groups, copies, limit)
