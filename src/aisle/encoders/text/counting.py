"""Known terms counted in texts, each distinct word looked at once in the life of a counter.

Product texts repeat their words, within a block of texts and from one request to the next. What a
word holds, the columns of its windows of characters or the hashes of the tokens inside, follows
from the word alone; so it is kept, and a few texts are counted at the cost of many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, repeat
from threading import Lock
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from aisle.encoders.text.hashing import Columns, HashIndex, string_hashes
from aisle.encoders.text.ngrams import (
    TOKEN,
    Analyzer,
    Rows,
    Words,
    counted,
    placed_tokens,
    runs_of_tokens,
    spelled_hashes,
    word_windows,
)

Values = npt.NDArray[Any]
Look = Callable[[Sequence[str]], tuple[Values, Rows]]

MOST_WORDS = 1 << 16
"""As many words are kept, some 20 MB of them; when there are more, all are forgotten."""

_SORTED_AT_ONCE = 4


class TermCounter:
    """Counts the known terms of texts.

    Parameters
    ----------
    analyzer, lengths
        See `aisle.encoders.text.ngrams.find_terms`.
    columns
        Where each term is counted.
    width
        How many columns there are.
    """

    def __init__(
        self, analyzer: Analyzer, lengths: tuple[int, int], columns: Columns, width: int
    ) -> None:
        self._analyzer = analyzer
        self._lengths = lengths
        self._columns = columns
        self._width = width
        self._memory = WordMemory()

    def count(self, texts: Iterable[Words]) -> sparse.csr_matrix:
        """Count each text's known terms.

        Parameters
        ----------
        texts
            Cut into words, in blocks.

        Returns
        -------
        scipy.sparse.csr_matrix
            float32 (rows, width), columns ascending within a row.
        """
        of_block = self._runs_of if self._analyzer == "word" else self._windows_of
        parts = [of_block(words) for words in texts]
        if not parts:
            return sparse.csr_matrix((0, self._width), dtype=np.float32)
        matrix = parts[0] if len(parts) == 1 else sparse.vstack(parts, format="csr")
        # Sums over a row are taken in the order of its entries: it must not depend on other rows.
        if not matrix.has_sorted_indices and _SORTED_AT_ONCE * matrix.nnz > self._width:
            return matrix.tocsc().tocsr()  # three times as fast as sorting row by row
        matrix.sort_indices()
        return matrix

    def _windows(self, words: Sequence[str]) -> tuple[Values, Rows]:
        """Return the columns of the known windows of each word, one word after another."""
        found = word_windows(words, self._lengths)
        columns = self._columns.find(found.hashes)
        known = np.flatnonzero(columns >= 0)
        word_of = found.words[known]
        order = np.argsort(word_of, kind="stable")
        return columns[known[order]], np.bincount(word_of, minlength=len(words))

    def _windows_of(self, words: Words) -> sparse.csr_matrix:
        columns, sizes = self._memory.find(words.distinct, self._windows)
        held = np.bincount(words.rows, minlength=words.height)
        contents = _ones(words.stream, held, len(words.distinct))
        return contents @ _ones(columns, sizes, self._width)

    def _runs_of(self, words: Words) -> sparse.csr_matrix:
        hashes, sizes = self._memory.find(words.distinct, _tokens)
        at, rows = placed_tokens(words, sizes)
        found = [
            (rows[starts], self._columns.find(run))
            for run, starts, _ in runs_of_tokens(hashes[at], rows, self._lengths)
        ]
        if not found:
            return sparse.csr_matrix((words.height, self._width), dtype=np.float32)
        rows, columns = map(np.concatenate, zip(*found, strict=True))
        known = np.flatnonzero(columns >= 0)
        return counted(rows[known], columns[known], words.height, self._width)


class VocabularyCounter:
    """Counts the terms of a vocabulary; one of another vocabulary is made when that changes.

    A restored encoder has its vocabulary set from outside, so it goes by identity.
    """

    def __init__(self) -> None:
        self._made: tuple[object, TermCounter] | None = None

    def count(
        self,
        texts: Iterable[Words],
        vocabulary: Sequence[str],
        analyzer: Analyzer,
        lengths: tuple[int, int],
    ) -> sparse.csr_matrix:
        """Count terms, float32 CSR (rows, terms); see `TermCounter`."""
        made = self._made
        if made is None or made[0] is not vocabulary:
            index = HashIndex(spelled_hashes(vocabulary, analyzer))
            made = (vocabulary, TermCounter(analyzer, lengths, index, len(vocabulary)))
            self._made = made
        return made[1].count(texts)


class WordMemory:
    """What was found out about words: so many values each, kept until there are too many words.

    Several threads may ask at the same time. A copy begins with nothing.

    Parameters
    ----------
    most
        How many words are kept.
    """

    def __init__(self, most: int = MOST_WORDS) -> None:
        self._most = most
        self._lock = Lock()
        self._forget()

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return type(self)(self._most)

    def _forget(self) -> None:
        self._places: dict[str, int] = {}
        self._starts, self._sizes, self._values = (_Growing() for _ in range(3))

    def find(self, words: Sequence[str], look: Look) -> tuple[Values, Rows]:
        """Return the values of each word, one word after another, and how many each has.

        Parameters
        ----------
        words
            Each once.
        look
            Finds out the same of words that are new; always the same function of a word.
        """
        if len(words) > self._most:
            return look(words)
        with self._lock:
            places = self._placed(words, look)
            starts, sizes = self._starts.items[places], self._sizes.items[places]
            values = self._values.items
        before = np.cumsum(sizes) - sizes
        return values[np.repeat(starts - before, sizes) + np.arange(int(sizes.sum()))], sizes

    def _placed(self, words: Sequence[str], look: Look) -> Rows:
        """Return the place of each word, where all of them are known by now."""
        places = self._known(words)
        new = np.flatnonzero(places < 0)
        if not len(new):
            return places
        if len(self._places) + len(new) > self._most:
            self._forget()
            new = np.arange(len(words))
        unknown = [words[position] for position in new.tolist()]
        values, sizes = look(unknown)
        self._starts.add(self._values.size + np.cumsum(sizes) - sizes)
        self._sizes.add(sizes)
        self._values.add(values)
        first = len(self._places)
        self._places.update(zip(unknown, range(first, first + len(unknown)), strict=True))
        return self._known(words)

    def _known(self, words: Sequence[str]) -> Rows:
        found = map(self._places.get, words, repeat(-1))
        return np.fromiter(found, dtype=np.int64, count=len(words))


class _Growing:
    """An array that grows at its end; what was read from it before stays as it was."""

    def __init__(self) -> None:
        self.size = 0
        self._room: Values = np.empty(0, dtype=np.int64)

    @property
    def items(self) -> Values:
        """What was added, one after another."""
        return self._room[: self.size]

    def add(self, items: Values) -> None:
        """Put items at the end."""
        size = self.size + len(items)
        if size > len(self._room):
            room = np.empty(max(size, 2 * len(self._room)), dtype=items.dtype)
            room[: self.size] = self.items
            self._room = room
        self._room[self.size : size] = items
        self.size = size


def _tokens(words: Sequence[str]) -> tuple[Values, Rows]:
    """Return the hashes of the tokens inside of words, and how many each word has."""
    inside = [TOKEN.findall(word) for word in words]
    sizes = np.fromiter(map(len, inside), dtype=np.int64, count=len(inside))
    return string_hashes(list(chain.from_iterable(inside))), sizes


def _ones(columns: Rows, sizes: Rows, width: int) -> sparse.csr_matrix:
    """Return a CSR matrix with a one at each column of each row, one row after another."""
    starts = np.concatenate([[0], np.cumsum(sizes)])
    ones = np.ones(len(columns), dtype=np.float32)
    return sparse.csr_matrix((ones, columns, starts), shape=(len(sizes), width))
