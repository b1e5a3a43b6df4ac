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

IMBALANCE = 10
"""How many times larger than the smallest class the largest may be before it is worth a word."""

# A product without an image is a problem of its own kind, ``missing-image``.
_FEATURES = (Role.TEXT, Role.CATEGORY, Role.NUMBER, Role.VECTOR)


def check(catalog: Catalog) -> tuple[Problem, ...]:
    """Look for missing values, empty texts, duplicates, rare classes and imbalance.

    Returns
    -------
    tuple of Problem
        What was met while reading comes first, then what the rows themselves show. The kinds are
        ``missing-value``, ``duplicate-id``, ``missing-id``, ``empty-text``, ``duplicate-text``,
        ``near-duplicate``, ``conflicting-label``, ``missing-target``, ``label-variants``,
        ``single-class``, ``single-row-class``, ``single-group-class``, ``rare-class`` and
        ``imbalance``.
    """
    found = [*catalog.problems, *_missing(catalog), *_identifiers(catalog), *_texts(catalog)]
    found += _duplicates(catalog)
    if catalog.schema.target is not None:
        found += _missing_target(catalog)
        if catalog.task is Task.CLASSIFY and catalog.has_target.any():
            found += [*_variants(catalog), *_small_classes(catalog), *_balance(catalog)]
    return tuple(found)


def _at(rows: npt.NDArray[np.integer] | Sequence[int]) -> tuple[int, ...]:
    return tuple(int(row) for row in rows[:10])


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _share(part: int, whole: int) -> str:
    """Return a percentage that shows 0% for none and 100% for all, and for nothing else."""
    shown = f"{part / whole:.0%}"
    if shown == "0%" and part:
        return "<1%"
    return ">99%" if shown == "100%" and part < whole else shown


def _some(names: Sequence[str]) -> str:
    """Name the first three of `names`."""
    shown = ", ".join(repr(name) for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3:,} more"


def _missing(catalog: Catalog) -> list[Problem]:
    found = []
    for column in catalog.schema:
        if column.role not in _FEATURES:
            continue
        empty = np.flatnonzero(~catalog.filled(column.name))
        if len(empty):
            found.append(
                Problem(
                    "missing-value",
                    len(empty),
                    f"{column.name!r} is empty in {_count(len(empty), 'row', 'rows')} "
                    f"({_share(len(empty), len(catalog))}); absence is learned as a value of its "
                    "own",
                    _at(empty),
                )
            )
    return found


def _identifiers(catalog: Catalog) -> list[Problem]:
    name = catalog.schema.id
    if name is None:
        return []
    ids = [None if value is None else value.strip() for value in catalog.ids]
    counts = Counter(ids)
    found = []
    double = [row for row, value in enumerate(ids) if value is not None and counts[value] > 1]
    if double:
        found.append(
            Problem(
                "duplicate-id",
                len(double),
                f"{len(double):,} rows share their {name!r} with another row, such as "
                f"{ids[double[0]]!r}; every row is kept, but answers cannot be joined back by "
                "id: give each product an id of its own, or remove the copies",
                _at(double),
            )
        )
    empty = [row for row, value in enumerate(ids) if value is None]
    if empty:
        found.append(
            Problem(
                "missing-id",
                len(empty),
                f"{_count(len(empty), 'row has', 'rows have')} no {name!r}; they are answered, "
                "but the answers cannot be joined back by id",
                _at(empty),
            )
        )
    return found


def _texts(catalog: Catalog) -> list[Problem]:
    if not catalog.schema.names(Role.TEXT):
        return []
    keys = [text.strip().casefold() for text in catalog.texts()]
    counts = Counter(keys)
    found = []
    empty = [row for row, key in enumerate(keys) if not key]
    if empty:
        found.append(
            Problem(
                "empty-text",
                len(empty),
                f"{_count(len(empty), 'product has', 'products have')} no text at all; only "
                "images and metadata can tell what they are",
                _at(empty),
            )
        )
    same = [row for row, key in enumerate(keys) if key and counts[key] > 1]
    if same:
        found.append(
            Problem(
                "duplicate-text",
                len(same),
                f"{len(same):,} products have exactly the text of another product; look whether "
                "they are entered twice",
                _at(same),
            )
        )
    return found


def _duplicates(catalog: Catalog) -> list[Problem]:
    sizes = np.bincount(catalog.groups)
    near = np.flatnonzero(sizes[catalog.groups] > 1)
    if not len(near):
        return []
    groups = _count(int((sizes > 1).sum()), "group", "groups")
    found = [
        Problem(
            "near-duplicate",
            len(near),
            f"{len(near):,} products are nearly the same as another, or variants of it "
            f"({groups}, the largest with {int(sizes.max()):,}); they stay together when rows are "
            "split, so that no model is tested on the twin of a product it has seen",
            _at(near),
        )
    ]
    if catalog.schema.target is not None and catalog.task is Task.CLASSIFY:
        found += _disagreements(catalog, near)
    return found


def _disagreements(catalog: Catalog, near: npt.NDArray[np.int64]) -> list[Problem]:
    labels, groups = catalog.labels, catalog.groups
    classes: dict[int, set[str]] = {}
    for row in near:
        if labels[row] is not None:
            classes.setdefault(int(groups[row]), set()).add(str(labels[row]))
    rows = [int(row) for row in near if len(classes.get(int(groups[row]), ())) > 1]
    if not rows:
        return []
    example = _some(sorted(classes[int(groups[rows[0]])]))
    return [
        Problem(
            "conflicting-label",
            len(rows),
            f"{len(rows):,} near-duplicates stand in groups with different values of "
            f"{catalog.schema.target!r}, such as {example}: look at these labels first",
            _at(rows),
        )
    ]


def _missing_target(catalog: Catalog) -> list[Problem]:
    unknown = np.flatnonzero(~catalog.has_target)
    if not len(unknown):
        return []
    kind = "class" if catalog.task is Task.CLASSIFY else "number"
    target = str(catalog.schema.target)
    written = Counter(value for value in catalog.take(unknown).strings(target) if value is not None)
    such = f" ({written.most_common(1)[0][0]!r} is none)" if written else ""
    return [
        Problem(
            "missing-target",
            len(unknown),
            f"{_count(len(unknown), 'row has', 'rows have')} no usable {kind} in {target!r}{such}; "
            "they cannot train a model or be scored",
            _at(unknown),
        )
    ]


def _variants(catalog: Catalog) -> list[Problem]:
    """Find classes whose names differ in case or in signs alone: "T-Shirts", "t shirts"."""
    counts = Counter(str(label) for label in catalog.labels if label is not None)
    alike: dict[str, list[str]] = {}
    for label in counts:
        key = "".join(letter for letter in label.casefold() if letter.isalnum())
        alike.setdefault(key or label, []).append(label)
    groups = [sorted(same) for same in alike.values() if len(same) > 1]
    if not groups:
        return []
    most = max(groups, key=lambda same: (sum(counts[label] for label in same), same))
    names = {label for same in groups for label in same}
    rows = [row for row, label in enumerate(catalog.labels) if label in names]
    return [
        Problem(
            "label-variants",
            len(rows),
            f"{_count(len(groups), 'class is', 'classes are')} written in several ways, such as "
            f"{_some(most)}; each spelling counts as a class of its own: write them alike",
            _at(rows),
        )
    ]


def _small_classes(catalog: Catalog) -> list[Problem]:
    labels = catalog.labels
    counts = Counter(str(label) for label in labels if label is not None)
    groups: dict[str, set[int]] = {}
    for label, group in zip(labels, catalog.groups, strict=True):
        if label is not None:
            groups.setdefault(str(label), set()).add(int(group))
    single = [label for label, count in counts.items() if count == 1]
    grouped = [label for label, met in groups.items() if len(met) == 1 and counts[label] > 1]
    rare = [label for label, count in counts.items() if 1 < count < RARE and len(groups[label]) > 1]
    found = []
    for kind, some, words in (
        ("single-row-class", single, "one product only: it trains, and cannot be tested"),
        (
            "single-group-class",
            grouped,
            "near-duplicates of one product only: they train, and cannot be tested",
        ),
        ("rare-class", rare, f"fewer than {RARE} products: expect little, and add some"),
    ):
        if some:
            wanted = set(some)
            rows = [row for row, label in enumerate(labels) if label in wanted]
            have = _count(len(some), "class has", "classes have")
            found.append(Problem(kind, len(rows), f"{have} {words} ({_some(some)})", _at(rows)))
    return found


def _balance(catalog: Catalog) -> list[Problem]:
    counts = Counter(str(label) for label in catalog.labels if label is not None)
    (most, largest), smallest = counts.most_common(1)[0], min(counts.values())
    if len(counts) == 1:
        message = f"every product is {most!r}: there is nothing to tell apart"
        return [Problem("single-class", largest, message)]
    if largest < IMBALANCE * smallest:
        return []
    return [
        Problem(
            "imbalance",
            largest,
            f"the largest class, {most!r}, has {_count(largest, 'product', 'products')} and the "
            f"smallest {smallest:,}; read macro F1 beside accuracy",
        )
    ]
