"""Leaks explained: which values of a column give away which classes."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np

from aisle.catalog import Catalog, Task

_EXAMPLES = 6
_LONGEST = 120
_CLEARLY = 0.05

Met = dict[str, Counter[str]]


@dataclass(frozen=True)
class Given:
    """A value, the one that goes with it, and in how many of its rows that holds.

    The first is the column's and the second the target's; the other way round where the column
    follows from the target.
    """

    value: str
    answer: str
    agree: int
    rows: int


@dataclass(frozen=True)
class Leak:
    """A column that gives the target away.

    Parameters
    ----------
    column, reason
        The column, and why it was ignored.
    follows
        Whether it follows from the target rather than tells it: each class has one value.
    right
        The share of rows that are right if each row is given what most others of the same value
        (or, where it follows, of the same class) have; None where nothing repeats, or the target
        is a quantity.
    repeated
        How many rows have a value (or a class) that repeats.
    examples
        Some values with what goes with them.
    """

    column: str
    reason: str
    follows: bool
    right: float | None
    repeated: int
    examples: tuple[Given, ...]


def leaks(catalog: Catalog) -> tuple[Leak, ...]:
    """Explain each column that was ignored because it gives the target away."""
    target = catalog.schema.target
    if target is None:
        return ()
    answers = (
        [None if label is None else str(label) for label in catalog.labels]
        if catalog.task is Task.CLASSIFY
        else catalog.strings(target)
    )
    return tuple(
        _explained(column.name, column.reason, catalog.strings(column.name), answers, catalog.task)
        for column in catalog.schema
        if column.leak
    )


def _explained(
    name: str, reason: str, values: list[str | None], answers: list[str | None], task: Task
) -> Leak:
    if task is Task.REGRESS:
        met = _met(values, answers)
        return Leak(name, reason, False, None, 0, _examples(met, _along(met)))
    tells, told = _met(values, answers), _met(answers, values)
    forward, backward = _share_right(tells), _share_right(told)
    follows = backward[0] is not None and backward[0] > (forward[0] or 0.0) + _CLEARLY
    met, (right, repeated) = (told, backward) if follows else (tells, forward)
    return Leak(name, reason, follows, right, repeated, _examples(met, _spread_out(met)))


def _met(values: list[str | None], answers: list[str | None]) -> Met:
    met: Met = defaultdict(Counter)
    for value, answer in zip(values, answers, strict=True):
        if value is not None and answer is not None:
            met[value][answer] += 1
    return met


def _share_right(met: Met) -> tuple[float | None, int]:
    """Return the share of rows that the others of their value answer rightly, and their number."""
    repeated = [found for found in met.values() if found.total() > 1]
    rows = sum(found.total() for found in repeated)
    return (sum(map(_right, repeated)) / rows if rows else None), rows


def _examples(met: Met, chosen: list[str]) -> tuple[Given, ...]:
    return tuple(
        Given(value[:_LONGEST], answer[:_LONGEST], agree, met[value].total())
        for value in chosen
        for answer, agree in met[value].most_common(1)
    )


def _right(found: Counter[str]) -> int:
    """Count the rows that the most frequent class of the other rows gives rightly."""
    most, second, *_ = (*(rows for _, rows in found.most_common(2)), 0)
    return most if most - 1 > second else 0


def _spread_out(met: Met) -> list[str]:
    """Choose frequent values, of a class each as far as there are classes."""
    order = sorted(met, key=lambda value: (-met[value].total(), value))
    first: dict[str, str] = {}
    for value in order:
        first.setdefault(met[value].most_common(1)[0][0], value)
    firsts = list(first.values())
    return [*firsts, *(value for value in order if value not in set(firsts))][:_EXAMPLES]


def _along(met: Met) -> list[str]:
    """Choose values from one end to the other."""
    order = list(met)
    if not order:
        return []
    places = np.unique(np.linspace(0, len(order) - 1, _EXAMPLES).round().astype(int))
    return [order[place] for place in places]
