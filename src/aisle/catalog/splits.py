"""Stratified assignment of rows to sides, with groups kept whole and no class lost.

The rule for small classes: a class goes to the training side first. A class that stands in a
single group (one product, or one product and its near-duplicates) only trains; a class with two
groups or more is also tested when its share comes to more than half a row. So a test set never
asks for a class that training has not seen.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from aisle.errors import CatalogError

Sides = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int64]


def strata(values: npt.NDArray[np.float64], bins: int = 10) -> Codes:
    """Cut numbers into `bins` equally filled strata, int64 (rows,); NaN is a stratum of its own."""
    codes = np.full(len(values), bins, dtype=np.int64)
    finite = np.isfinite(values)
    if finite.any():
        edges = np.quantile(values[finite], np.linspace(0, 1, bins + 1)[1:-1])
        codes[finite] = np.searchsorted(edges, values[finite], side="right")
    return codes


def assign_sides(classes: Codes, groups: Codes, shares: Sequence[float], seed: int) -> Sides:
    """Give every row a side: 0 for training, 1 and on for the other shares.

    Parameters
    ----------
    classes
        Class of each row, int64 (rows,).
    groups
        Near-duplicate group of each row, int64 (rows,); a group is never cut.
    shares
        The share of the rows for sides 1, 2, ...; what remains is side 0.
    seed
        The same seed gives the same sides.

    Raises
    ------
    CatalogError
        If the shares leave nothing for training.
    """
    if any(share < 0 for share in shares) or sum(shares) >= 1:
        raise CatalogError(
            f"shares {', '.join(f'{share:g}' for share in shares)} leave nothing to train on; "
            "each must be at least 0 and their sum below 1"
        )
    wanted = np.array([1 - sum(shares), *shares])
    return _assign(classes, groups, wanted, np.random.default_rng(seed), keep_first=True)


def assign_folds(classes: Codes, groups: Codes, folds: int, seed: int) -> Sides:
    """Give every row one of `folds` folds, 0 to folds - 1, stratified and with groups whole."""
    wanted = np.full(folds, 1 / folds)
    return _assign(classes, groups, wanted, np.random.default_rng(seed), keep_first=False)


def _assign(
    classes: Codes,
    groups: Codes,
    wanted: npt.NDArray[np.float64],
    rng: np.random.Generator,
    *,
    keep_first: bool,
) -> Sides:
    """Place groups of several rows first, while there is room for them, then single rows."""
    codes = np.unique(classes, return_inverse=True)[1]
    members = np.unique(groups, return_inverse=True)[1]
    sides = np.zeros(len(codes), dtype=np.int64)
    if len(codes) == 0:
        return sides
    behind = np.outer(np.bincount(codes), wanted)
    alone = np.bincount(members)[members] == 1
    trained = np.zeros(len(behind), dtype=bool)
    for inside in _whole_groups(members, alone, rng):
        kinds, counts = np.unique(codes[inside], return_counts=True)
        if keep_first and not trained[kinds].all():
            side = 0
        else:
            need = (behind[kinds] * (counts / np.bincount(codes)[kinds])[:, None]).sum(axis=0)
            side = _furthest_behind(need, rng, keep_first=keep_first)
        sides[inside] = side
        behind[kinds, side] -= counts
        trained[kinds] |= side == 0
    for kind in range(len(behind)):
        rows = rng.permutation(np.flatnonzero(alone & (codes == kind)))
        if keep_first and len(rows) and not trained[kind]:
            behind[kind, 0] -= 1
            rows = rows[1:]  # the first row trains: sides begin as 0
        sides[rows] = np.repeat(
            np.arange(len(wanted)), _apportion(len(rows), behind[kind], rng, keep_first=keep_first)
        )
    return sides


def _whole_groups(
    members: Codes, alone: npt.NDArray[np.bool_], rng: np.random.Generator
) -> list[Codes]:
    """List the rows of each group of two or more, the largest first and equals at random."""
    rows = np.flatnonzero(~alone)
    rows = rows[np.argsort(members[rows], kind="stable")]
    together = np.split(rows, np.flatnonzero(np.diff(members[rows])) + 1) if len(rows) else []
    order = np.lexsort((rng.random(len(together)), [-len(group) for group in together]))
    return [together[n] for n in order]


def _furthest_behind(
    need: npt.NDArray[np.float64], rng: np.random.Generator, *, keep_first: bool
) -> int:
    best = np.flatnonzero(need >= need.max() - 1e-9)
    return int(best[0] if len(best) == 1 or keep_first else rng.choice(best))


def _apportion(
    rows: int, behind: npt.NDArray[np.float64], rng: np.random.Generator, *, keep_first: bool
) -> Codes:
    """Divide `rows` single rows of a class among the sides, by largest remainder."""
    room = np.clip(behind, 0, None)
    exact = rows * room / room.sum() if room.sum() > 0 else np.full(len(room), rows / len(room))
    counts = np.floor(exact + 1e-9).astype(np.int64)
    tie_break = -np.arange(len(room)) if keep_first else rng.random(len(room))
    order = np.lexsort((-tie_break, -np.round(exact - counts, 9)))
    counts[order[: rows - int(counts.sum())]] += 1
    return counts
