"""What a person should know about a catalogue before training on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from aisle.catalog.problem import Problem
from aisle.catalog.schema import Role, Task

if TYPE_CHECKING:
    from aisle.catalog.catalog import Catalog

RARE = 5
"""A class with fewer products than this is learned badly and hardly tested."""

_FEATURES = (Role.TEXT, Role.CATEGORY, Role.NUMBER, Role.IMAGE, Role.VECTOR)


def check(catalog: Catalog) -> tuple[Problem, ...]:
    """Look for missing values, empty texts, duplicates, rare classes and imbalance.

    Returns
    -------
    tuple of Problem
        What was met while reading comes first, then what the rows themselves show.
    """
    found = [*catalog.problems, *_missing(catalog), *_identifiers(catalog), *_texts(catalog)]
    if catalog.schema.target is not None:
        found += _target(catalog)
    return tuple(found)


def _at(rows: npt.NDArray[np.int64] | Sequence[int]) -> tuple[int, ...]:
    return tuple(int(row) for row in rows[:10])


def _missing(catalog: Catalog) -> list[Problem]:
    found = []
    for column in catalog.schema:
        if column.role not in _FEATURES:
            continue
        empty = np.flatnonzero(~catalog.filled(column.name))
        if len(empty):
            share = len(empty) / len(catalog)
            found.append(
                Problem(
                    "missing-value",
                    len(empty),
                    f"{column.name!r} is empty in {len(empty):,} rows ({share:.0%}); "
                    "absence is learned as a value of its own",
                    _at(empty),
                )
            )
    return found


def _identifiers(catalog: Catalog) -> list[Problem]:
    name = catalog.schema.id
    if name is None:
        return []
    ids = catalog.ids
    counts = Counter(ids)
    double = [row for row, value in enumerate(ids) if value is not None and counts[value] > 1]
    found = []
    if double:
        example = ids[double[0]]
        found.append(
            Problem(
                "duplicate-id",
                len(double),
                f"{len(double):,} rows share a value of {name!r} with another row, such as "
                f"{example!r}; every row is kept, but results cannot be joined back by id",
                _at(double),
            )
        )
    if counts[None]:
        empty = [row for row, value in enumerate(ids) if value is None]
        found.append(
            Problem("missing-id", len(empty), f"{len(empty):,} rows have no {name!r}", _at(empty))
        )
    return found


def _texts(catalog: Catalog) -> list[Problem]:
    if not catalog.schema.names(Role.TEXT):
        return []
    texts = catalog.texts()
    empty = [row for row, text in enumerate(texts) if not text.strip()]
    found = []
    if empty:
        found.append(
            Problem(
                "empty-text", len(empty), f"{len(empty):,} products have no text at all", _at(empty)
            )
        )
    counts = Counter(text.strip().casefold() for text in texts if text.strip())
    exact = [row for row, text in enumerate(texts) if counts[text.strip().casefold()] > 1]
    if exact:
        found.append(
            Problem(
                "duplicate-text",
                len(exact),
                f"{len(exact):,} products have exactly the text of another",
                _at(exact),
            )
        )
    sizes = np.bincount(catalog.groups)
    near = np.flatnonzero(sizes[catalog.groups] > 1)
    if len(near):
        found.append(
            Problem(
                "near-duplicate",
                len(near),
                f"{len(near):,} products are nearly the same as another (in "
                f"{int((sizes > 1).sum()):,} groups); they stay together when rows are split",
                _at(near),
            )
        )
        if catalog.schema.target is not None and catalog.task is Task.CLASSIFY:
            found += _disagreements(catalog, near)
    return found


def _disagreements(catalog: Catalog, near: npt.NDArray[np.int64]) -> list[Problem]:
    labels = catalog.labels
    classes: dict[int, set[str]] = {}
    for row in near:
        if labels[row] is not None:
            classes.setdefault(int(catalog.groups[row]), set()).add(str(labels[row]))
    rows = [int(row) for row in near if len(classes.get(int(catalog.groups[row]), ())) > 1]
    if not rows:
        return []
    return [
        Problem(
            "conflicting-label",
            len(rows),
            f"{len(rows):,} near-duplicates carry different values of "
            f"{catalog.schema.target!r}: labels to look at first",
            _at(rows),
        )
    ]


def _target(catalog: Catalog) -> list[Problem]:
    name = catalog.schema.target
    known = catalog.has_target
    found = []
    unknown = np.flatnonzero(~known)
    if len(unknown):
        found.append(
            Problem(
                "missing-target",
                len(unknown),
                f"{len(unknown):,} rows have no usable {name!r}; they cannot train or be scored",
                _at(unknown),
            )
        )
    if catalog.task is not Task.CLASSIFY or not known.any():
        return found
    labels = catalog.labels
    counts = Counter(str(label) for label in labels[known])
    single = [label for label, count in counts.items() if count == 1]
    rare = [label for label, count in counts.items() if 1 < count < RARE]
    for kind, some, words in (
        ("single-row-class", single, "one product only: they train, and cannot be tested"),
        ("rare-class", rare, f"fewer than {RARE} products: expect little of them"),
    ):
        if some:
            rows = [row for row, label in enumerate(labels) if label in set(some)]
            names = ", ".join(repr(label) for label in some[:3])
            found.append(
                Problem(
                    kind, len(rows), f"{len(some):,} classes have {words} ({names} ...)", _at(rows)
                )
            )
    (most, largest), smallest = counts.most_common(1)[0], min(counts.values())
    if largest >= 10 * smallest and len(counts) > 1:
        found.append(
            Problem(
                "imbalance",
                int(largest),
                f"the largest class, {most!r}, has {largest:,} products and the smallest {smallest:,}; "
                "read macro F1 beside accuracy",
            )
        )
    return found
