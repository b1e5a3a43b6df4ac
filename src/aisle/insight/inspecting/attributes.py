"""The attributes that specification columns list: which there are, where, and with what values."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from aisle.catalog import Catalog, Role
from aisle.catalog.columns import is_vector
from aisle.insight.inspecting.attribute_parsing import Pair, parse_attributes
from aisle.insight.inspecting.grouping import Grouping, Rows, sampled

LOOKED_AT = 20_000
"""Products whose attributes are read."""

KEPT = 100
GROUPS = 12
_TRIED = 200
_NOT = (Role.ID, Role.IMAGE, Role.VECTOR, Role.NUMBER, Role.TARGET)
_VALUES = 5
_LONGEST = 60


@dataclass(frozen=True)
class Attribute:
    """One attribute.

    Parameters
    ----------
    name
        As it is written most often; case does not matter.
    rows
        Products that have it, of those looked at.
    coverage
        That as a share.
    distinct
        Different values.
    values
        The most frequent values, with the products that have them.
    by_group
        The share of products that have it in each of the groups.
    """

    name: str
    rows: int
    coverage: float
    distinct: int
    values: tuple[tuple[str, int], ...]
    by_group: tuple[float, ...]


@dataclass(frozen=True)
class Attributes:
    """What one column lists.

    Parameters
    ----------
    column
        The column.
    looked_at
        Products looked at, drawn at random with a seed where there are more.
    listed
        Of these, products that list any attribute.
    median
        Attributes a product, the median of those that list any.
    found
        Different attributes in all.
    groups
        The groups that `by_group` is of, at most `GROUPS`.
    attributes
        The most frequent, at most `KEPT`.
    """

    column: str
    looked_at: int
    listed: int
    median: float
    found: int
    groups: tuple[str, ...]
    attributes: tuple[Attribute, ...]


def attributes(catalog: Catalog, grouping: Grouping | None) -> tuple[Attributes, ...]:
    """Find the columns that list attributes, and say what they list.

    Parameters
    ----------
    catalog
        The products; columns of every role but identifiers, photographs, vectors, numbers and the
        target are tried.
    grouping
        The groups to compare, if any.
    """
    rows = sampled(len(catalog), LOOKED_AT)
    found = []
    for column in catalog.schema:
        if column.role in _NOT or column.name not in catalog.table.column_names:
            continue
        values = _values(catalog.table.column(column.name))
        if values is not None and _lists(values):
            found.append(_described(column.name, values, rows, grouping))
    return tuple(found)


def _values(column: pa.ChunkedArray) -> list[object] | None:
    kind = column.type
    nested = pa.types.is_nested(kind) and not is_vector(kind)
    if nested or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        values: list[object] = column.to_pylist()
        return values
    return None


def _lists(values: list[object]) -> bool:
    filled = [value for value in values if value]
    tried = filled[:: max(1, len(filled) // _TRIED)][:_TRIED]
    several = sum(len(parse_attributes(value)) >= 2 for value in tried)
    return bool(tried) and several >= 0.5 * len(tried)


def _described(
    name: str, values: list[object], rows: Rows, grouping: Grouping | None
) -> Attributes:
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    told: dict[str, Counter[str]] = defaultdict(Counter)
    holders: dict[str, list[int]] = defaultdict(list)
    sizes = []
    for row in rows:
        own = _by_key(parse_attributes(values[row]) if values[row] else [])
        if own:
            sizes.append(len(own))
        for key, (spelled, value) in own.items():
            spellings[key][spelled] += 1
            told[key][value[:_LONGEST]] += 1
            holders[key].append(int(row))
    groups = grouping.names[:GROUPS] if grouping is not None else ()
    order = sorted(holders, key=lambda key: (-len(holders[key]), key))
    looked_at = np.zeros(len(values), dtype=bool)
    looked_at[rows] = True
    return Attributes(
        column=name,
        looked_at=len(rows),
        listed=len(sizes),
        median=float(np.median(sizes)) if sizes else 0.0,
        found=len(holders),
        groups=groups,
        attributes=tuple(
            Attribute(
                name=spellings[key].most_common(1)[0][0],
                rows=len(holders[key]),
                coverage=len(holders[key]) / len(rows),
                distinct=len(told[key]),
                values=tuple(told[key].most_common(_VALUES)),
                by_group=_by_group(holders[key], looked_at, grouping, len(groups)),
            )
            for key in order[:KEPT]
        ),
    )


def _by_key(pairs: list[Pair]) -> dict[str, Pair]:
    found: dict[str, Pair] = {}
    for name, value in pairs:
        found.setdefault(name.casefold(), (name, value))
    return found


def _by_group(
    holders: list[int], looked_at: npt.NDArray[np.bool_], grouping: Grouping | None, groups: int
) -> tuple[float, ...]:
    if grouping is None:
        return ()
    inside = grouping.codes[np.array(holders, dtype=np.int64)]
    every = grouping.codes[looked_at]
    return tuple(
        float((inside == group).sum() / max((every == group).sum(), 1)) for group in range(groups)
    )
