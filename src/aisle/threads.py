"""Independent pieces of work done in threads, few at a time."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_LARGEST_BATCH = 16
_BATCHES_A_WORKER = 4


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_threads(
    function: Callable[[T], R], items: Sequence[T], workers: int, done: Callable[[T, R], None]
) -> None:
    """Apply a function to every item in threads, and hand on what it returned in order.

    At most a few batches of items a worker are under way, so results that are handed on do not
    pile up. An error of the function ends the work when the items in hand are finished; an
    interrupt from the keyboard ends it at once, and these finish in the background.

    Parameters
    ----------
    function
        Called in the threads.
    items
        What to call it with.
    workers
        Threads, at least 1.
    done
        Called in this thread with an item and its result.
    """
    size = min(max(len(items) // (workers * _BATCHES_A_WORKER), 1), _LARGEST_BATCH)
    batches = [items[start : start + size] for start in range(0, len(items), size)]
    stop = threading.Event()
    wait = True

    def run(batch: Sequence[T]) -> list[R]:
        return [function(item) for item in batch if not stop.is_set()]

    pool = ThreadPoolExecutor(workers, thread_name_prefix="aisle")
    try:
        under_way: deque[Future[list[R]]] = deque()
        started = 0
        for batch in batches:
            while started < len(batches) and len(under_way) < workers * _BATCHES_A_WORKER:
                under_way.append(pool.submit(run, batches[started]))
                started += 1
            for item, result in zip(batch, under_way.popleft().result(), strict=True):
                done(item, result)
    except KeyboardInterrupt:
        wait = False
        raise
    finally:
        stop.set()
        pool.shutdown(wait=wait, cancel_futures=True)
