"""The numbers of a catalogue: how they lie, overall and by group, and which lie far out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aisle.catalog import Catalog, Role, Task
from aisle.insight.inspecting.distributions import (
    Distribution,
    Floats,
    Spread,
    distribution,
    far_out,
    spreads,
)
from aisle.insight.inspecting.grouping import Grouping

GROUPS = 50
KEPT = 24
"""How many columns of numbers are described."""

_FARTHEST = 8
_LEAST = 10


@dataclass(frozen=True)
class Outlier:
    """A product whose number lies far from all others."""

    row: int
    id: str
    group: str | None
    value: float


@dataclass(frozen=True)
class Numbers:
    """One column of numbers.

    Parameters
    ----------
    column
        The column.
    target
        Whether it is the one to learn.
    distribution
        How its numbers lie.
    by_group
        The same by group; empty without classes.
    outliers
        How many lie far out.
    farthest
        The farthest of them.
    correlation
        Spearman's rank correlation with a target that is a quantity, if any.
    """

    column: str
    target: bool
    distribution: Distribution
    by_group: tuple[Spread, ...]
    outliers: int
    farthest: tuple[Outlier, ...]
    correlation: float | None


def numbers(catalog: Catalog, grouping: Grouping | None) -> tuple[Numbers, ...]:
    """Describe the target, if it is a quantity, and every column of numbers."""
    target = catalog.schema.target if catalog.task is Task.REGRESS else None
    names = [*([target] if target is not None else []), *catalog.schema.names(Role.NUMBER)]
    classes = grouping if grouping is not None and grouping.kind == "class" else None
    found = (_described(catalog, name, classes, target) for name in names[:KEPT])
    return tuple(one for one in found if one is not None)


def _described(
    catalog: Catalog, name: str, classes: Grouping | None, target: str | None
) -> Numbers | None:
    values = catalog.numbers(name)
    described = distribution(values)
    if described is None:
        return None
    out = far_out(values)
    ids = catalog.ids
    return Numbers(
        column=name,
        target=name == target,
        distribution=described,
        by_group=spreads(values, classes, GROUPS),
        outliers=len(out),
        farthest=tuple(
            Outlier(
                row=int(row),
                id=str(ids[row]),
                group=None if classes is None else classes.of(int(row)),
                value=float(values[row]),
            )
            for row in out[:_FARTHEST]
        ),
        correlation=None
        if target is None or name == target
        else _rank_correlation(values, catalog.values),
    )


def _rank_correlation(first: Floats, second: Floats) -> float | None:
    from scipy.stats import rankdata

    both = np.isfinite(first) & np.isfinite(second)
    if both.sum() < _LEAST:
        return None
    x, y = rankdata(first[both]), rankdata(second[both])
    return float(np.corrcoef(x, y)[0, 1]) if x.std() and y.std() else None
