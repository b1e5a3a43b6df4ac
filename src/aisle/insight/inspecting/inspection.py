"""Catalogue inspection: what the columns are, how the products lie, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from aisle.catalog import Catalog, Column, Problem, Role, Task
from aisle.catalog.checks import check
from aisle.catalog.images import check_images, image_problems, photograph_problems
from aisle.insight.inspecting.attributes import Attributes, attributes
from aisle.insight.inspecting.balance import Balance, balance
from aisle.insight.inspecting.categories import Categories, categories
from aisle.insight.inspecting.columns import ColumnSummary, nothing_to_learn_from, summary
from aisle.insight.inspecting.grouping import Grouping, grouped_by_target
from aisle.insight.inspecting.leaking import Leak, leaks
from aisle.insight.inspecting.numbers import Numbers, numbers
from aisle.insight.inspecting.photographs import Photographs, look, photographs
from aisle.insight.inspecting.plain import as_plain
from aisle.insight.inspecting.presence import Presence, presence
from aisle.insight.inspecting.steps import Typed
from aisle.insight.inspecting.texts import Texts, texts
from aisle.insight.inspecting.tree import CategoryTree, category_tree
from aisle.insight.inspecting.twins import Twins, twins
from aisle.progress import Progress, silent
from aisle.reports import save_report


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
    leak_details
        The columns that give the target away, explained.
    tree
        The category tree, where a column holds category paths.
    texts
        Lengths, vocabulary, telling words and languages.
    numbers
        The columns of numbers; a target that is a quantity comes first.
    categories
        The categorical columns.
    attributes
        What columns of specifications list.
    photographs
        Sizes, light, sharpness and extremes.
    twins
        The near-duplicates.
    presence
        Which modalities products have.
    catalog
        The catalogue itself, for the pictures on the page; None leaves them out.
    """

    rows: int
    target: str | None
    task: Task | None
    columns: tuple[ColumnSummary, ...]
    classes: tuple[tuple[str, int], ...]
    quantiles: tuple[float, ...]
    text_characters: tuple[int, int, int] | None
    problems: tuple[Problem, ...]
    leak_details: tuple[Leak, ...] = ()
    tree: CategoryTree | None = None
    texts: Texts | None = None
    numbers: tuple[Numbers, ...] = ()
    categories: tuple[Categories, ...] = ()
    attributes: tuple[Attributes, ...] = ()
    photographs: Photographs | None = None
    twins: Twins | None = None
    presence: Presence | None = None
    catalog: Catalog | None = field(default=None, repr=False, compare=False)

    @property
    def leaks(self) -> tuple[Column, ...]:
        """The columns that give the target away."""
        return tuple(summary.column for summary in self.columns if summary.column.leak)

    @property
    def balance(self) -> Balance | None:
        """How evenly products spread over classes; None without classes."""
        return balance(self.classes)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape of ``aisle inspect``."""
        return {
            "rows": self.rows,
            "target": self.target,
            "task": None if self.task is None else self.task.value,
            "columns": [column.to_dict() for column in self.columns],
            "classes": dict(self.classes),
            "balance": as_plain(self.balance),
            "quantiles": list(self.quantiles),
            "text_characters": self.text_characters and list(self.text_characters),
            "leaks": [column.name for column in self.leaks],
            "leak_details": as_plain(self.leak_details),
            "problems": [problem.to_dict() for problem in self.problems],
            "tree": as_plain(self.tree),
            "texts": as_plain(self.texts),
            "numbers": as_plain(self.numbers),
            "categories": as_plain(self.categories),
            "attributes": as_plain(self.attributes),
            "photographs": as_plain(self.photographs),
            "near_duplicates": as_plain(self.twins),
            "modalities": as_plain(self.presence),
        }

    def save(self, path: str | Path, *, typed: Typed | None = None) -> None:
        """Write the inspection as JSON or as an HTML page, by the suffix, atomically.

        Parameters
        ----------
        path
            Ends in ``.json`` or ``.html``.
        typed
            How the user named the catalogue, for the commands on the page.
        """

        def page() -> str:
            from aisle.insight.inspecting.page import inspection_page

            return inspection_page(self, typed)

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
    seen = look(opened, progress)
    opened.find_groups(progress)
    known = opened.schema.target is not None
    grouping = grouped_by_target(opened)
    pictured = np.array([one.value is not None for one in seen], dtype=bool) if seen else None
    columns = tuple(summary(opened, column) for column in opened.schema)
    return Inspection(
        rows=len(opened),
        target=opened.schema.target,
        task=opened.task if known else None,
        columns=columns,
        classes=_classes(grouping),
        quantiles=_quantiles(opened) if known else (),
        text_characters=_lengths(opened),
        problems=(*nothing_to_learn_from(columns), *check(opened), *_images(opened)),
        leak_details=leaks(opened),
        tree=category_tree(opened),
        texts=texts(opened, grouping),
        numbers=numbers(opened, grouping),
        categories=categories(opened),
        attributes=attributes(opened, grouping),
        photographs=photographs(opened, seen, grouping),
        twins=twins(opened),
        presence=presence(opened, grouping, pictured=pictured),
        catalog=opened,
    )


def _classes(grouping: Grouping | None) -> tuple[tuple[str, int], ...]:
    if grouping is None or grouping.kind != "class":
        return ()
    return tuple(zip(grouping.names, map(int, grouping.sizes), strict=True))


def _quantiles(catalog: Catalog) -> tuple[float, ...]:
    if catalog.task is not Task.REGRESS or not catalog.has_target.any():
        return ()
    values = catalog.values[catalog.has_target]
    return tuple(float(quantile) for quantile in np.quantile(values, [0, 0.25, 0.5, 0.75, 1]))


def _lengths(catalog: Catalog) -> tuple[int, int, int] | None:
    if not catalog.schema.names(Role.TEXT) or not len(catalog):
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
