"""`aisle demo`: the whole way once, on a catalogue that is made up here."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from aisle.cli.found import leaks, show_found
from aisle.cli.options import Json, Seed
from aisle.cli.outputs import Output, check_outputs
from aisle.cli.scorecard import show_evaluation, show_training
from aisle.cli.screen import Screen
from aisle.errors import AisleError

if TYPE_CHECKING:
    from aisle.catalog import Catalog
    from aisle.models import ProductClassifier

_PRECISION = 0.95


def demo(
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Where everything is written.")
    ] = Path("aisle-demo"),
    products: Annotated[int, typer.Option(min=1, metavar="N", help="How many products.")] = 1200,
    seed: Seed = 0,
    json_file: Json = None,
) -> None:
    """Make a sample catalogue, train and evaluate a model on it, and write model and report.

    \b
    Example:
      aisle demo
      aisle demo -o demo --products 600
    """
    from aisle.evaluation import evaluate

    model_path, page, scores = (out / n for n in ("model.aisle", "report.html", "report.json"))
    if out.is_file():
        raise AisleError(f"--out {out}: is a file; name a folder for the demonstration")
    check_outputs(
        [*(Output("--out", p) for p in (model_path, page, scores)), Output("--json", json_file)]
    )
    screen = Screen(json_file)
    start = time.perf_counter()
    catalog = _catalogue(screen, out / "catalog", products, seed)
    show_found(screen, catalog, out / "catalog" / "catalog.csv")
    with screen.working("looking for near-duplicates") as progress:
        catalog.find_groups(progress)
    train, test = catalog.split(test=0.25, seed=seed)
    model = _trained(screen, train, seed)
    show_training(screen, model, train)
    with screen.working("evaluating") as progress:
        found = evaluate(model, test, progress=progress)
    screen.heading("Test rows, which the model has never seen")
    show_evaluation(screen, found)
    with screen.working("writing model and report"):
        model.save(model_path)
        found.save(page)
        found.save(scores)
    seconds = time.perf_counter() - start
    screen.say("", Text(f"Done in {seconds:.0f} s.", style="bold green"))
    screen.wrote(model_path, page, scores)
    screen.write_json(
        {
            **found.to_dict(),
            "leaks": leaks(catalog),
            "catalog": str(out / "catalog" / "catalog.csv"),
            "model": str(model_path),
            "report": str(page),
            "total_seconds": seconds,
        }
    )
    screen.next_steps(
        "aisle inspect YOUR.csv --target COLUMN",
        "aisle train YOUR.csv --target COLUMN -o model.aisle",
        "aisle predict model.aisle NEW.csv -o answers.csv",
    )


def _catalogue(screen: Screen, folder: Path, products: int, seed: int) -> Catalog:
    from aisle.catalog import Catalog
    from aisle.catalog.sample import SampleOptions, make_sample

    options = SampleOptions(products=products, seed=seed)
    with screen.working(f"making up {products:,} products with photographs"):
        return Catalog.read(make_sample(folder, options), target="category")


def _trained(screen: Screen, train: Catalog, seed: int) -> ProductClassifier:
    from aisle.models import ProductClassifier

    model = ProductClassifier(recipe="fast", settings=[f"precision={_PRECISION}"], seed=seed)
    with screen.working("training") as progress:
        return model.fit(train, progress=progress)
