"""Columns summed up: role and reason, how full, how varied, and some values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from aisle.catalog import Catalog, Column, Problem, Role

USED = (Role.TEXT, Role.IMAGE, Role.NUMBER, Role.CATEGORY, Role.VECTOR)
"""The roles that a model learns from."""


@dataclass(frozen=True)
class ColumnSummary:
    """A column with its role and the reason, how full it is, and some of its values."""

    column: Column
    filled: int
    distinct: int
    examples: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape ``{name, role, reason, leak, filled, distinct, examples}``."""
        return {
            **self.column.to_dict(),
            "filled": self.filled,
            "distinct": self.distinct,
            "examples": list(self.examples),
        }


def summary(catalog: Catalog, column: Column) -> ColumnSummary:
    """Sum up one column of a catalogue."""
    if column.role is Role.VECTOR:
        vectors, present = catalog.vectors(column.name)
        shape = f"{vectors.shape[1]:,} numbers"
        rows = int(present.sum())
        return ColumnSummary(column, rows, rows, (shape,) if rows else ())
    filled = [value for value in catalog.strings(column.name) if value is not None]
    distinct = dict.fromkeys(filled)
    shown = tuple(value if len(value) <= 80 else value[:79] + "…" for value in islice(distinct, 3))
    known = len(filled)
    if column.role is Role.NUMBER:  # "No rating available" stands there, and is no number
        known = int(np.isfinite(catalog.numbers(column.name)).sum())
    return ColumnSummary(column, known, len(distinct), shown)


def nothing_to_learn_from(summaries: Sequence[ColumnSummary]) -> tuple[Problem, ...]:
    """Say that no column is one that a model learns from, where that is so."""
    if any(one.column.role in USED for one in summaries):
        return ()
    named = [one.column.name for one in summaries if one.column.role in (Role.ID, Role.TARGET)]
    but = f" but {' and '.join(map(repr, named))}" if named else ""
    others = [one for one in summaries if one.column.name not in named]
    if not others:
        words = f"there is no column{but}: a model has nothing to learn from"
    elif not any(one.filled for one in others):
        words = f"every column{but} is empty in every row: a model has nothing to learn from"
    else:
        words = (
            f"no column{but} is one that a model learns from, for the reasons that stand beside "
            "them; name one, as with --text COLUMN or --category COLUMN"
        )
    return (Problem("nothing-to-learn-from", 0, words),)
