"""One training at a time in a process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aisle.neural.libraries import library
from aisle.neural.training.abandoning import stop_if_abandoned
from aisle.neural.training.repeatable import repeatable
from aisle.threads import cores

_TURN = threading.RLock()


@contextmanager
def exclusive(seed: int, threads: int | None = None) -> Iterator[None]:
    """Train alone: the cores for PyTorch, and its random numbers seeded and given back after.

    PyTorch draws dropout and first weights from one generator for the whole process, so that two
    trainings in two threads would not repeat; and each of them wants all cores. May be entered
    again by the thread that is inside. A GPU computes with algorithms that repeat.

    Parameters
    ----------
    seed
        Of PyTorch's global generator.
    threads
        For PyTorch: all cores if left out. Small networks are quicker in one, since threads wait
        for one another longer than their products take.
    """
    torch = library("torch", "deep")
    with _TURN:
        before = torch.get_num_threads()
        torch.set_num_threads(threads or cores())
        try:
            stop_if_abandoned()  # who has waited long for the turn may not want it any more
            with torch.random.fork_rng(), repeatable():
                torch.manual_seed(seed)
                yield
        finally:
            torch.set_num_threads(before)
