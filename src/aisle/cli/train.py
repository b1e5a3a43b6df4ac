"""`aisle train`: a model from a catalogue."""

from __future__ import annotations

import math
import shlex
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from aisle.cli.found import leaks, require_target, show_found
from aisle.cli.options import ColumnOptions, Json, Precision, ReadingOptions, Seed
from aisle.cli.outputs import Output, check_outputs
from aisle.cli.precision import check_trainable
from aisle.cli.pretrained import AcceptLicence, EncodersDir, look_in, take_licences
from aisle.cli.scorecard import show_training
from aisle.cli.screen import Screen
from aisle.cli.searching import SearchOptions, recipe_file, search_recipe
from aisle.cli.tracking import TrackingOptions, track

if TYPE_CHECKING:
    from aisle.catalog import Catalog
    from aisle.models import ProductClassifier, ProductRegressor, Recipe


def train(
    columns: ColumnOptions,
    reading: ReadingOptions,
    searching: SearchOptions,
    tracking: TrackingOptions,
    *,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="MODEL", help="The bundle to write.")
    ] = Path("model.aisle"),
    recipe: Annotated[
        str,
        typer.Option(metavar="R", help="auto, fast, balanced, best, or a YAML file: what to fit."),
    ] = "auto",
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="K=V", help="Change an entry of the recipe, such as text.head=svm."
        ),
    ] = None,
    precision: Precision = None,
    validation: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Rows for early stopping alone.")
    ] = None,
    encoders: EncodersDir = None,
    accept_licence: AcceptLicence = False,
    seed: Seed = 0,
    json_file: Json = None,
) -> None:
    """Train a model on a catalogue, show what it can do, and write it as one file.

    \b
    Example:
      aisle train catalog.csv --target category -o model.aisle
      aisle train catalog.csv --target price --set text.head=svr
      aisle train catalog.csv --target category --minutes 10
      aisle train catalog.csv --target category --track mlflow --register shop
    """
    read = (validation, recipe_file(recipe))
    inputs = [*reading.inputs, *(path for path in read if path is not None)]
    outputs = [Output("--out", out), searching.output(out), Output("--json", json_file)]
    check_outputs(outputs, inputs=inputs)
    trackers = tracking.trackers(out)
    look_in(encoders)
    take_licences(accept_licence)
    screen = Screen(json_file)
    start = time.perf_counter()
    with screen.working("reading the catalogue"):
        catalog = reading.read(columns)
        kept = None if validation is None else _validation(validation, catalog)
    require_target(catalog, "learn")
    check_trainable(catalog, precision)
    show_found(screen, catalog, reading.catalog)
    if recipe.lower() == "auto":
        _show_auto(screen, catalog)
    asked = [*(settings or ()), *([] if precision is None else [f"precision={precision}"])]
    found = None
    if searching.asked:
        found = search_recipe(screen, catalog, recipe, asked, options=searching, seed=seed, out=out)
    model = (
        _model(catalog, recipe, asked, seed)
        if found is None
        else _model(catalog, found.recipe, [], seed)
    )
    with screen.working("training") as progress:
        model.fit(catalog, validation=kept, progress=progress)
    with screen.working("writing the bundle"):
        model.save(out)
    seconds = time.perf_counter() - start
    show_training(screen, model, catalog)
    screen.say("")
    screen.wrote(out)
    tracked = track(screen, trackers, model, catalog, bundle=out, seconds=seconds)
    result = _result(model, catalog, out, seconds)
    searched = None if found is None else found.to_dict()
    screen.write_json({**result, "search": searched, "tracking": tracked.runs})
    tracked.check()
    bundle = shlex.quote(str(out))
    screen.next_steps(
        f"aisle evaluate {bundle} TEST.parquet --html report.html",
        f"aisle predict {bundle} NEW.csv -o predictions.csv",
    )


def _show_auto(screen: Screen, catalog: Catalog) -> None:
    """Say which recipe ``auto`` stands for here, and what would make it the better one."""
    from aisle.models.recipe import lacking_networks, recipe_of_auto

    lacking = lacking_networks("balanced", catalog.modalities)
    chosen = recipe_of_auto(catalog.modalities)
    pulls = " && ".join(f"aisle encoders pull {name}" for name in lacking)
    words = f"Recipe {chosen}"
    if chosen == "balanced":
        words += ": its pretrained encoders are at hand"
    elif lacking:
        words += f"; the better one, balanced, needs encoders: {pulls}"
    screen.say(Text(words, style="dim"))


def _validation(path: Path, catalog: Catalog) -> Catalog:
    from aisle.catalog import Catalog

    return Catalog.read(path, schema=catalog.schema, task=catalog.task.value)


def _model(
    catalog: Catalog, recipe: str | Recipe, settings: list[str], seed: int
) -> ProductClassifier | ProductRegressor:
    from aisle.catalog import Task
    from aisle.models import ProductClassifier, ProductRegressor

    kind = ProductRegressor if catalog.task is Task.REGRESS else ProductClassifier
    return kind(recipe=recipe, settings=settings, seed=seed)


def _result(
    model: ProductClassifier | ProductRegressor, catalog: Catalog, out: Path, seconds: float
) -> dict[str, Any]:
    from aisle.models import ProductClassifier

    threshold = coverage = None
    if isinstance(model, ProductClassifier):
        threshold = asdict(model.threshold())
        coverage = model.confidence_.coverage(model.thresholds())
    if threshold is not None and not math.isfinite(threshold["threshold"]):
        threshold["threshold"] = None
    return {
        "model": str(out),
        "rows": model.rows_,
        "target": catalog.schema.target,
        "task": catalog.task.value,
        "seconds": seconds,
        "metrics": model.metrics_,
        "threshold": threshold,
        "coverage": coverage,
        "leaks": leaks(catalog),
    }
