"""Threads whose work nobody waits for any more, and that stop at the next step."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager

_HERE = threading.local()


@contextmanager
def abandonable(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Give threads that end soon after the block fails, and not when their work is done.

    What has not begun is cancelled, and what is at work stops where it next calls
    `stop_if_abandoned`, as trainings do at every step. An interrupt from the keyboard does not even
    wait for that.

    Parameters
    ----------
    workers
        How many threads.
    """
    abandoned = threading.Event()
    wait = True
    pool = ThreadPoolExecutor(workers, "aisle", initializer=_begin, initargs=(abandoned,))
    try:
        yield pool
    except BaseException as error:
        abandoned.set()
        wait = not isinstance(error, KeyboardInterrupt)
        raise
    finally:
        pool.shutdown(wait=wait, cancel_futures=abandoned.is_set())


def stop_if_abandoned() -> None:
    """Raise CancelledError in a thread of `abandonable` whose block has failed; else do nothing."""
    abandoned: threading.Event | None = getattr(_HERE, "abandoned", None)
    if abandoned is not None and abandoned.is_set():
        raise CancelledError("nobody waits for this work any more")


def _begin(abandoned: threading.Event) -> None:
    _HERE.abandoned = abandoned
