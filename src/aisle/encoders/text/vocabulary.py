"""A vocabulary of n-grams, learned from texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from aisle.encoders.text.hashing import Hashes, HashIndex
from aisle.encoders.text.ngrams import Analyzer, Terms, Words, find_terms

Frequencies = npt.NDArray[np.int64]

_TABLE_TERMS = 1 << 20


def learn_terms(
    texts: Sequence[Words],
    analyzer: Analyzer,
    lengths: tuple[int, int],
    *,
    minimum: int,
    maximum: int | None,
) -> tuple[list[str], Frequencies]:
    """Collect the terms that stand in at least `minimum` texts, the `maximum` most frequent.

    Parameters
    ----------
    texts
        Texts cut into words, in blocks.
    analyzer, lengths
        See `aisle.encoders.text.ngrams.find_terms`.
    minimum, maximum
        Where there are fewer texts than `minimum`, a term must stand in all of them. Of equally
        frequent terms those with the lowest hashes are kept.

    Returns
    -------
    list of str
        The terms in ascending order of their hashes (so that the result does not depend on the
        order of the texts).
    numpy.ndarray
        In how many texts each stands, int64 (terms,).
    """
    walk = _walk(texts, analyzer, lengths)
    table = _Table()
    for terms in walk():
        hashes, columns = np.unique(terms.hashes, return_inverse=True)
        counts = terms.counts(np.arange(len(columns)), columns, len(hashes))
        table.add(hashes, np.bincount(counts.indices, minlength=len(hashes)))
    hashes, frequencies = table.total()
    rows = sum(words.height for words in texts)
    kept = np.flatnonzero(frequencies >= min(minimum, max(1, rows)))
    if maximum is not None and len(kept) > maximum:
        # Stable, so that the lower hash goes first among equals.
        order = np.argsort(-frequencies[kept], kind="stable")
        kept = np.sort(kept[order[:maximum]])
    hashes, frequencies = hashes[kept], frequencies[kept]
    return _spelled(walk(), hashes), frequencies


def _walk(
    texts: Sequence[Words], analyzer: Analyzer, lengths: tuple[int, int]
) -> Callable[[], Iterable[Terms]]:
    """Return a way to go through the terms more than once; those of a single block are kept."""
    if len(texts) == 1:
        kept = [find_terms(texts[0], analyzer, lengths)]
        return lambda: kept
    return lambda: (find_terms(words, analyzer, lengths) for words in texts)


class _Table:
    """In how many texts each term stands, added up over blocks.

    Blocks are merged into the table only once they are together as large as it is, so that the
    work grows in proportion to the number of terms and not to its square.
    """

    def __init__(self) -> None:
        self._parts: list[tuple[Hashes, Frequencies]] = []
        self._merged = 0
        self._waiting = 0

    def add(self, hashes: Hashes, counts: Frequencies) -> None:
        """Add the distinct terms of one block."""
        self._parts.append((hashes, counts))
        self._waiting += len(hashes)
        if self._waiting > max(self._merged, _TABLE_TERMS):
            self.total()

    def total(self) -> tuple[Hashes, Frequencies]:
        """Return all distinct hashes, ascending, and their counts."""
        if len(self._parts) != 1:
            hashes = np.concatenate([np.empty(0, np.uint64), *(part for part, _ in self._parts)])
            counts = np.concatenate([np.empty(0, np.int64), *(part for _, part in self._parts)])
            order = np.argsort(hashes, kind="stable")
            hashes = hashes[order]
            new = np.flatnonzero(np.diff(hashes, prepend=~hashes[:1]))
            summed = np.add.reduceat(counts[order], new) if len(new) else counts
            self._parts = [(hashes[new], summed)]
        self._merged, self._waiting = len(self._parts[0][0]), 0
        return self._parts[0]


def _spelled(blocks: Iterable[Terms], hashes: Hashes) -> list[str]:
    """Find a spelling for each hash by going through the texts again."""
    spelled: list[str] = [""] * len(hashes)
    waiting = np.ones(len(hashes), dtype=bool)
    index = HashIndex(hashes)
    for terms in blocks:
        positions = index.find(terms.hashes)
        sought = np.flatnonzero(positions >= 0)
        sought = sought[waiting[positions[sought]]]
        found, first = np.unique(positions[sought], return_index=True)
        for position, term in zip(found.tolist(), terms.spelled(sought[first]), strict=True):
            spelled[position] = term
        waiting[found] = False
        if not waiting.any():
            break
    return spelled
