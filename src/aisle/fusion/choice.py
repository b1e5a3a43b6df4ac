"""Choosing a fusion on out-of-fold rows, the simpler one within noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Candidate:
    """A fusion's loss on every out-of-fold row, float64 (rows,), and its headline score."""

    name: str
    losses: Floats
    score: float


def choose(candidates: Sequence[Candidate], *, errors: float = 1.0) -> int:
    """Choose among candidates that stand in order of complexity, the simplest first.

    A candidate takes the place of a simpler one only if its mean loss is lower by more than
    `errors` standard errors of the paired difference, and its headline score (accuracy, or minus
    the mean error) is not lower. This is the one-standard-error rule of Breiman et al.,
    Classification and regression trees, 1984, on paired rows.

    Returns
    -------
    int
        The position of the chosen candidate.
    """
    chosen = 0
    for position in range(1, len(candidates)):
        gain = candidates[chosen].losses - candidates[position].losses
        if len(gain) < 2:
            break  # nothing to tell a difference from noise by
        noise = float(gain.std(ddof=1) / np.sqrt(len(gain)))
        better = float(gain.mean()) > errors * noise
        if better and candidates[position].score >= candidates[chosen].score:
            chosen = position
    return chosen
