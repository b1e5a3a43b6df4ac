"""Vectors that come one by one, kept some hundred at a time."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from aisle.cache.packing import packed
from aisle.cache.room import BATCH_ENTRIES

_FLUSH_SECONDS = 5.0


class FeatureWriter:
    """Gathers vectors of one encoder from any number of threads; see `FeatureStore.writer`.

    Parameters
    ----------
    fingerprint
        Of the encoder.
    keep
        Is given keys and packed vectors.
    most_bytes
        To gather before they are kept.
    """

    def __init__(
        self, fingerprint: str, keep: Callable[[list[tuple[bytes, bytes]]], None], most_bytes: int
    ) -> None:
        self._fingerprint = fingerprint
        self._keep = keep
        self._most_bytes = most_bytes
        # No lock: a deque's steps are whole, and a fork can leave none behind that is locked.
        self._waiting: deque[tuple[bytes, bytes]] = deque()
        self._flushed = time.monotonic()

    def put(self, key: bytes, vector: NDArray[np.float32]) -> None:
        """Keep a vector, (dimension,), which may be changed afterwards.

        Raises
        ------
        ValueError
            If the array has not one dimension.
        """
        kept = packed(self._fingerprint, key, vector)
        self._waiting.append((key, kept))
        waiting = len(self._waiting)
        if (
            waiting >= BATCH_ENTRIES
            or waiting * len(kept) >= self._most_bytes
            or time.monotonic() - self._flushed > _FLUSH_SECONDS
        ):
            self.flush()

    def flush(self) -> None:
        """Keep what has been put so far."""
        self._flushed = time.monotonic()
        taken: list[tuple[bytes, bytes]] = []
        try:
            while True:
                taken.append(self._waiting.popleft())
        except IndexError:
            pass  # that was all
        try:
            self._keep(taken)
        except BaseException:
            # Interrupted: whoever flushes next, at the end of the block, keeps them.
            self._waiting.extend(taken)
            raise
