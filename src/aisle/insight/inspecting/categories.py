"""Categorical columns: how many values they have, and how products spread over them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from aisle.catalog import Catalog, Role

KEPT = 40
"""How many columns are described."""

_VALUES = 8
_LONGEST = 80


@dataclass(frozen=True)
class Categories:
    """One categorical column.

    Parameters
    ----------
    column
        The column.
    filled
        Products that have a value.
    distinct
        Different values.
    once
        Values that one product alone has.
    effective
        How many values would be as varied if all were equally frequent: the exponential of the
        entropy.
    values
        The most frequent values and their products.
    """

    column: str
    filled: int
    distinct: int
    once: int
    effective: float
    values: tuple[tuple[str, int], ...]


def categories(catalog: Catalog) -> tuple[Categories, ...]:
    """Describe every categorical column."""
    found = []
    for name in catalog.schema.names(Role.CATEGORY)[:KEPT]:
        counts = Counter(value for value in catalog.strings(name) if value is not None)
        found.append(
            Categories(
                column=name,
                filled=counts.total(),
                distinct=len(counts),
                once=sum(rows == 1 for rows in counts.values()),
                effective=effective_number(list(counts.values())),
                values=tuple(
                    (value[:_LONGEST], rows)
                    for value, rows in sorted(counts.items(), key=lambda one: (-one[1], one[0]))[
                        :_VALUES
                    ]
                ),
            )
        )
    return tuple(found)


def effective_number(counts: list[int]) -> float:
    """Return how many equally frequent values are as varied as these: exp of the entropy.

    Hill, Diversity and evenness: a unifying notation and its consequences, 1973, order 1.

    Examples
    --------
    >>> round(effective_number([10, 10, 10]), 6), effective_number([])
    (3.0, 0.0)
    """
    if not counts:
        return 0.0
    shares = np.array(counts, dtype=np.float64) / sum(counts)
    return float(np.exp(-(shares * np.log(shares)).sum()))
