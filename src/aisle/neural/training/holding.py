"""Rows held out of a training to say when it is to stop."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]


def held_out(
    target: npt.NDArray[Any], seed: int, *, classes: bool, groups: Rows | None = None
) -> tuple[Rows, Rows]:
    """Choose a tenth of all rows, spread over classes or over values.

    Parameters
    ----------
    target
        (rows,).
    seed
        For the choice.
    classes
        The target is a class; rows without which nothing of a class would be left to learn from are
        never held out.
    groups
        Near-duplicate groups, int64 (rows,): what is held out must not be known from a twin. A
        tenth of the groups is chosen then, whatever their sizes; one of more than a tenth of all
        rows is never held out.

    Returns
    -------
    tuple
        The rows that stay and the rows held out, int64, each ascending.
    """
    rows = len(target)
    of = np.arange(rows) if groups is None else np.unique(groups, return_inverse=True)[1]
    _, firsts, sizes = np.unique(of, return_index=True, return_counts=True)
    firsts = firsts[sizes <= max(1, rows // 10)]
    order = np.random.default_rng([seed, 2]).permutation(len(firsts))
    order = order[np.argsort(target[firsts][order], kind="stable")]
    held = np.isin(of, of[firsts[order[5::10]]])
    if classes:
        _, codes = np.unique(target, return_inverse=True)
        left = np.bincount(codes, weights=~held)
        held &= ~np.isin(of, of[held & (left[codes] == 0)])
    return np.flatnonzero(~held), np.flatnonzero(held)
