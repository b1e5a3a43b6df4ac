"""Columns that give the target away.

A leak determines the target on repeated values across many classes, or is determined by it, or is
a path that contains it. A column that merely predicts well is no leak; nor is a text, a maker, a
colour, a size or a price, which a product has before anybody files it, however well its values
keep to their classes: `aisle.catalog.names` knows their names. Names that file products
(department, category_id) need less evidence than others. For a target that is a number, a price
related to it gives it away, and so does a band it was cut into.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from aisle.catalog.columns import Floats, as_numbers, as_strings, factorised, is_vector
from aisle.catalog.leak_paths import contains_target, folded
from aisle.catalog.names import ATTRIBUTE, MAKER, PRICE, QUANTITY, files, is_prose, normalised
from aisle.catalog.schema import Column, Role, Schema, Task

Codes = npt.NDArray[np.int64]

MINIMUM_ROWS = 20
"""With less evidence than this, agreement may be chance, unless the name says what to expect."""

MANY_CLASSES = 10
"""A column that is one to one with this many classes is their twin, whatever its name."""

_LOOKED_AT = (Role.CATEGORY, Role.NUMBER, Role.TEXT, Role.GROUP)
_GENERIC = frozenset(
    """
    product products item items name names id ids code codes number value title text data the of
    """.split()  # noqa: SIM905
)


class _Kind(Enum):
    """What the name of a column lets one expect."""

    FILED = "files products"
    GIVEN = "a quality that products have"
    PROSE = "a text"
    UNKNOWN = "anything"


@dataclass(frozen=True)
class _Demand:
    """The evidence asked for.

    `rows` and `share` of the rows must repeat a value, in `classes` classes and in half of all
    classes unless `few`; `tolerance` of them may be slips, and `contrary` of those that differ from
    the most frequent value.
    """

    rows: int
    share: float
    classes: int
    few: bool
    tolerance: float
    contrary: float


_DEMANDS = {
    _Kind.FILED: _Demand(rows=6, share=0.1, classes=2, few=True, tolerance=0.05, contrary=0.15),
    _Kind.UNKNOWN: _Demand(MINIMUM_ROWS, 0.3, classes=3, few=False, tolerance=0.02, contrary=0.05),
    _Kind.GIVEN: _Demand(MINIMUM_ROWS, 0.3, MANY_CLASSES, few=False, tolerance=0.02, contrary=0.05),
    _Kind.PROSE: _Demand(MINIMUM_ROWS, 0.3, MANY_CLASSES, few=False, tolerance=0.02, contrary=0.05),
}
"""Real catalogues hold a few slips, so that a small share of rows may contradict."""


def mark_leaks(schema: Schema, table: pa.Table, task: Task) -> Schema:
    """Return `schema` with the leaks of its target ignored, each with a reason.

    Columns whose role the user gave are marked too: call this before applying overrides.

    Parameters
    ----------
    schema
        Roles as inferred; without a target it is returned as it is.
    table
        The rows.
    task
        Whether the target is a class or a number.
    """
    target = schema.target
    if target is None:
        return schema
    looked_at = [column for column in schema if column.role in _LOOKED_AT]
    if task is Task.CLASSIFY:
        labels = [folded(label) for label in as_strings(table.column(target))]
        texts = sum(column.role is Role.TEXT for column in schema)
        reasons: dict[str, str | None] = {
            column.name: _class_leak(column, table.column(column.name), target, labels)
            for column in looked_at
            if column.role is not Role.TEXT or texts > 1 or not is_prose(normalised(column.name))
        }
    else:
        values = as_numbers(table.column(target))
        reasons = {
            column.name: _number_leak(column, table.column(column.name), target, values)
            for column in looked_at
        }
    for column in schema:  # a copy of a leak was ignored for being a copy
        if column.role is Role.IGNORED and column.name in table.column_names:
            twin = _equal_column(table, column.name, [n for n, why in reasons.items() if why])
            reasons[column.name] = reasons.get(twin) if twin is not None else None
    return Schema(
        tuple(
            replace(column, role=Role.IGNORED, reason=f"gives the target away: {reason}", leak=True)
            if (reason := reasons.get(column.name))
            else column
            for column in schema
        )
    )


def _equal_column(table: pa.Table, name: str, others: list[str]) -> str | None:
    values = table.column(name)
    return next((other for other in others if table.column(other).equals(values)), None)


def _strings(column: pa.ChunkedArray) -> list[str | None]:
    """Return a column as text, the items of a list as a path."""
    if pa.types.is_list(column.type) and not is_vector(column.type):
        return [
            " > ".join(str(item) for item in value if item is not None) if value else None
            for value in column.to_pylist()
        ]
    return as_strings(column)


def _kind(column: Column, target: str) -> _Kind:
    name, aim = normalised(column.name), normalised(target)
    if is_prose(name):
        return _Kind.PROSE
    related = (set(name.split("_")) & set(aim.split("_"))) - _GENERIC
    if files(name) or related or (MAKER.search(name) and MAKER.search(aim)):
        return _Kind.FILED
    if any(names.search(name) for names in (ATTRIBUTE, PRICE, QUANTITY)):
        return _Kind.GIVEN
    return _Kind.UNKNOWN


def _class_leak(
    column: Column, values: pa.ChunkedArray, target: str, labels: list[str | None]
) -> str | None:
    """Say why `column` gives a class away, or return None."""
    kind = _kind(column, target)
    written = _strings(values)
    known = [n for n, value in enumerate(written) if value is not None and labels[n] is not None]
    if column.role not in (Role.GROUP, Role.NUMBER):
        pairs = [(str(written[n]), str(labels[n])) for n in known]
        reason = contains_target(pairs, filed=kind is _Kind.FILED, prose=kind is _Kind.PROSE)
        if reason is not None:
            return reason
    every_class = factorised(label for label in labels if label is not None)
    classes = int((np.bincount(every_class) >= 2).sum()) if len(every_class) else 0
    value_codes = factorised(folded(written[n]) for n in known)
    label_codes = factorised(labels[n] for n in known)
    if not len(value_codes):
        return None
    demand = _DEMANDS[kind]
    backward = _determined_by_target(value_codes, label_codes, classes, demand)
    forward = _determines_target(value_codes, label_codes, classes, demand)
    if forward is not None and backward is not None:
        return f"{forward}, and the other way round"
    if kind in (_Kind.GIVEN, _Kind.PROSE):
        return None
    measured = column.role is Role.NUMBER and kind is _Kind.UNKNOWN
    return backward or (None if measured or column.role in (Role.TEXT, Role.GROUP) else forward)


@dataclass(frozen=True)
class _Agreement:
    """How well one column determines another, over values of the first that repeat.

    `rows` repeat a value, `slips` of them contradict the majority of their value, `given` and
    `determined` distinct values are met, and `varied` rows have another value of the second than
    the most frequent one.
    """

    rows: int
    slips: int
    given: int
    determined: int
    varied: int


def _agreement(given: Codes, determined: Codes) -> _Agreement:
    counts = np.bincount(given)
    repeated = counts[given] >= 2
    rows = int(repeated.sum())
    if rows == 0:
        return _Agreement(0, 0, 0, 0, 0)
    first, second = given[repeated], determined[repeated]
    width = int(determined.max()) + 1
    pairs, pair_counts = np.unique(first * width + second, return_counts=True)
    majority = np.zeros(len(counts), dtype=np.int64)
    np.maximum.at(majority, pairs // width, pair_counts)
    sizes = np.bincount(second)
    return _Agreement(
        rows=rows,
        slips=rows - int(majority.sum()),
        given=int((counts >= 2).sum()),
        determined=int((sizes > 0).sum()),
        varied=rows - int(sizes.max()),
    )


def _holds(found: _Agreement, rows: int, met: int, classes: int, demand: _Demand) -> bool:
    """Say whether a determination has the evidence asked for; it met `met` of `classes` classes."""
    if found.rows < max(demand.rows, demand.share * rows):
        return False
    if met < demand.classes or (not demand.few and met < 0.5 * classes):
        return False
    by_chance = 1 if found.varied >= MINIMUM_ROWS else 0
    allowed = min(demand.tolerance * found.rows, demand.contrary * found.varied) + by_chance
    return found.slips <= allowed


def _determines_target(values: Codes, labels: Codes, classes: int, demand: _Demand) -> str | None:
    found = _agreement(values, labels)
    if not _holds(found, len(values), found.determined, classes, demand):
        return None
    return (
        f"its {found.given:,} repeated values ({found.rows:,} rows) have one class each"
        f"{_excepted(found.slips)}"
    )


def _determined_by_target(
    values: Codes, labels: Codes, classes: int, demand: _Demand
) -> str | None:
    found = _agreement(labels, values)
    least = 2 if demand.few else 5
    if found.determined < 2 or found.varied < max(least, 0.02 * found.rows):
        return None
    if not _holds(found, len(values), found.given, classes, demand):
        return None
    return (
        f"each class has one value of it ({found.determined:,} values over {found.rows:,} rows"
        f"{_excepted(found.slips)})"
    )


def _excepted(slips: int) -> str:
    return f", {slips:,} {'row' if slips == 1 else 'rows'} excepted" if slips else ""


def _number_leak(column: Column, values: pa.ChunkedArray, target: str, truth: Floats) -> str | None:
    """Say why `column` gives a number away, or return None."""
    if column.role in (Role.TEXT, Role.GROUP):
        return None
    name = normalised(column.name)
    prices = bool(PRICE.search(name) and PRICE.search(normalised(target)))
    numbers = as_numbers(values)
    both = np.isfinite(numbers) & np.isfinite(truth)
    if column.role is Role.CATEGORY and both.sum() < 0.8 * np.isfinite(truth).sum():
        return _band_leak(as_strings(values), truth, explained=0.5 if prices else 0.9)
    if both.sum() < MINIMUM_ROWS or len(np.unique(numbers[both])) < 3:
        return "by its name a price related to the target price" if prices else None
    correlation = _rank_correlation(numbers[both], truth[both])
    if prices and abs(correlation) >= 0.3:
        return f"a price related to the target price (rank correlation {correlation:.2f})"
    if abs(correlation) >= 0.97:
        return f"it follows the target almost exactly (rank correlation {correlation:.3f})"
    return None


def _rank_correlation(first: Floats, second: Floats) -> float:
    from scipy.stats import rankdata

    x, y = rankdata(first), rankdata(second)
    return float(np.corrcoef(x, y)[0, 1]) if x.std() and y.std() else 0.0


def _band_leak(values: list[str | None], truth: Floats, *, explained: float) -> str | None:
    """Find a category that the target was cut into, such as a price band."""
    from scipy.stats import rankdata

    rows = [n for n, value in enumerate(values) if value is not None and np.isfinite(truth[n])]
    if len(rows) < MINIMUM_ROWS:
        return None
    codes = factorised(values[n] for n in rows)
    counts = np.bincount(codes)
    if not 3 <= len(counts) <= len(rows) / 5:
        return None
    ranks = rankdata(truth[rows])
    means = np.bincount(codes, weights=ranks) / counts
    share = float(np.var(means[codes]) / np.var(ranks)) if np.var(ranks) else 0.0
    if share < explained:
        return None
    return f"its {len(counts)} values are bands of the target ({share:.0%} of its variation)"
