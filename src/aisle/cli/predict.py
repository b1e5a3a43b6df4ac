"""`aisle predict`: a category and a decision, or a value, for every product."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from aisle.cli.found import show_missing
from aisle.cli.options import Json, Model, Precision, ReadingOptions
from aisle.cli.outputs import Output, check_outputs
from aisle.cli.precision import check_answerable
from aisle.cli.screen import Screen, percent_cell, plain_table

if TYPE_CHECKING:
    import pyarrow as pa

    from aisle.catalog import Catalog
    from aisle.models import ProductClassifier, ProductRegressor
    from aisle.progress import Progress


def predict(
    model: Model,
    reading: ReadingOptions,
    *,
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="FILE", help="Predictions as .parquet, .csv or .jsonl."
        ),
    ],
    precision: Precision = None,
    submission: Annotated[
        str | None,
        typer.Option(
            "--submission",
            metavar="ID,ANSWER",
            help="Write two columns alone, the identifier and the answer, under these names; "
            "'own' takes the catalogue's names.",
        ),
    ] = None,
    json_file: Json = None,
) -> None:
    """Answer for every product of a catalogue: accept this category, or send it to a person.

    \b
    Example:
      aisle predict model.aisle new.csv -o predictions.csv
      aisle predict model.aisle new.parquet -o predictions.parquet --precision 0.99
      aisle predict prices.aisle test.csv -o submission.csv --submission id,price
    """
    from aisle.catalog.writing import TABLE_SUFFIXES, write_table
    from aisle.models import load_model
    from aisle.models.submission import submission_names, submission_table

    check_outputs(
        [Output("--out", out, TABLE_SUFFIXES), Output("--json", json_file)],
        inputs=(model, *reading.inputs),
    )
    screen = Screen(json_file)
    start = time.perf_counter()
    with screen.working("reading the model and the catalogue"):
        loaded = load_model(model)
        check_answerable(loaded, precision)
        catalog = reading.read_for(loaded)
        names = None if submission is None else submission_names(submission, loaded, catalog)
    with screen.working("predicting") as progress:
        table = _predictions(loaded, catalog, precision, progress)
    with screen.working("writing"):
        write_table(table if names is None else submission_table(table, catalog, names), out)
    seconds = time.perf_counter() - start
    counts = _counts(table)
    show_missing(screen, loaded, catalog)
    _show_counts(screen, counts, len(table))
    screen.wrote(out)
    screen.write_json({"rows": len(table), **counts, "output": str(out), "seconds": seconds})


def _predictions(
    model: ProductClassifier | ProductRegressor,
    catalog: Catalog,
    precision: float | None,
    progress: Progress,
) -> pa.Table:
    from aisle.models import ProductClassifier

    if isinstance(model, ProductClassifier):
        return model.predict(catalog, precision=precision, progress=progress)
    return model.predict(catalog, progress=progress)


def _counts(table: pa.Table) -> dict[str, int | None]:
    """Count decisions and errors; a value is neither accepted nor sent to review."""
    errors = len(table) - table["error"].null_count
    if "decision" not in table.column_names:
        return {"accepted": None, "review": None, "errors": errors}
    accepted = table["decision"].to_pylist().count("accept")
    return {"accepted": accepted, "review": len(table) - accepted, "errors": errors}


def _show_counts(screen: Screen, counts: dict[str, int | None], rows: int) -> None:
    screen.say(Text(f"{rows:,} products", style="bold"))
    table = plain_table()
    table.add_column()
    table.add_column(justify="right")
    table.add_column(justify="right", style="dim")
    for name, count in counts.items():
        if count is not None:
            table.add_row(name, f"{count:,}", percent_cell(count / rows) if rows else "")
    screen.table(table)
