"""Networks of one tower side by side: how fast each is, and how far it agrees with float32."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from aisle.encoders.pretrained.session import Floats
from aisle.progress import Progress, silent

ROUNDS = 7


class Runner(Protocol):
    """Runs a network on every input, each alone, and returns float32 (inputs, dimension)."""

    def __call__(self) -> Floats:
        """Run it."""


@dataclass(frozen=True)
class Measured:
    """A network beside the float32 one.

    Parameters
    ----------
    seconds
        Of the processor a product, on one thread.
    lowest, mean
        Cosines to what the float32 network gave for the same inputs.
    """

    seconds: float
    lowest: float
    mean: float


def measure(
    runners: Mapping[int, Runner], reference: int, *, progress: Progress = silent
) -> dict[int, Measured]:
    """Measure networks in turn, several times over the same inputs.

    Parameters
    ----------
    runners
        By any number; the reference is one of them.
    reference
        What the others should agree with.
    progress
        Told how many rounds are done.
    """
    best = dict.fromkeys(runners, float("inf"))
    vectors: dict[int, Floats] = {}
    for turn in range(ROUNDS):
        for number, run in runners.items():
            # The processor's time, not the clock on the wall: what else the machine does then
            # counts little. The engine runs a text in a thread of its own, which time.thread_time
            # would not see; each run keeps to one thread, so the process's time is that thread's.
            # In turn, and the best of several rounds, so that a slow moment strikes no one alone.
            start = time.process_time()
            vectors[number] = run()
            best[number] = min(best[number], time.process_time() - start)
        progress("measuring networks", turn + 1, ROUNDS)
    expected = vectors[reference]
    found: dict[int, Measured] = {}
    for number, given in vectors.items():
        cosines = cosine(given, expected)
        seconds = max(best[number] / len(given), 1e-9)
        found[number] = Measured(seconds, float(cosines.min()), float(cosines.mean()))
    return found


def cosine(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return the cosine of every pair of rows, (rows,); 0 where a value is not finite."""
    if first.shape != second.shape:
        return np.zeros(len(second))
    first, second = first.astype(np.float64), second.astype(np.float64)
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    with np.errstate(invalid="ignore", over="ignore"):
        found = (first * second).sum(axis=1) / np.where(lengths > 0, lengths, 1)
    equal = (first == second).all(axis=1)
    return np.where(equal, 1.0, np.nan_to_num(found, nan=0.0, posinf=0.0, neginf=0.0))
