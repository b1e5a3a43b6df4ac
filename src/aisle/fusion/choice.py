"""Choosing a fusion on out-of-fold rows, the simpler one within noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Candidate:
    """A fusion's loss on every out-of-fold row, float64 (rows,), and its headline score.

    `wrong` says which answers are wrong, float64 (rows,), where answers are right or wrong.
    """

    name: str
    losses: Floats
    score: float
    wrong: Floats | None = None


def choose(candidates: Sequence[Candidate], *, errors: float = 1.0) -> int:
    """Choose among candidates that stand in order of complexity, the simplest first.

    A candidate takes the place of a simpler one only if its mean loss is lower by more than
    `errors` standard errors of the paired difference, and its headline score (accuracy, or minus
    the mean error) is not lower. This is the one-standard-error rule of Breiman et al.,
    Classification and regression trees, 1984, on paired rows. Being right more often by more than
    three times as many standard errors, and by three at the least, is enough by itself: a few rare
    classes may weigh down a loss. Three, because several candidates are compared one after another.

    Returns
    -------
    int
        The position of the chosen candidate.
    """
    chosen = 0
    for position in range(1, len(candidates)):
        now, then = candidates[chosen], candidates[position]
        if len(now.losses) < 2:
            break  # nothing to tell a difference from noise by
        surer = _gain(now.losses, then.losses) > errors and then.score >= now.score
        if surer or _gain(now.wrong, then.wrong) > 3 * max(errors, 1.0):
            chosen = position
    return chosen


def _gain(now: Floats | None, then: Floats | None) -> float:
    """Return by how many standard errors of the paired difference `then` is lower."""
    if now is None or then is None:
        return 0.0
    difference = now - then
    noise = float(difference.std(ddof=1) / np.sqrt(len(difference)))
    mean = float(difference.mean())
    if noise == 0:
        return float(np.sign(mean)) * np.inf if mean else 0.0
    return mean / noise
