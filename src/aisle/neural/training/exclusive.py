"""One training at a time in a process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aisle.neural.libraries import library
from aisle.threads import cores

_TURN = threading.RLock()


@contextmanager
def exclusive(seed: int) -> Iterator[None]:
    """Train alone: all cores for PyTorch, and its random numbers seeded and given back after.

    PyTorch draws dropout and first weights from one generator for the whole process, so that two
    trainings in two threads would not repeat; and each of them wants all cores. May be entered
    again by the thread that is inside.

    Parameters
    ----------
    seed
        Of PyTorch's global generator.
    """
    torch = library("torch", "deep")
    with _TURN:
        before = torch.get_num_threads()
        torch.set_num_threads(cores())
        try:
            with torch.random.fork_rng():
                torch.manual_seed(seed)
                yield
        finally:
            torch.set_num_threads(before)
