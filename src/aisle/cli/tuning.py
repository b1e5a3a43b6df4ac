"""`aisle encoders tune`: a pretrained encoder learns the categories of a catalogue."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from aisle.cli.options import ColumnOptions, Json, ReadingOptions, Seed
from aisle.cli.outputs import Output, check_outputs
from aisle.cli.pretrained import (
    AcceptLicence,
    EncodersDir,
    described,
    look_in,
    show_folder,
    take_licences,
)
from aisle.cli.screen import Screen
from aisle.errors import AisleError


def tune(
    columns: ColumnOptions,
    reading: ReadingOptions,
    *,
    encoder: Annotated[
        str,
        typer.Option("--encoder", "-e", metavar="NAME|DIR", help="A pretrained encoder at hand."),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="The encoder folder to write.")
    ],
    depth: Annotated[
        str, typer.Option(metavar="D", help="whole, last3 (its last layers), or lora.")
    ] = "last3",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="K=V", help="A setting of the training, such as epochs=5."),
    ] = None,
    seed: Seed = 0,
    encoders: EncodersDir = None,
    accept_licence: AcceptLicence = False,
    json_file: Json = None,
) -> None:
    """Fine-tune an encoder on a catalogue, and write it as an encoder folder.

    To use a tuned encoder in a model of the same catalogue, say it in training instead:
    aisle train ... --set text.tune=last3 tunes anew in every fold, so that scores stay honest.

    \b
    Example:
      aisle encoders tune catalog.csv --target category -e all-minilm-l6-v2 -o my-minilm
      aisle encoders tune c.csv --target category -e resnet50 --set augment=strong -o my-resnet
    """
    from aisle.neural.tuning.folder import tune_folder

    check_outputs([Output("--json", json_file)], inputs=reading.inputs)
    look_in(encoders)
    take_licences(accept_licence)
    screen = Screen(json_file)
    start = time.perf_counter()
    with screen.working("reading the catalogue"):
        catalog = reading.read(columns)
    with screen.working("tuning") as progress:
        folder, curves = tune_folder(
            catalog,
            encoder,
            out,
            tune={"depth": depth, **_parsed(settings or ())},
            seed=seed,
            progress=progress,
        )
    show_folder(screen, folder)
    losses = curves["training_loss"]
    screen.say(f"loss {losses[0]:.3f} in the first of {len(losses)} epochs, {losses[-1]:.3f} last")
    screen.wrote(folder.path)
    seconds = time.perf_counter() - start
    screen.write_json({**described(folder), "curves": curves, "seconds": seconds})
    quoted = shlex.quote(str(folder.path))
    screen.next_steps(
        f"aisle encoders check {quoted}",
        f"aisle encode OTHER.csv --encoder {quoted} -o vectors.parquet",
    )


def _parsed(settings: list[str] | tuple[str, ...]) -> dict[str, Any]:
    import yaml

    found: dict[str, Any] = {}
    for setting in settings:
        key, separator, value = setting.partition("=")
        if not separator:
            raise AisleError(f"--set {setting!r}: expected KEY=VALUE, for example epochs=5")
        try:
            found[key.strip()] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise AisleError(f"--set {setting!r}: the value is not valid YAML ({error})") from error
    return found
