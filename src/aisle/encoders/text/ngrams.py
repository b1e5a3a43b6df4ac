"""The n-grams of many texts at once, without a Python object an n-gram.

A text is first cut into words at white space, and only the distinct words of a block of texts are
looked at: product texts repeat theirs about ten times. The hash of a window of characters follows
from the window one shorter by a multiplication and an addition over the whole array (Karp & Rabin,
Efficient randomized pattern-matching algorithms, 1987), and a hash stands for its term.

The terms are those of scikit-learn's vectorizers: ``word`` takes runs of two or more word
characters and their n-grams; ``char`` takes windows inside a word padded with one space on either
side (``char_wb``). One difference: where the smallest n is above 3, scikit-learn takes a padded
word that is shorter than it as one term, and here such a word has none.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from aisle.encoders.text.hashing import BASE, Hashes, code_points, mixed, string_hashes

Rows = npt.NDArray[np.int64]
Analyzer = Literal["word", "char"]

BLOCK_CHARACTERS = 1 << 20
"""Texts are hashed in blocks of about this many characters, which bounds memory to about 100 MB."""

_PAIR = np.uint64(0xD6E8FEB86659FD93)
TOKEN = re.compile(r"\w\w+")
"""A run of word characters inside of a word."""


@dataclass(frozen=True, eq=False)
class Words:
    """The words of a block of texts, cut at white space.

    Parameters
    ----------
    distinct
        Each word once, in the order in which they are met.
    stream
        The words of all texts one after another, as positions in `distinct`, int64 (words,).
    rows
        The text that each word of the stream stands in, int64 (words,), ascending.
    height
        The number of texts.
    """

    distinct: Sequence[str]
    stream: Rows
    rows: Rows
    height: int


def read_words(texts: Sequence[str]) -> Iterator[Words]:
    """Cut texts into words, block by block."""
    for block in _blocks(texts):
        parts = [text.split() for text in texts[block]]
        distinct, stream = _numbered(list(chain.from_iterable(parts)))
        sizes = np.fromiter(map(len, parts), dtype=np.int64, count=len(parts))
        rows = np.repeat(np.arange(len(parts), dtype=np.int64), sizes)
        yield Words(distinct, stream, rows, len(parts))


def _blocks(texts: Sequence[str]) -> Iterator[slice]:
    """Cut a sequence of texts into runs of about `BLOCK_CHARACTERS` characters."""
    start, size = 0, 0
    for row, text in enumerate(texts):
        size += len(text) + 2
        if size >= BLOCK_CHARACTERS:
            yield slice(start, row + 1)
            start, size = row + 1, 0
    if start < len(texts):
        yield slice(start, len(texts))


def _numbered(strings: Sequence[str]) -> tuple[list[str], Rows]:
    """Return the distinct strings, and each string's position among them, int64 (strings,)."""
    number = {string: position for position, string in enumerate(dict.fromkeys(strings))}
    positions = np.fromiter(map(number.__getitem__, strings), dtype=np.int64, count=len(strings))
    return list(number), positions


@dataclass(frozen=True, eq=False)
class Terms(ABC):
    """The n-grams of a block of texts.

    Parameters
    ----------
    hashes
        uint64 (terms,); a term that occurs twice stands here twice.
    starts, ends
        Where each term stands in what is read, characters or words, int64 (terms,).
    height
        The number of texts.
    """

    hashes: Hashes
    starts: Rows
    ends: Rows
    height: int

    @abstractmethod
    def counts(
        self, chosen: Rows, columns: npt.NDArray[np.integer], width: int
    ) -> sparse.csr_matrix:
        """Count some of the terms in the columns given for them, float32 CSR (height, width).

        The order of columns within a row is not defined.
        """

    @abstractmethod
    def spelled(self, chosen: Rows) -> list[str]:
        """Return the spelling of some of the terms, words parted by one space."""


@dataclass(frozen=True, eq=False)
class _Windows(Terms):
    """Windows of characters in the distinct words of a block.

    Parameters
    ----------
    characters
        The distinct words, each with a space on either side.
    words
        The distinct word that each window stands in, int64 (terms,).
    contents
        How often each text holds each distinct word, CSR (height, distinct words).
    """

    characters: str
    words: Rows
    contents: sparse.csr_matrix

    def counts(
        self, chosen: Rows, columns: npt.NDArray[np.integer], width: int
    ) -> sparse.csr_matrix:
        inside = counted(self.words[chosen], columns, int(self.contents.shape[1]), width)
        return self.contents @ inside

    def spelled(self, chosen: Rows) -> list[str]:
        spans = zip(self.starts[chosen].tolist(), self.ends[chosen].tolist(), strict=True)
        return [self.characters[start:end] for start, end in spans]


@dataclass(frozen=True, eq=False)
class _Runs(Terms):
    """Runs of words in the texts of a block.

    Parameters
    ----------
    words
        The distinct words.
    stream
        What the texts consist of, as positions in `words`, int64 (tokens,).
    rows
        The text that each run stands in, int64 (terms,).
    """

    words: Sequence[str]
    stream: Rows
    rows: Rows

    def counts(
        self, chosen: Rows, columns: npt.NDArray[np.integer], width: int
    ) -> sparse.csr_matrix:
        return counted(self.rows[chosen], columns, self.height, width)

    def spelled(self, chosen: Rows) -> list[str]:
        words = [self.words[number] for number in self.stream.tolist()]
        spans = zip(self.starts[chosen].tolist(), self.ends[chosen].tolist(), strict=True)
        return [" ".join(words[start:end]) for start, end in spans]


def counted(
    rows: Rows, columns: npt.NDArray[np.integer], height: int, width: int
) -> sparse.csr_matrix:
    """Add up equal (row, column) pairs to a CSR matrix of counts, float32 (height, width)."""
    ones = np.ones(len(rows), dtype=np.float32)
    return sparse.coo_matrix((ones, (rows, columns)), shape=(height, width)).tocsr()


def find_terms(words: Words, analyzer: Analyzer, lengths: tuple[int, int]) -> Terms:
    """Hash all n-grams of a block of texts.

    Parameters
    ----------
    words
        The texts, cut into words.
    analyzer
        ``word`` or ``char``.
    lengths
        The smallest and the largest n, inclusive.
    """
    if analyzer == "word":
        return _runs(words, lengths)
    return _windows(words, lengths)


@dataclass(frozen=True, eq=False)
class FoundWindows:
    """The windows of characters of some words, a space on either side of each.

    Parameters
    ----------
    hashes
        uint64 (windows,), short windows first.
    starts, ends
        Where each stands in `characters`, int64 (windows,).
    words
        The word that each stands in, int64 (windows,).
    characters
        All words one after another.
    """

    hashes: Hashes
    starts: Rows
    ends: Rows
    words: Rows
    characters: str


def word_windows(words: Sequence[str], lengths: tuple[int, int]) -> FoundWindows:
    """Hash the windows of characters of each word."""
    joined = "".join([f" {word} " for word in words])
    codes = code_points(joined)
    sizes = np.fromiter(map(len, words), np.int64, len(words)) + 2
    word_of = np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
    last = np.repeat(np.cumsum(sizes), sizes)
    shortest, longest = lengths
    rolling = codes.copy()
    parts: list[tuple[Hashes, Rows, Rows]] = []
    for length in range(1, min(longest, len(codes)) + 1):
        if length > 1:
            rolling = rolling[:-1] * BASE + codes[length - 1 :]
        if length >= shortest:
            fits = np.arange(len(rolling)) + length <= last[: len(rolling)]
            starts = np.flatnonzero(fits)
            parts.append((mixed(rolling[starts], length), starts, starts + length))
    hashes, starts, ends = _joined(parts)
    return FoundWindows(hashes, starts, ends, word_of[starts], joined)


def _windows(words: Words, lengths: tuple[int, int]) -> Terms:
    """Hash the windows of characters of each distinct word."""
    found = word_windows(words.distinct, lengths)
    contents = counted(words.rows, words.stream, words.height, len(words.distinct))
    return _Windows(
        found.hashes,
        found.starts,
        found.ends,
        words.height,
        found.characters,
        found.words,
        contents,
    )


def _runs(words: Words, lengths: tuple[int, int]) -> Terms:
    """Hash the runs of word characters, and n-grams of these within one text."""
    inside = [TOKEN.findall(word) for word in words.distinct]
    tokens, number = _numbered(list(chain.from_iterable(inside)))
    sizes = np.fromiter(map(len, inside), dtype=np.int64, count=len(inside))
    at, rows = placed_tokens(words, sizes)
    stream = number[at]
    parts = list(runs_of_tokens(string_hashes(tokens)[stream], rows, lengths))
    hashes, starts, ends = _joined(parts)
    return _Runs(hashes, starts, ends, words.height, tokens, stream, rows[starts])


def placed_tokens(words: Words, sizes: Rows) -> tuple[Rows, Rows]:
    """Return the tokens that a block's texts consist of, and the text that each stands in.

    Parameters
    ----------
    words
        The texts, cut into words.
    sizes
        How many tokens are inside of each distinct word, int64 (distinct words,): every word of the
        texts gives way to them, to none, one, or several.

    Returns
    -------
    numpy.ndarray, numpy.ndarray
        Positions among the tokens of all distinct words one after another, and rows; int64
        (tokens,) each.
    """
    first = np.cumsum(sizes) - sizes
    repeats = sizes[words.stream]
    within = np.arange(int(repeats.sum())) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    return np.repeat(first[words.stream], repeats) + within, np.repeat(words.rows, repeats)


def runs_of_tokens(
    tokens: Hashes, rows: Rows, lengths: tuple[int, int]
) -> Iterator[tuple[Hashes, Rows, Rows]]:
    """Yield hashes, starts and ends of the runs of tokens within one text, one length at a time."""
    shortest, longest = lengths
    run = tokens
    for length in range(1, min(longest, len(tokens)) + 1):
        if length > 1:
            run = run[:-1] * _PAIR + tokens[length - 1 :]
        if length >= shortest:
            starts = np.flatnonzero(rows[: len(run)] == rows[length - 1 :])
            yield mixed(run[starts], length), starts, starts + length


def spelled_hashes(terms: Sequence[str], analyzer: Analyzer) -> Hashes:
    """Return the hash of each term of a vocabulary from its spelling, uint64 (terms,)."""
    if analyzer == "char":
        return string_hashes(terms)
    inside = [term.split(" ") for term in terms]
    words, number = _numbered(list(chain.from_iterable(inside)))
    single = string_hashes(words)[number]
    sizes = np.fromiter(map(len, inside), dtype=np.int64, count=len(inside))
    starts = np.cumsum(sizes) - sizes
    hashes = single[starts]
    for length in range(1, int(sizes.max(initial=1))):
        longer = np.flatnonzero(sizes > length)
        hashes[longer] = hashes[longer] * _PAIR + single[starts[longer] + length]
    return mixed(hashes, sizes.astype(np.uint64))


def _joined(parts: list[tuple[Hashes, Rows, Rows]]) -> tuple[Hashes, Rows, Rows]:
    if not parts:
        return np.empty(0, np.uint64), np.empty(0, np.int64), np.empty(0, np.int64)
    hashes, starts, ends = zip(*parts, strict=True)
    return np.concatenate(hashes), np.concatenate(starts), np.concatenate(ends)
