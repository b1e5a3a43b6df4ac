"""`aisle evaluate`: a model's answers compared with the truth."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from aisle.cli.found import show_missing
from aisle.cli.options import Html, Json, Model, Precision, ReadingOptions, Seed
from aisle.cli.outputs import PAGES, Output, check_outputs
from aisle.cli.precision import check_answerable
from aisle.cli.scorecard import show_evaluation
from aisle.cli.screen import Screen


def evaluate(
    model: Model,
    reading: ReadingOptions,
    *,
    target: Annotated[
        str | None, typer.Option(metavar="COL", help="The truth, if its column has another name.")
    ] = None,
    precision: Precision = None,
    against: Annotated[
        Path | None,
        typer.Option(metavar="OTHER.aisle", help="Another model, compared on the same products."),
    ] = None,
    consistency: Annotated[
        bool,
        typer.Option(
            "--consistency", help="Predict harmlessly edited products too: do categories stay?"
        ),
    ] = False,
    taxonomy: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The tree of the classes, if the catalogue tells none."),
    ] = None,
    slice_rows: Annotated[
        int, typer.Option(min=1, metavar="N", help="The fewest products of a slice.")
    ] = 20,
    seed: Seed = 0,
    json_file: Json = None,
    html: Html = None,
    rows: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Every product's prediction and truth: .csv, .parquet or .jsonl."
        ),
    ] = None,
) -> None:
    """Compare a model's answers with the truth, on products that it was not trained on.

    \b
    Example:
      aisle evaluate model.aisle test.parquet
      aisle evaluate model.aisle test.parquet --html report.html --rows rows.csv
      aisle evaluate model.aisle test.parquet --against last-month.aisle
      aisle evaluate model.aisle test.parquet --consistency
    """
    from aisle.catalog.writing import TABLE_SUFFIXES, write_table
    from aisle.evaluation import evaluate as compare
    from aisle.models import load_model

    check_outputs(
        [
            Output("--json", json_file),
            Output("--html", html, PAGES),
            Output("--rows", rows, TABLE_SUFFIXES),
        ],
        inputs=(model, *(file for file in (against, taxonomy) if file), *reading.inputs),
    )
    screen = Screen(json_file)
    with screen.working("reading the model and the catalogue"):
        loaded = load_model(model)
        check_answerable(loaded, precision)
        other = None if against is None else load_model(against)
        catalog = reading.read_for(loaded, target)
    with screen.working("predicting") as progress:
        found = compare(
            loaded,  # type: ignore[arg-type]
            catalog,
            precision=precision,
            against=other,  # type: ignore[arg-type]
            against_name="" if against is None else against.name,
            consistency=consistency,
            taxonomy=taxonomy,
            slice_rows=slice_rows,
            seed=seed,
            progress=progress,
        )
    show_missing(screen, loaded, catalog)
    if other is not None and other.schema_.target != loaded.schema_.target:
        screen.note(
            f"{against} learned {other.schema_.target!r}, and this model learned "
            f"{loaded.schema_.target!r}: compare them only if both mean the same"
        )
    show_evaluation(screen, found)
    if html is not None:
        found.save(html)
    if rows is not None:
        write_table(found.predictions, rows)
    screen.wrote(html, rows)
    screen.write_json(found.to_dict())
    screen.next_steps(f"aisle predict {shlex.quote(str(model))} NEW.csv -o predictions.csv")
