"""`aisle drift`: whether a new catalogue is like the one before."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from aisle.cli.options import ColumnOptions, Html, Json, Seed
from aisle.cli.outputs import PAGES, Output, check_outputs
from aisle.cli.screen import Screen, plain_table

if TYPE_CHECKING:
    from aisle.insight.drifting import Drift

_COLUMNS_SHOWN = 20
_COLOURS = {"none": "green", "some": "yellow", "strong": "red"}


def drift(
    reference: Annotated[
        Path, typer.Argument(metavar="REFERENCE", help="The catalogue before: training rows, say.")
    ],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The catalogue that came in.")],
    columns: ColumnOptions,
    *,
    model: Annotated[
        Path | None,
        typer.Option(metavar="MODEL.aisle", help="Compare what this model says of both, too."),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(min=20, metavar="N", help="Products of each to look at; 3,000 if left out."),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Fetch no photograph from an address.")
    ] = False,
    seed: Seed = 0,
    json_file: Json = None,
    html: Html = None,
) -> None:
    """See whether a new catalogue is like the one before, column by column and all at once.

    Differences are set against what random halves of both together show, so that two halves of
    one catalogue are alike. At most 3,000 products of each are looked at, evenly spread.

    \b
    Example:
      aisle drift train.parquet new.csv
      aisle drift train.parquet new.csv --target category --html drift.html
      aisle drift train.parquet new.csv --model model.aisle --json drift.json
    """
    inputs = [path for path in (reference, new, model) if path is not None]
    check_outputs([Output("--json", json_file), Output("--html", html, PAGES)], inputs=inputs)
    from aisle.catalog import Catalog
    from aisle.insight.drifting import drift as compare
    from aisle.insight.drifting.drifting import MOST_ROWS
    from aisle.models import load_model

    screen = Screen(json_file)
    with screen.working("reading the catalogues"):
        loaded = None if model is None else load_model(model)
        before = Catalog.read(
            reference,
            target=columns.target,
            task=columns.task,
            roles=columns.roles(),
            schema=columns.schema,
            online=not offline,
        )
        now = Catalog.read(new, schema=before.schema, task=before.task.value, online=not offline)
    screen.problems((*before.problems, *now.problems))
    with screen.working("comparing") as progress:
        found = compare(
            before,
            now,
            model=loaded,
            reference_name=reference.name,
            new_name=new.name,
            rows=sample or MOST_ROWS,
            seed=seed,
            progress=progress,
        )
    _show(screen, found)
    if html is not None:
        found.save(html)
    screen.say("")
    screen.wrote(html)
    screen.write_json(found.to_dict())
    _show_next(screen, found, reference, new)


def _show(screen: Screen, found: Drift) -> None:
    from aisle.insight.drifting import wording

    told = wording.verdict(found)
    counts = f"{found.reference_rows:,} products before, {found.new_rows:,} now"
    screen.say(Text(counts, style="bold"))
    if (found.reference_rows, found.new_rows) != (found.reference_products, found.new_products):
        screen.note(
            f"of {found.reference_products:,} and {found.new_products:,}, evenly spread; --sample "
            "asks for more"
        )
    for side, names in (("reference", found.only_reference), ("new one", found.only_new)):
        if names:
            screen.note(f"only the {side} has {wording.names_told(names)}: not compared")
    screen.heading(told.headline)
    screen.say(*told.details)
    screen.heading("Columns, those that moved most first")
    table = plain_table("column", "drift", "what moved")
    table.columns[0].no_wrap, table.columns[0].overflow = True, "ellipsis"
    table.columns[0].max_width = 28
    for column in found.columns[: max(_COLUMNS_SHOWN, len(found.moved))]:
        shown = Text(column.verdict, style=_COLOURS[column.verdict])
        table.add_row(column.name, shown, wording.column_told(column))
    if found.model is not None:
        answers = found.model.answers
        shown = Text(answers.verdict, style=_COLOURS[answers.verdict])
        table.add_row(answers.name, shown, wording.column_told(answers))
    screen.table(table)
    rest = len(found.columns) - max(_COLUMNS_SHOWN, len(found.moved))
    if rest > 0:
        screen.say(f"  and {rest:,} more, as before")


def _show_next(screen: Screen, found: Drift, reference: Path, new: Path) -> None:
    from aisle.insight.drifting import wording

    named = [shlex.quote(str(path)) for path in (reference, new)]
    screen.next_steps(*(step.command for step in wording.steps(found, *named)))
