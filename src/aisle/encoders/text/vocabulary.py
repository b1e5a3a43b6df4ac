"""A vocabulary of n-grams, learned from texts and counted in others."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse

from aisle.encoders.text.ngrams import (
    Analyzer,
    HashIndex,
    Hashes,
    blocks,
    terms,
    window_hashes,
)

_WORD = re.compile(r"\w\w+")

Frequencies = npt.NDArray[np.int64]


def learn_terms(
    texts: Sequence[str],
    analyzer: Analyzer,
    lengths: tuple[int, int],
    *,
    minimum: int,
    maximum: int | None,
) -> tuple[list[str], Frequencies]:
    """Collect the terms that stand in at least `minimum` texts, the `maximum` most frequent.

    Returns
    -------
    list of str
        The terms in ascending order of their hashes (so that the result does not depend on the
        order of the texts).
    numpy.ndarray
        In how many texts each stands, int64 (terms,).
    """
    hashes, frequencies = np.empty(0, np.uint64), np.empty(0, np.int64)
    for block in blocks(texts):
        found = terms(texts[block], analyzer, lengths)
        seen = _distinct_pairs(found.rows, found.hashes)
        hashes, frequencies = _merged(hashes, frequencies, seen)
    kept = frequencies >= min(minimum, max(1, len(texts)))
    if maximum is not None and kept.sum() > maximum:
        order = np.lexsort((hashes, -frequencies))
        order = order[kept[order]][:maximum]
        kept = np.zeros_like(kept)
        kept[order] = True
    hashes, frequencies = hashes[kept], frequencies[kept]
    return _spelled(texts, analyzer, lengths, hashes), frequencies


def _distinct_pairs(rows: npt.NDArray[np.int64], hashes: Hashes) -> Hashes:
    """Return the hash of every distinct (row, term), so that a text counts once a term."""
    order = np.lexsort((hashes, rows))
    rows, hashes = rows[order], hashes[order]
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (rows[1:] != rows[:-1]) | (hashes[1:] != hashes[:-1])
    return hashes[new]


def _merged(hashes: Hashes, counts: Frequencies, seen: Hashes) -> tuple[Hashes, Frequencies]:
    """Add the terms of one block to the sorted table of terms and counts."""
    distinct, number = np.unique(seen, return_counts=True)
    together, inverse = np.unique(np.concatenate([hashes, distinct]), return_inverse=True)
    total = np.zeros(len(together), dtype=np.int64)
    np.add.at(total, inverse, np.concatenate([counts, number]))
    return together, total


def _spelled(
    texts: Sequence[str], analyzer: Analyzer, lengths: tuple[int, int], hashes: Hashes
) -> list[str]:
    """Find a spelling for each hash by walking the texts again; words are parted by one space."""
    spelled: list[str] = [""] * len(hashes)
    waiting = np.ones(len(hashes), dtype=bool)
    index = HashIndex(hashes)
    for block in blocks(texts):
        if not waiting.any():
            break
        found = terms(texts[block], analyzer, lengths)
        positions = index.find(found.hashes)
        known = np.flatnonzero(positions >= 0)
        first, where = np.unique(positions[known], return_index=True)
        for position, term in zip(first, known[where], strict=True):
            if waiting[position]:
                spelled[position] = found.characters[found.starts[term] : found.ends[term]]
                waiting[position] = False
    if analyzer == "word":
        return [" ".join(_WORD.findall(term)) for term in spelled]
    return spelled


def spelled_hashes(words: Sequence[str], analyzer: Analyzer, lengths: tuple[int, int]) -> Hashes:
    """Return the hash of each term of a vocabulary from its spelling, uint64 (terms,)."""
    hashes = np.zeros(len(words), dtype=np.uint64)
    if analyzer == "char":
        return _character_hashes(words, hashes)
    for block in blocks(words):
        found = terms(words[block], analyzer, lengths)
        # A term's own n-gram is the longest of those that stand in its spelling.
        order = np.lexsort((found.ends - found.starts, found.rows))
        last = np.append(np.flatnonzero(np.diff(found.rows[order])), len(order) - 1)
        hashes[block.start + found.rows[order[last]]] = found.hashes[order[last]]
    return hashes


def _character_hashes(words: Sequence[str], hashes: Hashes) -> Hashes:
    """Hash windows of characters from their spelling, the windows of one length together."""
    sizes = np.array([len(word) for word in words], dtype=np.int64)
    for size in np.unique(sizes):
        same = np.flatnonzero(sizes == size)
        hashes[same] = window_hashes([words[n] for n in same], int(size))
    return hashes


def count_terms(
    texts: Sequence[str], analyzer: Analyzer, lengths: tuple[int, int], index: HashIndex, width: int
) -> sparse.csr_matrix:
    """Count each text's known terms.

    Returns
    -------
    scipy.sparse.csr_matrix
        float32 (rows, width), columns ascending within a row.
    """
    parts = []
    for block in blocks(texts):
        found = terms(texts[block], analyzer, lengths)
        positions = index.find(found.hashes)
        known = positions >= 0
        parts.append(counted(found.rows[known], positions[known], block.stop - block.start, width))
    if not parts:
        return sparse.csr_matrix((len(texts), width), dtype=np.float32)
    return sparse.vstack(parts, format="csr")


def counted(
    rows: npt.NDArray[np.int64], columns: npt.NDArray[np.integer], height: int, width: int
) -> sparse.csr_matrix:
    """Add up equal (row, column) pairs to a CSR matrix of counts, float32 (height, width)."""
    ones = np.ones(len(rows), dtype=np.float32)
    matrix = sparse.coo_matrix((ones, (rows, columns)), shape=(height, width)).tocsr()
    matrix.sort_indices()
    return matrix
