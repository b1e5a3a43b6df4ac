"""Catalogue inspection: what the columns are, how the classes lie, and what is wrong."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aisle import files
from aisle.catalog import Catalog, Column, Problem, Role, Task
from aisle.catalog.checks import check
from aisle.catalog.images import check_images, image_problems, references
from aisle.errors import AisleError


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


@dataclass(frozen=True)
class Inspection:
    """What `inspect` found.

    Parameters
    ----------
    rows
        The products.
    target, task
        The column to learn, and whether it holds classes or a quantity; None without a target.
    columns
        The columns in the order of the table.
    classes
        Products a class, the largest first.
    quantiles
        For a quantity: its minimum, quartiles and maximum.
    text_characters
        Minimum, median and maximum length of the products' texts, None without text columns.
    problems
        What a person should know, from reading and from the rows.
    """

    rows: int
    target: str | None
    task: Task | None
    columns: tuple[ColumnSummary, ...]
    classes: tuple[tuple[str, int], ...]
    quantiles: tuple[float, ...]
    text_characters: tuple[int, int, int] | None
    problems: tuple[Problem, ...]

    @property
    def leaks(self) -> tuple[Column, ...]:
        """The columns that give the target away."""
        return tuple(summary.column for summary in self.columns if summary.column.leak)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape of ``aisle inspect``."""
        return {
            "rows": self.rows,
            "target": self.target,
            "task": None if self.task is None else self.task.value,
            "columns": [column.to_dict() for column in self.columns],
            "classes": dict(self.classes),
            "quantiles": list(self.quantiles),
            "text_characters": self.text_characters and list(self.text_characters),
            "leaks": [column.name for column in self.leaks],
            "problems": [problem.to_dict() for problem in self.problems],
        }

    def save(self, path: str | Path) -> None:
        """Write the inspection as JSON or as an HTML page, by the suffix, atomically."""
        suffix = Path(path).suffix.lower()
        if suffix == ".json":
            files.write_text(path, json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n")
        elif suffix in (".html", ".htm"):
            from aisle.insight.page import inspection_page

            files.write_text(path, inspection_page(self))
        else:
            raise AisleError(f"{path}: an inspection is saved as .json or .html, not {suffix!r}")


def inspect(catalog: object, *, target: str | None = None) -> Inspection:
    """Look at a catalogue before training on it.

    Parameters
    ----------
    catalog
        Products, in any form that `Catalog.read` takes.
    target
        The column to learn, if it is known; leaks are found only then.
    """
    opened = Catalog.read(catalog, target=target) if target else Catalog.read(catalog)
    known = opened.schema.target is not None
    classes: tuple[tuple[str, int], ...] = ()
    quantiles: tuple[float, ...] = ()
    if known and opened.task is Task.CLASSIFY:
        counts = Counter(str(label) for label in opened.labels if label is not None)
        classes = tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
    elif known and opened.has_target.any():
        values = opened.values[opened.has_target]
        quantiles = tuple(float(q) for q in np.quantile(values, [0, 0.25, 0.5, 0.75, 1]))
    return Inspection(
        rows=len(opened),
        target=opened.schema.target,
        task=opened.task if known else None,
        columns=tuple(_summary(opened, column) for column in opened.schema),
        classes=classes,
        quantiles=quantiles,
        text_characters=_lengths(opened),
        problems=(*check(opened), *_images(opened)),
    )


def _summary(catalog: Catalog, column: Column) -> ColumnSummary:
    values = catalog.strings(column.name)
    filled = [value for value in values if value is not None]
    distinct = list(dict.fromkeys(filled))
    shown = tuple(value if len(value) <= 80 else value[:79] + "…" for value in distinct[:3])
    return ColumnSummary(column, len(filled), len(distinct), shown)


def _lengths(catalog: Catalog) -> tuple[int, int, int] | None:
    if not catalog.schema.names(Role.TEXT):
        return None
    sizes = [len(text) for text in catalog.texts()]
    return min(sizes), int(np.median(sizes)), max(sizes)


def _images(catalog: Catalog) -> tuple[Problem, ...]:
    names = catalog.schema.names(Role.IMAGE)
    if not names:
        return ()
    columns = [catalog.column(name).to_pylist() for name in names]
    found = [
        tuple(reference for value in row for reference in references(value, catalog.root))
        for row in zip(*columns, strict=True)
    ]
    return image_problems(check_images(found, workers=4))
