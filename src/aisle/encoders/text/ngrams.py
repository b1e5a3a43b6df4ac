"""Hashes of the n-grams of many texts at once, without a Python object an n-gram.

All texts stand in one array of code points. A window's polynomial hash follows from the window one
shorter by a multiplication and an addition over the whole array (Karp & Rabin, 1987), modulo 2^64;
a finaliser (SplitMix64; Steele, Lea & Flood, 2014) spreads it. With a million terms the chance of
any collision is about 3e-8, so a hash stands for its term.

The terms are those of scikit-learn's vectorizers: ``word`` takes runs of two or more word
characters and their n-grams; ``char`` takes windows inside a word padded with one space on either
side (``char_wb``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]
Analyzer = Literal["word", "char"]

BLOCK_CHARACTERS = 1 << 20
"""Texts are hashed in blocks of about this many characters, which bounds memory to about 100 MB."""

_BASE = np.uint64(0x9E3779B97F4A7C15)
_PAIR = np.uint64(0xD6E8FEB86659FD93)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_SPACE = 32


@dataclass(frozen=True, eq=False)
class Terms:
    """The n-grams of a block of texts.

    Parameters
    ----------
    hashes
        uint64 (terms,), in the order of the texts.
    rows
        The text each term stands in, int64 (terms,), ascending within each n.
    starts, ends
        Where each term stands in `characters`, int64 (terms,).
    characters
        The block's texts as one string.
    """

    hashes: Hashes
    rows: Rows
    starts: Rows
    ends: Rows
    characters: str


def blocks(texts: Sequence[str]) -> Iterator[slice]:
    """Cut a sequence of texts into runs of about `BLOCK_CHARACTERS` characters."""
    start, size = 0, 0
    for row, text in enumerate(texts):
        size += len(text) + 2
        if size >= BLOCK_CHARACTERS:
            yield slice(start, row + 1)
            start, size = row + 1, 0
    if start < len(texts):
        yield slice(start, len(texts))


def terms(texts: Sequence[str], analyzer: Analyzer, lengths: tuple[int, int]) -> Terms:
    """Hash all n-grams of `texts`.

    Parameters
    ----------
    texts
        Prepared texts (one block of them; see `blocks`).
    analyzer
        ``word`` or ``char``.
    lengths
        The smallest and the largest n, inclusive.
    """
    # Two spaces part texts: no window of three or more can then reach into the next one.
    joined = "".join(f" {' '.join(text.split())} " for text in texts)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    sizes = np.array([len(" ".join(text.split())) + 2 for text in texts], dtype=np.int64)
    row_of = np.repeat(np.arange(len(texts), dtype=np.int64), sizes)
    found = _words(codes, row_of, lengths) if analyzer == "word" else _windows(codes, lengths)
    hashes, starts, ends = found
    return Terms(hashes, row_of[starts], starts, ends, joined)


def window_hashes(windows: Sequence[str], length: int) -> Hashes:
    """Hash single windows of the same `length` from their spelling, uint64 (windows,)."""
    joined = "".join(windows).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(joined, dtype=np.uint32).astype(np.uint64).reshape(-1, length)
    rolling = codes[:, 0].copy()
    for position in range(1, length):
        rolling = rolling * _BASE + codes[:, position]
    return _mixed(rolling, length)


def _windows(codes: npt.NDArray[np.uint32], lengths: tuple[int, int]) -> tuple[Hashes, Rows, Rows]:
    """Hash the windows of characters whose inside holds no space."""
    wide = codes.astype(np.uint64)
    spaces = np.concatenate([[0], np.cumsum(codes == _SPACE)])
    shortest, longest = lengths
    total = len(codes)
    rolling = wide.copy()
    parts: list[tuple[Hashes, Rows, Rows]] = []
    for length in range(2, longest + 1):
        if total < length:
            break
        rolling = rolling[: total - length + 1] * _BASE + wide[length - 1 :]
        if length < shortest:
            continue
        inside = spaces[length - 1 : total] - spaces[1 : total - length + 2]
        starts = np.flatnonzero(inside == 0)
        if length < 3:  # a window of two has no inside: leave out the seam between two texts
            pair = (codes[:-1] == _SPACE) & (codes[1:] == _SPACE)
            starts = starts[~pair[starts]]
        parts.append((_mixed(rolling[starts], length), starts, starts + length))
    return _joined(parts)


def _words(
    codes: npt.NDArray[np.uint32], row_of: Rows, lengths: tuple[int, int]
) -> tuple[Hashes, Rows, Rows]:
    """Hash runs of two or more word characters, and runs of such words within one text."""
    word = _word_characters()[codes]
    edges = np.diff(np.concatenate([[0], word.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    long = ends - starts >= 2
    starts, ends = starts[long].astype(np.int64), ends[long].astype(np.int64)
    if not len(starts):
        return _joined([])
    hashes = _word_hashes(codes, starts, ends)
    rows = row_of[starts]
    shortest, longest = lengths
    parts: list[tuple[Hashes, Rows, Rows]] = []
    chain = hashes
    for length in range(1, longest + 1):
        count = len(starts) - length + 1
        if count <= 0:
            break
        if length > 1:
            chain = chain[:count] * _PAIR + hashes[length - 1 :]
        if length < shortest:
            continue
        same = np.flatnonzero(rows[:count] == rows[length - 1 :])
        parts.append((_mixed(chain[same], length), starts[same], ends[same + length - 1]))
    return _joined(parts)


def _word_hashes(codes: npt.NDArray[np.uint32], starts: Rows, ends: Rows) -> Hashes:
    """Return the polynomial hash of each word, uint64 (words,)."""
    sizes = ends - starts
    offsets = np.concatenate([[0], np.cumsum(sizes)])[:-1]
    within = np.arange(int(sizes.sum())) - np.repeat(offsets, sizes)
    letters = codes[np.repeat(starts, sizes) + within].astype(np.uint64)
    powers = np.full(int(sizes.max()), _BASE, dtype=np.uint64)
    np.multiply.accumulate(powers, out=powers)
    sums: Hashes = np.add.reduceat(letters * powers[within], offsets)
    return _mixed(sums, 0)


def _mixed(hashes: Hashes, salt: int) -> Hashes:
    """Spread the bits of polynomial hashes (SplitMix64's finaliser)."""
    mixed: Hashes = hashes + np.uint64(salt * int(_PAIR) % (1 << 64))
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


@cache
def _word_characters() -> npt.NDArray[np.bool_]:
    """Say for every code point whether it is a letter, a digit or an underscore."""
    flags = [chr(code).isalnum() for code in range(0x110000)]
    flags[ord("_")] = True
    return np.array(flags, dtype=bool)


class HashIndex:
    """Positions of known hashes: a hash table with linear probing, looked up many at a time.

    Parameters
    ----------
    hashes
        Distinct uint64 hashes; the one at position p is answered with p.
    """

    def __init__(self, hashes: Hashes) -> None:
        bits = max(4, int(np.ceil(np.log2(max(1, len(hashes)) * 4))))
        self._mask = np.uint64((1 << bits) - 1)
        self._keys = np.zeros(1 << bits, dtype=np.uint64)
        self._positions = np.full(1 << bits, -1, dtype=np.int32)
        pending = np.arange(len(hashes), dtype=np.int32)
        slots = hashes & self._mask
        while len(pending):
            free = self._positions[slots[pending]] < 0
            # Of several hashes that want a free slot, the last one written gets it.
            self._positions[slots[pending[free]]] = pending[free]
            settled = self._positions[slots[pending]] == pending
            self._keys[slots[pending[settled]]] = hashes[pending[settled]]
            pending = pending[~settled]
            slots[pending] = (slots[pending] + np.uint64(1)) & self._mask

    def find(self, hashes: Hashes) -> npt.NDArray[np.int32]:
        """Return each hash's position, int32 (hashes,), or -1 where it is not known."""
        slots = hashes & self._mask
        found = self._positions[slots]
        open_ = np.flatnonzero((found >= 0) & (self._keys[slots] != hashes))
        while len(open_):
            slots[open_] = (slots[open_] + np.uint64(1)) & self._mask
            found[open_] = self._positions[slots[open_]]
            missed = (found[open_] >= 0) & (self._keys[slots[open_]] != hashes[open_])
            open_ = open_[missed]
        return found
