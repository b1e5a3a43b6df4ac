"""`aisle inspect`: what a catalogue is like."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from rich.text import Text

from aisle.cli.options import ColumnOptions, Html, Json, ReadingOptions, spelled
from aisle.cli.outputs import PAGES, Output, check_outputs
from aisle.cli.screen import Screen, bar, percent, percent_cell, plain_table

if TYPE_CHECKING:
    from aisle.insight import Inspection
    from aisle.insight.inspecting.steps import Typed

_CLASSES_SHOWN = 15
_BAR_WIDTH = 30
_NUMBERS_SHOWN = 8
_GROUPS_SHOWN = 10
_WORDS_SHOWN = 5
_HARDLY = 0.01


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
    from aisle.pages.formatting import plural

    check_outputs(
        [Output("--json", json_file), Output("--html", html, PAGES)], inputs=reading.inputs
    )
    screen = Screen(json_file)
    with screen.working("reading the catalogue"):
        catalog = reading.read(columns)
    with screen.working("looking at every product") as progress:
        found = look(catalog, progress=progress)
    screen.say(Text(f"{plural(found.rows, 'product')} in {reading.catalog}", style="bold"))
    _show_columns(screen, found)
    _show_target(screen, found)
    _show_texts(screen, found)
    _show_numbers(screen, found)
    _show_pictures(screen, found)
    screen.heading("Problems" if found.problems else "No problems found")
    screen.problems(found.problems)
    typed = _typed(columns, reading)
    if html is not None:
        with screen.working("writing the page"):
            found.save(html, typed=typed)
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
    from aisle.pages.formatting import plural

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
            least, most = rest[-1][1], rest[0][1]
            sizes = f"{least:,} to {most:,} products" if least < most else plural(most, "product")
            screen.say(f"  and {len(rest):,} more, with {sizes} each")
    if found.quantiles:
        screen.heading(f"Values of {found.target}")
        table = plain_table("least", "quarter", "median", "three quarters", "most")
        table.add_row(*(f"{value:,g}" for value in found.quantiles))
        screen.table(table)
    if found.tree is not None:
        screen.say(
            f"  {found.tree.column}: a tree of {found.tree.categories:,} categories, "
            f"{found.tree.tops:,} at the top"
        )


def _show_texts(screen: Screen, found: Inspection) -> None:
    from aisle.pages.formatting import plural

    if found.text_characters is None:
        return
    least, median, most = found.text_characters
    screen.heading("Texts")
    middle = f" to {most:,} characters a product, {median:,} in the middle"
    screen.say(f"  {least:,}{middle if least < most else ' characters a product'}")
    texts = found.texts
    if texts is None:
        return
    if texts.vocabulary is not None:
        words, looked_at = texts.vocabulary.words, texts.vocabulary.looked_at
        found_in = plural(looked_at, "product")
        screen.say(f"  {plural(words, 'different word')} in {found_in}")
    if texts.languages is not None and texts.languages.likely:
        told = ", ".join(
            f"{name} {percent(rows / texts.languages.looked_at)}"
            for name, rows in texts.languages.likely[:3]
            if rows >= _HARDLY * texts.languages.looked_at
        )
        screen.say(f"  likely languages: {told}")
    if marked := [one for one in texts.marked if one.words]:
        table = plain_table()
        table.add_column(overflow="ellipsis", no_wrap=True, max_width=28)
        table.add_column(overflow="fold", style="cyan")
        for one in marked[:_GROUPS_SHOWN]:
            table.add_row(one.group, " ".join(word.word for word in one.words[:_WORDS_SHOWN]))
        screen.table(table)
    for listed in found.attributes:
        some = ", ".join(one.name for one in listed.attributes[:3])
        screen.say(f"  {listed.column} lists {listed.found:,} attributes: {some}")


def _show_numbers(screen: Screen, found: Inspection) -> None:
    numbers = [one for one in found.numbers if not one.target]
    if not numbers:
        return
    screen.heading("Numbers")
    table = plain_table("", "least", "median", "most", "outliers")
    for column in table.columns[1:]:
        column.justify = "right"
    table.columns[0].max_width = 28
    table.columns[0].overflow = "ellipsis"
    for one in numbers[:_NUMBERS_SHOWN]:
        low, median, high = (one.distribution.quantiles[at] for at in (0, 3, -1))
        row = f"{low:,g}", f"{median:,g}", f"{high:,g}", f"{one.outliers:,}"
        table.add_row(one.column, *row)
    screen.table(table)
    if len(numbers) > _NUMBERS_SHOWN:
        screen.say(f"  and {len(numbers) - _NUMBERS_SHOWN:,} more")


def _show_pictures(screen: Screen, found: Inspection) -> None:
    from aisle.pages import number

    photographs, twins = found.photographs, found.twins
    if photographs is not None and found.rows:
        screen.heading("Photographs")
        screen.say(f"  of {photographs.read:,} products ({percent(photographs.read / found.rows)})")
        for measure in photographs.measures:
            low, median, high = (number(measure.distribution.quantiles[at]) for at in (1, 3, 5))
            mostly = "" if low == high else f" in the middle, mostly {low} to {high}"
            screen.say(f"  {measure.name}: {median}{mostly}")
    if twins is not None and twins.groups:
        screen.heading("Near-duplicates")
        screen.say(f"  {twins.products:,} products in {twins.groups:,} groups")
        if twins.conflicting:
            screen.note(f"  {twins.conflicting:,} of these groups have different classes")


def _typed(columns: ColumnOptions, reading: ReadingOptions) -> Typed:
    from aisle.insight.inspecting.steps import Typed

    return Typed(
        catalog=shlex.quote(str(reading.catalog)),
        reading=spelled(reading, leave_out=("sample",)),
        roles=spelled(columns, leave_out=("target",)),
    )


def _show_next(
    screen: Screen, columns: ColumnOptions, reading: ReadingOptions, found: Inspection
) -> None:
    path = shlex.quote(str(reading.catalog))
    given = spelled(columns, reading, leave_out=("sample",))
    if len(found.classes) < 2 and not found.quantiles:  # nothing to learn, or no target yet
        others = spelled(columns, reading, leave_out=("sample", "target", "task"))
        screen.next_steps(f"aisle inspect {path} --target COLUMN {others}".rstrip())
        return
    audit = (f"aisle audit {path} {given} --html audit.html",)
    screen.next_steps(
        *(audit if found.twins is not None and found.twins.conflicting else ()),
        f"aisle split {path} {given} -o parts",
        f"aisle train {path} {given} -o model.aisle",
    )
