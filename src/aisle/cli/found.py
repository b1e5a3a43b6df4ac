"""What was found in a catalogue, in a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from aisle.cli.screen import Screen, plain_table
from aisle.errors import AisleError

if TYPE_CHECKING:
    from aisle.catalog import Catalog
    from aisle.models import ProductModel


def show_found(screen: Screen, catalog: Catalog, name: object) -> None:
    """Show the roles of the columns, the leaks, the classes and the rows without a target."""
    from aisle.catalog import Role

    screen.say(Text(f"{len(catalog):,} products from {name}", style="bold"))
    table = plain_table()
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for role in (Role.TARGET, *(role for role in Role if role is not Role.TARGET)):
        names = [c.name for c in catalog.schema if c.role is role and not c.leak]
        if names:
            listed = ", ".join(names)
            known = role is Role.TARGET and len(catalog)
            table.add_row(role.value, f"{listed}: {_target(catalog)}" if known else listed)
    for column in catalog.schema:
        if column.leak:
            table.add_row(Text("leak", style="red"), f"{column.name}: {column.reason}; ignored")
    screen.table(table)
    screen.problems(catalog.problems)


def show_missing(screen: Screen, model: ProductModel, catalog: Catalog) -> None:
    """Show what went wrong in reading, and which of the model's columns are not there."""
    screen.problems(catalog.problems)
    missing = model.missing_columns(catalog)
    if missing:
        screen.note(
            f"not in the catalogue, though the model reads them: {', '.join(missing)}; every "
            "product counts as having none"
        )
    name = model.schema_.id
    if name is not None and name not in catalog.table.column_names:
        screen.note(f"there is no column {name!r}: products are known by their row number, from 0")


def require_target(catalog: Catalog, purpose: str) -> None:
    """Raise AisleError if no column is the target; `purpose` is what it is wanted for, a verb."""
    if catalog.schema.target is None:
        names = ", ".join(map(repr, catalog.table.column_names))
        raise AisleError(f"name the column to {purpose} with --target; the columns are {names}")


def leaks(catalog: Catalog) -> list[str]:
    """Name the columns that were ignored because they give the target away."""
    return [column.name for column in catalog.schema if column.leak]


def _target(catalog: Catalog) -> str:
    from aisle.catalog import Task

    known = int(catalog.has_target.sum())
    missing = len(catalog) - known
    without = f"; {missing:,} without a value cannot train" if missing else ""
    if not known:
        return "no usable value"
    if catalog.task is Task.CLASSIFY:
        count = len({label for label in catalog.labels if label is not None})
        return f"{count:,} classes in {known:,} rows{without}"
    values = catalog.values[catalog.has_target]
    return f"{known:,} values from {values.min():,g} to {values.max():,g}{without}"
