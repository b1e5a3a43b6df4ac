"""Matrix products in one thread, for the whole process and from any number of threads of ours."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]


class _Limit:
    """The limit belongs to the process: the first block sets it, the last one lifts it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._restore = ExitStack()

    def enter(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._restore.enter_context(threadpool_limits(limits=1, user_api="blas"))
            self._inside += 1

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._restore.close()


_LIMIT = _Limit()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let matrix products in the block run in one thread each.

    Then they round the same on every number of cores. And many small products are slower in threads
    that wait for one another than in one, wherever the machine has other work to do, or fewer
    cores to give than it shows: measured on two busy cores, 3 to 30 times.
    """
    _LIMIT.enter()
    try:
        yield
    finally:
        _LIMIT.leave()
