"""Rows held out of a training to say when it is to stop."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]


def held_out(target: npt.NDArray[Any], seed: int, *, classes: bool) -> tuple[Rows, Rows]:
    """Choose a tenth of all rows, spread over classes or over values.

    Parameters
    ----------
    target
        (rows,).
    seed
        For the choice.
    classes
        The target is a class; the one row of a class with no other is never held out.

    Returns
    -------
    tuple
        The rows that stay and the rows held out, int64, each ascending.
    """
    order = np.random.default_rng([seed, 2]).permutation(len(target))
    order = order[np.argsort(target[order], kind="stable")]
    held = order[5::10]
    if classes:
        _, codes, counts = np.unique(target, return_inverse=True, return_counts=True)
        held = held[counts[codes[held]] > 1]
    return np.setdiff1d(np.arange(len(target)), held), np.sort(held)
