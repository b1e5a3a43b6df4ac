"""Near-duplicates: the groups that a split keeps together, conflicting labels first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aisle.catalog import Catalog, Task

KEPT = 100
"""How many groups are named."""

_ROWS = 12


@dataclass(frozen=True)
class TwinGroup:
    """Products that are nearly the same.

    Parameters
    ----------
    size
        How many.
    rows
        The first of them.
    labels
        Their classes, in the order of `rows`; empty where there are none to compare.
    conflicting
        Whether their classes differ.
    """

    size: int
    rows: tuple[int, ...]
    labels: tuple[str, ...]
    conflicting: bool


@dataclass(frozen=True)
class Twins:
    """The near-duplicates of a catalogue.

    Parameters
    ----------
    products
        Products that have one.
    groups
        Groups of two products or more.
    conflicting
        Groups whose classes differ.
    largest
        The products of the largest group.
    named
        Some groups: conflicting ones first, then from large to small.
    """

    products: int
    groups: int
    conflicting: int
    largest: int
    named: tuple[TwinGroup, ...]


def twins(catalog: Catalog) -> Twins:
    """Describe the groups of near-duplicates; see `Catalog.find_groups`."""
    groups = catalog.groups
    sizes = np.bincount(groups) if len(groups) else np.zeros(0, dtype=np.int64)
    order = np.argsort(groups, kind="stable")
    starts = np.concatenate([[0], np.cumsum(sizes)])
    classify = catalog.schema.target is not None and catalog.task is Task.CLASSIFY
    found = []
    for group in np.flatnonzero(sizes > 1):
        rows = order[starts[group] : starts[group + 1]]
        labels = [catalog.labels[row] for row in rows] if classify else []
        known = {label for label in labels if label is not None}
        found.append((len(known) > 1, rows, labels))
    found.sort(key=lambda one: (not one[0], -len(one[1]), int(one[1][0])))
    return Twins(
        products=int(sum(len(rows) for _, rows, _ in found)),
        groups=len(found),
        conflicting=sum(conflicting for conflicting, _, _ in found),
        largest=max((len(rows) for _, rows, _ in found), default=0),
        named=tuple(
            TwinGroup(
                size=len(rows),
                rows=tuple(int(rows[at]) for at in _shown(labels, len(rows))),
                labels=tuple(str(labels[at] or "") for at in _shown(labels, len(rows)) if labels),
                conflicting=conflicting,
            )
            for conflicting, rows, labels in found[:KEPT]
        ),
    )


def _shown(labels: list[str | None], size: int) -> list[int]:
    """Choose the products that are named: one of every class first."""
    firsts = [labels.index(label) for label in dict.fromkeys(labels)]
    rest = [at for at in range(size) if at not in set(firsts)]
    return (firsts + rest)[:_ROWS]
