"""Hashes of strings, and from a hash to a column.

A string's hash is its polynomial modulo 2^64, spread by a finaliser (SplitMix64; Steele, Lea &
Flood, Fast splittable pseudorandom number generators, 2014). With a million terms the chance of any
collision is about 3e-8. The columns of `HashingEncoder` follow from the hashes, and so does the
meaning of saved models: they must stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Positions = npt.NDArray[np.int32]

BASE = np.uint64(0x9E3779B97F4A7C15)
"""What the polynomial is taken of: ``hash(text + c) = hash(text) * BASE + c``, before `mixed`."""

_LENGTH = np.uint64(0xD6E8FEB86659FD93)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def code_points(text: str) -> Hashes:
    """Return the characters of a text, lone surrogates too, as uint64 (characters,)."""
    encoded = text.encode("utf-32-le", "surrogatepass")
    return np.frombuffer(encoded, dtype=np.uint32).astype(np.uint64)


def mixed(hashes: Hashes, length: int | Hashes) -> Hashes:
    """Spread the bits of polynomial hashes of strings of some length (SplitMix64's finaliser)."""
    # An array of one, since NumPy warns of scalars that wrap around.
    spread: Hashes = hashes + np.atleast_1d(np.asarray(length, dtype=np.uint64)) * _LENGTH
    spread ^= spread >> np.uint64(30)
    spread *= _MIX[0]
    spread ^= spread >> np.uint64(27)
    spread *= _MIX[1]
    spread ^= spread >> np.uint64(31)
    return spread


def string_hashes(strings: Sequence[str]) -> Hashes:
    """Hash whole strings, uint64 (strings,): a window of characters, or one word."""
    sizes = np.fromiter(map(len, strings), dtype=np.int64, count=len(strings))
    hashes = np.zeros(len(strings), dtype=np.uint64)
    filled = np.flatnonzero(sizes)
    if not len(filled):
        return hashes
    codes = code_points("".join(strings))
    ends = np.cumsum(sizes)
    powers = np.full(int(sizes.max()), BASE, dtype=np.uint64)
    powers[0] = 1
    np.multiply.accumulate(powers, out=powers)
    behind = np.repeat(ends, sizes) - np.arange(len(codes)) - 1
    starts = (ends - sizes)[filled]
    hashes[filled] = np.add.reduceat(codes * powers[behind], starts)
    return mixed(hashes, sizes.astype(np.uint64))


class Columns(Protocol):
    """Says in which column a term is counted."""

    def find(self, hashes: Hashes) -> Positions:
        """Return each hash's column, int32 (hashes,), or -1 where it has none."""


class HashIndex:
    """Positions of known hashes: a hash table with linear probing, looked up many at a time.

    Parameters
    ----------
    hashes
        uint64; the one at position p is answered with p.
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

    def find(self, hashes: Hashes) -> Positions:
        """Return each hash's position, int32 (hashes,), or -1 where it is not known."""
        slots = hashes & self._mask
        found = np.asarray(self._positions[slots], dtype=np.int32)
        open_ = np.flatnonzero((found >= 0) & (self._keys[slots] != hashes))
        while len(open_):
            slots[open_] = (slots[open_] + np.uint64(1)) & self._mask
            found[open_] = self._positions[slots[open_]]
            missed = (found[open_] >= 0) & (self._keys[slots[open_]] != hashes[open_])
            open_ = open_[missed]
        return found


class HashBuckets:
    """A fixed number of columns, into which every hash falls by its highest bits.

    Parameters
    ----------
    bits
        There are 2 to the power of `bits` columns.
    """

    def __init__(self, bits: int) -> None:
        self._shift = np.uint64(64 - bits)

    def find(self, hashes: Hashes) -> Positions:
        """Return each hash's column, int32 (hashes,)."""
        return (hashes >> self._shift).astype(np.int32)
