"""Catalogue inspection: what the columns are, how the classes lie, and what is wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from aisle.catalog import Catalog, Column, Problem, Role, Task
from aisle.catalog.checks import check
from aisle.catalog.images import check_images, image_problems, photograph_problems
from aisle.progress import Progress, silent
from aisle.reports import save_report


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

        def page() -> str:
            from aisle.insight.page import inspection_page

            return inspection_page(self)

        save_report(path, "an inspection", data=self.to_dict, page=page)


def inspect(
    catalog: object, *, target: str | None = None, progress: Progress = silent
) -> Inspection:
    """Look at a catalogue before training on it.

    Parameters
    ----------
    catalog
        Products, in any form that `Catalog.read` takes.
    target
        The column to learn, if it is known; leaks are found only then.
    progress
        Called as work goes on; reading every photograph takes longest.
    """
    opened = Catalog.read(catalog, target=target)
    opened.find_groups(progress)
    known = opened.schema.target is not None
    return Inspection(
        rows=len(opened),
        target=opened.schema.target,
        task=opened.task if known else None,
        columns=tuple(_summary(opened, column) for column in opened.schema),
        classes=_classes(opened) if known else (),
        quantiles=_quantiles(opened) if known else (),
        text_characters=_lengths(opened),
        problems=(*check(opened), *_images(opened)),
    )


def _classes(catalog: Catalog) -> tuple[tuple[str, int], ...]:
    if catalog.task is not Task.CLASSIFY:
        return ()
    counts = Counter(str(label) for label in catalog.labels if label is not None)
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _quantiles(catalog: Catalog) -> tuple[float, ...]:
    if catalog.task is not Task.REGRESS or not catalog.has_target.any():
        return ()
    values = catalog.values[catalog.has_target]
    return tuple(float(quantile) for quantile in np.quantile(values, [0, 0.25, 0.5, 0.75, 1]))


def _summary(catalog: Catalog, column: Column) -> ColumnSummary:
    if column.role is Role.VECTOR:
        vectors, present = catalog.vectors(column.name)
        shape = f"{vectors.shape[1]:,} numbers"
        rows = int(present.sum())
        return ColumnSummary(column, rows, rows, (shape,) if rows else ())
    filled = [value for value in catalog.strings(column.name) if value is not None]
    distinct = dict.fromkeys(filled)
    shown = tuple(value if len(value) <= 80 else value[:79] + "…" for value in islice(distinct, 3))
    return ColumnSummary(column, len(filled), len(distinct), shown)


def _lengths(catalog: Catalog) -> tuple[int, int, int] | None:
    if not catalog.schema.names(Role.TEXT):
        return None
    sizes = [len(text) for text in catalog.texts()]
    return min(sizes), int(np.median(sizes)), max(sizes)


def _images(catalog: Catalog) -> tuple[Problem, ...]:
    if not catalog.schema.names(Role.IMAGE):
        return ()
    images = catalog.images()
    headers = image_problems(check_images(images, workers=4))
    found = photograph_problems(images, *catalog.hashed_photographs())
    # A photograph with a broken header cannot be decoded either; what was fetched was looked at.
    told = {"broken-image", "remote-image"} if catalog.online else {"broken-image"}
    return (*(problem for problem in headers if problem.kind not in told), *found)
