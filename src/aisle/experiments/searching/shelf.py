"""Features that several trials share, within a bound of memory."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from scipy import sparse

from aisle.encoders import Features

MOST_BYTES = 1 << 30
"""Features kept at a time."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """Features of some rows in one piece or several, and how long they took.

    Parameters
    ----------
    parts
        The features.
    seconds
        What making them took, when they were made.
    """

    parts: tuple[Features, ...]
    seconds: float

    @property
    def bytes(self) -> int:
        """The memory that the matrices take."""
        return sum(_bytes(part) for part in self.parts)


class Shelf:
    """Keeps what was encoded last; what was not asked for the longest goes first.

    Parameters
    ----------
    most_bytes
        The bound. What alone is larger is made anew each time.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._kept: OrderedDict[Hashable, Encoded] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], tuple[Features, ...]]) -> Encoded:
        """Return what stands under `key`, after making it if it is not there."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        start = time.perf_counter()
        made = Encoded(make(), time.perf_counter() - start)
        with self._lock:
            if key not in self._kept and made.bytes <= self._most:
                self._kept[key] = made
                self._bytes += made.bytes
                while self._bytes > self._most:
                    self._bytes -= self._kept.popitem(last=False)[1].bytes
        return made


def _bytes(features: Features) -> int:
    matrix = features.matrix
    if sparse.issparse(matrix):
        return int(matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes)
    return int(matrix.nbytes)
