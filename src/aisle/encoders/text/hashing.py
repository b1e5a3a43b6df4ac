"""From the hash of a term to its column."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from aisle.encoders.text.ngrams import Hashes

Positions = npt.NDArray[np.int32]


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
