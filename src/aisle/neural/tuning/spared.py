"""The time of trainings that were made before, for those who measure what a training costs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_COUNTING: list[Spared] = []


class Spared:
    """Seconds of trainings that were taken from disk and not made, each training once."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._known: set[str] = set()
        self._lock = threading.Lock()

    def note(self, key: str, seconds: float) -> None:
        """Count what was spared of a training, the first time that it is met."""
        with self._lock:
            if key not in self._known:
                self._known.add(key)
                self.seconds += seconds


@contextmanager
def counting_spared() -> Iterator[Spared]:
    """Count what is spared while the block runs, by any thread of this process.

    Networks are tuned one after the other, however many folds are fitted at a time: what a training
    from the very beginning would have taken is what it took, and this on top.
    """
    counted = Spared()
    _COUNTING.append(counted)
    try:
        yield counted
    finally:
        _COUNTING.remove(counted)


def note_spared(key: str, seconds: float) -> None:
    """Tell those who count how much of a training was made before.

    Parameters
    ----------
    key
        Of the training.
    seconds
        What need not be spent now; 0 for a training that is made from its beginning, which is then
        not counted if it is asked for again.
    """
    for counted in tuple(_COUNTING):
        counted.note(key, seconds)
