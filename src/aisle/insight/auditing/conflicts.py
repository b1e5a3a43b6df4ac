"""Near-duplicates with different labels: one of them must be wrong, or both are right."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from aisle.insight.auditing.findings import Conflict
from aisle.insight.auditing.suspicion import Codes


def conflicts(groups: Codes, codes: Codes, names: tuple[str, ...], rows: Codes) -> list[Conflict]:
    """List the groups of near-duplicates whose labels differ, small groups first.

    Parameters
    ----------
    groups
        Near-duplicate group, int64 (products,).
    codes
        Given classes, int64 (products,).
    names
        The classes.
    rows
        The row number of each product in the catalogue, int64 (products,).
    """
    return [
        Conflict(
            tuple(int(rows[member]) for member in members),
            tuple(names[codes[member]] for member in members),
        )
        for members in sorted(_mixed(groups, codes), key=lambda some: (len(some), some[0]))
    ]


def disagreeing_twins(groups: Codes, codes: Codes) -> dict[int, list[int]]:
    """Return, by product, its near-duplicates that carry another label."""
    return {
        int(member): [int(other) for other in members if codes[other] != codes[member]]
        for members in _mixed(groups, codes)
        for member in members
    }


def _mixed(groups: Codes, codes: Codes) -> list[npt.NDArray[np.intp]]:
    order = np.argsort(groups, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    return [some for some in parts if len(some) > 1 and len(np.unique(codes[some])) > 1]
