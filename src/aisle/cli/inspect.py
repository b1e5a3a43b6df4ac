"""`aisle inspect`: what a catalogue is like."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from rich.text import Text

from aisle.cli.options import ColumnOptions, Html, Json, ReadingOptions, spelled
from aisle.cli.outputs import PAGES, Output, check_outputs
from aisle.cli.screen import Screen, bar, percent_cell, plain_table

if TYPE_CHECKING:
    from aisle.insight import Inspection

_CLASSES_SHOWN = 15
_BAR_WIDTH = 30


def inspect(
    columns: ColumnOptions, reading: ReadingOptions, json_file: Json = None, html: Html = None
) -> None:
    """Show what a catalogue is like: roles, leaks, classes, texts, images and problems.

    \b
    Example:
      aisle inspect catalog.csv
      aisle inspect catalog.csv --target category --html catalog.html
    """
    from aisle.insight import inspect as look

    check_outputs(
        [Output("--json", json_file), Output("--html", html, PAGES)], inputs=reading.inputs
    )
    screen = Screen(json_file)
    with screen.working("reading the catalogue"):
        catalog = reading.read(columns)
    with screen.working("looking at every product") as progress:
        found = look(catalog, progress=progress)
    screen.say(Text(f"{found.rows:,} products in {reading.catalog}", style="bold"))
    _show_columns(screen, found)
    _show_target(screen, found)
    if found.text_characters is not None:
        least, median, most = found.text_characters
        screen.heading("Texts")
        screen.say(f"  {least:,} to {most:,} characters a product, {median:,} in the middle")
    screen.heading("Problems" if found.problems else "No problems found")
    screen.problems(found.problems)
    if html is not None:
        found.save(html)
    screen.write_json(found.to_dict())
    screen.wrote(html)
    _show_next(screen, columns, reading, found)


def _show_columns(screen: Screen, found: Inspection) -> None:
    screen.heading("Columns")
    table = plain_table()
    table.add_column("name", overflow="fold", max_width=24)
    table.add_column("role", no_wrap=True)
    table.add_column("filled", justify="right", no_wrap=True)
    table.add_column("reason", overflow="fold")
    table.show_header = True
    for summary in found.columns:
        column = summary.column
        style = "red" if column.leak else "dim" if column.role.value == "ignored" else ""
        filled = percent_cell(summary.filled / found.rows) if found.rows else "-"
        role = "leak" if column.leak else column.role.value
        table.add_row(column.name, role, filled, column.reason, style=style)
    screen.table(table)


def _show_target(screen: Screen, found: Inspection) -> None:
    if found.classes:
        screen.heading(f"Classes of {found.target}: {len(found.classes):,}")
        table = plain_table()
        table.add_column(overflow="ellipsis", no_wrap=True, max_width=34)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(style="cyan", no_wrap=True)
        most = found.classes[0][1]
        for name, count in found.classes[:_CLASSES_SHOWN]:
            table.add_row(name, f"{count:,}", bar(count / most, _BAR_WIDTH, screen.blocks))
        screen.table(table)
        if len(found.classes) > _CLASSES_SHOWN:
            rest = found.classes[_CLASSES_SHOWN:]
            screen.say(
                f"  and {len(rest):,} more, with {rest[-1][1]:,} to {rest[0][1]:,} products each"
            )
    if found.quantiles:
        screen.heading(f"Values of {found.target}")
        table = plain_table("least", "quarter", "median", "three quarters", "most")
        table.add_row(*(f"{value:,g}" for value in found.quantiles))
        screen.table(table)


def _show_next(
    screen: Screen, columns: ColumnOptions, reading: ReadingOptions, found: Inspection
) -> None:
    path = shlex.quote(str(reading.catalog))
    given = spelled(columns, reading, leave_out=("sample",))
    if found.target is None:
        screen.next_steps(f"aisle inspect {path} --target COLUMN {given}".rstrip())
        return
    screen.next_steps(
        f"aisle split {path} {given} -o parts",
        f"aisle train {path} {given} -o model.aisle",
    )
