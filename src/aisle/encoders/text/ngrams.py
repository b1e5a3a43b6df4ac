"""Hashes of the n-grams of many texts at once, without a Python object an n-gram.

A text is first cut into words at white space, and only the distinct words of a block of texts are
looked at: product texts repeat theirs about ten times. A string's polynomial hash is taken modulo
2^64 (Karp & Rabin, 1987); that of a window of characters follows from the window one shorter by a
multiplication and an addition over the whole array. A finaliser (SplitMix64; Steele, Lea & Flood,
2014) spreads it. With a million terms the chance of any collision is about 3e-8, so a hash stands
for its term.

The terms are those of scikit-learn's vectorizers: ``word`` takes runs of two or more word
characters and their n-grams; ``char`` takes windows inside a word padded with one space on either
side (``char_wb``). One difference: where the smallest n is above 3, scikit-learn takes a padded
word that is shorter than it as one term, and here such a word has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

Hashes = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]
Analyzer = Literal["word", "char"]

BLOCK_CHARACTERS = 1 << 20
"""Texts are hashed in blocks of about this many characters, which bounds memory to about 100 MB."""

_BASE = np.uint64(0x9E3779B97F4A7C15)
_PAIR = np.uint64(0xD6E8FEB86659FD93)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_TOKEN = re.compile(r"\w\w+")
_SPACE = 32


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
class Terms:
    """The n-grams of a block of texts.

    Parameters
    ----------
    hashes
        uint64 (terms,); a term that occurs twice stands here twice.
    holders
        What each term stands in, int64 (terms,): a text, or a distinct word if `contents` is given.
    starts, ends
        Where each term stands in the stream of symbols, int64 (terms,).
    symbols
        The distinct words, or one string whose characters are the symbols.
    stream
        The symbols that the texts consist of, as positions in `symbols`; None if these stand there
        as they are.
    height
        The number of texts.
    contents
        How often each text holds each distinct word, CSR (height, distinct words), or None.
    """

    hashes: Hashes
    holders: Rows
    starts: Rows
    ends: Rows
    symbols: Sequence[str]
    stream: Rows | None
    height: int
    contents: sparse.csr_matrix | None

    def counts(
        self, chosen: Rows, columns: npt.NDArray[np.integer], width: int
    ) -> sparse.csr_matrix:
        """Count some of the terms in the columns given for them, float32 CSR (height, width).

        The order of columns within a row is not defined.
        """
        if self.contents is None:
            return counted(self.holders[chosen], columns, self.height, width)
        inside = counted(self.holders[chosen], columns, int(self.contents.shape[1]), width)
        return self.contents @ inside

    def spelled(self, chosen: Rows) -> list[str]:
        """Return the spelling of some of the terms, words parted by one space."""
        spans = zip(self.starts[chosen].tolist(), self.ends[chosen].tolist(), strict=True)
        if self.stream is None:
            return ["".join(self.symbols[start:end]) for start, end in spans]
        words = [self.symbols[number] for number in self.stream.tolist()]
        return [" ".join(words[start:end]) for start, end in spans]


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
        return _runs_of_words(words, lengths)
    return _windows(words, lengths)


def counted(
    rows: Rows, columns: npt.NDArray[np.integer], height: int, width: int
) -> sparse.csr_matrix:
    """Add up equal (row, column) pairs to a CSR matrix of counts, float32 (height, width)."""
    ones = np.ones(len(rows), dtype=np.float32)
    return sparse.coo_matrix((ones, (rows, columns)), shape=(height, width)).tocsr()


def _windows(words: Words, lengths: tuple[int, int]) -> Terms:
    """Hash the windows of characters of each distinct word, a space on either side."""
    joined = "".join([f" {word} " for word in words.distinct])
    codes = _code_points(joined)
    sizes = np.fromiter(map(len, words.distinct), np.int64, len(words.distinct)) + 2
    word_of = np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
    last = np.repeat(np.cumsum(sizes), sizes)
    shortest, longest = lengths
    rolling = codes.copy()
    parts: list[tuple[Hashes, Rows, Rows]] = []
    for length in range(1, min(longest, len(codes)) + 1):
        if length > 1:
            rolling = rolling[:-1] * _BASE + codes[length - 1 :]
        if length >= shortest:
            fits = np.arange(len(rolling)) + length <= last[: len(rolling)]
            starts = np.flatnonzero(fits)
            parts.append((_mixed(rolling[starts], length), starts, starts + length))
    hashes, starts, ends = _joined(parts)
    contents = counted(words.rows, words.stream, words.height, len(sizes))
    return Terms(hashes, word_of[starts], starts, ends, joined, None, words.height, contents)


def _runs_of_words(words: Words, lengths: tuple[int, int]) -> Terms:
    """Hash the runs of word characters, and n-grams of these within one text."""
    inside = [_TOKEN.findall(word) for word in words.distinct]
    tokens, number = _numbered(list(chain.from_iterable(inside)))
    sizes = np.fromiter(map(len, inside), dtype=np.int64, count=len(inside))
    first = np.cumsum(sizes) - sizes
    repeats = sizes[words.stream]
    # Every word of the texts gives way to the tokens inside of it: none, one, or several.
    within = np.arange(int(repeats.sum())) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    stream = number[np.repeat(first[words.stream], repeats) + within]
    rows = np.repeat(words.rows, repeats)
    single = string_hashes(tokens)[stream]
    shortest, longest = lengths
    run = single
    parts: list[tuple[Hashes, Rows, Rows]] = []
    for length in range(1, min(longest, len(single)) + 1):
        if length > 1:
            run = run[:-1] * _PAIR + single[length - 1 :]
        if length >= shortest:
            starts = np.flatnonzero(rows[: len(run)] == rows[length - 1 :])
            parts.append((_mixed(run[starts], length), starts, starts + length))
    hashes, starts, ends = _joined(parts)
    return Terms(hashes, rows[starts], starts, ends, tokens, stream, words.height, None)


def string_hashes(strings: Sequence[str]) -> Hashes:
    """Hash whole strings, uint64 (strings,): a window of characters, or one word."""
    sizes = np.fromiter(map(len, strings), dtype=np.int64, count=len(strings))
    hashes = np.zeros(len(strings), dtype=np.uint64)
    filled = np.flatnonzero(sizes)
    if not len(filled):
        return hashes
    codes = _code_points("".join(strings))
    ends = np.cumsum(sizes)
    powers = np.full(int(sizes.max()), _BASE, dtype=np.uint64)
    powers[0] = 1
    np.multiply.accumulate(powers, out=powers)
    behind = np.repeat(ends, sizes) - np.arange(len(codes)) - 1
    starts = (ends - sizes)[filled]
    hashes[filled] = np.add.reduceat(codes * powers[behind], starts)
    return _mixed(hashes, sizes.astype(np.uint64))


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
    return _mixed(hashes, sizes.astype(np.uint64))


def _code_points(text: str) -> Hashes:
    encoded = text.encode("utf-32-le", "surrogatepass")
    return np.frombuffer(encoded, dtype=np.uint32).astype(np.uint64)


def _mixed(hashes: Hashes, length: int | Hashes) -> Hashes:
    """Spread the bits of polynomial hashes of strings of some length (SplitMix64's finaliser)."""
    mixed: Hashes = hashes + np.asarray(length, dtype=np.uint64) * _PAIR
    mixed ^= mixed >> np.uint64(30)
    mixed *= _MIX[0]
    mixed ^= mixed >> np.uint64(27)
    mixed *= _MIX[1]
    mixed ^= mixed >> np.uint64(31)
    return mixed


def _joined(parts: list[tuple[Hashes, Rows, Rows]]) -> tuple[Hashes, Rows, Rows]:
    if not parts:
        return np.empty(0, np.uint64), np.empty(0, np.int64), np.empty(0, np.int64)
    hashes, starts, ends = zip(*parts, strict=True)
    return np.concatenate(hashes), np.concatenate(starts), np.concatenate(ends)
