"""`aisle compress`: a smaller and faster model from a trained one."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from aisle.cli.options import Json, Model, ReadingOptions
from aisle.cli.outputs import Output, check_outputs
from aisle.cli.screen import Screen, percent, percent_cell, plain_table
from aisle.errors import AisleError

if TYPE_CHECKING:
    from aisle.experiments.compressing import Compressed, Stage
    from aisle.models import ProductClassifier

_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9}
_SIZE = re.compile(r"\s*([0-9]*\.?[0-9]+)\s*([kmg]?b?)\s*", re.IGNORECASE)

_LEGEND = (
    "Accuracy and accepted: out of fold, each product answered by a like model, its teacher "
    "included, that had seen neither it nor a near-duplicate. ± is half of the 95% interval of "
    "the paired difference to the model as it was; what may be lost includes one standard error. "
    "The last step was chosen by these figures: judge it on rows kept aside. ms: to answer for "
    "one product of a batch, encoding included."
)


def compress(
    model: Model,
    reading: ReadingOptions,
    *,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="MODEL", help="The bundle to write.")
    ] = Path("small.aisle"),
    max_size: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE", help="Keep what accuracy fits into this, such as 20MB; else smallest."
        ),
    ] = None,
    max_loss: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=99.0,
            metavar="POINTS",
            help="The accuracy that may be lost, noise included.",
        ),
    ] = 0.5,
    only_needed: Annotated[
        bool,
        typer.Option(
            "--only-needed", help="Drop modalities that it can do without; less is answered then."
        ),
    ] = False,
    unlabelled: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Further products for the model to teach with."),
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option(metavar="COL", help="Family of variants, as in training; may be repeated."),
    ] = None,
    json_file: Json = None,
) -> None:
    """Make a classifier smaller and faster by the steps that pay, with the rows it was trained on.

    The model teaches a small student; terms that it can do without are pruned, and coefficients
    kept in half precision. All is fitted several times: expect some ten times its training.

    \b
    Example:
      aisle compress model.aisle catalog.csv -o small.aisle
      aisle compress model.aisle catalog.csv --max-size 20MB --max-loss 1
      aisle compress model.aisle catalog.csv --only-needed --unlabelled new.csv
    """
    from aisle.experiments.compressing import compress as compressed
    from aisle.models import load_model

    most = None if max_size is None else read_size(max_size)
    inputs = [model, *reading.inputs, *(path for path in (unlabelled,) if path is not None)]
    check_outputs([Output("--out", out), Output("--json", json_file)], inputs=inputs)
    screen = Screen(json_file)
    with screen.working("reading the model and the catalogue"):
        loaded = _classifier(model, load_model(model))
        catalog = reading.read_for(loaded)
    with screen.working("compressing") as progress:
        found = compressed(
            loaded,
            catalog,
            max_loss=max_loss / 100,
            max_bytes=most,
            only_needed=only_needed,
            unlabelled=unlabelled,
            group=group or (),
            progress=progress,
        )
    with screen.working("writing the bundle"):
        found.model.save(out)
    _show(screen, loaded, found)
    screen.say("")
    screen.wrote(out)
    screen.write_json({"model": str(out), "from": str(model), **found.to_dict()})
    screen.next_steps(f"aisle evaluate {shlex.quote(str(out))} TEST.parquet")


def read_size(words: str) -> int:
    """Return a size such as ``20MB`` or ``1.5 GB`` in bytes.

    Raises
    ------
    AisleError
        If it is not one.
    """
    found = _SIZE.fullmatch(words)
    unit = found[2].lower() if found else ""
    size = round(float(found[1]) * _UNITS[unit if unit in _UNITS else f"{unit}b"]) if found else 0
    if size < 1:
        raise AisleError(f"--max-size {words}: expected a size such as 20MB or 500kB")
    return size


def _classifier(path: Path, model: object) -> ProductClassifier:
    from aisle.models import ProductClassifier

    if not isinstance(model, ProductClassifier):
        raise AisleError(f"{path}: holds a regressor, and only classifiers can be compressed")
    return model


def _show(screen: Screen, model: ProductClassifier, found: Compressed) -> None:
    """Print what each step came to."""
    screen.heading(f"{found.model.rows_:,} products, {len(found.model.classes_)} categories")
    table = plain_table("", "size", "ms a product", "accuracy", "difference", "", "accepted")
    for column in table.columns[1:]:
        column.justify = "right"
    for stage in found.stages:
        table.add_row(*_cells(stage), style="" if stage.kept else "dim")
    screen.table(table)
    screen.say("", Text(_LEGEND, style="dim"))
    for stage in found.stages:
        if not stage.kept:
            screen.note(f"{stage.name}: {stage.reason}; the model's own composition was taken")
    lost = [name for name in model.modalities_ if name not in found.model.modalities_]
    if lost:
        read = ", ".join(found.model.modalities_)
        screen.note(
            f"it no longer reads {' and '.join(lost)}: products without {read} are sent to review"
        )
    first, last = found.stages[0], found.stages[-1]
    screen.say(
        "",
        f"{first.bytes / last.bytes:.1f} x smaller, "
        f"{first.ms_per_product / max(last.ms_per_product, 1e-9):.1f} x as fast, at "
        f"{percent(last.accuracy)} after {percent(first.accuracy)} out of fold",
    )


def _cells(stage: Stage) -> list[str]:
    changed = stage.difference != 0 or stage.low != stage.high
    reach = 100 * (stage.high - stage.difference)
    return [
        stage.name,
        f"{stage.bytes / 1e6:.2f} MB",
        f"{stage.ms_per_product:.2f}",
        percent_cell(stage.accuracy),
        f"{100 * stage.difference:+.1f}" if changed else "-",
        f"± {reach:.1f}" if changed else "",
        percent_cell(stage.coverage),
    ]
