"""Stratified assignment of rows to sides, with groups kept whole and no class lost.

The rule for small classes: a class goes to the training side first. A class that stands in a
single group (one product, or one product and its near-duplicates) only trains, so a test set never
asks for a class that training has not seen. What is lost by rounding in one class is made good in
the next: of many classes with two products, half give one of them to a test of 25 %.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from aisle.errors import CatalogError

Sides = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def strata(values: npt.NDArray[np.float64], bins: int = 10) -> Codes:
    """Cut numbers into equally filled strata, int64 (rows,); NaN is a stratum of its own.

    There are `bins` of them, or fewer where that would leave less than ten rows to each.
    """
    codes = np.full(len(values), bins, dtype=np.int64)
    finite = np.isfinite(values)
    if finite.any():
        bins = min(bins, max(1, int(finite.sum()) // 10))
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
    if not all(0 <= share < 1 for share in shares) or sum(shares) >= 1:
        raise CatalogError(
            f"shares {', '.join(f'{share:g}' for share in shares)} leave nothing to train on; "
            "each must be at least 0 and their sum below 1"
        )
    wanted = np.array([1 - sum(shares), *shares])
    return _assign(classes, groups, wanted, np.random.default_rng(seed), train_first=True)


def assign_folds(classes: Codes, groups: Codes, folds: int, seed: int) -> Sides:
    """Give every row one of `folds` folds, 0 to folds - 1, stratified and with groups whole.

    Raises
    ------
    CatalogError
        If there are fewer than two folds.
    """
    if folds < 2:
        raise CatalogError(f"there must be at least 2 folds, not {folds}")
    wanted = np.full(folds, 1 / folds)
    return _assign(classes, groups, wanted, np.random.default_rng(seed), train_first=False)


def _assign(
    classes: Codes, groups: Codes, wanted: Floats, rng: np.random.Generator, *, train_first: bool
) -> Sides:
    """Place groups of several rows first, while there is room for them, then single rows.

    `behind` counts the rows that each side lacks of each class, `owed` what rounding took from it
    in the classes before.
    """
    codes = np.unique(classes, return_inverse=True)[1]
    members = np.unique(groups, return_inverse=True)[1]
    sides = np.zeros(len(codes), dtype=np.int64)
    if len(codes) == 0:
        return sides
    sizes = np.bincount(codes)
    behind = np.outer(sizes, wanted)
    trained = np.full(len(sizes), not train_first)
    alone = np.bincount(members)[members] == 1
    overall = behind.sum(axis=0)
    for inside in _whole_groups(members, alone, rng):
        kinds, counts = np.unique(codes[inside], return_counts=True)
        weights = counts / sizes[kinds]
        need = weights @ behind[kinds] / weights.sum()
        choices = _furthest_behind(need, overall, len(inside))
        if train_first and len(choices) > 1:
            choices = choices[choices > 0]  # so that a class with two equal groups is tested
        side = int(rng.choice(choices)) if trained[kinds].all() else 0
        sides[inside] = side
        overall[side] -= len(inside)
        behind[kinds, side] -= counts
        trained[kinds] |= side == 0
    owed = np.zeros(len(wanted))
    for rows in _single_rows(codes, np.flatnonzero(alone), rng):
        kind = codes[rows[0]]
        if len(rows) == 1 and not trained[kind]:
            continue  # the only group of its class trains, and takes nothing from the others
        first = np.zeros(len(wanted), dtype=np.int64)
        first[0] = not trained[kind]
        left = len(rows) - int(first.sum())
        counts = first + _apportion(left, behind[kind] - first, owed, rng)
        owed = np.clip(owed + behind[kind] - counts, -1, 1)
        sides[rows] = np.repeat(np.arange(len(counts)), counts)
    return sides


def _single_rows(codes: Codes, single: Codes, rng: np.random.Generator) -> list[Codes]:
    """List the single rows of each class that has any, classes and rows in random order."""
    if not len(single):
        return []
    shuffled = rng.permutation(single)
    shuffled = shuffled[np.argsort(codes[shuffled], kind="stable")]
    of_class = np.split(shuffled, np.flatnonzero(np.diff(codes[shuffled])) + 1)
    return [of_class[n] for n in rng.permutation(len(of_class))]


def _whole_groups(
    members: Codes, alone: npt.NDArray[np.bool_], rng: np.random.Generator
) -> list[Codes]:
    """List the rows of each group of two or more, the largest first and equals at random."""
    rows = np.flatnonzero(~alone)
    if not len(rows):
        return []
    rows = rows[np.argsort(members[rows], kind="stable")]
    together = np.split(rows, np.flatnonzero(np.diff(members[rows])) + 1)
    sizes = np.array([len(group) for group in together])
    order = np.lexsort((rng.random(len(together)), -sizes))
    return [together[n] for n in order]


def _furthest_behind(need: Floats, overall: Floats, rows: int) -> Codes:
    """List the sides that are equally good for a group of `rows` rows.

    The side that lacks most of the group's classes is as good as any that lacks hardly less (by
    the group's size): among them the one that lacks most rows of all classes is taken.
    """
    best = np.flatnonzero((need >= need.max() - rows) & (need > min(0.0, need.max()) - 1e-9))
    equal: Codes = best[overall[best] >= overall[best].max() - 1e-9]
    return equal


def _apportion(rows: int, wanted: Floats, owed: Floats, rng: np.random.Generator) -> Codes:
    """Divide `rows` rows in proportion to `wanted`, by largest remainder with what is `owed`."""
    room = np.clip(wanted, 0, None)
    exact = rows * room / room.sum() if room.sum() > 0 else np.full(len(room), rows / len(room))
    counts = np.floor(exact + 1e-9).astype(np.int64)
    order = np.lexsort((rng.random(len(room)), -np.round(exact - counts + owed, 9)))
    counts[order[: rows - int(counts.sum())]] += 1
    return counts
