"""Comparing a new catalogue with the one before."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from aisle import metrics
from aisle.catalog import Catalog, Role
from aisle.errors import AisleError, CatalogError
from aisle.insight.drifting.answers import Sides, measure_answers
from aisle.insight.drifting.both import Both
from aisle.insight.drifting.columns import RawColumn, measure_columns
from aisle.insight.drifting.guarding import Guard
from aisle.insight.drifting.results import (
    ORDER,
    ColumnDrift,
    Drift,
    Measure,
    ModelDrift,
)
from aisle.insight.drifting.telling import telling_apart
from aisle.insight.drifting.verdicts import LEAST_ROWS, THRESHOLDS, excess_over_chance, judged
from aisle.models import ProductClassifier, ProductRegressor
from aisle.progress import Progress, silent

MOST_ROWS = 3_000
"""Products of either side, evenly spread, that are looked at."""

PARTINGS = 999
"""Random partings that a difference has to stand out from."""


def drift(
    reference: object,
    new: object,
    *,
    target: str | None = None,
    model: ProductClassifier | ProductRegressor | None = None,
    reference_name: str = "reference",
    new_name: str = "new",
    rows: int = MOST_ROWS,
    seed: int = 0,
    progress: Progress = silent,
) -> Drift:
    """Find out whether a new catalogue is like the one before.

    Every column that both have is compared, and a classifier is asked to tell the catalogues
    apart. Each difference is set against what random halves of all products together show, so
    that two halves of one catalogue are alike however small they are.

    Parameters
    ----------
    reference
        The catalogue before, such as the training rows, in any form that `Catalog.read` takes.
    new
        The new one; its columns get the roles of the reference.
    target
        A column with classes or values in both, to compare their shares too.
    model
        What answers both, to compare predicted categories, confidence and decisions.
    reference_name, new_name
        What to call them.
    rows
        How many products of either side to look at, at most, evenly spread.
    seed
        Of random partings, folds and the bootstrap.
    progress
        Called as work goes on.

    Returns
    -------
    Drift
        `Drift.save` writes it.

    Raises
    ------
    CatalogError
        If they cannot be read, or share no column that is compared.

    Examples
    --------
    >>> from aisle import Catalog
    >>> before = [{"title": f"tea mug {n} blue"} for n in range(30)]
    >>> found = drift(before, [{"title": f"desk lamp {n} blue"} for n in range(30)])
    >>> found.verdict, found.columns[0].moved[0].name
    ('strong', 'vocabulary')
    """
    start = time.perf_counter()
    if rows < LEAST_ROWS:
        raise AisleError(f"rows: expected {LEAST_ROWS} or more products a side, found {rows}")
    whole = _opened(reference, new, target)
    both = Both(_spread(whole.reference, rows), _spread(whole.new, rows))
    progress("looking for near-duplicates", 0, 1)
    groups = both.groups()
    guard = Guard.of(both.is_new, groups, PARTINGS, seed)
    raw = measure_columns(both, guard, progress)
    if not raw:
        raise CatalogError(
            "the catalogues share no column that can be compared (text, image, number, category "
            f"or target): the reference has {_listed(whole.reference)}, the new one "
            f"{_listed(whole.new)}"
        )
    known = model is not None and whole.trained(model)
    answers = (
        None
        if model is None
        else measure_answers(model, both, Sides(groups, guard, PARTINGS, seed), known, progress)
    )
    columns = _judged([*raw, *([] if answers is None else [answers])])
    progress("telling the catalogues apart", 0, 1)
    told = columns[:-1] if answers is not None else columns
    return Drift(
        reference=reference_name,
        new=new_name,
        reference_products=len(whole.reference),
        new_products=len(whole.new),
        reference_rows=len(both.reference),
        new_rows=len(both.new),
        target=whole.schema.target if whole.schema.target in whole.shared else None,
        columns=tuple(sorted(told, key=_strength)),
        only_reference=_missing(whole.reference, whole.new),
        only_new=_missing(whole.new, whole.reference),
        telling=telling_apart(both, groups, seed),
        model=None if model is None else ModelDrift(model.recipe_.name, columns[-1], known),
        thresholds=THRESHOLDS,
        permutations=PARTINGS,
        seed=seed,
        seconds=time.perf_counter() - start,
    )


def _opened(reference: object, new: object, target: str | None) -> Both:
    """Read both catalogues, the new one with the roles of the reference."""
    before = Catalog.read(reference, target=target)
    now = (
        replace(new, schema=before.schema, task=before.task)
        if isinstance(new, Catalog)
        else Catalog.read(new, schema=before.schema, task=before.task.value)
    )
    for name, side in (("reference", before), ("new", now)):
        if not len(side):
            raise CatalogError(f"the {name} catalogue has no products: there is nothing to compare")
    return Both(before, replace(now, schema=before.schema))


def _spread(catalog: Catalog, rows: int) -> Catalog:
    if len(catalog) <= rows:
        return catalog
    return catalog.take(np.linspace(0, len(catalog) - 1, rows).round().astype(np.int64))


def _missing(catalog: Catalog, other: Catalog) -> tuple[str, ...]:
    """Name the columns that the other catalogue lacks."""
    return tuple(n for n in catalog.table.column_names if n not in other.table.column_names)


def _listed(catalog: Catalog) -> str:
    return ", ".join(map(repr, catalog.table.column_names))


def _judged(columns: Sequence[RawColumn]) -> list[ColumnDrift]:
    """Judge all measures of all columns at once, for chance has as many tries."""
    p_values = [raw.guarded.p_value for column in columns for raw in column.measures]
    adjusted = iter(metrics.benjamini_hochberg(p_values).tolist())
    return [_column(column, adjusted) for column in columns]


def _column(column: RawColumn, p_values: Iterable[float]) -> ColumnDrift:
    measures = []
    for raw, p_value in zip(column.measures, p_values, strict=False):
        found = raw.guarded
        excess = excess_over_chance(raw.statistic, found.value, found.chance, found.chance_square)
        measures.append(
            Measure(
                name=raw.name,
                statistic=raw.statistic,
                value=found.value,
                chance=found.chance,
                excess=excess,
                p_value=p_value,
                verdict=judged(raw.statistic, excess, p_value),
                reference=raw.reference,
                new=raw.new,
                besides=raw.besides,
            )
        )
    return ColumnDrift(
        name=column.name,
        role=column.role,
        reference_rows=column.known[0],
        new_rows=column.known[1],
        measures=tuple(measures),
        values=column.values,
        curves=column.curves,
    )


def _strength(column: ColumnDrift) -> tuple[float, ...]:
    """Put columns that moved most first; those of one verdict by how far beyond its threshold."""
    most = max((m.excess / THRESHOLDS[m.statistic].some for m in column.measures), default=0.0)
    return -ORDER[column.verdict], column.role == Role.IGNORED.value, -most
